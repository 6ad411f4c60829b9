package mappings

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

var (
	inboundKeys  = []string{"mapping", "extends", "to", "format", "input", "when", "lookups", "let", "id", "version", "businessTime", "deleted", "fields", "tests"}
	outboundKeys = []string{"mapping", "extends", "from", "to", "format", "when", "lookups", "let", "fields", "tests"}
)

// loader compiles one mapping file.
type loader struct {
	*Mapping
	options Options
	ps      *config.Problems
	scope   *expression.Scope
	file    string
	extends bool // fields that are null are those of the extended mapping that are left out
}

// Load compiles one mapping file. All problems go to ps; the result is nil where one of them is
// an error.
func Load(node *config.Node, o Options, ps *config.Problems) *Mapping {
	if node.Unreadable() {
		return nil // the file could not be read, which has been told
	}
	m := &Mapping{name: node.Get("mapping").Text(), node: node, shape: &formats.Shape{}, folder: filepath.Dir(node.Position().File), kinds: o.Formats}
	l := &loader{Mapping: m, options: o, ps: &config.Problems{}, file: node.Position().File}
	l.load()
	ps.Append(l.ps.Sorted()...)
	if l.ps.HasErrors() {
		return nil
	}
	return m
}

func (l *loader) load() {
	if l.node.Kind() != config.Mapping {
		l.wrong(l.node, "found "+l.node.Kind().String(), "a mapping file: mapping, to or from, fields")
		return
	}
	l.extended()
	l.keys(l.node)
	if l.name == "" {
		l.wrong(l.node.Get("mapping"), "the mapping has no name", "mapping: NAME")
	}
	if !l.direction() {
		return
	}
	l.environment()
	l.scope = l.env.Scope()
	if l.Outbound() {
		l.format = l.openFormat(&config.Node{})
		if to := l.node.Get("format"); to.IsSet() {
			l.payload = l.openFormat(to)
		}
		l.vars.document = l.scope.Document(l.from, l.shape, true)
	} else {
		l.format = l.openFormat(l.node.Get("format"))
		l.vars = inboundVariables(l.scope, l.input(l.node.Get("input")))
	}
	l.values()
	l.frameRules()
	l.rootFields()
	l.payloadFields()
	l.readTests()
	for _, e := range l.node.Get("lookups").Entries() {
		if !l.env.Names(e.Key) && !l.ps.HasErrors() && l.own(e.Position) {
			l.ps.Warnf(e.Position, "lookup table %s is never used", e.Key)
		}
	}
	for _, let := range l.lets {
		if !let.at.Used() && !l.extends {
			l.ps.Warnf(let.value.program.At.Position(), "let %s is never used", let.at.Name)
		}
	}
}

// own tells what stands in the file itself from what it extends, of which not all need be used.
func (l *loader) own(at config.Position) bool { return at.File == l.file }

// keys reports unknown keys, by direction.
func (l *loader) keys(n *config.Node) {
	known := inboundKeys
	if n.Get("from").IsSet() {
		known = outboundKeys
	}
	for _, e := range n.Entries() {
		if !slices.Contains(known, e.Key) {
			l.ps.Add(config.UnknownKey(e, known))
		}
	}
}

// direction reads to and from.
func (l *loader) direction() bool {
	to, from := l.node.Get("to"), l.node.Get("from")
	switch {
	case from.IsSet():
		if to.IsSet() && to.Text() != "payload" {
			l.wrong(to, "found "+to.Shown()+" beside from", `"payload", or nothing`)
		}
		l.from = l.entity(from)
		return l.from != ""
	case to.IsSet():
		l.to = l.entity(to)
		return l.to != ""
	}
	l.wrong(l.node, "the mapping has no direction", "to: Customer (a record becomes an entity) or from: Customer (an entity becomes a payload)")
	return false
}

func (l *loader) entity(n *config.Node) canonical.Entity {
	names := make([]string, len(canonical.Entities))
	for i, e := range canonical.Entities {
		if string(e) == n.Text() {
			return e
		}
		names[i] = string(e)
	}
	l.ps.Add(config.Problem{Position: n.Position(), What: "found " + n.Shown(), Expected: oneOf(names), Hint: config.Nearest(n.Text(), names)})
	return ""
}

