package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	byteSizeType = reflect.TypeFor[ByteSize]()
	integerText  = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	floatText    = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// scalar reads a value that is no list and no mapping.
func (d *decoder) scalar(n *Node, v reflect.Value, f field) {
	expected := expects(v.Type(), f)
	if n.kind != Scalar {
		d.wrong(n, f, expected)
		return
	}
	if f.enum != nil && !slices.Contains(f.enum, n.text) {
		d.ps.Add(Problem{Position: n.position, What: f.label + " is " + n.Shown(), Expected: expected, Hint: n.nearest(f.enum)})
		return
	}
	if !setScalar(n, v) || !within(v, f) {
		d.wrong(n, f, expected)
	}
}

// nearest is Nearest for the text of a node, silent on the values of variables.
func (n *Node) nearest(known []string) string {
	if n.secret {
		return ""
	}
	return Nearest(n.text, known)
}

// setScalar is false if the text is not of the type. Text in quotes is no
// number and no bool, unless it came from a variable, which YAML's flow style
// allows in quotes only.
func setScalar(n *Node, v reflect.Value) bool {
	loose := !n.Quoted() || len(n.pieces) > 0
	switch {
	case v.Type() == durationType:
		duration, err := ParseDuration(n.text)
		v.SetInt(int64(duration))
		return err == nil && duration >= 0
	case v.Type() == byteSizeType:
		size, err := ParseByteSize(n.text)
		v.SetInt(int64(size))
		return err == nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.text)
		return true
	case reflect.Bool:
		v.SetBool(n.text == "true")
		return loose && (n.text == "true" || n.text == "false")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(n.text, 10, v.Type().Bits())
		v.SetInt(number)
		return err == nil && loose && integerText.MatchString(n.text)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number, err := strconv.ParseUint(n.text, 10, v.Type().Bits())
		v.SetUint(number)
		return err == nil && loose && integerText.MatchString(n.text)
	case reflect.Float32, reflect.Float64:
		number, err := strconv.ParseFloat(n.text, v.Type().Bits())
		v.SetFloat(number)
		return err == nil && loose && floatText.MatchString(n.text)
	}
	panic(fmt.Sprintf("config: a field of type %s cannot be decoded", v.Type()))
}

// within checks the min and max tags, which are written as the value is.
func within(v reflect.Value, f field) bool {
	for _, bound := range []struct {
		text string
		low  bool
	}{{f.min, true}, {f.max, false}} {
		if bound.text == "" {
			continue
		}
		limit := reflect.New(v.Type()).Elem()
		if !setScalar(&Node{kind: Scalar, text: bound.text}, limit) {
			panic(fmt.Sprintf("config: %q is no bound for %s", bound.text, v.Type()))
		}
		if order := compare(v, limit); bound.low && order < 0 || !bound.low && order > 0 {
			return false
		}
	}
	return true
}

func compare(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	}
	return 0
}

// expects says what a field of the type takes.
func expects(t reflect.Type, f field) string {
	if t.Kind() == reflect.Pointer {
		return expects(t.Elem(), f)
	}
	if inner, ok := reflect.New(t).Interface().(positioned); ok {
		return expects(inner.target().Type(), f)
	}
	if len(f.enum) > 0 && t.Kind() != reflect.Slice {
		if len(f.enum) == 1 {
			return f.enum[0]
		}
		return "one of " + listed(f.enum)
	}
	switch {
	case t == durationType:
		return "a duration such as 15s, 2h or 7d" + f.bounds()
	case t == byteSizeType:
		return "a size such as 10MB or 1GiB" + f.bounds()
	case t.Implements(decoderType) || reflect.PointerTo(t).Implements(decoderType), t == nodeType.Elem(), t.Kind() == reflect.Interface:
		return "a value"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Float32, reflect.Float64:
		return "a number" + f.bounds()
	}
	if t.Bits() == 64 && (f.min == "" || f.max == "") {
		return "an integer" + f.bounds()
	}
	low, high := integerRange(t)
	if f.min != "" {
		low = f.min
	}
	if f.max != "" {
		high = f.max
	}
	return fmt.Sprintf("an integer from %s to %s", low, high)
}

func (f field) bounds() string {
	switch {
	case f.min != "" && f.max != "":
		return " from " + f.min + " to " + f.max
	case f.min != "":
		return ", at least " + f.min
	case f.max != "":
		return ", at most " + f.max
	}
	return ""
}

func integerRange(t reflect.Type) (low, high string) {
	bits := t.Bits()
	if t.Kind() >= reflect.Uint {
		return "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	}
	return strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
}

// Any gives the node as plain Go values: nil, bool, string, json.Number (so
// that no number is rounded), []any and map[string]any.
func (n *Node) Any() any {
	switch n.Kind() {
	case Mapping:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.Key] = e.Value.Any()
		}
		return m
	case Sequence:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.Any()
		}
		return list
	case Scalar:
		switch {
		case n.Quoted():
		case n.text == "true", n.text == "false":
			return n.text == "true"
		case json.Valid([]byte(n.text)) && floatText.MatchString(n.text):
			return json.Number(n.text)
		}
		return n.text
	}
	return nil
}
