package hub

import (
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/routes"
)

// lost is what files with errors would have brought: names that others may refer to all the same,
// so that one mistake is told once and not again at every place that depends on it.
type lost struct {
	systems []string // systems of connector files that could not be read at all
	targets []string // "system.stream"
	sources []string // systems whose entities are not known
}

// lostConnector notes what a connector file with errors names.
func (l *loader) lostConnector(node *config.Node, stem string) {
	system := stem
	if own := node.Get("system"); own.IsSet() {
		system = own.Text()
	}
	l.lost.sources = append(l.lost.sources, system)
	if node.Kind() != config.Mapping || !node.Get("target").IsSet() && !node.Get("streams").IsSet() {
		l.lost.systems = append(l.lost.systems, system)
	}
	for _, e := range node.Get("streams").Entries() {
		if named := e.Value.Get("mapping"); named.IsSet() {
			l.mapping(named.Text(), named.Position())
		}
	}
	for _, e := range node.Get("target").Entries() {
		l.lost.targets = append(l.lost.targets, system+"."+e.Key)
	}
}

// lostRoute checks what a route file with errors names. It gives the route without its condition
// where only that was wrong.
func (l *loader) lostRoute(node *config.Node) *routes.Route {
	_, rest := node.Split("when")
	if r := routes.Load(rest, routes.Options{}, &config.Problems{}); r != nil && rest.Kind() == config.Mapping {
		return r
	}
	to := node.Get("to")
	for _, item := range append(slices.Clone(to.Items()), node, to) {
		if named := item.Get("mapping"); named.IsSet() {
			l.mapping(named.Text(), named.Position())
		}
		name := item
		if item.Kind() == config.Mapping {
			name = item.Get("target")
		}
		l.led[name.Text()] = true
		if system, stream, ok := strings.Cut(name.Text(), "."); ok && system != "" && stream != "" {
			l.target(name.Text(), system, name.Position())
		}
	}
	return nil
}

// systems are all that connector files name, those with errors too.
func (l *loader) systems() []string {
	names := slices.Clone(l.lost.sources)
	for _, c := range l.Connectors {
		names = append(names, c.System)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
