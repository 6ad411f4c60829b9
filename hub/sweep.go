package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// Sweep is a walk over everything in the store that a changed ruleset or route may concern. It runs
// in the background, rests as long as it works, and goes on where it was after a restart.
type Sweep struct {
	Name  string `json:"name"`  // "ruleset", "search", or "routes to SYSTEM.STREAM"
	Done  int64  `json:"done"`  // what has been looked at
	Total int64  `json:"total"` // what there was to look at when it began

	Target string `json:"target,omitempty"` // of a sweep of routes
	Entity string `json:"entity,omitempty"` // what is being swept: customer, order, …
	After  string `json:"after,omitempty"`  // the place that has been come to
}

const (
	sweepCheckpoint = "hub/sweeps"
	sweepLease      = "sweep"
	sweepPage       = 500
	sweepSearch     = "search"
)

// sweepChanged notes what has to be swept after a change of ruleset or routes.
func (h *Hub) sweepChanged(ctx context.Context, last, now ran) error {
	var fresh []Sweep
	if last.Ruleset != now.Ruleset {
		fresh = append(fresh, Sweep{Name: "ruleset"})
	}
	if last.Search != now.Search {
		fresh = append(fresh, Sweep{Name: sweepSearch})
	}
	for target, routes := range now.Targets {
		if last.Targets[target] != routes {
			fresh = append(fresh, Sweep{Name: "routes to " + target, Target: target, Entity: "customer"})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	s, err := h.store.Statistics(ctx)
	if err != nil {
		return fmt.Errorf("count what is to be swept: %w", err)
	}
	h.sweeping.Lock()
	defer h.sweeping.Unlock()
	all, err := h.Sweeps(ctx)
	if err != nil {
		return err
	}
	for _, one := range fresh {
		one.Total = s.Customers
		if one.Target != "" {
			one.Total += sum(s.Documents)
		}
		all = slices.DeleteFunc(all, func(old Sweep) bool { return old.Name == one.Name })
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Sweep) int { return compareSweeps(a, b) })
	return h.saveSweeps(ctx, all)
}

// compareSweeps puts the ruleset first: what it changes is marked for targets anyway.
func compareSweeps(a, b Sweep) int {
	switch {
	case a.Target == b.Target:
		return 0
	case a.Target < b.Target:
		return -1
	}
	return 1
}

// Sweeps are those under way or waiting.
func (h *Hub) Sweeps(ctx context.Context) ([]Sweep, error) {
	text, err := h.store.LoadCheckpoint(ctx, sweepCheckpoint)
	if err != nil {
		return nil, fmt.Errorf("read sweeps: %w", err)
	}
	sweeps := []Sweep{}
	if text == nil {
		return sweeps, nil
	}
	if err := json.Unmarshal(text, &sweeps); err != nil {
		return nil, fmt.Errorf("read sweeps: %w", err)
	}
	return sweeps, nil
}

func (h *Hub) saveSweeps(ctx context.Context, all []Sweep) error {
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := h.store.SaveCheckpoint(ctx, sweepCheckpoint, text); err != nil {
		return fmt.Errorf("keep sweeps: %w", err)
	}
	return nil
}

// sweep walks until ctx ends, a page at a time. One process does it, by lease.
func (h *Hub) sweep(ctx context.Context) error {
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := h.store.ReleaseLease(release, sweepLease, h.owner); err != nil {
			h.log.Debug("lease not released, it will run out", "lease", sweepLease, "error", err)
		}
	}()
	wakes, leave := h.wake.generation.listen()
	defer leave()
	for ctx.Err() == nil {
		began := time.Now()
		more, err := h.sweepSome(ctx)
		switch {
		case err != nil && !errors.Is(err, golden.ErrLeaseLost) && ctx.Err() == nil:
			h.trouble("sweep", err)
		case err == nil:
			h.fine("sweep")
		}
		pause := max(time.Since(began), 10*time.Millisecond)
		if !more || err != nil {
			pause = 5 * time.Second
		}
		select {
		case <-ctx.Done():
		case <-wakes:
		case <-time.After(pause):
		}
	}
	return nil
}

