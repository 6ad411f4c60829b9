package file

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/connectors"
)

// ledger is what a stream remembers, in its checkpoint: contents that were read to the end, the
// newest last, and how far it came in the file that it is reading. It is bounded by `remember`.
type ledger struct {
	Done    []string  `json:"done"` // SHA-256, in hexadecimal
	Current *progress `json:"current,omitempty"`

	known map[string]bool
}

// progress says how much of a file is durable. The file is known by its content: under a new name
// it is still the same.
type progress struct {
	SHA256 string `json:"sha256"`
	Record int64  `json:"record"` // number of the last record that is durable
	Offset int64  `json:"offset"` // where that record begins
	Good   int64  `json:"good"`   // records up to there that could be read
}

func loadLedger(ctx context.Context, c connectors.Checkpoint) (*ledger, error) {
	l := &ledger{known: map[string]bool{}}
	state, err := c.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the ledger: %w", err)
	}
	if state != nil {
		if err := json.Unmarshal(state, l); err != nil {
			return nil, &connectors.PermanentError{Err: fmt.Errorf("the stream's checkpoint is no ledger of files: %w", err)}
		}
	}
	for _, hash := range l.Done {
		l.known[hash] = true
	}
	return l, nil
}

// add remembers a content, and forgets the oldest beyond limit.
func (l *ledger) add(hash string, limit int) {
	if !l.known[hash] {
		l.known[hash] = true
		l.Done = append(l.Done, hash)
	}
	if over := len(l.Done) - limit; over > 0 {
		for _, old := range l.Done[:over] {
			delete(l.known, old)
		}
		l.Done = slices.Delete(l.Done, 0, over)
	}
}

func (l *ledger) save(ctx context.Context, c connectors.Checkpoint) error {
	state, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := c.Save(ctx, state); err != nil {
		return fmt.Errorf("save the ledger: %w", err)
	}
	return nil
}
