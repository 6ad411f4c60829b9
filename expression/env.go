package expression

import (
	"maps"
	"slices"
)

// Options say what an Env knows beyond the built-in functions.
type Options struct {
	Region  string             // where phone numbers without a country are from, ISO 3166-1 alpha-2
	Lookups map[string]*Lookup // tables for lookup(name, code)
	// LookupFolder holds further tables as NAME.csv; "" for none. Only tables that are named are read.
	LookupFolder string
	// NoLookups: expressions may not use tables.
	NoLookups bool
	Golden    *Type // what golden(key) gives; nil where the function may not be used
	Budget    Budget
}

// Env is what the expressions of one mapping or rule share: functions, tables, variables. It is
// built while compiling and does not change afterwards.
type Env struct {
	options Options
	budget  Budget
	slots   int
	paths   []string        // input paths that are read, for coverage and errors
	tables  map[string]bool // lookup tables that are named

	segmented bool // expressions are in the notation of segments
}

// NewEnv returns an Env without variables.
func NewEnv(o Options) *Env {
	e := &Env{options: o, budget: o.Budget}
	e.options.Lookups = maps.Clone(o.Lookups)
	if e.budget.Steps == 0 {
		e.budget.Steps = 1_000_000
	}
	if e.budget.Bytes == 0 {
		e.budget.Bytes = 16 << 20
	}
	return e
}

// Paths lists the input paths that the compiled programs read, in the order of compiling.
func (e *Env) Paths() []string { return e.paths }

// Names tells whether a compiled program names the lookup table.
func (e *Env) Names(table string) bool { return e.tables[table] }

// Variable is a place for a value that expressions may name.
type Variable struct {
	Name string
	Type *Type
	slot int
	// origin is the input path that the variable stands for, such as "addresses[]"; empty for
	// the record itself and for what is no part of the record.
	origin string
	record bool // the variable is the record or a part of it
	used   bool
}

// Path makes the variable a part of the record, which errors and coverage call by path.
func (v *Variable) Path(path string) *Variable {
	v.origin, v.record = path, true
	return v
}

// Used tells whether a compiled program names the variable.
func (v *Variable) Used() bool { return v.used }

// Scope holds the names that expressions at one place may use. Inner scopes see the names of
// outer ones.
type Scope struct {
	env   *Env
	outer *Scope
	names map[string]*Variable
	bare  *Variable
}

// Scope returns a scope without names.
func (e *Env) Scope() *Scope { return &Scope{env: e} }

// Inner returns a scope within s.
func (s *Scope) Inner() *Scope { return &Scope{env: s.env, outer: s} }

// Define adds a variable.
func (s *Scope) Define(name string, t *Type) *Variable {
	v := &Variable{Name: name, Type: t, slot: s.env.slots}
	s.env.slots++
	if s.names == nil {
		s.names = map[string]*Variable{}
	}
	s.names[name] = v
	return v
}

// Open lets the members of v be named without it. Variables win over members; members of inner
// scopes win over those of outer ones.
func (s *Scope) Open(v *Variable) { s.bare = v }

// Defines tells whether a variable of that name may be used here.
func (s *Scope) Defines(name string) bool {
	for at := s; at != nil; at = at.outer {
		if at.names[name] != nil {
			return true
		}
	}
	return false
}

// find gives the variable of that name, or the opened one that may have such a member.
func (s *Scope) find(name string) (v *Variable, bare bool) {
	for at := s; at != nil; at = at.outer {
		if v, found := at.names[name]; found {
			return v, false
		}
	}
	for at := s; at != nil; at = at.outer {
		if at.bare != nil && at.bare.Type.has(name) {
			return at.bare, true
		}
	}
	return nil, false
}

// known lists all names that could stand here.
func (s *Scope) known() []string {
	var names []string
	for at := s; at != nil; at = at.outer {
		if at.bare != nil {
			names = append(names, at.bare.Type.Members()...)
		}
		for _, name := range slices.Sorted(maps.Keys(at.names)) {
			if name[0] != '#' {
				names = append(names, name)
			}
		}
	}
	return names
}
