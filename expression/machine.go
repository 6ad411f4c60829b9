package expression

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/formats"
)

// Budget bounds what one record may cost. It counts steps and bytes instead of time, so that a
// record that once went through always goes through.
type Budget struct {
	Steps int // operations on list elements, calls and bytes searched by 64; 0 means 1,000,000
	Bytes int // bytes and nodes of results that are not parts of the record; 0 means 16 MiB
}

// BudgetError says that a record cost more than its budget.
type BudgetError struct {
	What  string // steps or bytes
	Limit int
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("the expression took more than %d %s", e.Limit, e.What)
}

// Machine evaluates the programs of one Env, for one record at a time. It is not safe for
// concurrent use.
type Machine struct {
	// Golden answers golden(key) in outbound mappings.
	Golden func(key string) (*formats.Node, bool)

	vars  []*formats.Node
	arena formats.Arena
	stack []*formats.Node // arguments
	pile  []formats.Node  // elements of lists under construction
	buf   []byte
	err   error
	steps int
	bytes int
	limit Budget
	read  []bool // by path number, where reading is traced
	reads []Read // where reading is traced with places
	quiet int    // conditions that are being evaluated: what they read makes no value
	place bool   // reads are kept
}

// Read is one value of the record that was read.
type Read struct {
	Path   string // as the expression has it
	Offset int    // of the value in the frame; see formats.Node
}

// Begin makes the machine ready for the next record. Results of the last one are gone.
func (m *Machine) Begin(e *Env) {
	m.arena.Reset()
	if m.buf == nil {
		m.buf = make([]byte, 0, 256)
	}
	if len(m.vars) < e.slots {
		m.vars = make([]*formats.Node, e.slots)
	}
	for i := range m.vars {
		m.vars[i] = &absent
	}
	m.err, m.steps, m.bytes, m.limit, m.stack = nil, 0, 0, e.budget, m.stack[:0]
	m.pile = m.pile[:0]
	m.read, m.place, m.quiet = nil, false, 0
}

// End lets go of the record, for machines that wait in a pool.
func (m *Machine) End() {
	m.Golden = nil
	for i := range m.vars {
		m.vars[i] = &absent
	}
	const kept = 1 << 12
	if cap(m.pile) > kept {
		m.pile = nil
	}
	if cap(m.buf) > kept {
		m.buf = nil
	}
}

// Trace records which input paths give a value from now on, until the next Begin; see Env.Paths.
func (m *Machine) Trace(e *Env) { m.read = make([]bool, len(e.paths)) }

// Places keeps from now on, until the next Begin, which values are read and where they stand.
func (m *Machine) Places() { m.place, m.reads, m.quiet = true, m.reads[:0], 0 }

// Reads gives what was read since Places or the last call.
func (m *Machine) Reads() []Read {
	reads := m.reads
	m.reads = nil
	return reads
}

// Read tells, by the order of Env.Paths, which paths gave a value since Trace.
func (m *Machine) Read() []bool { return m.read }

// Set gives a variable its value; nil is absent.
func (m *Machine) Set(v *Variable, n *formats.Node) {
	if n == nil {
		n = &absent
	}
	m.vars[v.slot] = n
}

// Texts is a list of texts, valid until the next Begin.
func (m *Machine) Texts(texts []string) *formats.Node {
	n := m.node(formats.List)
	n.Kids = m.arena.Nodes(len(texts))
	for i, t := range texts {
		n.Kids[i] = formats.Node{Kind: formats.Text, Text: m.arena.Bytes([]byte(t)), Offset: -1}
	}
	return n
}

// String is a text, valid until the next Begin.
func (m *Machine) String(t string) *formats.Node { return m.text(append(m.buf[:0], t...)) }

// Object is an object of texts, valid until the next Begin; names are kept.
func (m *Machine) Object(names, texts []string) *formats.Node {
	n := m.Texts(texts)
	n.Kind, n.Names = formats.Object, names
	return n
}

// Number is a whole number, valid until the next Begin.
func (m *Machine) Number(i int64) *formats.Node {
	return m.integer(int(i))
}

var (
	absent  = formats.Node{Offset: -1}
	null    = formats.Node{Kind: formats.Null, Offset: -1}
	isTrue  = formats.Node{Kind: formats.Bool, Text: []byte("true"), Offset: -1}
	isFalse = formats.Node{Kind: formats.Bool, Text: []byte("false"), Offset: -1}
)

func truth(b bool) *formats.Node {
	if b {
		return &isTrue
	}
	return &isFalse
}

// fail keeps the first error of a program and gives absent.
func (m *Machine) fail(err error) *formats.Node {
	if m.err == nil {
		m.err = err
	}
	return &absent
}

// spend counts work and tells whether there is budget left and no error so far.
func (m *Machine) spend(steps int) bool {
	if m.steps += steps; m.steps > m.limit.Steps {
		m.fail(&BudgetError{What: "steps", Limit: m.limit.Steps})
	}
	return m.err == nil
}

func (m *Machine) store(bytes int) bool {
	if m.bytes += bytes; m.bytes > m.limit.Bytes {
		m.fail(&BudgetError{What: "bytes of memory", Limit: m.limit.Bytes})
	}
	return m.err == nil
}

// nodeBytes is about what a node takes.
const nodeBytes = 96

func (m *Machine) node(kind formats.NodeKind) *formats.Node {
	m.store(nodeBytes)
	n := &m.arena.Nodes(1)[0]
	n.Kind, n.Offset = kind, -1
	return n
}

// text is a text node with a copy of b.
func (m *Machine) text(b []byte) *formats.Node {
	if !m.store(len(b)) {
		return &absent
	}
	n := m.node(formats.Text)
	n.Text = m.arena.Bytes(b)
	return n
}

// same is a node of another kind with the same text.
func (m *Machine) same(kind formats.NodeKind, text []byte) *formats.Node {
	n := m.node(kind)
	n.Text = text
	return n
}

func (m *Machine) number(d decimal.Decimal) *formats.Node {
	n := m.text(append(m.buf[:0], d.String()...))
	if n.Kind == formats.Text {
		n.Kind = formats.Number
	}
	return n
}

func (m *Machine) integer(i int) *formats.Node {
	n := m.text(strconv.AppendInt(m.buf[:0], int64(i), 10))
	if n.Kind == formats.Text {
		n.Kind = formats.Number
	}
	return n
}

// list is a list node of what was piled up since mark.
func (m *Machine) list(mark int) *formats.Node {
	piled := m.pile[mark:]
	n := m.node(formats.List)
	if m.store(len(piled) * nodeBytes) {
		n.Kids = m.arena.Nodes(len(piled))
		copy(n.Kids, piled)
	}
	m.pile = m.pile[:mark]
	return n
}
