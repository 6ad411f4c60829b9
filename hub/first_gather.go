package hub

import (
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const (
	// As long as this many records arrive in this time, faster than batches would take them, more are
	// on their way, and waiting for them is worth it.
	pouring     = 1000
	pouringTime = 500 * time.Millisecond
	// stuckTime is after which time without progress translation is not waited for any more.
	stuckTime = 5 * time.Second
	// gatherTime is how long records may pour in before they are taken.
	gatherTime = 2 * time.Minute
)

// backlog is what can be loaded.
type backlog struct {
	parts   []golden.OffsetAdvance // by partition: from Expected to Next
	here    int64                  // records in them
	coming  int64                  // raw records that have yet to be translated
	arrived int64                  // ever, raw and canonical
}

// atMost cuts a backlog to about so many records, in every partition the same part.
func (b *backlog) atMost(most int64) {
	if b.here <= most {
		return
	}
	for i := range b.parts {
		p := &b.parts[i]
		p.Next = p.Expected + max(1, int64(float64(p.Next-p.Expected)*float64(most)/float64(b.here)))
	}
	b.here = most
}

// course is what to do about a backlog.
type course string

const (
	waitOn  course = "wait"
	loadAll course = "load"
	goOn    course = "batches"
)

// gathering watches how a backlog grows.
type gathering struct {
	from, most int64

	began   time.Time
	arrived int64 // when the records that pour in were counted last
	counted time.Time
	here    int64 // when translation moved last
	moved   time.Time
}

// look decides after each look at the backlog.
func (g *gathering) look(b *backlog, now time.Time) course {
	first := g.began.IsZero()
	if first {
		g.began = now
	}
	if first || b.arrived-g.arrived >= pouring {
		g.arrived, g.counted = b.arrived, now
	}
	if first || b.here != g.here {
		g.here, g.moved = b.here, now
	}
	pours := now.Sub(g.counted) < pouringTime
	late := now.Sub(g.began) >= gatherTime
	switch {
	case b.here >= g.most:
		return loadAll
	case pours && !late:
		return waitOn
	case b.here+b.coming < g.from:
		return goOn
	case b.coming > 0 && now.Sub(g.moved) < stuckTime && !late:
		return waitOn
	case b.here >= g.from:
		return loadAll
	}
	return goOn
}
