package expression

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// Lookup is a table from codes to codes.
type Lookup struct {
	Name  string
	table map[string]*formats.Node
}

// NewLookup builds a table.
func NewLookup(name string, codes map[string]string) *Lookup {
	l := &Lookup{Name: name, table: make(map[string]*formats.Node, len(codes))}
	for from, to := range codes {
		l.table[from] = &formats.Node{Kind: formats.Text, Text: []byte(to), Offset: -1}
	}
	return l
}

// ReadLookup reads a table from CSV (RFC 4180, UTF-8): a header line, then the code to look up in
// the first column and what it stands for in the second. Further columns are for people.
func ReadLookup(name string, r io.Reader) (*Lookup, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = -1
	codes, header := map[string]string{}, true
	for {
		record, err := lines.Read()
		switch {
		case errors.Is(err, io.EOF):
			return NewLookup(name, codes), nil
		case err != nil:
			return nil, fmt.Errorf("read lookup table %s: %w", name, err)
		case header:
			header = false
			continue
		}
		line, _ := lines.FieldPos(0)
		if len(record) < 2 {
			return nil, fmt.Errorf("read lookup table %s: line %d: found one column; expected a code and what it stands for", name, line)
		}
		if _, twice := codes[record[0]]; twice {
			return nil, fmt.Errorf("read lookup table %s: line %d: code %q stands twice", name, line, record[0])
		}
		codes[record[0]] = record[1]
	}
}

// lookup finds a table, reading its file on first use.
func (e *Env) lookup(name string) (*Lookup, error) {
	if e.tables == nil {
		e.tables = map[string]bool{}
	}
	e.tables[name] = true
	if l := e.options.Lookups[name]; l != nil {
		return l, nil
	}
	if e.options.LookupFolder == "" || name == "" || strings.ContainsAny(name, `/\.`) {
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(filepath.Join(e.options.LookupFolder, name+".csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := ReadLookup(name, f)
	if err != nil {
		return nil, err
	}
	if e.options.Lookups == nil {
		e.options.Lookups = map[string]*Lookup{}
	}
	e.options.Lookups[name] = l
	return l, nil
}

// lookupNames lists the tables that there are.
func (e *Env) lookupNames() []string {
	names := slices.Sorted(maps.Keys(e.options.Lookups))
	files, _ := filepath.Glob(filepath.Join(e.options.LookupFolder, "*.csv"))
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".csv"))
	}
	return names
}

func buildLookup(c *compiler, call *call) (op, *Type) {
	name, ok := c.fixedText(call, 0)
	if !ok || !c.arguments(call) {
		return &constant{value: &absent}, AnyType
	}
	if c.env.options.NoLookups {
		return c.wrong(call.at, "a condition without lookup", "there are no lookup tables here")
	}
	table, err := c.env.lookup(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		known := c.env.lookupNames()
		p := c.problem(call.args[0].Location(), "unknown lookup table %q", name)
		p.Hint, p.Expected = config.Nearest(name, known), "a table of `lookups:`, or a file "+filepath.Join("lookups", name+".csv")
		c.ps.Add(p)
		return &constant{value: &absent}, AnyType
	case err != nil:
		return c.wrong(call.args[0].Location(), "", "%s", err)
	}
	o := &lookup{table: table, of: call.ops[1]}
	if len(call.ops) == 3 {
		o.otherwise = call.ops[2]
		return o, alternative(&constant{value: &absent}, call.ops[2], TextType, call.types[2])
	}
	return o, TextType
}

type lookup struct {
	table         *Lookup
	of, otherwise op
}

func (o *lookup) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	switch {
	case n.Kind > formats.Text:
		return m.fail(fmt.Errorf("found %s; expected a code of lookup table %s", Show(n), o.table.Name))
	case isEmpty(n):
	default:
		if code, ok := o.table.table[string(n.Text)]; ok {
			return code
		}
	}
	switch {
	case o.otherwise != nil:
		return o.otherwise.eval(m)
	case isEmpty(n):
		return &absent
	}
	return m.fail(fmt.Errorf("found %s; expected a code of lookup table %s%s", Show(n), o.table.Name, o.table.near(string(n.Text))))
}

// near names the code of the table that was probably meant.
func (l *Lookup) near(code string) string {
	const most = 1000 // beyond it the search would cost more than it helps
	if len(l.table) > most {
		return ""
	}
	if hint := config.Nearest(code, slices.Sorted(maps.Keys(l.table))); hint != "" {
		return fmt.Sprintf("; did you mean %q?", hint)
	}
	return ""
}
