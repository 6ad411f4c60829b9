package golden

import (
	"context"
	"fmt"
)

// Sweep resolves all customers again, a stretch at a time: after the ruleset changed, the store is
// in line with the new one once a sweep has gone through. It takes up to limit customers after the
// golden ID after ("" to begin) and returns the last ID that it took, "" when there are no more.
// The caller keeps that to go on from after a restart, and waits between stretches as it sees fit;
// batches may be resolved meanwhile, by resolvers with the new ruleset.
func (r *Resolver) Sweep(ctx context.Context, after string, limit int) (last string, result Result, err error) {
	customers, err := r.store.FindCustomers(ctx, Query{After: after, Limit: limit})
	if err != nil {
		return "", Result{}, fmt.Errorf("sweep after %q: %w", after, err)
	}
	if len(customers) == 0 {
		return "", Result{}, nil
	}
	var keys []string
	for _, c := range customers {
		keys = append(keys, c.Sources...)
	}
	result, err = r.Reresolve(ctx, keys)
	return customers[len(customers)-1].ID, result, err
}
