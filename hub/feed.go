package hub

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/golden"
)

// ErrFeedGone says that the feed cannot be read on from a cursor without a gap: what follows it is
// not kept any more, or the cursor is of another store. A snapshot is the way back.
var ErrFeedGone = errors.New("the feed is not kept from this cursor on")

// FeedStart is the cursor before the oldest change that is kept.
const FeedStart int64 = -1

// FeedCursor is the cursor after the change of a feed sequence, as text.
func FeedCursor(seq int64) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, seq, 10))
}

// ParseFeedCursor reads a cursor; "" is FeedStart.
func ParseFeedCursor(text string) (int64, error) {
	if text == "" {
		return FeedStart, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		var seq int64
		if seq, err = strconv.ParseInt(string(raw), 10, 64); err == nil && seq >= 0 {
			return seq, nil
		}
	}
	return 0, fmt.Errorf("cursor is %q; expected the next of an earlier answer", text)
}

// FeedFilter chooses changes: each list that is not empty has to match.
type FeedFilter struct {
	Types []golden.ChangeType
	// Paths are JSON pointers into the customer; a change of what lies below matches, and one of
	// what lies above. They choose among changes of values: created, merged, split, deleted and
	// erased customers concern every path.
	Paths []string
	// Systems match where the system's record caused the change, moved, or gave a new value:
	// "erp", or narrower "erp/customers".
	Systems  []string
	Subjects []string // golden IDs
}

// SetTypes reads the sorts of change by their names, or by those of their events.
func (f *FeedFilter) SetTypes(names []string) error {
	f.Types = nil
	for _, name := range names {
		t, ok := changeType(name)
		if !ok {
			known := make([]string, len(ChangeTypes))
			for i, t := range ChangeTypes {
				known[i] = string(t)
			}
			return fmt.Errorf("type is %q; expected one of %s", name, strings.Join(known, ", "))
		}
		f.Types = append(f.Types, t)
	}
	return nil
}

func (f *FeedFilter) empty() bool {
	return len(f.Types)+len(f.Paths)+len(f.Systems)+len(f.Subjects) == 0
}

func (f *FeedFilter) match(c *golden.Change) bool {
	return (len(f.Types) == 0 || slices.Contains(f.Types, c.Type)) &&
		(len(f.Subjects) == 0 || slices.Contains(f.Subjects, c.ID)) &&
		(len(f.Paths) == 0 || c.Type != golden.Changed || f.matchPath(c.Paths)) &&
		(len(f.Systems) == 0 || f.matchSystem(c))
}

func (f *FeedFilter) matchPath(changed []golden.PathChange) bool {
	return slices.ContainsFunc(f.Paths, func(wanted string) bool {
		return slices.ContainsFunc(changed, func(p golden.PathChange) bool {
			return below(p.Path, wanted) || below(wanted, p.Path)
		})
	})
}

func (f *FeedFilter) matchSystem(c *golden.Change) bool {
	return slices.ContainsFunc(f.Systems, func(system string) bool {
		return below(c.Cause, system) ||
			slices.ContainsFunc(c.Records, func(key string) bool { return below(key, system) }) ||
			slices.ContainsFunc(c.Paths, func(p golden.PathChange) bool { return below(p.Source, system) })
	})
}

// below says whether a path is another one or lies under it.
func below(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || rest[0] == '/')
}

// FeedPage is a stretch of the feed.
type FeedPage struct {
	Events []Event
	Next   int64 // cursor after everything that was looked at, be it chosen or not
	More   bool  // there may be more just now
}

// feedScan is how many changes one read looks at where few are chosen.
const feedScan = 5000

// Feed reads up to limit events after a cursor, in the order of the feed: changes of one customer
// in the order of its versions, none left out, none twice. current adds the customers as they are
// now. ErrFeedGone where the cursor cannot be gone on from.
func (h *Hub) Feed(ctx context.Context, after int64, limit int, f FeedFilter, current bool) (FeedPage, error) {
	page := FeedPage{Next: max(after, 0), More: true}
	var chosen []golden.Change
	for looked := 0; looked < feedScan && len(chosen) < limit && page.More; {
		size := limit - len(chosen)
		if !f.empty() {
			size = max(size, feedScan/10)
		}
		changes, err := h.feedAfter(ctx, after, size)
		if err != nil {
			return page, err
		}
		page.More = len(changes) == size
		for i := range changes {
			if len(chosen) == limit {
				page.More = true
				break
			}
			looked++
			page.Next = changes[i].Seq
			if f.match(&changes[i]) {
				chosen = append(chosen, changes[i])
			}
		}
		after = page.Next
	}
	var err error
	page.Events, err = h.events(ctx, chosen, current)
	return page, err
}

// feedAfter reads the changes after a cursor. It reads the one at the cursor with them: where that
// is not in the feed, the cursor is too old, or of a store that has been put back since.
func (h *Hub) feedAfter(ctx context.Context, after int64, limit int) ([]golden.Change, error) {
	if after <= 0 {
		changes, oldest, err := h.store.Feed(ctx, 0, limit)
		if err == nil && after == 0 && oldest > 1 {
			err = ErrFeedGone
		}
		return changes, err
	}
	changes, oldest, err := h.store.Feed(ctx, after-1, limit+1)
	switch {
	case err != nil:
		return nil, err
	case len(changes) > 0 && changes[0].Seq == after:
		return changes[1:], nil
	case oldest == after+1: // just trimmed, and nothing of what follows
		return changes[:min(limit, len(changes))], nil
	}
	return nil, ErrFeedGone
}

// events are the events of changes.
func (h *Hub) events(ctx context.Context, changes []golden.Change, current bool) ([]Event, error) {
	events := make([]Event, 0, len(changes))
	records := map[string]golden.GoldenRecord{}
	if current && len(changes) > 0 {
		var err error
		if records, err = h.recordsOf(ctx, changes); err != nil {
			return nil, err
		}
	}
	for _, c := range changes {
		if r, ok := records[c.ID]; ok {
			events = append(events, h.event(c, &r))
		} else {
			events = append(events, h.event(c, nil))
		}
	}
	return events, nil
}

// FeedEnd is the cursor after the newest change.
func (h *Hub) FeedEnd(ctx context.Context) (int64, error) { return h.store.FeedEnd(ctx) }

// FeedWakes tells of changes that this process publishes. Those that another one publishes are
// found by looking now and then.
func (h *Hub) FeedWakes() (wakes <-chan struct{}, leave func()) { return h.wake.feed.listen() }

// Stopping is closed when the hub is being stopped: what streams to others ends then.
func (h *Hub) Stopping() <-chan struct{} { return h.stopping }
