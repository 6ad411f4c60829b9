package golden

import (
	"runtime"
	"slices"
	"strings"
	"unique"

	"golang.org/x/sync/errgroup"
)

// Prepared is an incoming record with what a load needs of it before it is written: a part of the size of
// what its document was read into.
type Prepared struct{ rec *record }

// Prepare derives from an incoming record what a load needs, by the rules of the resolver that loads it. It
// keeps the document, and nothing else of in.
func (r *Resolver) Prepare(in *Incoming) Prepared {
	rec := &record{SourceRecord: in.Record, correlation: strings.Clone(in.Correlation), trace: in.Trace}
	if v := rec.Version; v != nil {
		own := *v
		own.Time = strings.Clone(v.Time)
		rec.Version = &own
	}
	rec.Ingest.Topic = unique.Make(rec.Ingest.Topic).Value()
	if !rec.Deleted {
		forms, features := r.rules.features(&in.Customer)
		rec.features, rec.ways = features, packLookups(lookups(forms))
	}
	return Prepared{rec}
}

// newest keeps the newest version of each record, as fold does, and returns the live ones by key.
func (f *filling) newest() (live []*record) {
	all := make([]*record, len(f.Records))
	for i, p := range f.Records {
		all[i] = p.rec
	}
	f.Records = nil
	sortOnAllCores(all, byRecordKey)
	for _, in := range all {
		if n := len(f.put); n > 0 && f.put[n-1].Key == in.Key {
			f.follow(f.put[n-1], in)
			continue
		}
		in.ReceivedAt, in.put, in.inserted = f.now, true, true
		f.put = append(f.put, in)
		f.result.Accepted++
	}
	for _, rec := range f.put {
		if rec.changed = rec.live(); rec.changed {
			live = append(live, rec)
		}
	}
	return live
}

// follow takes a further version of a record.
func (f *filling) follow(rec, in *record) {
	switch {
	case compareState(&in.SourceRecord, &rec.SourceRecord) <= 0:
		f.result.Stale++
	case f.update(rec, in.SourceRecord):
		rec.features, rec.ways, rec.correlation, rec.trace = in.features, in.ways, in.correlation, in.trace
	}
}

// sortOnAllCores sorts stably.
func sortOnAllCores[T any](all []T, compare func(a, b T) int) {
	const least = 1 << 12
	var cores errgroup.Group
	each := max(least, (len(all)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var parts [][]T
	for part := range slices.Chunk(all, each) {
		parts = append(parts, part)
		cores.Go(func() error {
			slices.SortStableFunc(part, compare)
			return nil
		})
	}
	_ = cores.Wait()
	if len(parts) < 2 {
		return
	}
	merged := make([]T, 0, len(all))
	for len(merged) < len(all) {
		least := -1
		for i, part := range parts {
			if len(part) > 0 && (least < 0 || compare(part[0], parts[least][0]) < 0) {
				least = i
			}
		}
		merged = append(merged, parts[least][0])
		parts[least] = parts[least][1:]
	}
	copy(all, merged)
}
