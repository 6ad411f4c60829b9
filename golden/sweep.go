package golden

import (
	"context"
	"fmt"
)

// SearchVersion counts up with what Ruleset.Lookups takes from a customer: stores that were written with
// another one have to be gone through by Reindex.
const SearchVersion = 1

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

// Reindex writes the lookups of up to limit customers after the golden ID after as Ruleset.Lookups has
// them now, and returns the last ID that it took, "" when there are no more. Nothing else changes.
func (r *Resolver) Reindex(ctx context.Context, after string, limit int) (last string, err error) {
	customers, err := r.store.FindCustomers(ctx, Query{After: after, Limit: limit})
	if err != nil || len(customers) == 0 {
		return "", err
	}
	nos := make([]EntityNo, len(customers))
	for i, c := range customers {
		nos[i] = c.No
	}
	err = r.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Settle(ctx); err != nil { // nobody changes them meanwhile
			return err
		}
		now, err := tx.Entities(ctx, nos)
		if err != nil {
			return err
		}
		var of []EntityNo
		var lookups []Lookup
		for i := range now {
			if now[i].State != Live {
				continue
			}
			own, err := r.rules.lookupsOf(&now[i])
			if err != nil {
				return err
			}
			for j := range own {
				own[j].Entity = now[i].No
			}
			of, lookups = append(of, now[i].No), append(lookups, own...)
		}
		return tx.PutLookups(ctx, of, lookups)
	})
	if err != nil {
		return "", fmt.Errorf("write lookups anew after %q: %w", after, err)
	}
	return customers[len(customers)-1].ID, nil
}
