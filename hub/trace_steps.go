package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// received finds raw records, up to the query's limit and one page's cost: none where only the
// store is open.
func (t *tracer) received(ctx context.Context, q RecordQuery) ([]Record, error) {
	if t.hub.bus == nil {
		return nil, nil
	}
	found, err := t.hub.readRecords(ctx, q)
	if err != nil {
		return nil, err
	}
	t.out.Cut = t.out.Cut || found.Next != nil
	return found.Found, nil
}

// sourceRecord adds the version of a record that the store holds.
func (t *tracer) sourceRecord(ctx context.Context, key string, in canonical.IngestSequence, at time.Time) error {
	system, _, _ := strings.Cut(key, "/")
	for m, err := range t.read(ctx, in.Topic, in.Partition, in.Offset, in.Offset+1) {
		if err != nil {
			return err
		}
		where, _ := bus.PositionOf(m)
		if where.Offset != in.Offset {
			break // it is no longer retained; this is a later one
		}
		if where.Time.Before(t.query.Since) {
			return nil
		}
		return t.rawRecord(ctx, key, Record{
			Frame: readFrame(m), System: system, Stream: m.Metadata[headerStream], At: where,
			Correlation: m.Metadata[headerCorrelation],
		})
	}
	if at.Before(t.query.Since) {
		return nil
	}
	t.noteRecord(key)
	t.add(TraceStep{
		Time: at, Stage: "received", What: key, At: &TracePlace{Topic: in.Topic, Partition: in.Partition, Offset: in.Offset},
		Detail: "not found on Kafka; the time is that of its way into the store",
	})
	return nil
}

// rawRecord adds a record as it came in, what it was translated into, and its dead letters.
func (t *tracer) rawRecord(ctx context.Context, key string, r Record) error {
	if !t.first(fmt.Sprintf("raw %s/%d/%d", r.At.Topic, r.At.Partition, r.At.Offset)) {
		return nil
	}
	t.noteRecord(key)
	step := TraceStep{
		Time: r.At.Time, Stage: "received", What: key, At: standsAt(r.At),
		Bytes: len(r.Frame.Bytes), Position: r.Position.String(), Correlation: r.Correlation,
	}
	if r.Deleted {
		step.Detail = "the system says that it is gone"
	}
	t.add(step)
	before := len(t.out.Steps)
	if err := t.lettersAt(ctx, r.At); err != nil {
		return err
	}
	if slices.ContainsFunc(t.out.Steps[before:], func(s TraceStep) bool { return s.Status == string(golden.DeadOpen) }) {
		return nil // it went no further
	}
	return t.translated(ctx, key, r)
}

func (t *tracer) translated(ctx context.Context, key string, r Record) error {
	s := t.hub.folder.streams[r.System+"/"+r.Stream]
	if s == nil || s.Mapping == nil {
		return nil
	}
	ingest := ingestText(canonical.IngestSequence{Topic: r.At.Topic, Epoch: r.At.Epoch, Partition: r.At.Partition, Offset: r.At.Offset})
	m, err := t.search(ctx, CanonicalTopic(s.Mapping.Entity()), r.At.Time, func(m *message.Message) bool { return m.Metadata[headerIngest] == ingest })
	if err != nil || m == nil {
		return err
	}
	at, _ := bus.PositionOf(m)
	step := TraceStep{
		Time: at.Time, Stage: "translated", What: m.Metadata["ce_subject"], At: standsAt(at),
		Bytes: len(m.Payload), Correlation: r.Correlation, Detail: string(s.Mapping.Entity()) + " by mapping " + s.Mapping.Name(),
	}
	if step.What != key {
		t.noteRecord(step.What)
	}
	t.add(step)
	return t.lettersAt(ctx, at)
}

// idOf is the record's ID as its canonical message has it; "" where there is none.
func (t *tracer) idOf(ctx context.Context, r Record) (string, error) {
	s := t.hub.folder.streams[r.System+"/"+r.Stream]
	if s == nil || s.Mapping == nil {
		return "", nil
	}
	m, err := t.search(ctx, CanonicalTopic(s.Mapping.Entity()), r.At.Time, func(m *message.Message) bool {
		return m.Metadata[headerCorrelation] == r.Correlation
	})
	if m == nil {
		return "", err
	}
	return m.Metadata[headerRecord], err
}

