package golden

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// prepared is an incoming record with its features, derived before the transaction.
type prepared struct {
	*Incoming
	forms    *standard.Standard
	features *match.Features
}

// prepare derives features on all cores.
func (r *Resolver) prepare(records []Incoming) []prepared {
	out := make([]prepared, len(records))
	onAllCores(len(records), func(i int) { out[i] = r.prepareOne(&records[i]) })
	return out
}

func (r *Resolver) prepareOne(in *Incoming) prepared {
	p := prepared{Incoming: in}
	if !in.Record.Deleted {
		p.forms, p.features = r.rules.features(&in.Customer)
	}
	return p
}

// onAllCores calls do with the numbers below n, and returns when all is done.
func onAllCores(n int, do func(i int)) {
	const each = 16 // less is not worth a goroutine
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n/each) {
		wait.Go(func() {
			for from := int(next.Add(each)) - each; from < n; from = int(next.Add(each)) - each {
				for i := from; i < min(from+each, n); i++ {
					do(i)
				}
			}
		})
	}
	if n < each {
		for i := range n {
			do(i)
		}
	}
	wait.Wait()
}

// takeIn brings the batch into the store, version by version, and notes which records changed.
func (s *settling) takeIn(ctx context.Context, batch []prepared) error {
	batch, err := s.unsuppressed(ctx, batch)
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(batch))
	for _, in := range batch {
		keys = append(keys, in.Key())
	}
	slices.Sort(keys)
	if err := s.loadByKey(ctx, slices.Compact(keys)); err != nil {
		return err
	}
	put, err := s.fold(batch)
	if err != nil {
		return err
	}
	return s.putRecords(ctx, put)
}

// fold brings the versions of a batch, one after the other, over the records that were loaded, and
// returns the records that it changed or touched.
func (s *settling) fold(batch []prepared) (put []*record, err error) {
	stored := map[string]SourceRecord{} // as they stood before the batch
	for _, in := range batch {
		rec := s.byKey[in.Key()]
		switch {
		case rec == nil:
			rec = &record{SourceRecord: in.Record}
			rec.ReceivedAt = s.now
			rec.take(in)
			s.byKey[rec.Key] = rec
			s.result.Accepted++
		case compareState(&in.Record, &rec.SourceRecord) <= 0:
			s.result.Stale++
			continue
		default:
			if err := s.observe(rec, in); err != nil {
				return nil, err
			}
			if _, seen := stored[rec.Key]; !seen && rec.No != 0 {
				stored[rec.Key] = rec.SourceRecord
			}
			if s.update(rec, in.Record) {
				rec.take(in)
			}
		}
		if !rec.put {
			rec.put = true
			put = append(put, rec)
		}
	}
	for _, rec := range put {
		before, existed := stored[rec.Key]
		rec.inserted = !existed
		rec.revived = existed && before.Deleted && !rec.Deleted
		rec.changed = differs(existed, &before, &rec.SourceRecord)
	}
	return put, nil
}

// update takes a newer version of a record, and returns whether its content is another. The same content
// keeps its business time: sending it once more does not make it more recent.
func (s *settling) update(rec *record, next SourceRecord) bool {
	next.No, next.Entity, next.Written, next.ReceivedAt = rec.No, rec.Entity, rec.Written, s.now
	if next.Deleted && next.Version == nil {
		next.Version = rec.Version // an older state that comes late stays older
	}
	same := next.Deleted == rec.Deleted && (next.Deleted || next.Hash == rec.Hash)
	if same || next.Deleted {
		next.Doc, next.Hash = rec.Doc, rec.Hash
	}
	if same {
		next.BusinessTime = rec.BusinessTime
		s.result.Touched++
	} else {
		s.result.Accepted++
	}
	rec.SourceRecord = next
	return !same
}

// observe learns from a report what came back of what the hub wrote, and what the record itself
// changed.
func (s *settling) observe(rec *record, in prepared) error {
	if len(rec.Written) == 0 {
		return nil
	}
	open := slices.ContainsFunc(rec.Written, WrittenValue.Open)
	same := rec.Hash == in.Record.Hash && !rec.Deleted
	if in.Record.Deleted || same && !open {
		return nil
	}
	before, err := s.customerOf(rec)
	if err != nil {
		return err
	}
	if rec.Deleted {
		before = nil
	}
	old := rec.Written
	rec.Written = s.r.rules.Observe(old, before, &in.Customer, s.now)
	switch {
	case same:
	case before == nil || !slices.ContainsFunc(rec.Written, WrittenValue.value):
		// of a record that the hub never wrote into, the values are those of its last state alone,
		// in whatever order its states came
		rec.Written = slices.DeleteFunc(slices.Clone(rec.Written), func(w WrittenValue) bool { return w.Since != 0 })
	default:
		rec.Written = s.r.rules.restated(rec.Written, old, before, &in.Customer, rec.BusinessTime, in.Record.BusinessTime)
	}
	rec.observed = rec.observed || !slices.Equal(old, rec.Written)
	return nil
}

// differs tells whether a record must be resolved again. A tombstone of a record that was never
// there changes nothing.
func differs(existed bool, before, after *SourceRecord) bool {
	if !existed {
		return !after.Deleted
	}
	if before.Deleted && after.Deleted {
		return false
	}
	return before.Hash != after.Hash || before.Deleted != after.Deleted || !before.BusinessTime.Equal(after.BusinessTime)
}

func (s *settling) putRecords(ctx context.Context, put []*record) error {
	slices.SortFunc(put, func(a, b *record) int { return cmp.Compare(a.Key, b.Key) })
	rows := make([]SourceRecord, len(put))
	for i, rec := range put {
		rows[i] = rec.SourceRecord
		switch {
		case !rec.observed:
			rows[i].Written = nil // it is the deliveries' to write
		case rec.Written == nil:
			rows[i].Written = []WrittenValue{}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := s.tx.PutRecords(ctx, rows); err != nil {
		return err
	}
	for i, rec := range put {
		rec.No = rows[i].No
		s.records[rec.No] = rec
		if rec.changed {
			s.dirty = append(s.dirty, rec)
		}
	}
	return nil
}

// compareState orders two versions of one record: negative where a is older than b, 0 where they
// are the same version. The system's own version decides, then the order of arrival; for one and
// the same input the translation revision.
func compareState(a, b *SourceRecord) int {
	sameInput := a.Ingest != (canonical.IngestSequence{}) && a.Ingest == b.Ingest
	if !sameInput {
		if order := compareVersion(a.Version, b.Version); order != 0 {
			return order
		}
	}
	return cmp.Or(
		cmp.Compare(a.Ingest.Epoch, b.Ingest.Epoch),
		cmp.Compare(a.Ingest.Offset, b.Ingest.Offset),
		cmp.Compare(a.Revision, b.Revision),
	)
}

// compareVersion orders versions of the same type; others do not compare, and give 0.
func compareVersion(a, b *canonical.Version) int {
	switch {
	case a == nil || b == nil:
		return 0
	case a.Integer != nil && b.Integer != nil:
		return cmp.Compare(*a.Integer, *b.Integer)
	case a.Time == "" || b.Time == "":
		return 0
	case a.Time == b.Time:
		return 0
	}
	x, errX := time.Parse(time.RFC3339, a.Time)
	y, errY := time.Parse(time.RFC3339, b.Time)
	if errX != nil || errY != nil {
		return 0
	}
	return x.Compare(y)
}
