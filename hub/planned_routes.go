package hub

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

// PlannedRoute is a route to a target that would be another than now.
type PlannedRoute struct {
	Route  string `json:"route"`
	Target string `json:"target" doc:"system.stream"`
	Change string `json:"change" enum:"new,changed,mapping,gone" doc:"mapping: only what it makes of what it carries"`
	// Held counts what stands in the target of a route that is gone: nothing more is written there.
	Held int64 `json:"held,omitempty" doc:"records that the target keeps of a route that is gone, as they are"`
}

// plannedTarget is a target with what of it has to be worked out anew.
type plannedTarget struct {
	*target
	// swept: after a reload it looks at all that its routes may carry. later: it does not, but what it
	// would be sent is another.
	swept, later bool
}

// route compares the routes of the two folders.
func (p *planning) route(ctx context.Context) error {
	for _, t := range p.live.targets {
		one := plannedTarget{target: t}
		before := p.running.targetNamed(t.String())
		one.swept = before == nil && len(t.Routes) > 0 || before != nil && before.routesFingerprint() != t.routesFingerprint()
		for i := range t.Routes {
			change := p.routeChange(before, &t.Routes[i])
			if change == "" {
				continue
			}
			one.later = true
			p.Routes = append(p.Routes, PlannedRoute{Route: t.Routes[i].Name, Target: t.String(), Change: change})
		}
		one.later = one.later && !one.swept
		p.targets = append(p.targets, one)
		if before == nil {
			p.cannotTell("target %s is new: what it holds already is not known", t)
		}
	}
	for _, t := range p.running.targets {
		for i := range t.Routes {
			if p.live.routeTo(t.String(), t.Routes[i].Name) != nil {
				continue
			}
			held, err := p.held(ctx, t.String(), t.Routes[i].Name)
			if err != nil {
				return err
			}
			p.Routes = append(p.Routes, PlannedRoute{Route: t.Routes[i].Name, Target: t.String(), Change: "gone", Held: held})
		}
	}
	return nil
}

// routeChange says how a route to a target differs from the one that runs; "" for not at all.
func (p *planning) routeChange(before *target, now *targetRoute) string {
	var old *targetRoute
	if before != nil {
		old = before.routeOf(now.Name)
	}
	switch {
	case old == nil:
		return "new"
	case old.fingerprint() != now.fingerprint(),
		!reflect.DeepEqual(p.running.said(old.At, old.Names)[2:], p.live.said(now.At, now.Names)[2:]):
		return "changed"
	case !reflect.DeepEqual(p.running.said(old.mapping.Position(), old.mapping.Names), p.live.said(now.mapping.Position(), now.mapping.Names)):
		return "mapping"
	}
	return ""
}

// held counts the records in a target that a route wrote and that are in use.
func (p *planning) held(ctx context.Context, target, route string) (n int64, err error) {
	q := golden.DeliveryQuery{Target: target, Limit: 1000}
	for {
		states, err := p.hub.store.ListDeliveries(ctx, q)
		if err != nil || len(states) == 0 {
			return n, err
		}
		for _, d := range states {
			if d.Route == route && d.Status != golden.Gone && d.Status != golden.Inactive {
				n++
			}
		}
		last := states[len(states)-1]
		q.AfterTarget, q.AfterSubject, q.AfterRemoteID = last.Target, last.Subject, last.RemoteID
	}
}

// targetNamed is the target of a name; nil where there is none.
func (f *Folder) targetNamed(name string) *target {
	i := slices.IndexFunc(f.targets, func(t *target) bool { return t.String() == name })
	if i < 0 {
		return nil
	}
	return f.targets[i]
}

// routeOf is the route of a name that leads to the target; nil where there is none.
func (t *target) routeOf(name string) *targetRoute {
	i := slices.IndexFunc(t.Routes, func(r targetRoute) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Routes[i]
}

// fingerprint changes with what decides which entities the route carries.
func (r *targetRoute) fingerprint() string {
	return fmt.Sprintf("%q %q %q %q %q %+v %q\n", r.Name, r.From, r.When(), r.Update, r.CreateOnly, r.On, r.mapping.Name())
}
