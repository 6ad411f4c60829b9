package golden

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Resolver decides, batch by batch, which records are one customer and what is true of them. It is
// safe for concurrent use; the store lets one batch settle at a time.
type Resolver struct {
	store    Store
	rules    *Ruleset
	suppress Suppressor
	o        ResolverOptions
}

// ResolverOptions are the settings of a Resolver. The zero value works.
type ResolverOptions struct {
	Clock func() time.Time // time.Now by default; for hub times only, never for a decision
	Log   *slog.Logger     // slog.Default() by default
	NewID func() string    // NewID by default; golden IDs must never repeat
	// Suppress hashes what was erased; the same for everyone who works on the store.
	Suppress Suppressor
	// OnChanged is called in the transaction that writes the changes, with the golden records
	// that they are about (merged and emptied ones included), after all else was written. The hub
	// marks there what targets now lack. It may run again with the transaction.
	OnChanged func(ctx context.Context, tx Tx, changes []Change, records map[EntityNo]GoldenRecord) error
	// OnReported is called in the same way, at the end, with the records known before whose content
	// the batch changed, be it to their customers' or not.
	OnReported func(ctx context.Context, tx Tx, records []SourceRecord) error
	// OnConditionError is told of conditions of survivorship rules that could not be evaluated for a
	// record of the system, each time that its customer is looked at, by several goroutines at once.
	OnConditionError func(system, condition string, err error)
}

// Batch is what Resolve takes: records in the order in which they arrived, and how far the group
// has read with them.
type Batch struct {
	Records []Incoming
	Offset  *OffsetAdvance // nil where the batch comes from no topic
}

// OffsetAdvance moves the next offset of a group on a partition, in the batch's transaction. Where
// the store's next offset is not Expected, the batch is dropped with ErrFenced.
type OffsetAdvance struct {
	Group     string
	Topic     string
	Partition int
	Expected  int64
	Next      int64
}

// Result counts what a batch did.
type Result struct {
	Accepted int // versions that changed a record's content, deletions included
	Touched  int // newer versions with the content that was there already
	Stale    int // versions that are not newer than what the store holds: dropped
	Compared int // pairs of records weighed
	Dirty    int // records whose edges were looked at again
	Changes  []Change
	// Suppressed counts records of erased people, which were left out, by system.
	Suppressed map[string]int
}

// NewResolver returns a resolver over the store.
func NewResolver(store Store, rules *Ruleset, o ResolverOptions) *Resolver {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.NewID == nil {
		o.NewID = NewID
	}
	return &Resolver{store: store, rules: rules, suppress: o.Suppress, o: o}
}

// Ruleset returns the rules that the resolver decides by.
func (r *Resolver) Ruleset() *Ruleset { return r.rules }

// Resolve takes a batch of records into the store, in one transaction: all of it or nothing. Any
// batching of the same records leads to the same customers, as long as the versions of one record
// come in their order.
func (r *Resolver) Resolve(ctx context.Context, batch Batch) (Result, error) {
	prepared := r.prepare(batch.Records)
	return r.settled(ctx, "resolve a batch", func(ctx context.Context, s *settling) error {
		if o := batch.Offset; o != nil {
			if err := s.tx.AdvanceOffset(ctx, o.Group, o.Topic, o.Partition, o.Expected, o.Next); err != nil {
				return err
			}
		}
		return s.takeIn(ctx, prepared)
	})
}

// Reresolve looks at records again as if they had changed: after a new ruleset, new links, or
// values that the hub wrote. Keys that do not exist or are deleted are passed over.
func (r *Resolver) Reresolve(ctx context.Context, keys []string) (Result, error) {
	return r.Within(ctx, func(context.Context, Tx) ([]string, error) { return keys, nil })
}

// Link records that the hub made one record from another, and resolves those that are there
// already.
func (r *Resolver) Link(ctx context.Context, links []Link) (Result, error) {
	return r.Within(ctx, func(ctx context.Context, tx Tx) (keys []string, err error) {
		if keys, err = Relinked(ctx, tx, links); err != nil {
			return nil, err
		}
		for _, l := range links {
			keys = append(keys, l.Origin)
		}
		return keys, tx.PutLinks(ctx, links)
	})
}

// Relinked returns the keys of the records to resolve again once links are written, before they are: those
// that were made from others, and what they were thought to be made from until now. That has to be looked
// at too, since it may hang together with the customer by nothing else.
func Relinked(ctx context.Context, tx Tx, links []Link) ([]string, error) {
	if len(links) == 0 {
		return nil, nil
	}
	keys, origins := make([]string, len(links)), make(map[string]string, len(links))
	for i, l := range links {
		keys[i], origins[l.Remote] = l.Remote, l.Origin
	}
	before, err := tx.LinksOf(ctx, keys)
	for _, l := range before {
		if now, again := origins[l.Remote]; again && now != l.Origin {
			keys = append(keys, l.Origin)
		}
	}
	return keys, err
}

// Within runs do in a transaction in which it may also write links, written values and deliveries,
// and then resolves again the records whose keys it returns, in the same transaction. With it the
// outcome of a create, the link and what follows for the customers are one step: also where the
// target reported the new record before it answered.
func (r *Resolver) Within(ctx context.Context, do func(ctx context.Context, tx Tx) (keys []string, err error)) (Result, error) {
	return r.settled(ctx, "resolve records again", func(ctx context.Context, s *settling) error {
		keys, err := do(ctx, s.tx)
		if err != nil {
			return err
		}
		return s.again(ctx, keys, "")
	})
}

// settled runs do and then the settling of whatever it made dirty, in one transaction.
func (r *Resolver) settled(ctx context.Context, what string, do func(context.Context, *settling) error) (Result, error) {
	return r.settledThen(ctx, what, do, func() error { return nil })
}

// settledThen calls then at the end of the transaction, which its error takes back. what is what was
// being done, for errors; "" where they say so themselves.
func (r *Resolver) settledThen(ctx context.Context, what string, do func(context.Context, *settling) error, then func() error) (Result, error) {
	var result Result
	err := r.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		s := newSettling(r, tx)
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		if err := do(ctx, s); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		if err := s.reported(ctx); err != nil {
			return err
		}
		result = s.result
		return then()
	})
	switch {
	case err == nil:
		return result, nil
	case what == "":
		return Result{}, err
	}
	return Result{}, fmt.Errorf("%s: %w", what, err)
}

// reported tells of the records whose content the transaction changed.
func (s *settling) reported(ctx context.Context) error {
	if s.r.o.OnReported == nil {
		return nil
	}
	var records []SourceRecord
	for _, rec := range s.dirty {
		if rec.put && rec.changed && !rec.inserted && rec.live() {
			records = append(records, rec.SourceRecord)
		}
	}
	if len(records) == 0 {
		return nil
	}
	return s.r.o.OnReported(ctx, s.tx, records)
}
