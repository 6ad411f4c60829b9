package golden

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// SearchVersion counts up with what Ruleset.Lookups takes from a customer: stores that were written with
// another one have to be gone through by Reindex.
const SearchVersion = 1

// Sweep resolves all customers again, a stretch at a time: after the ruleset changed, the store is
// in line with the new one once a sweep has gone through. It takes up to limit customers from the
// place after ("" to begin) and returns the place that it has come to, "" when it is through. The
// caller keeps that to go on from after a restart, and waits between stretches as it sees fit;
// batches may be resolved meanwhile, by resolvers with the new ruleset.
//
// Customers come in order of their golden IDs. A record that has moved meanwhile, from a customer
// still to come to one that is through, was looked at with neither: such records come at the end.
func (r *Resolver) Sweep(ctx context.Context, after string, limit int) (next string, result Result, err error) {
	place, known := readPlace(after)
	if !known {
		if place.from, err = r.store.LastChange(ctx); err != nil {
			return "", Result{}, fmt.Errorf("begin to sweep: %w", err)
		}
	}
	keys, err := r.stretch(ctx, &place, limit)
	if err != nil {
		return "", Result{}, fmt.Errorf("sweep from %q: %w", after, err)
	}
	if len(keys) == 0 {
		return "", Result{}, nil
	}
	result, err = r.Reresolve(ctx, keys)
	return place.text(), result, err
}

// stretch lists the records that come next, and moves the place behind them; none where the sweep
// is through.
func (r *Resolver) stretch(ctx context.Context, place *sweepPlace, limit int) (keys []string, err error) {
	if place.until == 0 {
		customers, err := r.store.FindCustomers(ctx, Query{After: place.id, Limit: limit})
		if err != nil {
			return nil, err
		}
		for _, c := range customers {
			keys, place.id = append(keys, c.Sources...), c.ID
		}
		if len(keys) > 0 {
			return keys, nil
		}
		if place.until, err = r.store.LastChange(ctx); err != nil {
			return nil, err
		}
	}
	for len(keys) == 0 && place.from < place.until {
		moved, last, err := r.store.Moved(ctx, place.from, place.until, limit)
		if err != nil {
			return nil, err
		}
		if last == place.from {
			break
		}
		keys, place.from = moved, last
	}
	return keys, nil
}

// sweepPlace is how far a sweep has come.
type sweepPlace struct {
	from  int64  // number of the last change before the records whose moves are to be looked at yet
	id    string // the last customer that is through
	until int64  // of the changes; 0 while there are customers
}

func (p sweepPlace) text() string {
	if p.until > 0 {
		return fmt.Sprintf("%d-%d", p.from, p.until)
	}
	return fmt.Sprintf("%d %s", p.from, p.id)
}

// readPlace reads what text wrote; known is false where the sweep begins, or the place was written
// by a version that knew golden IDs alone: then it begins anew.
func readPlace(text string) (p sweepPlace, known bool) {
	from, id, customers := strings.Cut(text, " ")
	if !customers {
		var until string
		if from, until, known = strings.Cut(text, "-"); !known {
			return sweepPlace{}, false
		}
		n, err := strconv.ParseInt(until, 10, 64)
		if err != nil {
			return sweepPlace{}, false
		}
		p.until = n
	}
	n, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return sweepPlace{}, false
	}
	p.from, p.id = n, id
	return p, true
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
