package storetest

import (
	"errors"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func testOffsets(s *suite) {
	if _, known, err := s.store.NextOffset(s.ctx, "resolve", "canonical.customer", 0); err != nil || known {
		s.Fatalf("offset of a new store: known %v, %v", known, err)
	}
	advance := func(partition int, expected, next int64) error {
		return s.try(func(tx golden.Tx) error {
			return tx.AdvanceOffset(s.ctx, "resolve", "canonical.customer", partition, expected, next)
		})
	}
	s.must(advance(0, 17, 20)) // nothing stored: whatever expected is
	s.must(advance(0, 20, 25))
	s.must(advance(1, 0, 3))
	if err := advance(0, 20, 30); !errors.Is(err, golden.ErrFenced) {
		s.Errorf("an offset that has moved: %v, want ErrFenced", err)
	}
	if err := advance(0, 26, 30); !errors.Is(err, golden.ErrFenced) {
		s.Errorf("an offset ahead: %v, want ErrFenced", err)
	}
	next, known, err := s.store.NextOffset(s.ctx, "resolve", "canonical.customer", 0)
	s.must(err)
	s.equal("next", next, int64(25))
	s.equal("known", known, true)
	if _, known, _ := s.store.NextOffset(s.ctx, "deliver", "canonical.customer", 0); known {
		s.Error("another group's offset is known")
	}
}

func testFencing(s *suite) {
	s.tx(func(tx golden.Tx) error { return tx.AdvanceOffset(s.ctx, "resolve", "t", 0, 0, 10) })
	// The batch of a process that was asleep is dropped as a whole.
	err := s.try(func(tx golden.Tx) error {
		if err := tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", "late")}); err != nil {
			return err
		}
		return tx.AdvanceOffset(s.ctx, "resolve", "t", 0, 5, 12)
	})
	if !errors.Is(err, golden.ErrFenced) {
		s.Fatalf("got %v, want ErrFenced", err)
	}
	got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
		return tx.RecordsByKey(s.ctx, []string{"erp/customers/late"})
	})
	s.equal("records of the fenced batch", got, []golden.SourceRecord{})
	next, _, err := s.store.NextOffset(s.ctx, "resolve", "t", 0)
	s.must(err)
	s.equal("next", next, int64(10))

	// Of several processes that expect the same offset, one advances it.
	errs := s.together(8, func(i int) error {
		return s.try(func(tx golden.Tx) error { return tx.AdvanceOffset(s.ctx, "resolve", "t", 0, 10, int64(11+i)) })
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, golden.ErrFenced) {
			s.Errorf("got %v, want ErrFenced", err)
		}
	}
	s.equal("processes that advanced", won, 1)
}

func testRecords(s *suite) {
	a, b := record("erp", "a"), record("webshop", "x/y/客户 №7")
	b.Version = &canonical.Version{Time: "2026-03-01T12:00:00.123456789+08:00"}
	b.Deleted, b.BusinessTime, b.Doc = true, time.Time{}, []byte("\x00\xff bytes as they were")
	c := record("erp", "c")
	c.Version = nil
	put := s.put(a, b, c)
	seen := map[golden.RecordNo]bool{0: true}
	for _, r := range put {
		if seen[r.No] {
			s.Fatalf("number %d was given to %s and another", r.No, r.Key)
		}
		seen[r.No] = true
	}
	key := func(r golden.SourceRecord) string { return r.Key }
	byKey := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
		return tx.RecordsByKey(s.ctx, []string{c.Key, a.Key, "erp/customers/none", b.Key, a.Key})
	})
	s.equal("by key", by(byKey, key), by(put, key))
	byNo := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
		return tx.RecordsByNo(s.ctx, []golden.RecordNo{put[1].No, 1 << 50})
	})
	s.equal("by number", byNo, put[1:2])

	changed := put[0]
	changed.Doc, changed.Hash, changed.Revision, changed.Deleted = []byte(`{}`), 9, 5, true
	changed.Version, changed.ReceivedAt, changed.Ingest.Offset = nil, at(9), 77
	d := record("erp", "d")
	got := s.put(changed, d)
	byKey = read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
		return tx.RecordsByKey(s.ctx, []string{a.Key, d.Key})
	})
	s.equal("replaced and inserted", by(byKey, key), got)

	if err := s.try(func(tx golden.Tx) error { return tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", "a")}) }); err == nil {
		s.Error("a key was inserted twice")
	}
	ghost := record("erp", "ghost")
	ghost.No = 1 << 50
	if err := s.try(func(tx golden.Tx) error { return tx.PutRecords(s.ctx, []golden.SourceRecord{ghost}) }); !errors.Is(err, golden.ErrNotFound) {
		s.Errorf("a number that was never given: %v, want ErrNotFound", err)
	}
	s.tx(func(tx golden.Tx) error { return tx.PutRecords(s.ctx, nil) })
}

func testRecordText(s *suite) {
	for _, id := range []string{"nul\x00", "broken\xff"} {
		err := s.try(func(tx golden.Tx) error { return tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", id)}) })
		if err == nil || !strings.Contains(err.Error(), "not text") {
			s.Errorf("key with %q: %v, want a refusal", id, err)
		}
		got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
			return tx.RecordsByKey(s.ctx, []string{"erp/customers/" + id})
		})
		s.equal("records under a key that cannot be", got, []golden.SourceRecord{})
	}
	var all []golden.SourceRecord
	for _, id := range []string{"王小明", "Ünïcödé", "🜚", `quote " and ' and \`, "%_?{}$1", "a\u200bb", " "} {
		all = append(all, record("erp", id))
	}
	s.put(all...)
	for _, want := range all {
		got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) { return tx.RecordsByKey(s.ctx, []string{want.Key}) })
		s.equal("record "+want.Key, got, []golden.SourceRecord{want})
	}
}

func testWritten(s *suite) {
	values := []golden.WrittenValue{{Attribute: "emails", Hash: 1 << 63}, {Attribute: "phones"}}
	get := func(key string) golden.SourceRecord {
		s.Helper()
		got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) { return tx.RecordsByKey(s.ctx, []string{key}) })
		if len(got) != 1 {
			s.Fatalf("%d records under %s", len(got), key)
		}
		return got[0]
	}
	known, later := record("webshop", "known"), record("webshop", "later")
	s.put(known)
	s.tx(func(tx golden.Tx) error {
		return tx.PutWritten(s.ctx, map[string][]golden.WrittenValue{known.Key: values, later.Key: values[:1]})
	})
	s.equal("written of a known record", get(known.Key).Written, values)
	of := read(s, func(tx golden.Tx) (map[string][]golden.WrittenValue, error) {
		return tx.WrittenOf(s.ctx, []string{known.Key, later.Key, "webshop/customers/never"})
	})
	s.equal("written values by key, of unknown records too", of, map[string][]golden.WrittenValue{known.Key: values, later.Key: values[:1]})
	s.put(later)
	s.equal("written before the record was known", get(later.Key).Written, values[:1])

	r := get(known.Key)
	r.Written, r.Revision = nil, 99
	s.put(r)
	s.equal("written after a put that says nothing of it", get(known.Key).Written, values)
	r.Written = values[1:]
	s.put(r)
	s.equal("written after a put with it", get(known.Key).Written, values[1:])
	r.Written = []golden.WrittenValue{}
	s.put(r)
	s.equal("written after a put that empties it", get(known.Key).Written, []golden.WrittenValue(nil))
}
