package hub

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/routes"
)

// checkRoutes looks at each route and each target for what can be known before anything runs.
func (l *loader) checkRoutes() {
	for _, r := range l.Routes {
		if p := r.Never(append(l.givers(r.Entity()), l.perhaps()...)); p != nil {
			l.ps.Add(*p)
		}
	}
	for _, t := range l.targets {
		if len(t.Routes) == 0 && !l.led[t.String()] {
			l.ps.Warnf(t.At, "target %s is led to by no route", t)
		}
		l.shadowed(t)
		for _, r := range t.Routes {
			l.able(t, r)
		}
	}
}

// givers are the systems with a stream of an entity.
func (l *loader) givers(e canonical.Entity) []string {
	systems := []string{}
	for _, s := range l.streamList() {
		if s.Mapping != nil && s.Mapping.Entity() == e && !slices.Contains(systems, s.System) {
			systems = append(systems, s.System)
		}
	}
	return systems
}

// perhaps are the systems of which files with errors do not let us know what they give.
func (l *loader) perhaps() []string {
	systems := slices.Clone(l.lost.sources)
	for _, s := range l.streamList() {
		if s.Mapping == nil && s.StreamSettings.Mapping != "" {
			systems = append(systems, s.System)
		}
	}
	return systems
}

// shadowed finds routes that are never asked, since an earlier one to the same target takes all
// that they would: the first whose condition holds carries a document.
func (l *loader) shadowed(t *target) {
	for i, r := range t.Routes {
		for _, before := range t.Routes[:i] {
			if r.unsure || before.unsure || before.Entity() != r.Entity() || before.When() != "" && before.When() != r.When() {
				continue
			}
			l.ps.Add(config.Problem{
				Position: r.at, What: fmt.Sprintf("route %s never carries anything to %s: route %s, which is asked first, carries all of it", r.Name, t, before.Name),
				Expected: "one route, or conditions that differ",
			})
			break
		}
	}
}

// able warns of policies that ask a target for what it cannot do.
func (l *loader) able(t *target, r targetRoute) {
	d, ok := t.connector.(connectors.Describer)
	if !ok || r.Entity() != canonical.EntityCustomer {
		return
	}
	can := d.Describe(t.Name).Operations
	for _, one := range []struct {
		when   string
		policy routes.Policy
	}{
		{"merged", r.On.Merged}, {"split", r.On.Split}, {"unmatched", r.On.Unmatched}, {"deleted", r.On.Deleted}, {"erased", r.On.Erased},
	} {
		if one.policy == routes.Keep || slices.Contains(can, connectors.Operation(one.policy)) {
			continue
		}
		at, said := r.PolicyAt(one.when)
		what := fmt.Sprintf("on: {%s: %s} asks target %s for what it cannot do", one.when, one.policy, t)
		if !said {
			at, what = r.at, what+" (it holds where the route says nothing)"
		}
		l.ps.Add(config.Problem{
			Position: at, Severity: config.Warning, What: what,
			Expected: fmt.Sprintf("%s: in the target, or %s: keep", one.policy, one.when),
		})
	}
}

// checkCycles looks for records that go round between systems.
func (l *loader) checkCycles() {
	for _, e := range documentEntities {
		l.goesRound(e)
	}
	l.contested()
}

