package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// env is what the hub lends to the source or target of one stream. What it logs names system and
// stream itself.
func (h *Hub) env(system, stream string) connectors.Env {
	folder := filepath.Join(h.folder.Settings.Data, "connectors", system, stream)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		h.log.Error("the stream has no folder of its own", "system", system, "stream", stream, "error", err)
	}
	name := system + "/" + stream
	return connectors.Env{
		Log: h.log, DataFolder: folder, Clock: time.Now, Intake: h.intake,
		Checkpoint: checkpoint{h.store, name}, Deliveries: deliveries{h.store, name},
		Ledger: ledger{h, system},
	}
}

// checkpoint keeps how far a stream was read, in the store.
type checkpoint struct {
	store golden.Store
	name  string
}

func (c checkpoint) Load(ctx context.Context) ([]byte, error) {
	return c.store.LoadCheckpoint(ctx, c.name)
}

func (c checkpoint) Save(ctx context.Context, state []byte) error {
	return c.store.SaveCheckpoint(ctx, c.name, state)
}

// deliveryMemory is how long a webhook's delivery ID is remembered: the longest time for which
// the senders that we know repeat a delivery is two days.
const deliveryMemory = 7 * 24 * time.Hour

// deliveries remember webhooks, in the store.
type deliveries struct {
	store golden.Store
	name  string
}

func (d deliveries) Seen(ctx context.Context, id string) (bool, error) {
	return d.store.SeenDelivery(ctx, d.name, id)
}

func (d deliveries) Record(ctx context.Context, id string) error {
	return d.store.RecordDelivery(ctx, d.name, id, deliveryMemory)
}

// streamList is every stream, in order of its name.
func (f *Folder) streamList() []*Stream {
	list := make([]*Stream, 0, len(f.streams))
	for _, s := range f.streams {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *Stream) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// lookup gives one run of a mapping the golden records that it asks for.
type lookup struct {
	hub   *Hub
	ctx   context.Context
	of    func(ctx context.Context, key string) (golden.GoldenRecord, error)
	asked bool  // something was looked up
	err   error // a failure other than that there is none
}

// find gives the golden record of a source record (`golden("erp/customers/1")`) or of a golden ID.
func (l *lookup) find(key string) (*formats.Node, bool) {
	l.asked = true
	record, err := l.of(l.ctx, key)
	if err != nil {
		if !errors.Is(err, golden.ErrNotFound) {
			l.err = err
		}
		return nil, false
	}
	doc := new(formats.Doc)
	if l.err = l.hub.json.Decode(doc, formats.Frame{Bytes: record.Doc}, &formats.Shape{Whole: true}); l.err != nil {
		return nil, false
	}
	return &doc.Root, true
}

// goldenOf finds a golden record by its ID or by the key of one of its source records.
func (h *Hub) goldenOf(ctx context.Context, key string) (golden.GoldenRecord, error) {
	if !strings.Contains(key, "/") {
		record, _, err := h.store.Customer(ctx, key)
		return record, err
	}
	found, err := h.store.FindCustomers(ctx, golden.Query{
		Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: key}}, Limit: 1,
	})
	if err != nil {
		return golden.GoldenRecord{}, err
	}
	if len(found) == 0 {
		return golden.GoldenRecord{}, fmt.Errorf("customer of %s: %w", key, golden.ErrNotFound)
	}
	return found[0], nil
}

// wakes tell waiting stages that there may be work.
type wakes struct {
	changes    signal // of golden records and documents
	feed       signal // a change was published
	asks       signal // a subscriber was asked to do something
	generation signal // the folder was taken anew
}

// signal wakes everyone who listens. A wake that comes while one is pending is the same wake.
type signal struct {
	mu        sync.Mutex
	listeners []chan struct{}
}

func (s *signal) listen() (wakes <-chan struct{}, leave func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, c)
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.listeners = slices.DeleteFunc(s.listeners, func(other chan struct{}) bool { return other == c })
	}
}

func (s *signal) signal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
