package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	recordTable     = table("source_record", recordColumns)
	recordKeysTable = table("record_keys", "record int, keys bytes, features bytes")
	recordKeyTable  = table("record_key", "key int, record int")
	keyBlockTable   = table("key_block", "key int, n int, members bytes")
	edgeTable       = table("edge", "a int, b int, weight int")
	memberTable     = table("member", "record int, entity int, last_entity int, since time, cause text")
	entityTable     = table("entity", entityColumns)
	lookupsTable    = table("entity_lookups", "entity int, packed bytes")
	lookupTable     = table("lookup", "way text, entity int, words text")
	taskTable       = table("task", "id text, kind text, score int, priority int, at time, records bytes, detail bytes")
	taskRecordTable = table("task_record", "record text, task text")
	changeTable     = table("change", "no int, entity int, version int, type text, at time, body bytes")
	outboxTable     = table("outbox", "no int")
)

// numbered gives rows their numbers in order of key, and returns them so.
func numbered[R any](ctx context.Context, t *loading, counter Counter, all []R, key func(*R) string, number func(*R, int64)) ([]R, error) {
	order := make([]*R, len(all))
	for i := range all {
		order[i] = &all[i]
	}
	compare := func(a, b *R) int { return cmp.Compare(key(a), key(b)) }
	if !slices.IsSortedFunc(order, compare) {
		slices.SortStableFunc(order, compare)
	}
	numbers, err := t.c.Allocate(ctx, counter, len(all))
	if err != nil {
		return nil, err
	}
	sorted := make([]R, len(all))
	for i, r := range order {
		number(r, numbers[i])
		sorted[i] = *r
	}
	return sorted, nil
}

// PutRecords implements golden.Records.
func (l *loading) PutRecords(ctx context.Context, records []golden.SourceRecord) error {
	type R = golden.SourceRecord
	for i := range records {
		if err := checkRecord(&records[i]); err != nil {
			return err
		}
	}
	sorted, err := numbered(ctx, l, RecordNumbers, records,
		func(r *R) string { return r.Key }, func(r *R, no int64) { r.No = golden.RecordNo(no) })
	if err != nil {
		return fmt.Errorf("number source records: %w", err)
	}
	return l.fill(ctx, recordTable, recordRows(sorted)...)
}

// PutKeys implements golden.Records. It returns no counts.
func (l *loading) PutKeys(ctx context.Context, keys []golden.RecordKeys) (map[uint64]int64, error) {
	var nos []int64
	var packed, features [][]byte
	n := 0
	for _, k := range keys {
		if len(k.Keys) > 0 {
			nos, packed, features = append(nos, int64(k.Record)), append(packed, packNumbers(k.Keys)), append(features, k.Features)
			n += len(k.Keys)
		}
	}
	if err := l.fill(ctx, recordKeysTable, nos, packed, features); err != nil {
		return nil, err
	}
	hashes, records := indexOf(keys, n)
	if err := l.fill(ctx, keyBlockTable, blocksOf(hashes, records)...); err != nil {
		return nil, err
	}
	many := manyOf(hashes, records)
	return nil, l.fill(ctx, recordKeyTable, many...)
}

// indexOf lists the n keys of records in the order of the index, on all cores: keys are hashes, so
// that their first bits divide them evenly.
func indexOf(keys []golden.RecordKeys, n int) (hashes, records []int64) {
	const bits = 8
	part := func(key uint64) int { return int((key ^ 1<<63) >> (64 - bits)) } // numbers are signed
	var sizes [1<<bits + 1]int
	for _, k := range keys {
		for _, key := range k.Keys {
			sizes[part(key)+1]++
		}
	}
	for i := 1; i < len(sizes); i++ {
		sizes[i] += sizes[i-1]
	}
	at, pairs := sizes, make([]keyPair, n)
	for _, k := range keys {
		for _, key := range k.Keys {
			pairs[at[part(key)]] = keyPair{key, k.Record}
			at[part(key)]++
		}
	}
	hashes, records = make([]int64, n), make([]int64, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < 1<<bits; i = int(next.Add(1)) - 1 {
				own := pairs[sizes[i]:sizes[i+1]]
				slices.SortFunc(own, compareKeyPairs)
				for j, p := range own {
					hashes[sizes[i]+j], records[sizes[i]+j] = int64(p.key), int64(p.record)
				}
			}
		})
	}
	wait.Wait()
	return hashes, records
}

// compareKeyPairs orders keys of one part: by what follows their first bits, then by record.
func compareKeyPairs(a, b keyPair) int {
	switch {
	case a.key < b.key:
		return -1
	case a.key > b.key:
		return 1
	case a.record < b.record:
		return -1
	}
	return 1
}

// runs gives the spans of equal keys in order.
func runs(keys []int64) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for from := 0; from < len(keys); {
			to := from + 1
			for to < len(keys) && keys[to] == keys[from] {
				to++
			}
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}

// blocksOf are the blocks of keys, which are in order, as columns.
func blocksOf(hashes, records []int64) []any {
	keys, counts, members := make([]int64, 0, len(hashes)), make([]int64, 0, len(hashes)), make([][]byte, 0, len(hashes))
	bytes := packNumbers(records)
	for from, to := range runs(hashes) {
		keys, counts = append(keys, hashes[from]), append(counts, int64(to-from))
		if to-from > packedMost {
			members = append(members, nil)
		} else {
			members = append(members, bytes[8*from:8*to])
		}
	}
	return []any{keys, counts, members}
}

