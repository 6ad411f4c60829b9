package hub

import (
	"context"
	"slices"
	"sync"

	"github.com/touchstone-hub/touchstone/connectors"
)

// connections run the sources and targets of the live generation. A reload stops those that are
// gone or whose configuration changed and starts the new ones; all others go on untouched.
type connections struct {
	hub *Hub

	mu      sync.Mutex
	ctx     context.Context // nil unless the hub runs
	running map[string]*connection
}

// connection is one source ("system/stream"), target ("system.stream") or what a connector does beside
// them ("system") at work.
type connection struct {
	fingerprint string
	cancel      context.CancelFunc
	done        chan struct{}
}

// wanted is what a folder has running: name to fingerprint and to what runs it.
func (c *connections) wanted(f *Folder) (fingerprints map[string]string, run map[string]func(context.Context)) {
	fingerprints, run = map[string]string{}, map[string]func(context.Context){}
	for _, s := range f.streamList() {
		fingerprints[s.String()] = s.fingerprint
		run[s.String()] = func(ctx context.Context) { c.hub.ingest(ctx, s) }
	}
	for _, t := range f.targets {
		fingerprints[t.String()] = t.fingerprint
		run[t.String()] = func(ctx context.Context) { c.hub.deliver(ctx, t) }
	}
	for _, one := range f.Connectors {
		if w, ok := one.Connector.(connectors.Worker); ok && w.Works() {
			fingerprints[one.System] = one.Fingerprint("", "")
			run[one.System] = func(ctx context.Context) { c.hub.work(ctx, one, w) }
		}
	}
	return fingerprints, run
}

// run keeps sources and targets at work until ctx ends and all of them have.
func (c *connections) run(ctx context.Context) error {
	c.mu.Lock()
	c.ctx = ctx
	c.mu.Unlock()
	c.start(c.hub.generation().Folder)
	<-ctx.Done()
	c.mu.Lock()
	c.ctx = nil
	ending := c.running
	c.running = map[string]*connection{}
	c.mu.Unlock()
	for _, one := range ending {
		<-one.done
	}
	return nil
}

// stop ends what a folder does not have as it is, and waits: what was acknowledged is durable then,
// and what was sent is noted.
func (c *connections) stop(next *Folder) []string {
	wanted, _ := c.wanted(next)
	c.mu.Lock()
	stopped := []string{}
	var ending []*connection
	for name, one := range c.running {
		if wanted[name] != one.fingerprint {
			stopped, ending = append(stopped, name), append(ending, one)
			one.cancel()
			delete(c.running, name)
		}
	}
	c.mu.Unlock()
	for i, one := range ending {
		<-one.done
		c.hub.status.forget(stopped[i])
	}
	slices.Sort(stopped)
	return stopped
}

// start begins what a folder has and does not run.
func (c *connections) start(f *Folder) []string {
	wanted, run := c.wanted(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	started := []string{}
	if c.ctx == nil || c.ctx.Err() != nil {
		return started
	}
	for name, fingerprint := range wanted {
		if c.running[name] != nil {
			continue
		}
		ctx, cancel := context.WithCancel(c.ctx)
		one := &connection{fingerprint: fingerprint, cancel: cancel, done: make(chan struct{})}
		c.running[name] = one
		started = append(started, name)
		go func() {
			defer close(one.done)
			defer cancel()
			run[name](ctx)
		}()
	}
	slices.Sort(started)
	return started
}
