// Package routes decides which entities go to which targets.
//
// In come route files and canonical documents with what is known of them; out goes, for each
// document, whether the route's condition holds, and from the route where it leads and through
// which mapping. A route never maps, never sends and never looks anything up.
package routes

import (
	"fmt"
	"sync"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// Origin is where a route's entities come from.
type Origin string

// The origins of entities.
const (
	GoldenCustomer       Origin = "golden.customer"
	CanonicalOrder       Origin = "canonical.order"
	CanonicalInteraction Origin = "canonical.interaction"
	CanonicalProduct     Origin = "canonical.product"
)

var entities = map[Origin]canonical.Entity{
	GoldenCustomer:       canonical.EntityCustomer,
	CanonicalOrder:       canonical.EntityOrder,
	CanonicalInteraction: canonical.EntityInteraction,
	CanonicalProduct:     canonical.EntityProduct,
}

// Update says which records of one golden customer in one target are kept in step.
type Update string

// The ways of updating.
const (
	UpdateAll     Update = "all"     // every record that the customer has in the target
	UpdatePrimary Update = "primary" // only the oldest one
)

// Policy is what becomes of a remote record that is no longer wanted as it is.
type Policy string

// The policies.
const (
	Keep       Policy = "keep"
	Deactivate Policy = "deactivate"
	Delete     Policy = "delete"
)

// On says what becomes of remote records when something happens to what they stand for.
type On struct {
	Merged    Policy // the golden record became part of another one; default deactivate
	Split     Policy // the golden record lost the source records of this remote record; default keep
	Unmatched Policy // the route's condition no longer holds; default keep
	Deleted   Policy // all source records are gone; default deactivate
	Erased    Policy // the customer was erased; default delete
	// Changed says what becomes of values that people change in the target and that do not survive.
	Changed Changed
}

// Stance is how the hub takes it that a target's own record differs from what was written into it.
type Stance string

// The stances.
const (
	Accept  Stance = "accept"  // the target keeps its value until the golden record changes
	Enforce Stance = "enforce" // the golden value is written again
)

// Changed are the stances on a target's own changes, by attribute.
type Changed struct {
	Default    Stance // accept where nothing is said
	Attributes map[string]Stance
}

// Enforces says whether an attribute of the target's record is held to the golden record.
func (c Changed) Enforces(attribute string) bool {
	if s, own := c.Attributes[attribute]; own {
		return s == Enforce
	}
	return c.Default == Enforce
}

// Any says whether any attribute is.
func (c Changed) Any() bool {
	for _, s := range c.Attributes {
		if s == Enforce {
			return true
		}
	}
	return c.Default == Enforce
}

// TargetRef names one place that a route leads to.
type TargetRef struct {
	System, Stream string
	Mapping        string // name of the outbound mapping
	At             config.Position
	MappingAt      config.Position // where the mapping is named
}

// String is system.stream, as routes write it.
func (t TargetRef) String() string { return t.System + "." + t.Stream }

// Route is one compiled route file. It is safe for concurrent use.
type Route struct {
	Name   string
	From   Origin
	To     []TargetRef
	Update Update
	On     On
	// CreateOnly names attributes of the customer that are written when a remote record is created
	// and never again: an update is mapped without them.
	CreateOnly []string
	At         config.Position

	when  *expression.Program // nil: always
	env   *expression.Env
	shape *formats.Shape
	doc   *expression.Document
	node  *config.Node
	pool  sync.Pool // of *expression.Machine
}

// Entity is what the route carries.
func (r *Route) Entity() canonical.Entity { return entities[r.From] }

// Shape is what Match needs of each document. It must not be changed.
func (r *Route) Shape() *formats.Shape { return r.shape }

// When is the route's condition as written, "" where it has none.
func (r *Route) When() string {
	if r.when == nil {
		return ""
	}
	return r.when.Text
}

// Never says why no document can meet the route's condition, as far as that can be seen without
// any; nil where nothing shows it. Systems are those that give the route's entity, nil where they
// are not known.
func (r *Route) Never(systems []string) *config.Problem {
	if r.when == nil {
		return nil
	}
	return r.condition(systems).Never()
}

// Requires lists the systems that must be among those of every document that the route carries.
func (r *Route) Requires() []string {
	if r.when == nil {
		return nil
	}
	return r.condition(nil).Requires()
}

// PolicyAt is where the route says what happens when: merged, split, unmatched, deleted or erased.
// It is false where the route leaves that to the default.
func (r *Route) PolicyAt(when string) (config.Position, bool) {
	n := r.node.Get("on").Get(when)
	return n.Position(), n.IsSet()
}

// Names tells whether the condition names a lookup table.
func (r *Route) Names(table string) bool { return r.env != nil && r.env.Names(table) }

func (r *Route) condition(systems []string) expression.Condition {
	return expression.Condition{Program: r.when, Systems: systems}
}

// Match tells whether the route carries the document, which was decoded with Shape. What is
// unknown makes a condition false. The error names the condition and what was found in it.
func (r *Route) Match(root *formats.Node, facts *expression.Facts) (bool, error) {
	if r.when == nil {
		return true, nil
	}
	m, _ := r.pool.Get().(*expression.Machine)
	if m == nil {
		m = &expression.Machine{}
	}
	defer func() {
		m.End()
		r.pool.Put(m)
	}()
	m.Begin(r.env)
	r.doc.Set(m, root, facts)
	yes, err := r.when.Truth(m)
	if err != nil {
		return false, fmt.Errorf("when %s: %w [%s]", r.when.Text, err, r.when.At.Position())
	}
	return yes, nil
}
