package golden

import (
	"context"
	"fmt"
)

// Plan tells what resolving every live record again by this resolver's rules would do: which
// customers would merge, split or change, and which targets would have to look at them. It is done
// in one transaction that is taken back, so that it tells what a sweep comes to, all decisions and
// links included; no other batch settles meanwhile.
func (r *Resolver) Plan(ctx context.Context) (Effects, error) {
	var keys []string
	if _, err := r.store.Snapshot(ctx, func(g GoldenRecord) error { keys = append(keys, g.Sources...); return nil }); err != nil {
		return Effects{}, fmt.Errorf("list customers: %w", err)
	}
	return r.Act(ctx, Act{DryRun: true, Do: func(ctx context.Context, a *acting) error { return a.again(ctx, keys, causePlan) }})
}

// causePlan is the cause of changes that are only planned.
const causePlan = "plan"
