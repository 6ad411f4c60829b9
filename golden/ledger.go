package golden

import (
	"context"
	"errors"
	"time"
)

// ErrMoved: a row of the ledger is not as it was read: somebody else has written it since. The whole
// transaction is dropped; the caller reads again and decides anew.
var ErrMoved = errors.New("the ledger was written by somebody else meanwhile")

// LedgerRow is one thing that a connector must not forget: an interchange, a document, a number.
type LedgerRow struct {
	System string // whose connector it belongs to
	Kind   string // sort of row, the connector's own word
	Key    string // unique in (System, Kind)
	State  string
	At     time.Time // by which rows are ordered
	Due    time.Time // when somebody has to look at it; zero: never
	// Version is that of the row as it was read; 0 for one that is to be new.
	Version int64
	Body    []byte
}

// LedgerQuery selects rows of one system and kind: all conditions that are set must hold.
type LedgerQuery struct {
	System, Kind string
	States       []string  // nil: all
	DueBefore    time.Time // zero: whatever they are due
	Newest       bool      // newest first
	After        time.Time // At of the last row seen; zero: from the start
	AfterKey     string    // its key
	Limit        int
}

// LedgerCount is how many rows of one state there are.
type LedgerCount struct {
	System, Kind, State string
	Count               int64
	Due                 time.Time // the earliest of them; zero where none is
}

// Ledger is what connectors keep, in a transaction.
type Ledger interface {
	// LedgerRows returns the rows that exist among keys.
	LedgerRows(ctx context.Context, system, kind string, keys []string) ([]LedgerRow, error)
	// PutLedger inserts the rows of version 0 and replaces the others, each under the next version;
	// ErrMoved where a row is not there in the version given, or is there and was to be new. Keys
	// come once in a call.
	PutLedger(ctx context.Context, rows []LedgerRow) error
	// PruneLedger deletes the rows in one of the states whose At is before the time, and says how many.
	PruneLedger(ctx context.Context, system, kind string, states []string, before time.Time) (int64, error)
}

// LedgerReader is what shows it.
type LedgerReader interface {
	// ListLedger returns rows ordered by (At, Key).
	ListLedger(ctx context.Context, q LedgerQuery) ([]LedgerRow, error)
	// CountLedger counts the rows of all systems, by system, kind and state.
	CountLedger(ctx context.Context) ([]LedgerCount, error)
}
