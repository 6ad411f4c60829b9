package hub

import (
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/routes"
)

// routes reads the routes and leads each to its targets.
func (l *loader) routes() {
	names := map[string]config.Position{}
	for _, file := range l.files.Routes {
		node := l.read(file)
		unsure := false
		r := routes.Load(node, routes.Options{Region: l.Settings.Region, Folder: l.Root}, l.ps)
		if r == nil {
			r, unsure = l.lostRoute(node), true
		}
		if r == nil {
			continue
		}
		if first, ok := names[r.Name]; ok {
			l.ps.Errorf(r.At, "route %q is defined twice; the first stands at %s", r.Name, first)
			continue
		}
		names[r.Name] = r.At
		l.Routes = append(l.Routes, r)
		for _, to := range r.To {
			l.lead(r, to, unsure)
		}
	}
}

// lead joins a route to one of its targets. Where the route's condition is not known, it is unsure.
func (l *loader) lead(r *routes.Route, to routes.TargetRef, unsure bool) {
	m := l.mapping(to.Mapping, to.MappingAt)
	t := l.target(to.String(), to.System, to.At)
	if m == nil || t == nil {
		l.led[to.String()] = true
		return
	}
	if !m.Outbound() || m.From() != r.Entity() {
		l.led[to.String()] = true
		l.ps.Errorf(to.MappingAt, "mapping %q does not fit route %s; expected one with `from: %s`", to.Mapping, r.Name, r.Entity())
		return
	}
	t.Routes = append(t.Routes, targetRoute{Route: r, mapping: m, at: to.At, unsure: unsure})
}

// target finds a target that a route names; nil where there is none, or its file has errors.
func (l *loader) target(name, system string, at config.Position) *target {
	names := slices.Clone(l.lost.targets)
	for _, t := range l.targets {
		if t.String() == name {
			return t
		}
		names = append(names, t.String())
	}
	if slices.Contains(l.lost.targets, name) || slices.Contains(l.lost.systems, system) {
		return nil
	}
	hint := config.Nearest(name, names)
	l.led[hint] = true // by what was meant
	l.ps.Add(config.Problem{
		Position: at, What: fmt.Sprintf("target %s is not defined", name),
		Expected: "system.stream of a connector's `target:`", Hint: hint,
	})
	return nil
}

// unused warns of mappings that nothing names.
func (l *loader) unused() {
	for _, name := range l.mappingNames() {
		if !l.used[name] {
			l.ps.Warnf(l.Mappings[name].Position(), "mapping %q is used by no stream and no route", name)
		}
	}
}

func (l *loader) mappingNames() []string { return slices.Sorted(maps.Keys(l.Mappings)) }

// checkListeners refuses to show customers to the network without keys and encryption.
func (l *loader) checkListeners(node *config.Node) {
	api := node.Get("api")
	if !api.Get("listen").Unreadable() && !loopback(l.Settings.API.Listen) {
		at := api.Get("listen").Position()
		if len(l.Settings.API.Keys) == 0 {
			l.ps.Errorf(at, "the API would listen on %s without API keys; expected `keys:`, or an address on loopback", l.Settings.API.Listen)
		}
		if l.Settings.API.Cert == "" || l.Settings.API.Key == "" {
			l.ps.Errorf(at, "the API would listen on %s without TLS; expected `cert:` and `key:`, or an address on loopback", l.Settings.API.Listen)
		}
	}
	if in := l.Settings.Intake; !loopback(in.Listen) && (in.Cert == "" || in.Key == "") {
		l.ps.Errorf(node.Get("intake").Position(), "webhooks would arrive on %s without TLS; expected `cert:` and `key:`, or an address on loopback", in.Listen)
	}
}

// loopback says whether an address is reached from this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func fileStem(file string) string {
	base := path.Base(file)
	return strings.TrimSuffix(base, path.Ext(base))
}

// targetsOf lists the targets that some route leads entities of this kind to.
func (f *Folder) targetsOf(e canonical.Entity) []*target {
	var found []*target
	for _, t := range f.targets {
		if slices.ContainsFunc(t.Routes, func(r targetRoute) bool { return r.Entity() == e }) {
			found = append(found, t)
		}
	}
	return found
}
