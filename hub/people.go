package hub

import (
	"context"

	"github.com/touchstone-hub/touchstone/golden"
)

// Act does what a person decides about customers, by the rules of the live generation, and has the
// targets that it concerns looked at. ErrNotRunning where the folder was opened without its rules.
func (h *Hub) Act(ctx context.Context, act golden.Act) (golden.Effects, error) {
	h.turn.RLock() // as a batch: a ruleset that is being changed is not mixed with the next
	defer h.turn.RUnlock()
	g := h.generation()
	if g.fingerprint == "" {
		return golden.Effects{}, ErrNotRunning
	}
	effects, err := g.resolver.Act(ctx, act)
	if err != nil || act.DryRun {
		return effects, err
	}
	if len(effects.Customers) > 0 {
		h.wake.changes.signal()
	}
	for _, d := range effects.Decisions {
		h.log.Info("a person decided", "decision", d.ID, "verdict", d.Verdict, "author", act.Author, "undone", d.Undone != nil, "customers", len(effects.Customers))
	}
	return effects, nil
}
