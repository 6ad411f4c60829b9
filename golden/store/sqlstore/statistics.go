package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

var (
	countEntities   = plain(`SELECT count(*) FROM entity`)
	countNotLive    = plain(`SELECT state, count(*) FROM entity WHERE state <> 'live' GROUP BY state`)
	countRecords    = plain(`SELECT stream, deleted, count(*) FROM source_record GROUP BY stream, deleted`)
	countDocuments  = plain(`SELECT entity, deleted, count(*) FROM document GROUP BY entity, deleted`)
	countDeliveries = plain(`SELECT target, status, count(*) FROM delivery GROUP BY target, status`)
	countCreates    = plain(`SELECT target, status, count(*) FROM pending_create GROUP BY target, status`)
	countDirty      = plain(`SELECT target, count(*), min(since) FROM dirty GROUP BY target`)
	countTasks      = plain(`SELECT kind, count(*) FROM task WHERE closed IS NULL GROUP BY kind`)
	countLetters    = plain(`SELECT stage, count(*) FROM dead_letter WHERE state = 'open' GROUP BY stage`)
	countOutbox     = plain(`SELECT count(*) FROM outbox`)
)

// Statistics implements golden.Reader. Records and entities are counted from their indexes, which
// takes some tenths of a second for a million.
func (s *Store) Statistics(ctx context.Context) (golden.Statistics, error) {
	st := golden.Statistics{
		Records: map[string]int64{}, Deleted: map[string]int64{}, Documents: map[canonical.Entity]int64{},
		Deliveries: map[string]map[golden.DeliveryStatus]int64{}, Creates: map[string]map[golden.DeliveryStatus]int64{},
		Dirty:  map[string]int64{},
		Oldest: map[string]time.Time{}, Tasks: map[golden.TaskKind]int64{}, DeadLetters: map[string]int64{},
	}
	err := s.backend.View(ctx, func(c Conn) error { return count(ctx, c, &st) })
	if err != nil {
		return st, fmt.Errorf("count what the store holds: %w", err)
	}
	return st, nil
}

func count(ctx context.Context, c Conn, st *golden.Statistics) error {
	var name, second string
	var n int64
	var deleted bool
	var oldest time.Time
	notLive := map[string]int64{}
	for _, q := range []struct {
		statement *Statement
		into      []any
		then      func()
	}{
		{countEntities, []any{&st.Customers}, func() {}},
		{countNotLive, []any{&name, &n}, func() { notLive[name] = n }},
		{countRecords, []any{&name, &deleted, &n}, func() {
			if deleted {
				st.Deleted[name] = n
			} else {
				st.Records[name] = n
			}
		}},
		{countDocuments, []any{&name, &deleted, &n}, func() {
			if !deleted {
				st.Documents[canonical.Entity(name)] = n
			}
		}},
		{countDeliveries, []any{&name, &second, &n}, func() { countState(st.Deliveries, name, second, n) }},
		{countCreates, []any{&name, &second, &n}, func() { countState(st.Creates, name, second, n) }},
		{countDirty, []any{&name, &n, &oldest}, func() { st.Dirty[name], st.Oldest[name] = n, oldest }},
		{countTasks, []any{&name, &n}, func() { st.Tasks[golden.TaskKind(name)] = n }},
		{countLetters, []any{&name, &n}, func() { st.DeadLetters[name] = n }},
		{countOutbox, []any{&st.Outbox}, func() {}},
		{feedState, []any{&st.FeedLast}, func() {}},
	} {
		if err := c.Query(ctx, q.statement, func(scan Scan) error {
			err := scan(q.into...)
			if err == nil {
				q.then()
			}
			return err
		}); err != nil {
			return err
		}
	}
	for _, n := range notLive {
		st.Customers -= n
	}
	st.Merged = notLive[string(golden.Merged)]
	return nil
}

func countState(counts map[string]map[golden.DeliveryStatus]int64, target, status string, n int64) {
	if counts[target] == nil {
		counts[target] = map[golden.DeliveryStatus]int64{}
	}
	counts[target][golden.DeliveryStatus(status)] = n
}