// sweepSome takes one page of the first sweep.
func (h *Hub) sweepSome(ctx context.Context) (more bool, err error) {
	h.sweeping.Lock()
	defer h.sweeping.Unlock()
	all, err := h.Sweeps(ctx)
	if err != nil || len(all) == 0 {
		return false, err
	}
	if err := h.store.Lease(ctx, sweepLease, h.owner, time.Minute); err != nil {
		return false, err
	}
	one, over := all[0], false
	if one.After == "" && one.Done == 0 {
		h.log.Info("sweep begins", "sweep", one.Name, "total", one.Total)
	}
	switch {
	case one.Name == sweepSearch:
		over, err = h.sweepWords(ctx, &one)
	case one.Target == "":
		over, err = h.sweepRuleset(ctx, &one)
	default:
		over, err = h.sweepTarget(ctx, &one)
	}
	if err != nil {
		return true, fmt.Errorf("sweep %s: %w", one.Name, err)
	}
	all[0] = one
	if over {
		h.log.Info("sweep is through", "sweep", one.Name, "done", one.Done)
		all = all[1:]
	}
	return len(all) > 0, h.saveSweeps(ctx, all)
}

func (h *Hub) page() int {
	if h.options.SweepPage > 0 {
		return h.options.SweepPage
	}
	return sweepPage
}

// sweepRuleset resolves a page of customers with the live ruleset.
func (h *Hub) sweepRuleset(ctx context.Context, one *Sweep) (over bool, err error) {
	last, result, err := h.generation().resolver.Sweep(ctx, one.After, h.page())
	if err != nil {
		return false, err
	}
	if len(result.Changes) > 0 {
		h.wake.changes.signal()
	}
	if last == "" {
		return true, nil
	}
	one.After = last
	one.Done = min(one.Done+int64(h.page()), one.Total)
	return false, nil
}

// sweepWords writes anew by which words a page of customers is searched.
func (h *Hub) sweepWords(ctx context.Context, one *Sweep) (over bool, err error) {
	last, err := h.generation().resolver.Reindex(ctx, one.After, h.page())
	if err != nil || last == "" {
		return err == nil, err
	}
	one.After = last
	one.Done = min(one.Done+int64(h.page()), one.Total)
	return false, nil
}

// sweepTarget marks a page of what the store holds for one target to look at.
func (h *Hub) sweepTarget(ctx context.Context, one *Sweep) (over bool, err error) {
	keys, err := h.sweepKeys(ctx, one)
	if err != nil {
		return false, err
	}
	marks := make([]golden.Dirty, len(keys))
	for i, key := range keys {
		marks[i] = golden.Dirty{Target: one.Target, Subject: key, Entity: one.Entity, Since: time.Now()}
	}
	if len(marks) > 0 {
		err = h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error { return tx.MarkDirty(ctx, marks) })
		if err != nil {
			return false, err
		}
		h.wake.changes.signal()
		one.Done += int64(len(keys))
		one.After = keys[len(keys)-1]
	}
	if len(keys) == h.page() {
		return false, nil
	}
	for one.After = ""; ; {
		if one.Entity = nextEntity(one.Entity); one.Entity == "" {
			return true, nil
		}
		if slices.ContainsFunc(h.generation().targetsOf(entityNamed(one.Entity)), func(t *target) bool { return t.String() == one.Target }) {
			return false, nil
		}
	}
}

// sweepKeys are the next customers or documents in order of their IDs or keys.
func (h *Hub) sweepKeys(ctx context.Context, one *Sweep) (keys []string, err error) {
	if one.Entity != "customer" {
		return h.store.DocumentKeys(ctx, entityNamed(one.Entity), one.After, h.page())
	}
	customers, err := h.store.FindCustomers(ctx, golden.Query{After: one.After, Limit: h.page()})
	for _, c := range customers {
		keys = append(keys, c.ID)
	}
	return keys, err
}

// nextEntity is what is swept after an entity; "" for nothing.
func nextEntity(name string) string {
	i := 0
	if name != "customer" {
		i = slices.Index(documentEntities, entityNamed(name)) + 1
	}
	if i >= len(documentEntities) {
		return ""
	}
	return strings.ToLower(string(documentEntities[i]))
}

func entityNamed(name string) canonical.Entity {
	i := slices.IndexFunc(documentEntities, func(e canonical.Entity) bool { return strings.ToLower(string(e)) == name })
	if i < 0 {
		return canonical.EntityCustomer
	}
	return documentEntities[i]
}