// manyOf lists the members of the large blocks, of keys that are in order.
func manyOf(hashes, records []int64) []any {
	var keys, members []int64
	for from, to := range runs(hashes) {
		if to-from > packedMost {
			keys, members = append(keys, hashes[from:to]...), append(members, records[from:to]...)
		}
	}
	return []any{keys, members}
}

// PutEdges implements golden.Graph.
func (l *loading) PutEdges(ctx context.Context, _ []golden.RecordNo, edges []golden.Edge) error {
	return l.fill(ctx, edgeTable,
		column(edges, func(e *golden.Edge) int64 { return int64(e.A) }),
		column(edges, func(e *golden.Edge) int64 { return int64(e.B) }),
		column(edges, func(e *golden.Edge) int64 { return int64(e.Weight) }))
}

// PutMembers implements golden.Graph.
func (l *loading) PutMembers(ctx context.Context, members []golden.Member, at time.Time, cause string) error {
	cause = prose(cause)
	entities := column(members, func(m *golden.Member) int64 { return int64(m.Entity) })
	return l.fill(ctx, memberTable,
		column(members, func(m *golden.Member) int64 { return int64(m.Record) }), entities, entities,
		column(members, func(*golden.Member) time.Time { return at }),
		column(members, func(*golden.Member) string { return cause }))
}

// PutEntities implements golden.Results.
func (l *loading) PutEntities(ctx context.Context, records []golden.GoldenRecord) error {
	type G = golden.GoldenRecord
	for i := range records {
		if err := checkText("golden ID", append(slices.Clone(records[i].Sources), records[i].ID)...); err != nil {
			return err
		}
	}
	sorted, err := numbered(ctx, l, EntityNumbers, records,
		func(r *G) string { return r.ID }, func(r *G, no int64) { r.No = golden.EntityNo(no) })
	if err != nil {
		return fmt.Errorf("number entities: %w", err)
	}
	return l.fill(ctx, entityTable, entityRows(sorted)...)
}

// PutLookups implements golden.Results. Where the index is to come in its own order, it is written
// when all lookups are there.
func (l *loading) PutLookups(ctx context.Context, of []golden.EntityNo, lookups []golden.Lookup) error {
	byEntity := func(a, b golden.Lookup) int { return cmp.Compare(a.Entity, b.Entity) }
	if !slices.IsSortedFunc(lookups, byEntity) {
		slices.SortStableFunc(lookups, byEntity)
	}
	entities, packed := make([]int64, 0, len(of)), make([][]byte, 0, len(of))
	index := make([]lookupRow, 0, len(lookups))
	for from := 0; from < len(lookups); {
		entity := lookups[from].Entity
		var ways []way
		for ; from < len(lookups) && lookups[from].Entity == entity; from++ {
			w, err := wayOf(lookups[from].Kind, lookups[from].Value)
			if err != nil {
				return err
			}
			ways = append(ways, w)
		}
		slices.SortFunc(ways, compareWays)
		ways = slices.Compact(ways)
		entities, packed = append(entities, int64(entity)), append(packed, packWays(ways))
		index = append(index, rowsOf(golden.EntityNo(entity), ways)...)
	}
	if err := l.fill(ctx, lookupsTable, entities, packed); err != nil {
		return err
	}
	if l.filler.Ordered() {
		l.kept = append(l.kept, index...)
		return nil
	}
	return l.fillLookups(ctx, index)
}

func (l *loading) fillLookups(ctx context.Context, index []lookupRow) error {
	if l.filler.Ordered() {
		slices.SortFunc(index, compareLookupRows)
	}
	return l.fill(ctx, lookupTable, lookupColumns(index)...)
}

// PutTasks implements golden.Results.
func (l *loading) PutTasks(ctx context.Context, tasks []golden.Task) error {
	type T = golden.Task
	tasks = lastBy(tasks, func(t *T) string { return t.ID }, strings.Compare)
	var of [][2]string
	for _, task := range tasks {
		if err := checkText("task", append(slices.Clone(task.Records), task.ID)...); err != nil {
			return err
		}
		for _, key := range unique(task.Records) {
			of = append(of, [2]string{key, task.ID})
		}
	}
	if err := l.fill(ctx, taskTable,
		column(tasks, func(t *T) string { return t.ID }),
		column(tasks, func(t *T) string { return string(t.Kind) }),
		column(tasks, func(t *T) int64 { return int64(t.Score) }),
		column(tasks, func(t *T) int64 { return int64(t.Priority) }),
		column(tasks, func(t *T) time.Time { return t.At }),
		column(tasks, func(t *T) []byte { return encoded(t.Records) }),
		column(tasks, func(t *T) []byte { return t.Detail })); err != nil {
		return err
	}
	slices.SortFunc(of, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return l.fill(ctx, taskRecordTable,
		column(of, func(p *[2]string) string { return p[0] }), column(of, func(p *[2]string) string { return p[1] }))
}

// AddChanges implements golden.Results.
func (l *loading) AddChanges(ctx context.Context, changes []golden.Change) error {
	type C = golden.Change
	numbers, err := l.c.Allocate(ctx, ChangeNumbers, len(changes))
	if err != nil {
		return fmt.Errorf("number changes: %w", err)
	}
	for i := range changes {
		changes[i].No = numbers[i]
	}
	if err := l.fill(ctx, changeTable, numbers,
		column(changes, func(c *C) int64 { return int64(c.Entity) }),
		column(changes, func(c *C) int64 { return c.Version }),
		column(changes, func(c *C) string { return string(c.Type) }),
		column(changes, func(c *C) time.Time { return c.At }),
		column(changes, func(c *C) []byte { return bodyOf(c) })); err != nil {
		return err
	}
	return l.fill(ctx, outboxTable, numbers)
}
