package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerRecords(api huma.API) {
	get(a, api, "/v1/records", "list-records", "operation", "What a system wrote, byte for byte, as far as it is retained, newest first", a.records)
}

// Record is one record as a system wrote it.
type Record struct {
	System      string            `json:"system"`
	Stream      string            `json:"stream"`
	Key         string            `json:"key,omitempty" doc:"the record's ID in its stream; absent where only the mapping knows it"`
	Time        time.Time         `json:"time" doc:"when it came in"`
	Partition   int               `json:"partition" doc:"of raw.<system>"`
	Offset      int64             `json:"offset" doc:"in the partition"`
	Epoch       int               `json:"epoch" doc:"counts up when raw.<system> gets more partitions"`
	Position    string            `json:"position" doc:"where the bytes stood in the system"`
	Header      map[string]string `json:"header,omitempty" doc:"what the transport said of it"`
	Deleted     bool              `json:"deleted,omitempty" doc:"the system says that the record is gone"`
	Correlation string            `json:"correlation,omitempty"`
	Size        int               `json:"size" doc:"bytes"`
	Text        string            `json:"text,omitempty" doc:"the bytes, where they are UTF-8"`
	Bytes       []byte            `json:"bytes,omitempty" doc:"the bytes, where they are not"`
	Translation *Translation      `json:"translation,omitempty" doc:"what today's mapping makes of it, where that was asked for"`
}

// Translation is what a mapping makes of a record: a document, an error, or neither where the
// mapping leaves the record out or the stream has none.
type Translation struct {
	Entity   canonical.Entity `json:"entity,omitempty" enum:"Customer,Order,Interaction,Product" doc:"absent where the stream has no mapping"`
	Document json.RawMessage  `json:"document,omitempty"`
	Error    string           `json:"error,omitempty"`
}

type recordsInput struct {
	System    string    `query:"system" required:"true"`
	Stream    string    `query:"stream" doc:"only of this stream"`
	Key       string    `query:"key" doc:"only of this record"`
	Since     time.Time `query:"since" doc:"only what came in at this time or later"`
	Offset    string    `query:"offset" doc:"partition:offset, or an offset in partition 0: oldest first from there, in this partition" example:"0:403"`
	Order     string    `query:"order" enum:"newest,oldest" default:"newest" doc:"what comes first"`
	Translate bool      `query:"translate" doc:"say what today's mapping makes of each record"`
	Page
}

func (in *recordsInput) query() (q hub.RecordQuery, err error) {
	q = hub.RecordQuery{
		System: in.System, Stream: in.Stream, Key: in.Key, Since: in.Since,
		Oldest: in.Order == "oldest" || in.Offset != "", Translate: in.Translate, Limit: in.Limit,
	}
	after, err := in.after(1)
	if err != nil {
		return q, err
	}
	switch {
	case after[0] != "":
		if q.From = places(after[0]); q.From == nil {
			return q, invalid("cursor", in.Cursor, "the next of an earlier answer")
		}
	case in.Offset != "":
		text := in.Offset
		if !strings.Contains(text, ":") {
			text = "0:" + text
		}
		if q.From = places(text); len(q.From) != 1 {
			return q, invalid("offset", in.Offset, "partition:offset, or an offset")
		}
	}
	return q, nil
}

// places reads "partition:offset,…"; nil where it is something else.
func places(text string) map[int]int64 {
	out := map[int]int64{}
	for one := range strings.SplitSeq(text, ",") {
		partition, offset, _ := strings.Cut(one, ":")
		p, errP := strconv.Atoi(partition)
		o, errO := strconv.ParseInt(offset, 10, 64)
		if errP != nil || errO != nil || p < 0 || o < 0 {
			return nil
		}
		out[p] = o
	}
	return out
}

func placesText(places map[int]int64) string {
	var text []string
	for _, p := range slices.Sorted(maps.Keys(places)) {
		text = append(text, strconv.Itoa(p)+":"+strconv.FormatInt(places[p], 10))
	}
	return strings.Join(text, ",")
}

func (a *API) records(ctx context.Context, in *recordsInput) (*listOutput[Record], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	found, err := a.hub.Records(ctx, q)
	var unknown *hub.UnknownError
	switch {
	case errors.As(err, &unknown):
		return nil, invalid(unknown.What, unknown.Name, "one of "+strings.Join(unknown.Known, ", "))
	case err != nil:
		return nil, err
	}
	list := List[Record]{Items: make([]Record, 0, len(found.Found))}
	for _, r := range found.Found {
		list.Items = append(list.Items, recordOf(r))
	}
	if found.Next != nil {
		list.Next = cursor(placesText(found.Next))
	}
	return &listOutput[Record]{list}, nil
}

func recordOf(r hub.Record) Record {
	out := Record{
		System: r.System, Stream: r.Stream, Key: r.Key, Time: r.At.Time.UTC(), Partition: r.At.Partition, Offset: r.At.Offset,
		Epoch: r.At.Epoch, Position: r.Position.String(), Header: r.Header, Deleted: r.Deleted, Correlation: r.Correlation,
		Size: len(r.Frame.Bytes),
	}
	if utf8.Valid(r.Frame.Bytes) {
		out.Text = string(r.Frame.Bytes)
	} else {
		out.Bytes = r.Frame.Bytes
	}
	if r.Translated {
		out.Translation = &Translation{Entity: r.Entity, Document: r.Output}
		if r.TranslationError != nil {
			out.Translation.Error = r.TranslationError.Error()
		}
	}
	return out
}
