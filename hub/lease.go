package hub

import (
	"context"
	"errors"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// leased runs do while this process holds the named lease, and again whenever it gets it back,
// until ctx ends. Where the lease cannot be renewed in time, do's context ends.
func (h *Hub) leased(ctx context.Context, name string, do func(context.Context)) {
	for ctx.Err() == nil {
		err := h.store.Lease(ctx, name, h.owner, leaseTime)
		switch {
		case err == nil:
			h.fine(name)
			h.underLease(ctx, name, do)
		case !errors.Is(err, golden.ErrLeaseLost) && ctx.Err() == nil:
			h.trouble(name, err)
		}
		rest(ctx, time.Second)
	}
}

func (h *Hub) underLease(ctx context.Context, name string, do func(context.Context)) {
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := h.store.ReleaseLease(release, name, h.owner); err != nil {
			h.log.Debug("lease not released, it will run out", "lease", name, "error", err)
		}
	}()
	ctx, lost := context.WithCancel(ctx)
	defer lost()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(ctx)
	}()
	renewed := time.Now()
	tick := time.NewTicker(leaseTime / 3)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		at := time.Now()
		if err := h.store.Lease(ctx, name, h.owner, leaseTime); err == nil {
			renewed = at
		} else if errors.Is(err, golden.ErrLeaseLost) || time.Since(renewed) > leaseTime*2/3 {
			lost()
			<-done
			return
		}
	}
}
