package golden

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// settling is one transaction of the resolver. It lives for one run of the transaction.
type settling struct {
	r       *Resolver
	tx      Tx
	now     time.Time
	cause   string          // of changes that no record of the batch caused: a decision
	moved   string          // cause of all moves where the customers are written in parts
	erased  map[string]bool // keys of records that are being erased, with the values pinned that name them
	records map[RecordNo]*record
	byKey   map[string]*record
	dirty   []*record
	graph   graph
	result  Result
	// features are what is compared of records, by number: most of those that are weighed are never loaded.
	features map[RecordNo]*match.Features
	bare     map[RecordNo]*record // dirty ones that are not loaded

	newID     func() string // of golden records
	published *publication  // nil until there is one
	asked     []string      // IDs of the tasks that are open about the settled components
}

// record is a source record within a settling.
type record struct {
	SourceRecord
	customer    *canonical.Customer
	forms       *standard.Standard
	ways        packedLookups // where forms were let go of; "" where unknown
	features    *match.Features
	correlation string
	trace       string
	observed    bool // its report told something of what the hub wrote into it
	put         bool // is among the records to write
	inserted    bool // is new to the store
	revived     bool // was a tombstone before
	changed     bool // its content, so that its keys, edges and customer are to be looked at again
	keysKnown   bool
	keys        []uint64   // block keys, as they are after the batch; of a deleted record none
	pins        []Decision // values that a person pinned and that go with the record
	repinned    bool       // a pinned value names it: whether it has it depends on which others are live
	dirty       bool       // its edges are looked at again
}

func (rec *record) live() bool { return !rec.Deleted }

// take keeps what was derived from an incoming version.
func (rec *record) take(in prepared) {
	rec.customer, rec.forms, rec.features = &in.Customer, in.forms, in.features
	rec.correlation, rec.trace = in.Correlation, in.Trace
}

func newSettling(r *Resolver, tx Tx) *settling {
	return &settling{
		r: r, tx: tx, newID: r.o.NewID, now: r.o.Clock().UTC().Truncate(time.Microsecond),
		records: map[RecordNo]*record{}, byKey: map[string]*record{},
	}
}

// again notes that records are to be resolved again, whole.
func (s *settling) again(ctx context.Context, keys []string, cause string) error {
	s.cause = cause
	keys = slices.Clone(keys)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if err := s.loadByKey(ctx, keys); err != nil {
		return err
	}
	for _, key := range keys {
		if rec := s.byKey[key]; rec != nil && rec.live() {
			rec.changed = true
			s.dirty = append(s.dirty, rec)
		}
	}
	return nil
}

// settle brings edges, customers and their golden records in line with the dirty records.
func (s *settling) settle(ctx context.Context) error {
	if len(s.dirty) == 0 {
		return nil
	}
	steps := []func(context.Context) error{s.rekey, s.reconnect, s.explore, s.putEdges, s.learnNodes, s.applyPins}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	clusters, tasks, err := s.partition()
	if err != nil {
		return err
	}
	s.published = &publication{settling: s}
	if err := s.published.publish(ctx, clusters); err != nil {
		return err
	}
	return s.putTasks(ctx, tasks)
}

func (s *settling) loadByKey(ctx context.Context, keys []string) error {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return s.byKey[key] != nil })
	if len(keys) == 0 {
		return nil
	}
	found, err := s.tx.RecordsByKey(ctx, keys)
	if err != nil {
		return err
	}
	s.remember(found)
	return nil
}

func (s *settling) loadByNo(ctx context.Context, nos []RecordNo) error {
	nos = slices.DeleteFunc(slices.Clone(nos), func(no RecordNo) bool { return s.records[no] != nil })
	if len(nos) == 0 {
		return nil
	}
	slices.Sort(nos)
	found, err := s.tx.RecordsByNo(ctx, slices.Compact(nos))
	if err != nil {
		return err
	}
	s.remember(found)
	return nil
}

func (s *settling) remember(found []SourceRecord) {
	for i := range found {
		if s.records[found[i].No] != nil {
			continue
		}
		rec := s.bare[found[i].No]
		if rec == nil {
			rec = &record{}
		}
		rec.SourceRecord = found[i]
		s.records[rec.No], s.byKey[rec.Key] = rec, rec
	}
}

// customerOf reads a record's document once.
func (s *settling) customerOf(rec *record) (*canonical.Customer, error) {
	if rec.customer == nil {
		c := &canonical.Customer{}
		if err := c.UnmarshalJSON(rec.Doc); err != nil {
			return nil, fmt.Errorf("read %s: %w", rec.Key, err)
		}
		rec.customer = c
	}
	return rec.customer, nil
}

// featuresOf derives a record's features, where learnFeatures has not got them.
func (s *settling) featuresOf(rec *record) (*match.Features, error) {
	if rec.features == nil {
		rec.features = s.features[rec.No]
	}
	if rec.features == nil {
		c, err := s.customerOf(rec)
		if err != nil {
			return nil, err
		}
		rec.forms, rec.features = s.r.rules.features(c)
	}
	return rec.features, nil
}

func byRecordKey(a, b *record) int { return cmp.Compare(a.Key, b.Key) }

func numbers(records []*record) []RecordNo {
	nos := make([]RecordNo, len(records))
	for i, rec := range records {
		nos[i] = rec.No
	}
	slices.Sort(nos)
	return nos
}
