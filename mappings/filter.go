package mappings

import (
	"path/filepath"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// Filter is a condition by which people choose among raw records: an expression as in inbound
// mappings, over whatever members a record has, record, frame and header. It is safe for
// concurrent use.
type Filter struct{ condition }

// condition is an expression over whatever members a raw record has.
type condition struct {
	env   *expression.Env
	shape *formats.Shape
	vars  variables
	when  *expression.Program
	pool  sync.Pool // of *expression.Machine
}

// NewFilter compiles a condition. The name stands in its errors for the file that it does not have,
// such as "--where".
func NewFilter(name, text string, o Options) (*Filter, error) {
	f := &Filter{}
	at, ps := f.compile(name, text, o)
	if f.when != nil && f.when.Type.Kind != expression.Any && f.when.Type.Kind != expression.Bool {
		ps.Add(config.Problem{Position: at.Position(), What: "the expression gives " + f.when.Type.Kind.String(), Expected: "true or false"})
	}
	if ps.HasErrors() {
		return nil, ps.Err()
	}
	return f, nil
}

func (f *condition) compile(name, text string, o Options) (*config.Node, *config.Problems) {
	ps := &config.Problems{}
	literal := func(string) (string, bool) { return "", false }
	node := config.Parse(name, []byte("'"+strings.ReplaceAll(text, "'", "''")+"'"), literal, ps)
	f.shape = &formats.Shape{}
	f.env = expression.NewEnv(expression.Options{
		Region: o.Region, Lookups: o.Lookups, Budget: o.Budget,
		LookupFolder: filepath.Join(o.Folder, "mappings", "lookups"),
	})
	scope := f.env.Scope()
	f.vars = inboundVariables(scope, expression.Record(f.shape))
	if !ps.HasErrors() {
		f.when = scope.Compile(node, ps)
	}
	return node, ps
}

// Shape is what the expression needs of each record. It must not be changed.
func (f *condition) Shape() *formats.Shape { return f.shape }

// with runs do on a machine that has the record.
func (f *condition) with(in Input, do func(*expression.Machine) error) error {
	m, _ := f.pool.Get().(*expression.Machine)
	if m == nil {
		m = &expression.Machine{}
	}
	defer func() {
		m.End()
		f.pool.Put(m)
	}()
	m.Begin(f.env)
	f.vars.set(m, &in)
	return do(m)
}

// Match tells whether the condition holds for a record that was decoded with Shape. What is unknown
// makes it false.
func (f *Filter) Match(in Input) (yes bool, err error) {
	err = f.with(in, func(m *expression.Machine) error {
		yes, err = f.when.Truth(m)
		return err
	})
	return yes, err
}
