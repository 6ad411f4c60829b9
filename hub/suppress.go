package hub

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// suppressions are the hashes of what was erased, in memory: what comes in is held against them
// before it reaches Kafka. The stages that write to the store ask the store itself, in their own
// transaction; what another process has erased within the last second is stopped there.
type suppressions struct {
	golden.Suppressor
	hashes atomic.Pointer[[]uint64] // sorted
	mu     sync.Mutex               // one load at a time
	mark   string                   // of what is loaded
}

const (
	suppressionKey  = "$suppression/key" // the key of the hashes, in the store: every process needs it
	suppressionPoll = time.Second
)

// openSuppressions reads the key of the store's hashes, or makes one, and what is suppressed.
func (h *Hub) openSuppressions(ctx context.Context) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if _, err := h.store.SwapCheckpoint(ctx, suppressionKey, nil, key); err != nil {
		return fmt.Errorf("make the key of suppressions: %w", err)
	}
	key, err := h.store.LoadCheckpoint(ctx, suppressionKey)
	if err != nil {
		return fmt.Errorf("read the key of suppressions: %w", err)
	}
	h.suppressions.Suppressor = golden.NewSuppressor(key)
	return h.loadSuppressions(ctx)
}

func (h *Hub) loadSuppressions(ctx context.Context) error {
	s := &h.suppressions
	s.mu.Lock()
	defer s.mu.Unlock()
	hashes, mark, err := h.store.AllSuppressions(ctx)
	if err != nil {
		return fmt.Errorf("read what was erased: %w", err)
	}
	slices.Sort(hashes)
	s.hashes.Store(&hashes)
	s.mark = mark
	return nil
}

// heed learns of other processes' erasures until ctx ends.
func (h *Hub) heed(ctx context.Context) error {
	if h.alone {
		return nil
	}
	tick := time.NewTicker(suppressionPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		mark, err := h.store.SuppressionMark(ctx)
		if err == nil && mark != h.suppressions.loaded() {
			err = h.loadSuppressions(ctx)
		}
		if err != nil && ctx.Err() == nil {
			h.trouble("erasures", err)
		} else {
			h.fine("erasures")
		}
	}
}

func (s *suppressions) loaded() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mark
}

func (s *suppressions) has(one golden.Suppression) bool {
	_, found := slices.BinarySearch(*s.hashes.Load(), one.Hash)
	return found
}

// of says whether a record of a stream was erased. id "" is not known yet.
func (s *suppressions) of(stream *Stream, id string) bool {
	if id == "" || len(*s.hashes.Load()) == 0 {
		return false
	}
	key := stream.System + "/" + stream.Name + "/" + id
	if stream.Mapping != nil && stream.Mapping.Entity() != canonical.EntityCustomer {
		return s.has(s.Document(golden.SuppressDocument, stream.Mapping.Entity(), key))
	}
	return s.has(s.Record(key))
}

// leftOut counts a record that is left out because it was erased.
func (h *Hub) leftOut(system, stage string, n int) {
	h.metrics.suppressed.WithLabelValues(system, stage).Add(float64(n))
}

// lettersLeft leaves out the letters of erased records, and takes their bytes from those of
// documents that are kept without the person. It asks the store, in the transaction that stores them.
func lettersLeft(ctx context.Context, tx golden.Tx, s golden.Suppressor, letters []golden.DeadLetter) ([]golden.DeadLetter, error) {
	if len(letters) == 0 {
		return letters, nil
	}
	if any, err := tx.AnySuppression(ctx); err != nil || !any {
		return letters, err
	}
	var hashes []uint64
	of := func(l *golden.DeadLetter) (whole, parties []uint64) {
		if l.Key == "" {
			return nil, nil
		}
		key := l.System + "/" + l.Stream + "/" + l.Key
		if l.Stage == "deliver" {
			key = l.Key
		}
		whole = append(whole, s.Record(key).Hash)
		for _, e := range documentEntities {
			whole = append(whole, s.Document(golden.SuppressDocument, e, key).Hash)
			parties = append(parties, s.Document(golden.SuppressParties, e, key).Hash)
		}
		return whole, parties
	}
	for i := range letters {
		whole, parties := of(&letters[i])
		hashes = append(append(hashes, whole...), parties...)
	}
	found, err := tx.Suppressed(ctx, hashes)
	if err != nil || len(found) == 0 {
		return letters, err
	}
	hit := func(hashes []uint64) bool {
		return slices.ContainsFunc(hashes, func(h uint64) bool { return slices.Contains(found, h) })
	}
	left := make([]golden.DeadLetter, 0, len(letters))
	for _, l := range letters {
		whole, parties := of(&l)
		if hit(whole) && l.Stage != "deliver" {
			continue
		}
		if hit(whole) || hit(parties) {
			l.Bytes, l.Context, l.Header = nil, nil, nil
		}
		left = append(left, l)
	}
	return left, nil
}

// isCustomer says whether a subject is a customer, by its golden ID, and not a document by its key.
func isCustomer(subject string) bool { return !strings.Contains(subject, "/") }
