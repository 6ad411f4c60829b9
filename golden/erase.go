package golden

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Erase says whom to remove, and how far.
type Erase struct {
	ID       string   // of the erasure; one of its own where empty
	Customer string   // golden ID
	Records  []string // only these of its source records, by key; all where empty
	// Further are keys of records that belong to the customer and that no system has reported.
	Further    []string
	Orders     OrderPolicy // StripOrders where empty
	Identities bool        // keep away also whoever comes with one of the mail addresses, phones, unique identifiers
	Author     string
	Reason     string
	// Receipts says what is to happen to records in targets; nil: all are kept.
	Receipts func(states []DeliveryState, creates []PendingCreate) []Receipt
	// Complete adds what the store does not know before the erasure is stored: topics.
	Complete func(e *Erasure, records []SourceRecord) error
	// DryRun does all of it and takes it back.
	DryRun bool
	// Done is called in the transaction once all is done; its error takes it back. Not in a dry run.
	Done func(ctx context.Context, tx Tx, done Removal) error
}

// Removal is what an erasure did. Records and Documents name what was removed: they are for the one
// who asked, and are kept nowhere.
type Removal struct {
	Erasure
	Records  []string `json:"records"`
	Removed  []string `json:"documentsRemoved"`
	Stripped []string `json:"documentsStripped"`
	Shared   int      `json:"shared"` // mail addresses, phones, … that others have too: not suppressed
}

// Errors of Erase.
var (
	// ErrMerged: the ID was merged into another customer, which is the one to be erased.
	ErrMerged = errors.New("the customer was merged into another one")
	// ErrErased: there is nothing left to erase.
	ErrErased = errors.New("the customer was erased already")
	// ErrNames: the reason says who the person is; it is kept for good.
	ErrNames = errors.New("the reason names the person")
)

var errTrial = errors.New("a dry run is taken back")

// Erase removes a customer in one transaction: its source records with everything that was derived
// from them or names them, and what the history says of it. The golden ID stays, without content,
// and so do keyed hashes that keep the records from coming back. Its neighbours are resolved again.
func (r *Resolver) Erase(ctx context.Context, q Erase) (Removal, error) {
	if q.ID == "" {
		q.ID = "E" + strings.TrimPrefix(NewID(), "G")
	}
	if q.Orders == "" {
		q.Orders = StripOrders
	}
	var done Removal
	err := r.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		e := &erasing{settling: newSettling(r, tx), q: q, keys: map[string]bool{}, nos: map[EntityNo]bool{}}
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{
			e.choose, e.know, e.leave, e.settle, e.forgetRecords, e.forgetDocuments, e.forgetHistory, e.forgetWork, e.close,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		done = e.out
		if q.DryRun {
			return errTrial
		}
		if q.Done != nil {
			return q.Done(ctx, tx, done)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTrial) {
		return Removal{}, fmt.Errorf("erase %s: %w", q.Customer, err)
	}
	return done, nil
}

// erasing is one transaction that removes a person.
type erasing struct {
	*settling
	q       Erase
	golden  GoldenRecord
	merged  []GoldenRecord // what forwards to it
	records []SourceRecord // those to remove
	keys    map[string]bool
	nos     map[EntityNo]bool // the entities that go as a whole
	ways    []Lookup          // in which the person is named
	unique  []Lookup          // of them, those that point at one person
	states  []DeliveryState
	creates []PendingCreate
	judge   *partyJudge
	// redacted counts changes of others' histories from which something was taken.
	redacted int64
	out      Removal
}

// choose finds the customer and the records that go.
func (e *erasing) choose(ctx context.Context) error {
	found, err := e.tx.EntitiesByID(ctx, []string{e.q.Customer})
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return ErrNotFound
	case found[0].State == Merged:
		return ErrMerged
	case found[0].State == Erased:
		return ErrErased
	}
	e.golden = found[0]
	if err := e.forwards(ctx); err != nil {
		return err
	}
	members, err := e.tx.MembersOf(ctx, []EntityNo{e.golden.No})
	if err != nil {
		return err
	}
	var nos []RecordNo
	for _, m := range members {
		nos = append(nos, m.Record)
	}
	all, err := e.tx.RecordsByNo(ctx, nos)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b SourceRecord) int { return strings.Compare(a.Key, b.Key) })
	for _, rec := range all {
		if len(e.q.Records) == 0 || slices.Contains(e.q.Records, rec.Key) {
			e.records, e.keys[rec.Key] = append(e.records, rec), true
			e.out.Records = append(e.out.Records, rec.Key)
		}
	}
	for _, key := range e.q.Records {
		if !e.keys[key] {
			return fmt.Errorf("one of the records is not its own: %w", ErrNotFound) // which, is not to be logged
		}
	}
	e.out.Whole = len(e.records) == len(all)
	if e.out.Whole {
		for _, g := range append(slices.Clone(e.merged), e.golden) {
			e.nos[g.No] = true
		}
	}
	return nil
}

