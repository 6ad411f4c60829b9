package api

import (
	"context"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

type decisionsInput struct {
	Record   string `query:"record" doc:"system/stream/id of a source record that they name"`
	Customer string `query:"customer" doc:"golden ID: decisions that name one of its source records"`
	Author   string `query:"author"`
	Verdict  string `query:"verdict" enum:"same,different,pinned"`
	Undone   bool   `query:"undone" doc:"those that were undone too"`
	Page
}

func (a *API) decisions(ctx context.Context, in *decisionsInput) (*listOutput[golden.Decision], error) {
	after, err := in.after(1)
	if err != nil {
		return nil, err
	}
	q := golden.DecisionQuery{Author: in.Author, Verdict: golden.Verdict(in.Verdict), Undone: in.Undone, After: after[0], Limit: in.Limit + 1}
	switch {
	case in.Customer != "" && in.Record != "":
		return nil, invalid("record", in.Record, "either a record or a customer")
	case in.Record != "":
		q.Records = []string{in.Record}
	case in.Customer != "":
		record, _, err := a.store.Customer(ctx, in.Customer)
		if err != nil {
			return nil, err
		}
		if q.Records, err = a.keysOf(ctx, record); err != nil {
			return nil, err
		}
	}
	found, err := a.store.Decisions(ctx, q)
	if err != nil {
		return nil, err
	}
	return &listOutput[golden.Decision]{page(found, in.Limit, func(d golden.Decision) string { return cursor(d.ID) })}, nil
}

// keysOf lists the keys of a customer's source records, deleted ones included.
func (a *API) keysOf(ctx context.Context, record golden.GoldenRecord) ([]string, error) {
	sources, err := a.store.SourcesOf(ctx, record.No)
	keys := make([]string, len(sources))
	for i, s := range sources {
		keys[i] = s.Key
	}
	return keys, err
}

// DecisionDetail is one decision, with those of the same act.
type DecisionDetail struct {
	golden.Decision
	With []golden.Decision `json:"with" doc:"made together with it, and undone together"`
}

type decisionInput struct {
	ID string `path:"id"`
}

type decisionOutput struct{ Body DecisionDetail }

func (a *API) decision(ctx context.Context, in *decisionInput) (*decisionOutput, error) {
	found, err := a.store.Decisions(ctx, golden.DecisionQuery{IDs: []string{in.ID}, Undone: true})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("decision %s", in.ID)
	}
	out := &decisionOutput{DecisionDetail{Decision: found[0], With: []golden.Decision{}}}
	act, err := a.store.Decisions(ctx, golden.DecisionQuery{Act: found[0].Act, Undone: true})
	for _, d := range act {
		if d.ID != in.ID {
			out.Body.With = append(out.Body.With, d)
		}
	}
	return out, err
}

// By says who caused a change, when and why.
type By struct {
	Decision string    `json:"decision" doc:"ID of the decision that was made or undone"`
	Undo     bool      `json:"undo,omitempty" doc:"it was undone"`
	Author   string    `json:"author"`
	Reason   string    `json:"reason,omitempty"`
	Time     time.Time `json:"time"`
}

// sign adds to changes that people caused who that was.
func (a *API) sign(ctx context.Context, changes []Change) error {
	ids := []string{}
	for _, c := range changes {
		if id, _, ok := golden.CauseDecision(c.Cause); ok {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := a.store.Decisions(ctx, golden.DecisionQuery{IDs: ids, Undone: true})
	if err != nil {
		return err
	}
	by := map[string]golden.Decision{}
	for _, d := range found {
		by[d.ID] = d
	}
	for i := range changes {
		id, undo, ok := golden.CauseDecision(changes[i].Cause)
		d, known := by[id]
		switch {
		case !ok || !known:
		case !undo:
			changes[i].By = &By{Decision: id, Author: d.Author, Reason: d.Reason, Time: d.At}
		case d.Undone != nil:
			changes[i].By = &By{Decision: id, Undo: true, Author: d.UndoneBy, Reason: d.UndoneReason, Time: *d.Undone}
		}
	}
	return nil
}
