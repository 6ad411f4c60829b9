package hub

import (
	"fmt"
	"time"
)

// loading is a first load that is being written.
type loading struct {
	records int64
	since   time.Time
}

// Loading says that a first load is being written, and since when; "" where none is. PostgreSQL lets nobody
// read customers meanwhile: who asks is better told than kept waiting for minutes.
func (h *Hub) Loading() string {
	l := h.loading.Load()
	if l == nil {
		return ""
	}
	return fmt.Sprintf("a first load of %d records is being written, since %s: customers can be read when it is through", l.records, l.since.Format(time.TimeOnly))
}

// writes notes that a first load is being written. The embedded store is read meanwhile as it was before.
func (f *firstLoad) writes(records int64) {
	if !f.hub.alone {
		f.hub.loading.Store(&loading{records, time.Now()})
	}
}
