package routes

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// Options are what a route file needs of its hub. Whether targets and mappings exist is for the
// hub to check, which knows them: see Target.Position.
type Options struct {
	Region  string                        // the hub's region, ISO 3166-1 alpha-2
	Folder  string                        // the hub folder, whose mappings/lookups/*.csv are tables
	Lookups map[string]*expression.Lookup // further tables, which win over those of the folder
}

var (
	keys       = []string{"route", "from", "when", "to", "mapping", "update", "create_only", "on"}
	targetKeys = []string{"target", "mapping"}
	onKeys     = []string{"merged", "split", "unmatched", "deleted", "erased", "changed"}
	origins    = []string{string(GoldenCustomer), string(CanonicalOrder), string(CanonicalInteraction), string(CanonicalProduct)}
	updates    = []string{string(UpdateAll), string(UpdatePrimary)}
	policies   = []string{string(Keep), string(Deactivate), string(Delete)}
	stances    = []string{string(Accept), string(Enforce)}
)

type loader struct {
	*Route
	node *config.Node
	ps   *config.Problems
}

// Load compiles one route file. All problems go to ps; the result is nil where one of them is an
// error.
func Load(node *config.Node, o Options, ps *config.Problems) *Route {
	if node.Unreadable() {
		return nil // the file could not be read, which has been told
	}
	r := &Route{
		Name: node.Get("route").Text(), At: node.Position(), node: node, shape: &formats.Shape{}, Update: UpdateAll,
		On: On{Merged: Deactivate, Split: Keep, Unmatched: Keep, Deleted: Deactivate, Erased: Delete},
	}
	l := &loader{Route: r, node: node, ps: &config.Problems{}}
	l.load(o)
	ps.Append(l.ps.Sorted()...)
	if l.ps.HasErrors() {
		return nil
	}
	return r
}

func (l *loader) load(o Options) {
	if l.node.Kind() != config.Mapping {
		l.wrong(l.node, "found "+l.node.Kind().String(), "a route file: route, from, to, mapping")
		return
	}
	l.only(l.node, keys)
	if l.Name == "" {
		l.wrong(l.node.Get("route"), "the route has no name", "route: NAME")
	}
	l.From = Origin(l.choice(l.node, "from", origins, ""))
	l.Update = Update(l.choice(l.node, "update", updates, string(UpdateAll)))
	if l.From != GoldenCustomer && l.From != "" {
		for _, key := range []string{"update", "create_only", "on"} {
			if n := l.node.Get(key); n.IsSet() {
				l.wrong(n, key+" beside from: "+string(l.From), "it only with from: golden.customer")
			}
		}
	}
	l.targets()
	l.policies()
	l.stances()
	l.createOnly()
	l.condition(o)
}

func (l *loader) targets() {
	to, mapping := l.node.Get("to"), l.node.Get("mapping")
	items := to.Items()
	if to.Kind() == config.Scalar || to.Kind() == config.Mapping {
		items = []*config.Node{to}
	}
	if len(items) == 0 {
		l.wrong(to, "the route leads nowhere", "to: [SYSTEM.STREAM]")
	}
	for _, item := range items {
		name, through := item, mapping
		if item.Kind() == config.Mapping {
			l.only(item, targetKeys)
			name = item.Get("target")
			if own := item.Get("mapping"); own.IsSet() {
				through = own
			}
		}
		system, stream, ok := strings.Cut(name.Text(), ".")
		if !ok || system == "" || stream == "" || strings.Contains(stream, ".") {
			l.wrong(name, "found "+name.Shown(), "a target SYSTEM.STREAM such as erp.customers")
			continue
		}
		if through.Text() == "" {
			l.wrong(item, "target "+name.Text()+" has no mapping", "mapping: NAME, beside the target or for the whole route")
		}
		t := TargetRef{System: system, Stream: stream, Mapping: through.Text(), At: name.Position(), MappingAt: through.Position()}
		if slices.ContainsFunc(l.To, func(other TargetRef) bool { return other.String() == t.String() }) {
			l.wrong(name, "target "+t.String()+" stands twice", "each target once")
		}
		l.To = append(l.To, t)
	}
}

