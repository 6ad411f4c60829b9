package api

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func (a *API) registerHistory(api huma.API) {
	get(a, api, "/v1/customers/{id}/timeline", "get-timeline", "customers", "Orders and interactions of a customer, newest first", a.timeline)
	get(a, api, "/v1/customers/{id}/history", "get-history", "customers", "How the golden record changed, oldest first", a.history)
}

// Entry is one order or interaction in a timeline.
type Entry struct {
	Entity   canonical.Entity `json:"entity" enum:"Order,Interaction"`
	Key      string           `json:"key" doc:"system/stream/id"`
	Time     time.Time        `json:"time"`
	Document Document[any]    `json:"document"`
}

type timelineInput struct {
	ID       string   `path:"id" doc:"golden ID"`
	Entities []string `query:"entity" enum:"Order,Interaction" doc:"only these"`
	Page
}

func (a *API) timeline(ctx context.Context, in *timelineInput) (*listOutput[Entry], error) {
	record, _, err := a.store.Customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	q := golden.TimelineQuery{Limit: in.Limit + 1, Entities: []canonical.Entity{canonical.EntityOrder, canonical.EntityInteraction}}
	if len(in.Entities) > 0 {
		q.Entities = nil
		for _, e := range in.Entities {
			q.Entities = append(q.Entities, canonical.Entity(e))
		}
	}
	after, err := in.after(2)
	if err != nil {
		return nil, err
	}
	if after[0] != "" {
		micros, err := strconv.ParseInt(after[0], 10, 64)
		if err != nil {
			return nil, invalid("cursor", in.Cursor, "the next of an earlier answer")
		}
		q.Before, q.After = time.UnixMicro(micros).UTC(), after[1]
	}
	documents, err := a.store.Timeline(ctx, record.No, q)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(documents))
	for _, d := range documents {
		entries = append(entries, Entry{Entity: d.Entity, Key: d.Key, Time: d.Time, Document: d.Doc})
	}
	return &listOutput[Entry]{page(entries, in.Limit, func(e Entry) string {
		return cursor(strconv.FormatInt(e.Time.UnixMicro(), 10), e.Key)
	})}, nil
}

// Change is one step of a golden record.
type Change struct {
	ID      string              `json:"id" doc:"golden ID"`
	Version int64               `json:"version"`
	Type    golden.ChangeType   `json:"type" enum:"created,changed,merged,split,deleted,erased"`
	Changed []golden.PathChange `json:"changed,omitempty"`
	Into    string              `json:"into,omitempty" doc:"the customer that this one was merged into"`
	From    []string            `json:"from,omitempty"`
	Records []string            `json:"records,omitempty" doc:"source records that moved"`
	Time    time.Time           `json:"time"`
	Cause   string              `json:"cause,omitempty" doc:"source record, decision or undo that caused the change"`
	By      *By                 `json:"by,omitempty" doc:"the person, where one caused the change"`
}

func changeOf(c golden.Change) Change {
	return Change{
		ID: c.ID, Version: c.Version, Type: c.Type, Changed: c.Paths, Into: c.Into,
		From: c.From, Records: c.Records, Time: c.At, Cause: c.Cause,
	}
}

func changeList(changes []golden.Change, limit int, place func(Change) string) List[Change] {
	items := make([]Change, 0, len(changes))
	for _, c := range changes {
		items = append(items, changeOf(c))
	}
	return page(items, limit, place)
}

type historyInput struct {
	ID string `path:"id" doc:"golden ID"`
	Page
}

func (a *API) history(ctx context.Context, in *historyInput) (*listOutput[Change], error) {
	record, _, err := a.store.Customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	from, err := in.number()
	if err != nil {
		return nil, err
	}
	changes, err := a.store.History(ctx, record.No, from, in.Limit+1)
	if err != nil {
		return nil, err
	}
	list := changeList(changes, in.Limit, func(c Change) string {
		return cursor(strconv.FormatInt(c.Version+1, 10))
	})
	return &listOutput[Change]{list}, a.sign(ctx, list.Items)
}

// number reads a cursor that is one number; 0 at the beginning.
func (p Page) number() (int64, error) {
	after, err := p.after(1)
	if err != nil || after[0] == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(after[0], 10, 64)
	if err != nil {
		return 0, invalid("cursor", p.Cursor, "the next of an earlier answer")
	}
	return n, nil
}
