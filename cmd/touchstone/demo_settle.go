package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/examples/company"
)

// patience is how long the demo waits for what should take seconds.
const patience = 2 * time.Minute

// quiet is for how long nothing may happen until everything counts as done: longer than it takes
// until the ERP is looked at again.
const quiet = 1500 * time.Millisecond

// settle waits until every record of every system has gone through the hub and the targets have
// what they lack, and shows how far that is.
func (d *demo) settle(ctx context.Context) error {
	expected, err := d.expected(ctx)
	if err != nil {
		return err
	}
	total := 0
	for _, n := range expected {
		total += n
	}
	return d.rest(ctx, func(s *api.Status) bool {
		missing := 0
		for where, n := range expected {
			missing += max(0, n-int(s.Records[where]+s.Documents[where]))
		}
		if missing > 0 {
			d.tell.progress("records read, translated and resolved", total-missing, total)
			return false
		}
		lacking := int(sum(s.Dirty))
		held := 0
		for _, states := range s.Deliveries {
			held += int(states["settled"])
		}
		d.tell.progress("records in step in the targets", held, held+lacking)
		return true
	})
}

// expected is how many records there are to be read: by stream for customers, by entity for the rest.
func (d *demo) expected(ctx context.Context) (map[string]int, error) {
	// of each partner's order the ERP writes three documents
	expected := map[string]int{"Interaction": d.company.CallCenter.Reported(), "Order": d.company.Shop.Orders() + 4*company.PartnerOrders}
	for _, c := range d.company.Customers {
		for _, key := range c.Records {
			expected[key[:strings.LastIndexByte(key, '/')]]++
		}
	}
	orders, err := d.company.ERP.Count(ctx, "sales_order")
	expected["Order"] += orders
	return expected, err
}

// rest waits until the hub has nothing left to do and the systems nothing left to tell, and nothing
// has changed for a while. complete says whether everything that was to come has come.
func (d *demo) rest(ctx context.Context, complete func(*api.Status) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last string
	var since time.Time
	var s api.Status
	var failed error
	for now := range every(ctx, 100*time.Millisecond) {
		if err := d.ask(ctx, "/v1/status", &s); err != nil {
			failed = err // such as while Kafka's groups form
			continue
		}
		failed = nil
		if !complete(&s) {
			continue
		}
		state := d.fingerprint(&s)
		if state != last {
			last, since = state, now
		}
		if d.idle(&s) && now.Sub(since) >= quiet {
			return nil
		}
	}
	switch cause := context.Cause(ctx); {
	case !errors.Is(cause, context.DeadlineExceeded):
		return cause
	case failed != nil:
		return fmt.Errorf("ask the hub for its state: %w", failed)
	default:
		return fmt.Errorf("the hub is not at rest after %s: lag %v, to deliver %v, to publish %d, failing %v, webhooks not taken %d; its log is %s/hub.log",
			patience, s.Lag, s.Dirty, s.Outbox, slices.Collect(maps.Keys(s.Failing)), d.company.Unsent(), d.folder)
	}
}

func (d *demo) idle(s *api.Status) bool {
	return sum(s.Lag) == 0 && sum(s.Dirty) == 0 && s.Outbox == 0 && d.company.Unsent() == 0
}

// fingerprint changes with anything that moves.
func (d *demo) fingerprint(s *api.Status) string {
	return fmt.Sprint(s.Customers, s.Merged, s.Records, s.Deleted, s.Documents, s.Deliveries, s.Dirty, s.DeadLetters, s.Outbox, s.Lag,
		d.company.Partners.Taken(), len(d.company.Shop.Writes()), len(d.company.Newsletter.Writes()), d.company.Shop.Hooks())
}

// ask reads from the hub, afresh.
func (d *demo) ask(ctx context.Context, path string, v any) error {
	if s, ok := v.(*api.Status); ok {
		*s = api.Status{}
	}
	return d.hub.get(ctx, path, nil, v)
}

func sum(counts map[string]int64) (total int64) {
	for _, n := range counts {
		total += n
	}
	return total
}
