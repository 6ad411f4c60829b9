package hub

import (
	"context"
	"maps"
	"sync"
	"time"
)

// status is what is wrong just now, for readiness and for operators.
type status struct {
	mu      sync.Mutex
	stages  map[string]string // stage to its last error
	sources map[string]SourceStatus
	refused string // why the changed folder was not taken
}

// SourceStatus is the state of one source or target.
type SourceStatus struct {
	Error string    `json:"error,omitempty"`
	Next  time.Time `json:"next,omitzero"` // when it is tried again
}

func newStatus() *status {
	return &status{stages: map[string]string{}, sources: map[string]SourceStatus{}}
}

func (s *status) source(name string, err error, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.sources, name)
		return
	}
	s.sources[name] = SourceStatus{Error: err.Error(), Next: next}
}

// forget drops what is known of a source or target that is gone.
func (s *status) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sources, name)
}

func (s *status) reload(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = ""
	if err != nil {
		s.refused = err.Error()
	}
}

// Refused says why the folder, as it is on disk now, was not taken; "" where it runs.
func (h *Hub) Refused() string {
	h.status.mu.Lock()
	defer h.status.mu.Unlock()
	return h.status.refused
}

// trouble notes that a stage of the hub's own fails, and logs it once for as long as the failure
// stays the same.
func (h *Hub) trouble(stage string, err error) {
	h.status.mu.Lock()
	defer h.status.mu.Unlock()
	if h.status.stages[stage] != err.Error() {
		h.log.Error("stage fails, will be tried again", "stage", stage, "error", err)
		h.status.stages[stage] = err.Error()
	}
}

func (h *Hub) fine(stage string) {
	h.status.mu.Lock()
	defer h.status.mu.Unlock()
	if _, was := h.status.stages[stage]; was {
		h.log.Info("stage goes on", "stage", stage)
		delete(h.status.stages, stage)
	}
}

// Readiness says whether the hub can do its work: reasons by part, empty where all is well.
// Outside systems that fail are not the hub's own readiness: see Connections.
func (h *Hub) Readiness(ctx context.Context) map[string]string {
	reasons := map[string]string{}
	if err := h.store.Ping(ctx); err != nil {
		reasons["store"] = err.Error()
	}
	if l := h.Loading(); l != "" {
		reasons["resolve"] = l
	}
	if h.bus != nil {
		if err := h.bus.Ping(ctx); err != nil {
			reasons["bus"] = err.Error()
		}
	}
	if h.broker != nil {
		if err := h.broker.Healthy(); err != nil {
			reasons["broker"] = err.Error()
		}
	}
	h.status.mu.Lock()
	defer h.status.mu.Unlock()
	maps.Copy(reasons, h.status.stages)
	return reasons
}

// Connections are the sources ("system/stream") and targets ("system.stream") that fail just now.
func (h *Hub) Connections() map[string]SourceStatus {
	h.status.mu.Lock()
	defer h.status.mu.Unlock()
	return maps.Clone(h.status.sources)
}
