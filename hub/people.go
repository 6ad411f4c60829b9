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
	if err == nil && !act.DryRun && len(effects.Customers) > 0 {
		h.wake.changes.signal()
	}
	return effects, err
}
