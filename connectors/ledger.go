package connectors

import (
	"context"
	"time"

	"github.com/touchstone-hub/touchstone/formats"
)

// Row is one thing that a connector must not forget: an interchange, a document that waits for an
// answer, a number that was given out last.
type Row struct {
	Kind  string // sort of row, the connector's own word
	Key   string // unique in its kind
	State string
	At    time.Time // by which rows are ordered; microseconds are kept
	Due   time.Time // when somebody has to look at it; zero: never
	// Version is that of the row as it was read; 0 for one that is to be new.
	Version int64
	Body    []byte // small: JSON that operators are shown, or a document's bytes in it
}

// RowQuery selects rows of one kind: all conditions that are set must hold.
type RowQuery struct {
	Kind      string
	States    []string  // nil: all
	DueBefore time.Time // zero: whenever they are due
	Newest    bool      // newest first
	After     time.Time // At of the last row seen; zero: from the start
	AfterKey  string    // its key
	Limit     int
}

// Ledger keeps the rows of one connector in the hub's store, for what has to happen once: several rows
// change in one transaction, or none does.
type Ledger interface {
	// InTx runs do in one transaction, and again from the start where somebody else has written a row
	// since it was read: do keeps no state from an earlier run.
	InTx(ctx context.Context, do func(ctx context.Context, tx LedgerTx) error) error
	// List returns rows ordered by (At, Key).
	List(ctx context.Context, q RowQuery) ([]Row, error)
}

// LedgerTx is one transaction of a ledger.
type LedgerTx interface {
	// Rows returns the rows that exist among keys, by key.
	Rows(ctx context.Context, kind string, keys ...string) (map[string]Row, error)
	// Put inserts the rows of version 0 and replaces the others, each under the next version.
	Put(ctx context.Context, rows ...Row) error
	// Prune deletes rows in one of the states whose At is before the time.
	Prune(ctx context.Context, kind string, states []string, before time.Time) (int64, error)
	// Bury writes dead letters: what came in and belongs to no stream, and what a partner refused.
	Bury(ctx context.Context, letters ...Letter) error
}

// Letter is a dead letter that a connector writes itself.
type Letter struct {
	// Sent says that it was on its way out: Stream is a target's name then, and the letter can be
	// replayed by delivering its subject again.
	Sent   bool
	Stream string // "" where it belongs to none
	Key    string // the record's, or the subject of a delivery; "" where not known
	Cause  string // short class: syntax, partner, duplicate, rejected, …
	Err    error
	Frame  formats.Frame // bytes, context, position and header
}

// Worker is implemented by connectors that have work to do beside their streams and targets: what
// comes in for all streams together, what is collected before it goes out.
type Worker interface {
	// Works says whether there is such work with these streams and targets.
	Works() bool
	// Work runs until ctx ends (then it returns nil, having finished what it began) or something
	// fails; the hub runs it again, as it does sources. Of all processes on one store, one at a time
	// runs it.
	Work(ctx context.Context, env WorkEnv) error
}

// Resender is implemented by connectors that can hand over once more what they sent.
type Resender interface {
	// Resend has what stands under a key of the ledger sent again as it was, when the connector next
	// works. The error says why that cannot be.
	Resend(ctx context.Context, l Ledger, key string) error
}

// WorkEnv is what the hub lends to the work of a connector. DataFolder, Intake and Clock are as of Env.
type WorkEnv struct {
	Env
	// Well and Trouble tell operators whether the connector can do its work: the connection is shown
	// as failing, with the reason, until Well is called.
	Well    func()
	Trouble func(error)
}
