package config

import (
	"fmt"
	"reflect"
)

// Positioned keeps a value together with where it was written, so that a later
// check across files can point at it: config.Positioned[string].
type Positioned[T any] struct {
	Value T
	Node  *Node // nil if not given and no default
}

// Position is where the value stands; for a default, where its mapping begins.
func (p Positioned[T]) Position() Position { return p.Node.Position() }

// IsSet is true if the file gives the value, or it has a default.
func (p Positioned[T]) IsSet() bool { return p.Node.IsSet() }

func (p *Positioned[T]) keep(n *Node)          { p.Node = n }
func (p *Positioned[T]) target() reflect.Value { return reflect.ValueOf(&p.Value).Elem() }

// positioned is any *Positioned[T].
type positioned interface {
	keep(n *Node)
	target() reflect.Value
}

// Ordered is a mapping whose keys are names of the user's choice, in document
// order: config.Ordered[Stream].
type Ordered[T any] []Named[T]

// Named is one key of an Ordered mapping with its value.
type Named[T any] struct {
	Name     string
	Position Position // of the name
	Value    T
}

// Get finds a value by its name.
func (o Ordered[T]) Get(name string) (value T, found bool) {
	for _, n := range o {
		if n.Name == name {
			return n.Value, true
		}
	}
	return value, false
}

// Names lists the names in document order.
func (o Ordered[T]) Names() []string {
	names := make([]string, len(o))
	for i, n := range o {
		names[i] = n.Name
	}
	return names
}

func (o *Ordered[T]) add(e Entry) reflect.Value {
	*o = append(*o, Named[T]{Name: e.Key, Position: e.Position})
	return reflect.ValueOf(&(*o)[len(*o)-1].Value).Elem()
}

// ordered is any *Ordered[T].
type ordered interface {
	add(e Entry) reflect.Value
}

func (d *decoder) ordered(n *Node, into ordered, f field) {
	if n.kind != Mapping {
		d.wrong(n, f, "a mapping of names")
		return
	}
	for _, e := range n.entries {
		target := into.add(e)
		one := f
		one.label = e.Key
		switch {
		case e.Value.broken:
		case e.Value.IsSet():
			d.value(e.Value, target, one)
		case target.Kind() == reflect.Struct: // `orders:` alone has all defaults, but may lack what is required
			d.structure(&Node{kind: Mapping, position: e.Position, source: n.source, size: 1}, target, one)
		default:
			d.ps.Add(Problem{Position: e.Position, What: fmt.Sprintf("%s is nothing", e.Key), Expected: expects(target.Type(), f)})
		}
	}
}
