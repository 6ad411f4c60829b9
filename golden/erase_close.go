package golden

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// redact takes out of other histories what they say of the times in which the records were members
// there, which may be of the person: which values came and went, and the records' keys.
func (e *erasing) redact(ctx context.Context, spans []Membership) error {
	fresh := map[int64]bool{} // changes that this transaction made: their new values are of others
	times := map[EntityNo]*Membership{}
	widen := func(no EntityNo, since, until time.Time) {
		if no == 0 || e.nos[no] {
			return
		}
		if times[no] == nil {
			times[no] = &Membership{Entity: no, Since: since, Until: until}
		}
		if since.Before(times[no].Since) {
			times[no].Since = since
		}
		if until.After(times[no].Until) {
			times[no].Until = until
		}
	}
	for _, s := range spans {
		if s.Until.IsZero() {
			s.Until = e.now
		}
		widen(s.Entity, s.Since, s.Until)
	}
	for _, c := range e.result.Changes {
		fresh[c.No] = true
		widen(c.Entity, e.now, e.now)
	}
	for _, no := range slices.Sorted(maps.Keys(times)) {
		changes, err := e.tx.ChangesWithin(ctx, no, times[no].Since, times[no].Until)
		if err != nil {
			return err
		}
		for i := range changes {
			e.redactChange(&changes[i], fresh[changes[i].No])
		}
		if err := e.tx.RewriteChanges(ctx, changes); err != nil {
			return err
		}
		e.redacted += int64(len(changes))
	}
	return nil
}

func (e *erasing) redactChange(c *Change, fresh bool) {
	c.Records = slices.DeleteFunc(c.Records, func(key string) bool { return e.keys[key] })
	if e.keys[c.Cause] {
		c.Cause = e.cause
	}
	if !fresh {
		c.Correlation, c.Trace = "", ""
	}
	for i := range c.Paths {
		p := &c.Paths[i]
		p.Old = nil
		if !fresh {
			p.New = nil
		}
		if e.keys[p.Source] {
			p.Source = ""
		}
	}
}

// forgetWork removes dead letters and what the reconciler knows, and has it end the records in
// targets.
func (e *erasing) forgetWork(ctx context.Context) error {
	letters, err := e.tx.EraseDeadLetters(ctx, e.places(), slices.Concat(e.subjects(), e.documentKeys()), e.texts())
	if err != nil {
		return err
	}
	e.out.Counts["changes"] += e.redacted
	e.out.Counts["dead letters"] = letters
	if e.q.Receipts != nil {
		e.out.Receipts = e.q.Receipts(e.states, e.creates)
	}
	byTarget := map[string][]string{}
	for _, c := range e.creates {
		byTarget[c.Target] = append(byTarget[c.Target], c.Subject)
	}
	for target, subjects := range byTarget {
		if err := e.tx.DeletePendingCreates(ctx, target, subjects); err != nil {
			return err
		}
	}
	if err := e.tx.EraseWork(ctx, e.subjects()); err != nil {
		return err
	}
	return e.endRecords(ctx)
}

// endRecords leaves the rows of those records that a target still has to end, under the customer's
// own ID, and marks them; the others' rows go.
func (e *erasing) endRecords(ctx context.Context) error {
	open := map[[2]any]bool{}
	for i := range e.out.Receipts {
		e.out.Receipts[i].Erasure = e.q.ID
		if r := e.out.Receipts[i]; r.Status == ReceiptPending {
			open[[2]any{r.Target, r.Remote}] = true
		}
	}
	var gone, ending []DeliveryState
	var marks []Dirty
	for _, d := range e.states {
		if !open[[2]any{d.Target, e.r.suppress.Remote(d.Target, d.RemoteID)}] {
			gone = append(gone, d)
			continue
		}
		if !strings.Contains(d.Subject, "/") { // documents are marked already
			if e.out.Whole {
				d.Subject = e.golden.ID
			}
			d.Error, d.Origin = "", ""
			ending = append(ending, d)
			marks = append(marks, Dirty{Target: d.Target, Subject: d.Subject, Entity: "customer", Since: e.now})
		}
	}
	n, err := e.tx.EraseDeliveries(ctx, gone)
	if err != nil {
		return err
	}
	e.out.Counts["deliveries"], e.out.Counts["pending creates"] = n, int64(len(e.creates))
	if err := e.tx.PutDeliveries(ctx, ending); err != nil {
		return err
	}
	if len(marks) == 0 {
		return nil
	}
	return e.tx.MarkDirty(ctx, marks)
}

// places name the dead letters of the records and of the documents that went or were stripped.
func (e *erasing) places() []LetterPlace {
	var places []LetterPlace
	add := func(key string) {
		if parts := strings.SplitN(key, "/", 3); len(parts) == 3 {
			places = append(places, LetterPlace{parts[0], parts[1], parts[2]})
		}
	}
	for _, key := range slices.Concat(e.out.Records, e.further(), e.documentKeys()) {
		add(key)
	}
	return places
}