// goesRound finds systems that hand the same documents to each other: unlike customers, documents
// are not matched, so that each round would make new ones. Where a stream does not read the very
// place that a target writes to, that is not certain, and a warning.
func (l *loader) goesRound(e canonical.Entity) {
	givers := l.givers(e)
	next, at, certain := map[string][]string{}, map[string]config.Position{}, map[string]bool{}
	for _, t := range l.targets {
		if !slices.Contains(givers, t.System) || l.oneWay(t.System) {
			continue // what arrives there does not come back
		}
		for _, r := range t.Routes {
			if r.Entity() != e {
				continue
			}
			only := r.Requires()
			for _, from := range givers {
				if r.unsure || len(only) > 0 && !slices.Equal(only, []string{from}) {
					continue
				}
				hop := from + " " + t.System
				next[from], at[hop] = append(next[from], t.System), r.at
				back := l.streams[t.System+"/"+t.Name]
				certain[hop] = certain[hop] || back != nil && back.Mapping != nil && back.Mapping.Entity() == e
			}
		}
	}
	told := map[string]bool{}
	for _, from := range givers {
		round := wayBack(next, from)
		key := strings.Join(slices.Sorted(slices.Values(round)), " ")
		if len(round) == 0 || told[key] {
			continue
		}
		told[key] = true
		p := config.Problem{
			Position: at[round[len(round)-1]+" "+from],
			What:     fmt.Sprintf("each %s would go round without end: %s → %s", strings.ToLower(string(e)), strings.Join(round, " → "), from),
			Expected: `when: with "SYSTEM" in systems, so that a system gets only what others made`,
		}
		for i, hop := range round {
			if to := slices.Concat(round[i+1:], []string{from})[0]; !certain[hop+" "+to] {
				p.Severity = config.Warning
			}
		}
		l.ps.Add(p)
	}
}

// oneWay says that what a system is given does not come back from it.
func (l *loader) oneWay(system string) bool {
	return slices.ContainsFunc(l.Connectors, func(c *connectors.Configured) bool { return c.System == system && c.OneWay() })
}

// wayBack is the shortest way from a system back to itself; nil where there is none.
func wayBack(next map[string][]string, from string) []string {
	queue, seen := [][]string{{from}}, map[string]bool{}
	for len(queue) > 0 {
		way := queue[0]
		queue = queue[1:]
		for _, to := range next[way[len(way)-1]] {
			if to == from {
				return way
			}
			if !seen[to] {
				seen[to] = true
				queue = append(queue, append(slices.Clone(way), to))
			}
		}
	}
	return nil
}

// contested warns where several systems both give customers and are written to, and nothing ranks
// one of them: then the time alone decides between two that changed the same attribute.
func (l *loader) contested() {
	if l.Rules == nil {
		return
	}
	givers := l.givers(canonical.EntityCustomer)
	var systems []string
	at := map[string]config.Position{}
	for _, t := range l.targets {
		if back := l.streams[t.System+"/"+t.Name]; back == nil || !slices.Contains(givers, t.System) || slices.Contains(systems, t.System) {
			continue
		}
		for _, r := range t.Routes {
			if r.Entity() == canonical.EntityCustomer {
				systems, at[t.System] = append(systems, t.System), r.at
				break
			}
		}
	}
	if len(systems) < 2 {
		return
	}
	slices.Sort(systems)
	ranked := slices.DeleteFunc(slices.Clone(systems), func(s string) bool { return !l.Rules.Ranks(s) })
	if i := slices.IndexFunc(systems, func(s string) bool { return !slices.Contains(ranked, s) }); i >= 0 {
		l.ps.Add(config.Problem{
			Position: at[systems[i]], Severity: config.Warning,
			What:     fmt.Sprintf("%s give customers and are written to, and no priority ranks %s: of two changes to one attribute, the time alone decides", listOf(systems), systems[i]),
			Expected: fmt.Sprintf("survive: {priority: [%s]} in golden.yaml, the most trusted first", strings.Join(systems, ", ")),
		})
	}
}

func listOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// unusedTables warns of lookup tables in files that nothing names.
func (l *loader) unusedTables() {
	files, _ := filepath.Glob(filepath.Join(l.Root, "mappings", "lookups", "*.csv"))
	for _, file := range files {
		name := fileStem(filepath.ToSlash(file))
		used := slices.ContainsFunc(l.Routes, func(r *routes.Route) bool { return r.Names(name) })
		for _, m := range l.Mappings {
			used = used || m.Names(name)
		}
		for _, broken := range l.brokenFiles { // it may name the table, read as text
			text, err := os.ReadFile(l.files.Path(broken))
			used = used || err != nil || strings.Contains(string(text), name)
		}
		if !used {
			l.ps.Warnf(config.Position{File: file}, "lookup table %s is named by no mapping and no route", name)
		}
	}
}