// forwards finds the IDs that were merged into the customer, over however many merges.
func (e *erasing) forwards(ctx context.Context) error {
	next := []EntityNo{e.golden.No}
	for len(next) > 0 {
		found, err := e.tx.MergedInto(ctx, next)
		if err != nil {
			return err
		}
		next = nil
		for _, g := range found {
			e.merged, next = append(e.merged, g), append(next, g.No)
		}
	}
	slices.SortFunc(e.merged, func(a, b GoldenRecord) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// subjects are the golden IDs that go as a whole.
func (e *erasing) subjects() []string {
	if !e.out.Whole {
		return nil
	}
	ids := []string{e.golden.ID}
	for _, g := range e.merged {
		ids = append(ids, g.ID)
	}
	return ids
}

// know gathers, while it is all there, in which ways the person is named, who else is, and what
// targets hold.
func (e *erasing) know(ctx context.Context) (err error) {
	for _, rec := range e.records {
		e.ways = append(e.ways, Lookup{Kind: LookupRecord, Value: rec.Key})
		if len(rec.Doc) == 0 {
			continue
		}
		var c canonical.Customer
		if err := c.UnmarshalJSON(rec.Doc); err != nil {
			return fmt.Errorf("read %s: %w", rec.Key, err)
		}
		forms := e.r.rules.standard.Customer(&c)
		e.unique = append(e.unique, e.r.rules.identities(&forms)...)
		e.ways = append(e.ways, lookups(&forms)...)
	}
	e.ways, e.unique = sortWays(e.ways), sortWays(e.unique)
	if err := e.nameless(); err != nil {
		return err
	}
	if e.states, e.creates, err = e.tx.StatesOf(ctx, e.subjects()); err != nil {
		return err
	}
	if err := e.moved(ctx); err != nil {
		return err
	}
	named := map[Lookup]bool{}
	var ways []Lookup
	for _, w := range e.ways {
		if w.Kind.Points() {
			named[w], ways = true, append(ways, w)
		}
	}
	e.ways = ways
	e.judge = &partyJudge{rules: e.r.rules, erased: func(w Lookup) bool { return named[w] }}
	return nil
}

// moved adds what targets hold of the records that came from another customer with its state. Where
// only some records go, their rows stay: the customer goes on being written there.
func (e *erasing) moved(ctx context.Context) error {
	if !e.out.Whole {
		return nil
	}
	own, err := e.tx.DeliveriesOfRecords(ctx, e.out.Records)
	for _, d := range own {
		if !slices.ContainsFunc(e.states, func(s DeliveryState) bool { return s.Target == d.Target && s.RemoteID == d.RemoteID }) {
			e.states = append(e.states, d)
		}
	}
	return err
}

// nameless refuses a reason in which a mail address, a number or a whole name of the person stands.
func (e *erasing) nameless() error {
	text := " " + strings.Join(strings.FieldsFunc(strings.ToLower(e.q.Reason), func(r rune) bool { return strings.ContainsRune(" ,;:()\"'<>", r) }), " ") + " "
	names, hits := 0, 0
	for _, w := range e.ways {
		value := strings.ToLower(w.Value)
		switch w.Kind {
		case LookupEmail, LookupPhone:
			if strings.Contains(text, value) {
				return ErrNames
			}
		case LookupName:
			if names++; len(value) > 2 && strings.Contains(text, " "+value+" ") {
				hits++
			}
		}
	}
	if hits > 1 || hits > 0 && names == 1 {
		return ErrNames
	}
	return nil
}

// leave takes the records out of the graph, as if they had been deleted: what they joined falls
// apart, and keys that they made generic bring others together again.
func (e *erasing) leave(ctx context.Context) error {
	e.cause, e.erased = "erasure "+e.q.ID, e.keys
	if err := e.loadByKey(ctx, e.out.Records); err != nil {
		return err
	}
	var tombstones []string
	for _, key := range e.out.Records {
		rec := e.byKey[key]
		if !rec.live() {
			tombstones = append(tombstones, key)
			continue
		}
		rec.Deleted, rec.changed = true, true
		e.dirty = append(e.dirty, rec)
	}
	return e.unpinned(ctx, tombstones)
}

// unpinned has the customers looked at again that hold values pinned with tombstones among their
// records: nothing else leads from those to them.
func (e *erasing) unpinned(ctx context.Context, tombstones []string) error {
	pins, err := e.tx.DecisionsOf(ctx, tombstones)
	if err != nil {
		return err
	}
	for _, p := range pins {
		if p.Verdict != Pinned {
			continue
		}
		if err := e.loadByKey(ctx, p.Left); err != nil {
			return err
		}
		for _, key := range p.Left {
			if rec := e.byKey[key]; rec != nil && rec.live() && !rec.changed {
				rec.changed = true
				e.dirty = append(e.dirty, rec)
			}
		}
	}
	return nil
}
