package golden

import (
	"context"
	"log/slog"
	"time"
)

// Resolver decides, batch by batch, which records are one customer and what is true of them. It is
// safe for concurrent use; the store lets one batch settle at a time.
type Resolver struct {
	store Store
	rules *Ruleset
	o     ResolverOptions
}

// ResolverOptions are the settings of a Resolver. The zero value works.
type ResolverOptions struct {
	Clock func() time.Time // time.Now by default; for hub times only, never for a decision
	Log   *slog.Logger     // slog.Default() by default
	NewID func() string    // NewID by default; golden IDs must never repeat
	// OnChanged is called in the transaction that writes the changes, with the golden records
	// that they are about (merged and emptied ones included), after all else was written. The hub
	// marks there what targets now lack. It may run again with the transaction.
	OnChanged func(ctx context.Context, tx Tx, changes []Change, records map[EntityNo]GoldenRecord) error
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
	Dirty    int // records whose edges were replaced
	Changes  []Change
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
	return &Resolver{store: store, rules: rules, o: o}
}
