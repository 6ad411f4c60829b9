package json

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/thedevsaddam/gojsonq/v2"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// condition is one comparison of `where:`.
type condition struct {
	path  []formats.Step
	key   string // the path as gojsonq takes it
	op    string // the operator as gojsonq takes it
	value any
}

// filter is `where:` as alternatives of conditions that must all hold.
type filter struct {
	alternatives [][]condition
	engine       *gojsonq.JSONQ // never queried itself, only copied
}

// separator stands between the steps of a key: a byte that no name has.
const separator = "\x1f"

// nothing is a member that every record is given: what a path leads to that the record lacks.
const nothing = "\x00nothing"

// maxAlternatives bounds what nested any: and all: multiply to.
const maxAlternatives = 64

// numberDecoder reads one record as the only element of a list, which is what gojsonq filters. It
// keeps numbers as text.
type numberDecoder struct{}

func (numberDecoder) Decode(record []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(record))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	v[nothing] = nil
	*into.(*any) = []any{v}
	return nil
}

// ours are the operators that are laid over gojsonq's own: those that would read numbers as
// floats, and those about null.
var ours = map[string]gojsonq.QueryFunc{
	"=": equal, "eq": equal, "!=": not(equal), "neq": not(equal), "<>": not(equal),
	">": ordered(func(c int) bool { return c > 0 }), "gt": ordered(func(c int) bool { return c > 0 }),
	"<": ordered(func(c int) bool { return c < 0 }), "lt": ordered(func(c int) bool { return c < 0 }),
	">=": ordered(func(c int) bool { return c >= 0 }), "gte": ordered(func(c int) bool { return c >= 0 }),
	"<=": ordered(func(c int) bool { return c <= 0 }), "lte": ordered(func(c int) bool { return c <= 0 }),
	"in": in, "notIn": not(in), "null": isNull, "notNull": not(isNull),
}

// theirs are gojsonq's operators, with what their value has to be.
var theirs = map[string]string{
	"contains": "text", "strictContains": "text", "startsWith": "text", "endsWith": "text",
	"leneq": "number", "lenneq": "number", "lengt": "number", "lengte": "number", "lenlt": "number", "lenlte": "number",
}

func operators() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for op := range maps.Keys(ours) {
			if !yield(op) {
				return
			}
		}
		maps.Keys(theirs)(yield)
	})
}

func newFilter(n *config.Node, ps *config.Problems) *filter {
	if !n.IsSet() {
		return nil
	}
	before := ps.Len()
	f := &filter{alternatives: all(n, ps), engine: gojsonq.New(gojsonq.WithDecoder(numberDecoder{}), gojsonq.WithSeparator(separator))}
	if ps.Len() > before {
		return nil
	}
	for op, compare := range ours {
		f.engine.Macro(macro(op), compare)
	}
	return f
}

// macro is the name under which one of our operators is known to gojsonq, which does not let its
// own be replaced.
func macro(op string) string { return "exact " + op }

// all reads a list whose entries must all hold, as alternatives.
func all(n *config.Node, ps *config.Problems) [][]condition {
	if n.Kind() != config.Sequence {
		ps.Add(config.Problem{Position: n.Position(), What: "where is " + n.Kind().String(), Expected: "a list of conditions such as {path: status, op: \"=\", value: open}"})
		return nil
	}
	result := [][]condition{nil}
	for _, item := range n.Items() {
		either := alternatives(item, ps)
		if len(either)*len(result) > maxAlternatives {
			ps.Errorf(item.Position(), "any and all multiply to more than %d alternatives", maxAlternatives)
			return nil
		}
		var product [][]condition
		for _, left := range result {
			for _, right := range either {
				product = append(product, append(slices.Clip(left), right...))
			}
		}
		result = product
	}
	return result
}

// alternatives reads one entry: a condition, or any: or all: of several.
func alternatives(n *config.Node, ps *config.Problems) [][]condition {
	switch {
	case n.Get("any").IsSet() && len(n.Entries()) == 1:
		var result [][]condition
		for _, item := range n.Get("any").Items() {
			result = append(result, alternatives(item, ps)...)
		}
		if len(result) == 0 {
			ps.Add(config.Problem{Position: n.Get("any").Position(), What: "any without conditions", Expected: "a list of conditions"})
		}
		return result
	case n.Get("all").IsSet() && len(n.Entries()) == 1:
		return all(n.Get("all"), ps)
	}
	c, ok := readCondition(n, ps)
	if !ok {
		return nil
	}
	return [][]condition{{c}}
}

func readCondition(n *config.Node, ps *config.Problems) (condition, bool) {
	var y struct {
		Path  string       `yaml:"path,required"`
		Op    string       `yaml:"op" default:"="`
		Value *config.Node `yaml:"value"`
	}
	if !n.Decode(&y, ps) {
		return condition{}, false
	}
	steps, err := formats.ParsePath(y.Path)
	if err != nil || slices.ContainsFunc(steps, func(s formats.Step) bool { return s.All }) {
		if err == nil {
			err = errors.New("[*] cannot stand in the path of a condition; expected an index such as [0]")
		}
		ps.Errorf(n.Get("path").Position(), "%v", err)
		return condition{}, false
	}
	c := condition{path: steps, key: key(steps), op: y.Op}
	want, known := theirs[y.Op]
	if _, our := ours[y.Op]; our {
		c.op, known = macro(y.Op), true
	}
	if !known {
		ps.Add(config.Problem{
			Position: n.Get("op").Position(), What: fmt.Sprintf("unknown operator %q", y.Op),
			Expected: "one of " + strings.Join(operators(), ", "), Hint: config.Nearest(y.Op, operators()),
		})
		return condition{}, false
	}
	c.value, err = operand(y.Value, y.Op, want)
	if err != nil {
		ps.Errorf(n.Position(), "%s: %v", y.Op, err)
	}
	return c, err == nil
}

