// Package hub wires a hub folder into a running hub.
//
// In comes a folder of YAML, loaded and checked; out comes a process that reads systems, translates,
// resolves, publishes and delivers until it is told to stop. Each stage is a file of its own and
// meets the others only on Kafka and in the store: nothing passes from stage to stage in memory
// that could not be lost.
package hub

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Run runs the hub until ctx ends or a stage fails for good. What was acknowledged to a system by
// then is on Kafka and goes on from there at the next start.
//
//	system ─▶ connector ─▶ raw.<system> ─▶ translate ─▶ canonical.<entity> ─▶ resolve ─▶ golden store ─▶ deliver ─▶ system
//	                                                                                        └─▶ outbox ─▶ golden.customer
func (h *Hub) Run(ctx context.Context) error {
	if err := h.bus.EnsureTopics(ctx, h.folder.topics()); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := h.begin(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	stages, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, h.stop) // what streams to others ends, so that the API can end
	start := func(stage func(context.Context) error) { stages.Go(func() error { return stage(ctx) }) }

	start(h.intake.serve)    // webhooks arrive: /in/<system>/<stream>
	start(h.connections.run) // sources → raw.<system>; dirty rows → targets; begun and ended as the folder changes
	start(h.translate)       // raw.<system> → canonical.<entity>
	start(h.resolve)         // canonical.customer → golden records, changes, dirty rows
	start(h.documents)       // canonical.order, .interaction, .product → documents, dirty rows
	start(h.publish)         // outbox → golden.customer
	for _, s := range h.folder.Settings.Subscribers {
		start(func(ctx context.Context) error { h.notify(ctx, s); return nil }) // feed → webhook
	}
	start(h.replay) // raw.<system>, once more → canonical.<entity>, where somebody asks for it
	start(h.sweep)  // what a changed ruleset or route concerns → resolved again, dirty rows
	start(h.follow) // a changed folder → the next generation
	start(h.heed)   // what other processes erased → what is left out on its way in
	start(h.watch)  // lag, free disk, what the store holds → metrics and readiness
	return stages.Wait()
}
