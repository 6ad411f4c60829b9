package hub

import (
	"context"

	"github.com/touchstone-hub/touchstone/golden"
)

// Keep stores the answer to a request in the transaction that does what was asked, so that it is done
// once also where the process ends before it has answered; its error takes all of it back. nil: nobody
// will ask again.
type Keep func(ctx context.Context, tx golden.Tx, answer any) error

// erasure keeps an erasure as it stands after what was asked.
func (k Keep) erasure() func(context.Context, golden.Tx, golden.Erasure) error {
	if k == nil {
		return nil
	}
	return func(ctx context.Context, tx golden.Tx, e golden.Erasure) error { return k(ctx, tx, erasureOf(e)) }
}