// operand reads the value beside an operator: numbers as json.Number, lists for in and notIn.
func operand(n *config.Node, op, want string) (any, error) {
	switch {
	case op == "null" || op == "notNull":
		if n.IsSet() {
			return nil, errors.New("takes no value")
		}
		return nil, nil
	case op == "in" || op == "notIn":
		if n.Kind() != config.Sequence {
			return nil, errors.New("expected value: a list")
		}
		var list []any
		for _, item := range n.Items() {
			list = append(list, scalar(item))
		}
		return list, nil
	case n.Kind() > config.Scalar:
		return nil, fmt.Errorf("value is %s; expected text, a number, true, false or null", n.Kind())
	case want == "text":
		return n.Text(), nil
	case want == "number":
		var length int
		if _, err := fmt.Sscanf(n.Text(), "%d", &length); err != nil {
			return nil, fmt.Errorf("value %q; expected a length", n.Text())
		}
		return length, nil
	}
	return scalar(n), nil
}

func scalar(n *config.Node) any {
	text := n.Text()
	switch {
	case !n.IsSet():
		return nil
	case n.Quoted():
		return text
	case text == "true":
		return true
	case text == "false":
		return false
	}
	if isNumber(text) {
		return json.Number(text)
	}
	return text
}

func isNumber(s string) bool {
	d := decoder{b: []byte(s)}
	return s != "" && (s[0] == '-' || isDigit(s[0])) && d.number(0) == len(s)
}

// key writes a path in gojsonq's notation.
func key(steps []formats.Step) string {
	parts := make([]string, len(steps))
	for i, s := range steps {
		parts[i] = s.Name
		if s.IsIndex {
			parts[i] = fmt.Sprintf("[%d]", s.Index)
		}
	}
	return strings.Join(parts, separator)
}

// leaveOut tells whether `where` is against a record. What is no valid record is not left out, so
// that it becomes a dead letter instead of vanishing.
func (f *Format) leaveOut(record []byte) bool {
	if f.where == nil {
		return false
	}
	if bytes.IndexByte(record, '{') != 0 {
		return json.Valid(record)
	}
	q := f.where.engine.Copy().FromString(string(record))
	if q.Error() != nil {
		return false
	}
	list, _ := q.Get().([]any)
	if len(list) != 1 {
		return false
	}
	for i, conditions := range f.where.alternatives {
		for j, c := range conditions {
			at := c.key
			if !leads(list[0], c.path) {
				at = nothing
			}
			if i > 0 && j == 0 {
				q.OrWhere(at, c.op, c.value)
			} else {
				q.Where(at, c.op, c.value)
			}
		}
	}
	return q.Count() == 0
}

// leads tells whether a path leads to a value. Where it does not, conditions see null.
func leads(v any, path []formats.Step) bool {
	for _, s := range path {
		if s.IsIndex {
			list, ok := v.([]any)
			if !ok || s.Index >= len(list) {
				return false
			}
			v = list[s.Index]
			continue
		}
		object, ok := v.(map[string]any)
		if !ok {
			return false
		}
		if v, ok = object[s.Name]; !ok {
			return false
		}
	}
	return true
}

func not(f gojsonq.QueryFunc) gojsonq.QueryFunc {
	return func(x, y any) (bool, error) {
		holds, err := f(x, y)
		return !holds, err
	}
}

func isNull(x, _ any) (bool, error) { return x == nil, nil }

func equal(x, y any) (bool, error) {
	if c, ok := compareNumbers(x, y); ok {
		return c == 0, nil
	}
	switch x.(type) {
	case string, bool, nil:
		return x == y, nil
	}
	return false, nil
}

func in(x, list any) (bool, error) {
	for _, y := range list.([]any) {
		if same, _ := equal(x, y); same {
			return true, nil
		}
	}
	return false, nil
}

// ordered compares two numbers by value or two texts by their bytes, which puts times of one
// notation in order. Anything else is in no order.
func ordered(holds func(int) bool) gojsonq.QueryFunc {
	return func(x, y any) (bool, error) {
		if c, ok := compareNumbers(x, y); ok {
			return holds(c), nil
		}
		a, isText := x.(string)
		b, areTexts := y.(string)
		return isText && areTexts && holds(strings.Compare(a, b)), nil
	}
}

// compareNumbers compares exactly. Exponents are bounded, since 1e999999999 has a value that
// would take a gigabyte to write.
func compareNumbers(x, y any) (int, bool) {
	a, isNumber := x.(json.Number)
	b, areNumbers := y.(json.Number)
	if !isNumber || !areNumbers {
		return 0, false
	}
	if a == b {
		return 0, true
	}
	ra, rb := rational(a), rational(b)
	if ra == nil || rb == nil {
		return 0, false
	}
	return ra.Cmp(rb), true
}

func rational(n json.Number) *big.Rat {
	if i := strings.IndexAny(string(n), "eE"); i >= 0 && len(n)-i > 5 || len(n) > 1000 {
		return nil
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return nil
	}
	return r
}