// changes adds the newest changes of a customer: all, or those that the correlation IDs or the
// record caused.
func (t *tracer) changes(ctx context.Context, of golden.GoldenRecord, correlations map[string]bool, cause string) error {
	if !t.first("customer " + of.ID) {
		return nil
	}
	t.out.Customers = append(t.out.Customers, of.ID)
	all := correlations == nil && cause == ""
	look := int64(t.query.Limit)
	if !all {
		look *= 20
	}
	from := max(1, of.Version-look+1)
	changes, err := t.hub.store.History(ctx, of.No, from, int(look))
	if err != nil {
		return err
	}
	changes = slices.DeleteFunc(changes, func(c golden.Change) bool {
		mine := all || c.Cause == cause && cause != "" || c.Correlation != "" && correlations[c.Correlation]
		return !mine || c.At.Before(t.query.Since)
	})
	if n := len(changes); n > t.query.Limit {
		changes, t.out.Cut = changes[n-t.query.Limit:], true
	}
	t.out.Cut = t.out.Cut || from > 1 && t.query.Since.IsZero()
	for _, c := range changes {
		t.add(TraceStep{
			Time: c.At, Stage: "resolved", What: c.ID, Version: c.Version, Cause: c.Cause, Correlation: c.Correlation, Detail: changeText(c),
		})
		if err := t.published(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// changeText says what changed in one line.
func changeText(c golden.Change) string {
	text := string(c.Type)
	switch {
	case c.Into != "":
		text += " into " + c.Into
	case len(c.From) > 0:
		text += " from " + strings.Join(c.From, ", ")
	}
	if len(c.Paths) > 0 {
		paths := make([]string, len(c.Paths))
		for i, p := range c.Paths {
			paths[i] = p.Path
		}
		text += ": " + strings.Join(paths, ", ")
	}
	return text
}

func (t *tracer) published(ctx context.Context, c golden.Change) error {
	version := strconv.FormatInt(c.Version, 10)
	m, err := t.search(ctx, GoldenTopic, c.At, func(m *message.Message) bool {
		return m.Metadata["ce_subject"] == c.ID && m.Metadata["ce_sequence"] == version
	})
	if err != nil || m == nil {
		return err
	}
	at, _ := bus.PositionOf(m)
	feed, err := t.feedOf(ctx, c)
	t.add(TraceStep{
		Time: at.Time, Stage: "published", What: c.ID, Version: c.Version, Feed: feed, Correlation: c.Correlation,
		At: standsAt(at), Bytes: len(m.Payload), Detail: m.Metadata["ce_type"],
	})
	return err
}

// traceFeed is how many of the feed's last changes are looked through for a change's sequence.
const traceFeed = 2000

// feedOf is the feed sequence of a change, where it is among the last; else 0.
func (t *tracer) feedOf(ctx context.Context, c golden.Change) (int64, error) {
	if t.feed == nil {
		end, err := t.hub.store.FeedEnd(ctx)
		if err != nil {
			return 0, err
		}
		last, _, err := t.hub.store.Feed(ctx, max(0, end-traceFeed), traceFeed)
		if err != nil {
			return 0, err
		}
		t.feed = make(map[int64]int64, len(last))
		for _, f := range last {
			t.feed[f.No] = f.Seq
		}
	}
	return t.feed[c.No], nil
}

// subject adds what targets hold and lack of a customer or document.
func (t *tracer) subject(ctx context.Context, id string) error {
	if !t.first("subject " + id) {
		return nil
	}
	q := golden.DeliveryQuery{Subject: id, Limit: 500}
	states, err := t.hub.store.ListDeliveries(ctx, q)
	if err != nil {
		return err
	}
	for _, d := range states {
		s := TraceStep{
			Time: d.UpdatedAt, Stage: "delivered", What: d.Target, Subject: id, RemoteID: d.RemoteID, Version: d.SentVersion,
			Status: string(d.Status), Attempts: d.Attempts, Error: d.Error,
		}
		if d.Status == golden.Failing || d.Status == golden.Refused || d.Status == golden.Review {
			s.Stage = "pending"
		}
		t.add(s)
	}
	creates, err := t.hub.store.ListPendingCreates(ctx, q)
	if err != nil {
		return err
	}
	for _, c := range creates {
		t.add(TraceStep{
			Time: c.StartedAt, Stage: "pending", What: c.Target, Subject: id, Version: c.Version, Status: string(c.Status),
			Attempts: c.Attempts, Error: c.Error, Detail: "create begun",
		})
	}
	dirty, err := t.hub.store.ListDirty(ctx, q)
	if err != nil {
		return err
	}
	for _, d := range dirty {
		s := TraceStep{
			Time: d.Since, Stage: "pending", What: d.Target, Subject: id, Correlation: d.Correlation, Attempts: d.Attempt, Error: d.Error,
			Detail: "to deliver",
		}
		if !d.NotSent.IsZero() {
			s.Detail = "to deliver, not before " + d.NotSent.UTC().Format(time.RFC3339)
		}
		t.add(s)
	}
	return t.letters(ctx, golden.DeadLetterQuery{Stage: "deliver", Key: id}, id)
}

// lettersAt adds the dead letters of the message at a place.
func (t *tracer) lettersAt(ctx context.Context, at bus.Position) error {
	return t.letters(ctx, golden.DeadLetterQuery{Topic: at.Topic, Partition: at.Partition, From: at.Offset, To: at.Offset + 1}, "")
}

// letters adds dead letters in every state.
func (t *tracer) letters(ctx context.Context, q golden.DeadLetterQuery, subject string) error {
	q.Limit, q.Since = t.query.Limit, t.query.Since
	for _, q.State = range []golden.DeadLetterState{golden.DeadOpen, golden.DeadReplayed, golden.DeadDropped} {
		found, err := t.hub.store.DeadLetters(ctx, q)
		if err != nil {
			return err
		}
		for _, l := range found {
			if !t.first("letter " + strconv.FormatInt(l.ID, 10)) {
				continue
			}
			what := l.System + "/" + l.Stream
			if l.Stage == "deliver" {
				what = l.System + "." + l.Stream
			} else if l.Key != "" {
				what += "/" + l.Key
			}
			t.add(TraceStep{
				Time: l.At, Stage: "dead letter", What: what, Subject: subject, Letter: l.ID, Status: string(l.State), Attempts: l.Attempts,
				Error: l.Error, Position: l.Position, Correlation: l.Correlation, Detail: l.Stage + ", " + l.Cause,
			})
		}
	}
	return nil
}

func standsAt(at bus.Position) *TracePlace {
	return &TracePlace{Topic: at.Topic, Partition: at.Partition, Offset: at.Offset}
}

// read goes over messages; a topic that does not exist has none.
func (t *tracer) read(ctx context.Context, topic string, partition int, from, to int64) func(func(*message.Message, error) bool) {
	return func(yield func(*message.Message, error) bool) {
		if t.hub.bus == nil || topic == "" {
			return
		}
		for m, err := range t.hub.bus.Read(ctx, topic, partition, from, to) {
			if errors.Is(err, kafka.UnknownTopicOrPartition) || !yield(m, err) {
				return
			}
		}
	}
}

// search finds the first message since a time; nil where there is none within the bounds.
func (t *tracer) search(ctx context.Context, topic string, since time.Time, is func(*message.Message) bool) (*message.Message, error) {
	if t.hub.bus == nil {
		return nil, nil
	}
	// publishers' clocks may differ by as much
	from, err := t.hub.bus.Since(ctx, topic, since.Add(-time.Second))
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for partition, offset := range from {
		for m, err := range t.read(ctx, topic, partition, offset, -1) {
			if err != nil {
				return nil, err
			}
			if is(m) {
				return m, nil
			}
			at, _ := bus.PositionOf(m)
			if t.looked++; t.looked >= traceLooked || at.Offset-offset >= traceEach {
				t.out.Cut = true
				break
			}
		}
	}
	return nil, nil
}
