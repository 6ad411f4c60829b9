package golden

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// forgetRecords removes the records and all that names them.
func (e *erasing) forgetRecords(ctx context.Context) error {
	spans, err := e.tx.MembershipsOf(ctx, numbersOf(e.records))
	if err != nil {
		return err
	}
	if err := e.redact(ctx, spans); err != nil {
		return err
	}
	e.out.Counts, err = e.tx.EraseRecords(ctx, e.records, e.further())
	return err
}

// further are keys under which targets will report what the hub wrote, and have not yet.
func (e *erasing) further() []string {
	keys := slices.Clone(e.q.Further)
	for _, d := range e.states {
		if d.Record != "" && !e.keys[d.Record] {
			keys = append(keys, d.Record)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func numbersOf(records []SourceRecord) []RecordNo {
	nos := make([]RecordNo, len(records))
	for i, rec := range records {
		nos[i] = rec.No
	}
	return nos
}

// forgetDocuments removes and strips what the person's orders and interactions say.
func (e *erasing) forgetDocuments(ctx context.Context) error {
	found, err := e.tx.DocumentsNaming(ctx, e.ways)
	if err != nil {
		return err
	}
	var ways []Lookup
	for i := range found {
		for _, p := range found[i].Parties {
			ways = append(ways, Lookup{Kind: p.Kind, Value: p.Value})
		}
	}
	if e.judge.others, err = others(ctx, e.tx, ways, func(no EntityNo) bool { return no == e.golden.No }); err != nil {
		return err
	}
	var gone, left []Document
	for _, d := range found {
		what, err := e.judge.judge(&d, e.q.Orders, false)
		if err != nil {
			return err
		}
		switch what {
		case removed:
			gone, e.out.Removed = append(gone, d), append(e.out.Removed, string(d.Entity)+" "+d.Key)
		case stripped:
			if err := e.judge.strip(&d); err != nil {
				return err
			}
			left, e.out.Stripped = append(left, d), append(e.out.Stripped, string(d.Entity)+" "+d.Key)
		}
	}
	if e.out.Counts["documents"], err = e.tx.EraseDocuments(ctx, gone); err != nil {
		return err
	}
	e.out.Counts["documents stripped"] = int64(len(left))
	if err := e.tx.PutDocuments(ctx, left); err != nil {
		return err
	}
	return e.suppressDocuments(ctx, gone, left)
}

// suppressDocuments keeps documents from coming back as they were, and takes those out of targets
// that are gone.
func (e *erasing) suppressDocuments(ctx context.Context, gone, left []Document) error {
	var keys []string
	for _, d := range gone {
		keys = append(keys, d.Key)
		e.out.Suppressions = append(e.out.Suppressions, e.r.suppress.Document(SuppressDocument, d.Entity, d.Key))
	}
	states, creates, err := e.tx.StatesOf(ctx, keys)
	e.states, e.creates = append(e.states, states...), append(e.creates, creates...)
	if err != nil {
		return err
	}
	for _, d := range left {
		keys = append(keys, d.Key)
		e.out.Suppressions = append(e.out.Suppressions, e.r.suppress.Document(SuppressParties, d.Entity, d.Key))
	}
	holding, _, err := e.tx.StatesOf(ctx, keys)
	if err != nil {
		return err
	}
	var marks []Dirty
	for _, s := range holding {
		entity := canonical.EntityOrder
		for _, d := range slices.Concat(gone, left) {
			if d.Key == s.Subject {
				entity = d.Entity
			}
		}
		marks = append(marks, Dirty{Target: s.Target, Subject: s.Subject, Entity: strings.ToLower(string(entity)), Since: e.now})
	}
	e.out.Counts["documents in targets"] = int64(len(holding))
	return e.tx.MarkDirty(ctx, marks)
}

// forgetHistory empties the customer itself and takes out of its history what it says.
func (e *erasing) forgetHistory(ctx context.Context) error {
	if !e.out.Whole {
		return nil
	}
	var nos []EntityNo
	for no := range e.nos {
		nos = append(nos, no)
		changes, err := e.tx.ChangesWithin(ctx, no, time.Time{}, e.now)
		if err != nil {
			return err
		}
		for i := range changes {
			c := &changes[i]
			*c = Change{No: c.No, Entity: c.Entity, ID: c.ID, Version: c.Version, Type: c.Type, Into: c.Into, From: c.From, At: c.At}
		}
		e.out.Counts["changes"] += int64(len(changes))
		if err := e.tx.RewriteChanges(ctx, changes); err != nil {
			return err
		}
	}
	slices.Sort(nos)
	rows, err := e.tx.Entities(ctx, nos)
	if err != nil {
		return err
	}
	changes := make([]Change, 0, len(rows))
	for i := range rows {
		g := &rows[i]
		// an ID that forwards goes on doing so: to one that is erased
		change := Change{Entity: g.No, ID: g.ID, Type: ErasedT, At: e.now, Cause: e.cause}
		if g.No == e.golden.No {
			g.State, g.Into = Erased, 0
		} else {
			change.Into = e.golden.ID
			e.out.Merged = append(e.out.Merged, g.ID)
		}
		g.Doc, g.Lineage, g.Sources, g.UpdatedAt = []byte("{}"), nil, nil, e.now
		g.Version++
		change.Version = g.Version
		changes = append(changes, change)
	}
	if err := e.tx.PutEntities(ctx, rows); err != nil {
		return err
	}
	if err := e.tx.PutLookups(ctx, nos, nil); err != nil {
		return err
	}
	return e.tx.AddChanges(ctx, changes)
}
