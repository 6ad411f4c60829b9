// Package edi is the connector kind for trading partners that exchange X12 and EDIFACT.
//
// In come interchanges: each is taken once, checked against its guide, divided into transaction sets
// for the streams that take them, and acknowledged once what is sound is durable; out go documents,
// collected to interchanges under control numbers without gaps, that wait for the partner's own
// acknowledgement. The package never maps, never acknowledges an acknowledgement, and changes state
// and numbers only together, in the hub's ledger.
package edi

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// Kind is `kind: edi`.
var Kind = connectors.Kind{
	Name: "edi",
	Doc:  "trading partners by X12 and EDIFACT: interchanges in and out, acknowledged",
	// Files carry sets for several streams, and one answer for all of them.
	Joint: true,
	// What a partner is sent is its own; what it sends is new.
	OneWay: true,
	Policy: connectors.TargetPolicy{Concurrency: 1, Batch: 500},
	Keys:   struct{ Settings, Stream, Target any }{settings{}, stream{}, target{}},
	Open:   open,
}

// connector is one group of partners that share streams and targets.
type connector struct {
	system   string
	folder   string // of the hub
	root     string
	partners []*partner
	streams  map[string]*stream
	targets  map[string]*target
	floor    *floor
	wake     chan struct{} // a document was queued
}

func open(s connectors.Settings, ps *config.Problems) connectors.Connector {
	scratch := &config.Problems{}
	c := &connector{
		system: s.System, folder: s.Folder, streams: map[string]*stream{}, targets: map[string]*target{},
		floor: newFloor(), wake: make(chan struct{}, 1),
	}
	c.openPartners(s.Settings, scratch)
	for _, one := range s.Streams {
		c.streams[one.Name] = c.openStream(one, scratch)
	}
	c.checkOverlap(s.Streams, scratch)
	for _, one := range s.Targets {
		c.targets[one.Name] = c.openTarget(one, s.Formats, scratch)
	}
	ps.Append(scratch.Sorted()...)
	if scratch.HasErrors() {
		return nil
	}
	return c
}

// partner finds a partner by name; nil where there is none.
func (c *connector) partner(name string) *partner {
	for _, p := range c.partners {
		if p.name == name {
			return p
		}
	}
	return nil
}

// partnerNames are the names of all partners.
func (c *connector) partnerNames() []string {
	names := make([]string, len(c.partners))
	for i, p := range c.partners {
		names[i] = p.name
	}
	return names
}

// known checks the name of a partner.
func (c *connector) known(name config.Positioned[string], ps *config.Problems) *partner {
	p := c.partner(name.Value)
	if p == nil && name.Value != "" && len(c.partners) > 0 {
		names := c.partnerNames()
		ps.Add(config.Problem{
			Position: name.Position(), What: fmt.Sprintf("partner %q is not defined", name.Value),
			Expected: "one of " + strings.Join(names, ", "), Hint: config.Nearest(name.Value, names),
		})
	}
	return p
}

// Source opens a stream; see [connectors.Connector].
func (c *connector) Source(name string, env connectors.Env) (connectors.Source, error) {
	s, found := c.streams[name]
	if !found {
		return nil, fmt.Errorf("system %s has no stream %q", c.system, name)
	}
	return &source{stream: s, floor: c.floor}, nil
}

// Target opens a stream for writing; see [connectors.Connector].
func (c *connector) Target(name string, env connectors.Env) (connectors.Target, error) {
	t, found := c.targets[name]
	if !found {
		return nil, fmt.Errorf("system %s has no target %q", c.system, name)
	}
	if env.Ledger == nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("system %s: documents cannot be queued without a ledger", c.system)}
	}
	return &queue{target: t, connector: c, env: complete(env)}, nil
}

// Describe gives a target's abilities; see [connectors.Describer].
func (c *connector) Describe(string) connectors.Abilities {
	return connectors.Abilities{Repeat: connectors.RepeatKey, Operations: []connectors.Operation{connectors.Create, connectors.Update}}
}

// Works says that there is work beside the streams; see [connectors.Worker].
func (c *connector) Works() bool { return true }

// Work receives and sends until ctx ends; see [connectors.Worker].
func (c *connector) Work(ctx context.Context, env connectors.WorkEnv) error {
	env.Env = complete(env.Env)
	w := &worker{connector: c, env: env, log: env.Log.With("system", c.system)}
	return w.run(ctx)
}

// complete fills in what the hub did not lend.
func complete(env connectors.Env) connectors.Env {
	if env.Clock == nil {
		env.Clock = time.Now
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return env
}

// poke tells the worker that there may be something to send.
func (c *connector) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// takes says which stream takes a set of a partner; "" for none.
func (c *connector) takes(p *partner, set string) string {
	for name, s := range c.streams {
		if s.standard == p.standard && slices.Contains(s.sets, set) && (len(s.from) == 0 || slices.Contains(s.from, p)) {
			return name
		}
	}
	return ""
}
