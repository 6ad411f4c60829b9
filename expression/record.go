package expression

import (
	"slices"
	"sync"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// RecordConditions are conditions on one source record at a time, compiled together, so that of a
// record what they read is decoded once. They name customer, which is the record's content without
// its source block, and source with system, stream and id: what stays the same when a system sends
// a record again. Compile all before the first use; after that they are safe for concurrent use.
type RecordConditions struct {
	env              *Env
	scope            *Scope
	shape            *formats.Shape
	customer, source *Variable
	list             []Condition
	json             json.Format
	pool             sync.Pool // of *recordMachine
}

// RecordOrigin is what conditions know of where a record comes from.
type RecordOrigin struct{ System, Stream, ID string }

// recordBudget is what one condition on one record may cost. It is less than that of mappings,
// because conditions are asked again for every record of a customer that changes.
var recordBudget = Budget{Steps: 100_000, Bytes: 1 << 20}

var originNames = []string{"system", "stream", "id"}

type recordMachine struct {
	Machine
	doc formats.Doc
}

// NewRecordConditions returns an empty set. Region is where phone numbers without a country are
// from, ISO 3166-1 alpha-2.
func NewRecordConditions(region string) *RecordConditions {
	c := &RecordConditions{env: NewEnv(Options{Region: region, NoLookups: true, Budget: recordBudget}), shape: &formats.Shape{}}
	c.scope = c.env.Scope()
	c.customer = c.scope.Define("customer", content(canonical.SchemaOf(canonical.EntityCustomer), c.shape)).Path("customer")
	source := Declared(nil)
	for _, name := range originNames {
		source.Declare(name, TextType)
	}
	c.source = c.scope.Define("source", source)
	return c
}

// content is a customer without its source.
func content(schema *canonical.Schema, shape *formats.Shape) *Type {
	t := Declared(shape)
	for _, f := range schema.Fields {
		if f.Name != "source" {
			t.Declare(f.Name, Canonical(f, nil))
		}
	}
	return t
}

// Compile adds the condition at a node. Problems go to ps, and the result is then nil. A condition
// that is there already, by its text, is compiled but kept once.
func (c *RecordConditions) Compile(at *config.Node, ps *config.Problems) *Condition {
	program := c.scope.Compile(at, ps)
	if program == nil {
		return nil
	}
	if program.Type.Kind != Any && program.Type.Kind != Bool {
		ps.Add(config.Problem{Position: at.Position(), What: "the expression gives " + program.Type.Kind.String(), Expected: "true or false"})
		return nil
	}
	condition := Condition{Program: program}
	if !slices.ContainsFunc(c.list, func(known Condition) bool { return known.Text == program.Text }) {
		c.list = append(c.list, condition)
	}
	return &condition
}

// Fails calls failed for each condition that does not hold for the record whose canonical document
// is doc; what is unknown makes a condition false. err is set where it could not be evaluated:
// beyond the budget, or by what the record holds.
func (c *RecordConditions) Fails(doc []byte, origin RecordOrigin, failed func(condition string, err error)) {
	m, _ := c.pool.Get().(*recordMachine)
	if m == nil {
		m = &recordMachine{}
	}
	defer func() {
		m.End()
		c.pool.Put(m)
	}()
	err := c.json.Decode(&m.doc, formats.Frame{Bytes: doc}, c.shape)
	for _, condition := range c.list {
		holds := false
		if err == nil {
			m.Begin(c.env) // each has the whole budget, so that none fails for another
			m.Set(c.customer, &m.doc.Root)
			m.Set(c.source, m.Object(originNames, []string{origin.System, origin.Stream, origin.ID}))
			var wrong error
			if holds, wrong = condition.Truth(&m.Machine); wrong != nil {
				failed(condition.Text, wrong)
				continue
			}
		}
		if !holds {
			failed(condition.Text, err)
		}
	}
}
