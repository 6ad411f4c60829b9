// Package storetest proves that a store keeps what golden.Store promises.
//
// In comes a function that opens an empty store; out come the failures of one suite that every
// store has to pass. The package never looks behind the contract: what it knows of a store it
// reads through it.
package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// Run runs the suite. open returns an empty store for the test given, and closes it at its end.
func Run(t *testing.T, open func(t *testing.T) golden.Store) {
	for _, part := range []struct {
		name string
		test func(s *suite)
	}{
		{"offsets", testOffsets},
		{"fencing", testFencing},
		{"records", testRecords},
		{"record text", testRecordText},
		{"written", testWritten},
		{"keys", testKeys},
		{"generic keys", testGenericKeys},
		{"features", testFeatures},
		{"edges", testEdges},
		{"links", testLinks},
		{"decisions", testDecisions},
		{"history of decisions", testDecisionHistory},
		{"stakes", testStakes},
		{"members", testMembers},
		{"entities", testEntities},
		{"merged", testMerged},
		{"lookups", testLookups},
		{"search", testSearch},
		{"search by numbers", testSearchNumbers},
		{"search with keys", testSearchKeys},
		{"search for what is too long", testSearchLong},
		{"search among many", testSearchMany},
		{"tasks", testTasks},
		{"changes", testChanges},
		{"moves", testMoved},
		{"feed", testFeed},
		{"documents", testDocuments},
		{"timeline", testTimeline},
		{"suppressions", testSuppressions},
		{"erasures", testErasures},
		{"dead letters of erased people", testErasedLetters},
		{"dirty", testDirty},
		{"dirty rows forgiven", testForgiven},
		{"dirty order", testDirtyOrder},
		{"dirty races", testDirtyRaces},
		{"dirty origins", testDirtyOrigins},
		{"claims", testClaims},
		{"deliveries", testDeliveries},
		{"pending creates", testPendingCreates},
		{"dead letters", testDeadLetters},
		{"dead letters that fail again or are replayed", testDeadLettersAgain},
		{"leases", testLeases},
		{"checkpoints", testCheckpoints},
		{"swapped checkpoints", testSwappedCheckpoints},
		{"seen deliveries", testSeenDeliveries},
		{"ledger", testLedger},
		{"numbers of a ledger", testLedgerNumbers},
		{"lists of a ledger", testLedgerLists},
		{"statistics", testStatistics},
		{"snapshot", testSnapshot},
		{"rollback", testRollback},
		{"ignored error", testIgnoredError},
		{"panic", testPanic},
		{"context", testContext},
		{"nested", testNested},
		{"isolation in groups", testGroups},
		{"load", testLoad},
		{"load that is declined or fails", testLoadDeclined},
		{"settle", testSettle},
		{"read while settling", testReadWhileSettling},
		{"one state to a view", testView},
		{"deadlock", testDeadlock},
		{"large batch", testLargeBatch},
		{"closed", testClosed},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(&suite{T: t, store: open(t), ctx: t.Context()})
		})
	}
}

// suite is one test with its own store.
type suite struct {
	*testing.T
	store golden.Store
	ctx   context.Context
}

// tx runs do in a transaction that has to succeed.
func (s *suite) tx(do func(tx golden.Tx) error) {
	s.Helper()
	if err := s.try(do); err != nil {
		s.Fatalf("transaction: %v", err)
	}
}

func (s *suite) try(do func(tx golden.Tx) error) error {
	return s.store.InTx(s.ctx, func(_ context.Context, tx golden.Tx) error { return do(tx) })
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// equal compares; empty and nil slices are the same, times are instants.
func (s *suite) equal(what string, got, want any) {
	s.Helper()
	if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		s.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// read runs a reading method in a transaction.
func read[V any](s *suite, do func(tx golden.Tx) (V, error)) (v V) {
	s.Helper()
	s.tx(func(tx golden.Tx) (err error) {
		v, err = do(tx)
		return err
	})
	return v
}

// view runs a reading method on one state of the store.
func view[V any](s *suite, do func(v golden.View) (V, error)) (out V, err error) {
	s.Helper()
	err = s.store.InView(s.ctx, func(_ context.Context, v golden.View) (err error) {
		out, err = do(v)
		return err
	})
	return out, err
}

// by returns rows ordered by key.
func by[R any, K cmp.Ordered](rows []R, key func(R) K) []R {
	out := slices.Clone(rows)
	slices.SortFunc(out, func(a, b R) int { return cmp.Compare(key(a), key(b)) })
	return out
}

// at is a time in the past, with the microseconds that stores keep.
func at(second int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, second, 123456000, time.UTC)
}

// record is a source record with everything filled in.
func record(system, id string) golden.SourceRecord {
	n := int64(7)
	return golden.SourceRecord{
		Key: system + "/customers/" + id, System: system, Stream: "customers", ID: id,
		Doc: []byte(`{"names":[{"full":"` + id + `"}]}`), Hash: 1<<63 + 5, Version: &canonical.Version{Integer: &n},
		Ingest:   canonical.IngestSequence{Topic: "raw." + system, Epoch: 2, Partition: 3, Offset: 1 << 40},
		Revision: 4, BusinessTime: at(1), ReceivedAt: at(2),
	}
}

// put stores records and returns them with their numbers.
func (s *suite) put(records ...golden.SourceRecord) []golden.SourceRecord {
	s.Helper()
	s.tx(func(tx golden.Tx) error {
		if err := tx.Settle(s.ctx); err != nil {
			return err
		}
		return tx.PutRecords(s.ctx, records)
	})
	return records
}

// entities stores n live entities named prefix0…
func (s *suite) entities(prefix string, n int) []golden.GoldenRecord {
	s.Helper()
	out := make([]golden.GoldenRecord, n)
	for i := range out {
		id := fmt.Sprintf("%s%d", prefix, i)
		out[i] = golden.GoldenRecord{
			Entity: golden.Entity{ID: id, State: golden.Live, Version: 1},
			Doc:    []byte(`{"kind":"person"}`), Lineage: json.RawMessage(`{}`), Sources: []string{"erp/customers/" + id},
			UpdatedAt: at(i),
		}
	}
	s.tx(func(tx golden.Tx) error { return tx.PutEntities(s.ctx, out) })
	return out
}
