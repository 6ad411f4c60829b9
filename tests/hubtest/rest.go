package hubtest

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/api"
)

// hops is how often the hub has to be seen idle in one and the same state. A look asks the store
// and each stage one after the other, so a record that passes from one to the next meanwhile may be
// seen in neither; but no record can do so more often than there are steps from raw record to
// target, and it leaves a trace in the store at the last.
const hops = 5

// Rest waits until the hub has nothing left to do and missing says that nothing is missing of what
// was put in (it returns what is, for the message). It gives up where nothing has changed for as
// long as patience, and where a hub has been at work for ten times that: one that goes round in a
// loop is never at rest. Of several hubs that share the work one is enough.
func (h *Hub) Rest(patience time.Duration, missing func(*api.Status) string) api.Status {
	h.t.Helper()
	end, stuck := time.After(10*patience), time.NewTimer(patience)
	defer stuck.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last api.Status
	idle, why, before := 0, "", ""
	for {
		var s api.Status
		err := h.ask("/v1/status", &s) // fails while Kafka's groups form
		if err == nil {
			why = busy(&s)
			if lacks := missing(&s); lacks != "" {
				why = lacks
			}
		} else {
			why = err.Error()
		}
		if why != before {
			before = why
			stuck.Reset(patience)
		}
		switch {
		case why != "":
			idle = 0
		case idle > 0 && reflect.DeepEqual(s, last):
			idle++
		default:
			idle = 1
		}
		if last = s; idle >= hops {
			return s
		}
		select {
		case <-h.ended:
			h.t.Fatalf("the hub ended before it was at rest: %v", h.err)
		case <-stuck.C:
			h.t.Fatalf("the hub is not at rest, and nothing has changed for %s: %s\n%+v", patience, why, s)
		case <-end:
			h.t.Fatalf("the hub is not at rest after %s: %s\n%+v", 10*patience, why, s)
		case <-tick.C:
		}
	}
}

// busy says what is left to do.
func busy(s *api.Status) string {
	var left []string
	if n := total(s.Lag); n > 0 {
		left = append(left, fmt.Sprintf("stages have yet to take %v", s.Lag))
	}
	if n := total(s.Dirty); n > 0 {
		left = append(left, fmt.Sprintf("targets lack %v", s.Dirty))
	}
	if s.Outbox > 0 {
		left = append(left, fmt.Sprintf("%d changes are not published", s.Outbox))
	}
	if len(s.NotReady) > 0 {
		left = append(left, fmt.Sprintf("not ready: %v", s.NotReady))
	}
	return strings.Join(left, "; ")
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// Counts are what has to be in the store: customer records by "system/stream", tombstones
// included, and documents by entity.
type Counts map[string]int64

// Missing says what of the counts is not there yet; see [Hub.Rest].
func (c Counts) Missing(s *api.Status) string {
	var lacks []string
	for name, want := range c {
		if found := s.Records[name] + s.Deleted[name] + s.Documents[name]; found < want {
			lacks = append(lacks, fmt.Sprintf("%d of %d %s", found, want, name))
		}
	}
	if len(lacks) == 0 {
		return ""
	}
	sort.Strings(lacks)
	return "there are only " + strings.Join(lacks, ", ")
}