// documentKeys are those of the documents that went or were stripped.
func (e *erasing) documentKeys() []string {
	var keys []string
	for _, name := range slices.Concat(e.out.Removed, e.out.Stripped) {
		_, key, _ := strings.Cut(name, " ")
		keys = append(keys, key)
	}
	return keys
}

// texts are what letters without a key are searched for.
func (e *erasing) texts() []string {
	var texts []string
	for _, w := range e.unique {
		switch w.Kind {
		case LookupEmail:
			texts = append(texts, w.Value)
		case LookupPhone:
			texts = append(texts, w.Value)
			if national := nationalNumber(w.Value); len(national) > 6 {
				texts = append(texts, national)
			}
		}
	}
	return texts
}

// close writes what is kept: the suppressions, and the record of the erasure.
func (e *erasing) close(ctx context.Context) error {
	for _, key := range slices.Concat(e.out.Records, e.further()) {
		e.out.Suppressions = append(e.out.Suppressions, e.r.suppress.Record(key))
	}
	if e.q.Identities {
		if err := e.suppressIdentities(ctx); err != nil {
			return err
		}
	}
	hashes := make([]uint64, len(e.out.Suppressions))
	for i, s := range e.out.Suppressions {
		hashes[i] = s.Hash
	}
	if err := e.tx.PutSuppressions(ctx, hashes, e.q.ID, e.now); err != nil {
		return err
	}
	out := &e.out.Erasure
	out.ID, out.Customer, out.At = e.q.ID, e.golden.ID, e.now
	out.Author, out.Reason, out.Orders, out.Identities = e.q.Author, e.q.Reason, e.q.Orders, e.q.Identities
	out.Held = e.held()
	if e.q.Complete != nil {
		if err := e.q.Complete(out, e.records); err != nil {
			return err
		}
	}
	maps.DeleteFunc(out.Counts, func(_ string, n int64) bool { return n == 0 })
	if err := e.tx.PutErasure(ctx, *out); err != nil {
		return err
	}
	return e.tx.PutReceipts(ctx, out.Receipts)
}

// suppressIdentities keeps away whoever has one of the person's own values; what others share, such
// as the phone of a household, would keep them away too and is left out.
func (e *erasing) suppressIdentities(ctx context.Context) error {
	shared, err := others(ctx, e.tx, e.unique, func(no EntityNo) bool { return e.nos[no] })
	if err != nil {
		return err
	}
	for _, w := range e.unique {
		if shared[w] {
			e.out.Shared++
			continue
		}
		s, _ := e.r.suppress.Way(w)
		e.out.Suppressions = append(e.out.Suppressions, s)
	}
	return nil
}

// held counts the live records that their systems keep: those for which no receipt tells that a
// route ends them.
func (e *erasing) held() []HeldAt {
	ended := map[uint64]bool{}
	for _, r := range e.out.Receipts {
		if r.Operation == "delete" {
			ended[r.Remote] = true
		}
	}
	n := map[string]int{}
	for _, rec := range e.records {
		if !rec.Deleted && !ended[e.r.suppress.Remote(rec.System+"."+rec.Stream, rec.ID)] {
			n[rec.System+"/"+rec.Stream]++
		}
	}
	held := make([]HeldAt, 0, len(n))
	for _, stream := range slices.Sorted(maps.Keys(n)) {
		held = append(held, HeldAt{Stream: stream, Records: n[stream]})
	}
	return held
}

// Lift ends a suppression of an erasure. what is a source record's key, or one of email:…, phone:…,
// identifier:SCHEME:VALUE. ErrNotFound where the erasure does not suppress it. done, where not nil, is
// called in the transaction once it is lifted; its error takes that back.
func (r *Resolver) Lift(ctx context.Context, id, what, author, reason string, done func(context.Context, Tx, Erasure) error) (Erasure, error) {
	var out Erasure
	err := r.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		found, err := tx.Erasures(ctx, []string{id})
		if err != nil {
			return err
		}
		s, ok := r.suppress.Way(r.rules.suppressible(what))
		if len(found) == 0 || !ok || !slices.Contains(found[0].Suppressions, s) {
			return ErrNotFound
		}
		if _, err := tx.LiftSuppressions(ctx, []uint64{s.Hash}); err != nil {
			return err
		}
		out = found[0]
		out.Suppressions = slices.DeleteFunc(out.Suppressions, func(other Suppression) bool { return other == s })
		out.Lifted = append(out.Lifted, Lift{At: r.o.Clock().UTC().Truncate(time.Microsecond), Author: author, Reason: reason, Suppression: s})
		if err := tx.PutErasure(ctx, out); err != nil || done == nil {
			return err
		}
		return done(ctx, tx, out)
	})
	if err != nil {
		return Erasure{}, err
	}
	return out, nil
}