// environment joins the hub's lookup tables with those of the file, which win.
func (l *loader) environment() {
	tables := maps.Clone(l.options.Lookups)
	if tables == nil {
		tables = map[string]*expression.Lookup{}
	}
	for _, e := range l.mappingAt("lookups") {
		codes := map[string]string{}
		if e.Value.Kind() != config.Mapping {
			l.wrong(e.Value, "found "+e.Value.Shown(), "a table such as {Germany: DE, France: FR}")
			continue
		}
		for _, code := range e.Value.Entries() {
			if code.Value.Kind() != config.Scalar {
				l.wrong(code.Value, "found "+code.Value.Shown(), "a text")
			}
			codes[code.Key] = code.Value.Text()
		}
		tables[e.Key] = expression.NewLookup(e.Key, codes)
	}
	o := expression.Options{Region: l.options.Region, Lookups: tables, LookupFolder: filepath.Join(l.folder, "lookups"), Budget: l.options.Budget}
	if l.Outbound() {
		o.Golden = expression.Canonical(canonical.SchemaOf(canonical.EntityCustomer), nil)
	}
	l.env = expression.NewEnv(o)
}

// mappingAt gives the entries of a key that holds a mapping.
func (l *loader) mappingAt(key string) []config.Entry {
	n := l.node.Get(key)
	if n.IsSet() && n.Kind() != config.Mapping {
		l.wrong(n, "found "+n.Shown(), "a mapping")
	}
	return n.Entries()
}

// values reads let.
func (l *loader) values() {
	for _, e := range l.mappingAt("let") {
		if !isName(e.Key) {
			l.ps.Add(config.Problem{Position: e.Position, What: "found the name " + quoted(e.Key), Expected: "letters, digits and _, beginning with a letter"})
			continue
		}
		if l.scope.Defines(e.Key) {
			l.ps.Add(config.Problem{Position: e.Position, What: "the name " + quoted(e.Key) + " is taken", Expected: "another name"})
			continue
		}
		value := l.leaf(e.Value, "let "+e.Key)
		if value == nil {
			l.scope.Define(e.Key, expression.AnyType) // so that its uses are no further problems
			continue
		}
		l.lets = append(l.lets, let{l.named(e.Key, value.program), value})
	}
}

// named defines a name for a value. Segments stay a part of the record, of which only what is read
// by the name is decoded.
func (l *loader) named(name string, p *expression.Program) *expression.Variable {
	if p.Type.OfRecord() && len(p.Paths) > 0 {
		return l.scope.Define(name, p.Type).Path(p.Paths[0])
	}
	p.Whole()
	return l.scope.Define(name, p.Type.Computed())
}

// frameRules reads what decides on the record as a whole.
func (l *loader) frameRules() {
	l.when = l.condition(l.node.Get("when"))
	if l.Outbound() {
		return
	}
	if id := l.node.Get("id"); id.IsSet() {
		l.id = l.leaf(id, "id")
	} else {
		l.wrong(l.node, "id is missing", "id: EXPRESSION, which gives the record's key as text, such as string(id)")
	}
	l.gone = l.condition(l.node.Get("deleted"))
	if at := l.node.Get("businessTime"); at.IsSet() {
		l.time = l.leaf(at, "businessTime")
	}
	n := l.node.Get("version")
	if !n.IsSet() {
		return
	}
	if len(n.Entries()) != 1 {
		l.wrong(n, "found "+n.Shown(), "{time: EXPRESSION} or {integer: EXPRESSION}")
		return
	}
	switch e := n.Entries()[0]; e.Key {
	case "time":
		l.rev.time = l.leaf(e.Value, "version.time")
	case "integer":
		l.rev.integer = l.leaf(e.Value, "version.integer")
	default:
		l.ps.Add(config.UnknownKey(e, []string{"time", "integer"}))
	}
}

func (l *loader) condition(n *config.Node) *expression.Program {
	if !n.IsSet() {
		return nil
	}
	p := l.scope.Compile(n, l.ps)
	if p != nil && p.Type.Kind != expression.Any && p.Type.Kind != expression.Bool {
		l.wrong(n, "the expression gives "+p.Type.Kind.String(), "true or false")
	}
	return p
}

func (l *loader) wrong(n *config.Node, what, expected string) {
	l.ps.Add(config.Problem{Position: n.Position(), What: what, Expected: expected})
}