func (l *loader) policies() {
	on := l.node.Get("on")
	if on.IsSet() && on.Kind() != config.Mapping {
		l.wrong(on, "found "+on.Shown(), "a mapping such as {merged: deactivate}")
		return
	}
	l.only(on, onKeys)
	for key, policy := range map[string]*Policy{
		"merged": &l.On.Merged, "split": &l.On.Split, "unmatched": &l.On.Unmatched, "deleted": &l.On.Deleted, "erased": &l.On.Erased,
	} {
		*policy = Policy(l.choice(on, key, policies, string(*policy)))
	}
}

// stances reads on.changed: one word for all attributes, or one for each.
func (l *loader) stances() {
	l.On.Changed.Default = Accept
	n := l.node.Get("on").Get("changed")
	switch n.Kind() {
	case config.Absent:
	case config.Mapping:
		l.On.Changed.Attributes = map[string]Stance{}
		for _, e := range n.Entries() {
			stance := Stance(l.choice(n, e.Key, stances, ""))
			if e.Key == "default" {
				l.On.Changed.Default = stance
				continue
			}
			l.attribute(e.Key, config.Problem{Position: e.Position})
			l.On.Changed.Attributes[e.Key] = stance
		}
	default:
		l.On.Changed.Default = Stance(l.choice(l.node.Get("on"), "changed", stances, ""))
	}
}

func (l *loader) createOnly() {
	n := l.node.Get("create_only")
	if !n.IsSet() {
		return
	}
	if n.Kind() != config.Sequence {
		l.wrong(n, "found "+n.Shown(), "a list of attributes such as [emails]")
		return
	}
	for _, item := range n.Items() {
		l.attribute(item.Text(), config.Problem{Position: item.Position()})
		l.CreateOnly = append(l.CreateOnly, item.Text())
	}
}

// attributeNames lists the attributes of a customer by their JSON names, source aside.
func attributeNames() (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[canonical.Customer]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && name != "source" {
			names = append(names, name)
		}
	}
	return names
}

// attribute reports what is no attribute of a customer.
func (l *loader) attribute(name string, p config.Problem) {
	names := attributeNames()
	if slices.Contains(names, name) {
		return
	}
	p.What, p.Expected, p.Hint = "no such attribute: "+name, "an attribute of a customer", config.Nearest(name, names)
	l.ps.Add(p)
}

func (l *loader) condition(o Options) {
	entity, known := entities[l.From]
	if !known {
		return
	}
	l.env = expression.NewEnv(expression.Options{
		Region: o.Region, Lookups: o.Lookups, LookupFolder: filepath.Join(o.Folder, "mappings", "lookups"),
	})
	scope := l.env.Scope()
	l.doc = scope.Document(entity, l.shape, false)
	n := l.node.Get("when")
	if !n.IsSet() {
		return
	}
	l.when = scope.Compile(n, l.ps)
	if l.when != nil && l.when.Type.Kind != expression.Any && l.when.Type.Kind != expression.Bool {
		l.wrong(n, "the expression gives "+l.when.Type.Kind.String(), "true or false")
	}
}

// choice reads a key that holds one of some words.
func (l *loader) choice(n *config.Node, key string, words []string, otherwise string) string {
	v := n.Get(key)
	if !v.IsSet() && otherwise != "" {
		return otherwise
	}
	if slices.Contains(words, v.Text()) {
		return v.Text()
	}
	what := key + " is missing"
	if v.IsSet() {
		what = "found " + v.Shown()
	}
	l.ps.Add(config.Problem{Position: v.Position(), What: what, Expected: "one of " + strings.Join(words, ", "), Hint: config.Nearest(v.Text(), words)})
	return ""
}

// only reports keys that nobody reads.
func (l *loader) only(n *config.Node, known []string) {
	for _, e := range n.Entries() {
		if !slices.Contains(known, e.Key) {
			l.ps.Add(config.UnknownKey(e, known))
		}
	}
}

func (l *loader) wrong(n *config.Node, what, expected string) {
	l.ps.Add(config.Problem{Position: n.Position(), What: what, Expected: expected})
}
