package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// amend changes a checkpoint that holds JSON and that several processes change. change is given
// what is stored, the zero value where nothing is, and is called again where another process was
// faster; what it returns as error leaves the checkpoint as it is.
func amend[T any](ctx context.Context, store golden.Store, name string, change func(*T) error) error {
	for ; ; rest(ctx, time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		before, err := store.LoadCheckpoint(ctx, name)
		if err != nil {
			return err
		}
		var v T
		if before != nil {
			if err := json.Unmarshal(before, &v); err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
		}
		if err := change(&v); err != nil {
			return err
		}
		after, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if swapped, err := store.SwapCheckpoint(ctx, name, before, after); err != nil || swapped {
			return err
		}
	}
}
