package canonical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Validate checks a document against the model and returns everything wrong with it, in the
// order of the document: types, formats, enums, missing members, and what members must stand
// together. Members that the model does not know are allowed, as a later minor version may have
// written them. After a syntax error nothing more is reported. Check digits are no validation:
// a wrong one is a fact about the customer's data, which package standard states.
func Validate(e Entity, doc []byte) []Problem {
	schema := SchemaOf(e)
	if schema == nil {
		return []Problem{{Found: fmt.Sprintf("entity %q", string(e)), Expected: fmt.Sprintf("one of %v", Entities)}}
	}
	v := validator{scanner: scanner{doc: string(doc)}}
	err := v.value(schema)
	if err == nil {
		err = v.end()
	}
	if problem, ok := err.(*Problem); ok {
		v.problems = append(v.problems, Problem{Pointer: v.pointer(), Found: problem.Found, Expected: problem.Expected})
	}
	return v.problems
}

// validator walks a document. Its methods return an error only where the syntax is broken.
type validator struct {
	scanner
	path     []string
	problems []Problem
}

func (v *validator) pointer() string {
	var b strings.Builder
	for _, name := range v.path {
		b.WriteString("/" + escapePointer(name))
	}
	return b.String()
}

func (v *validator) add(found, expected string, below ...string) {
	v.path = append(v.path, below...)
	v.problems = append(v.problems, Problem{Pointer: v.pointer(), Found: found, Expected: expected})
	v.path = v.path[:len(v.path)-len(below)]
}

// within runs check for the member or item called name. The name stays on the path after an
// error, so that Validate can say where the syntax broke.
func (v *validator) within(name string, check func() error) error {
	v.path = append(v.path, name)
	err := check()
	if err == nil {
		v.path = v.path[:len(v.path)-1]
	}
	return err
}

func (v *validator) value(s *Schema) error {
	opening := v.next()
	switch {
	case opening == 0:
		return v.found(s.Expected())
	case s.Type == Text && opening == '"':
		return v.leaf(s)
	case s.Type == Object && opening == '{':
		return v.members(s)
	case s.Type == Map && opening == '{':
		return v.object(func(name string) error {
			return v.within(name, func() error { return v.value(s.Items) })
		})
	case s.Type == List && opening == '[':
		return v.list(func(i int) error {
			return v.within(strconv.Itoa(i), func() error { return v.value(s.Items) })
		})
	}
	value, err := v.validValue()
	if err == nil && !fits(s, value) {
		v.add(cut(value, 80), s.Expected())
	}
	return err
}

// fits tells whether a value that is no text, object or list may stand at s.
func fits(s *Schema, value string) bool {
	switch {
	case value == "null":
		return s.Nullable
	case s.Type == Bool:
		return value == "true" || value == "false"
	case s.Type == Integer:
		number := scanner{doc: value}
		_, err := number.integer()
		return err == nil
	}
	return false
}

func (v *validator) leaf(s *Schema) error {
	text, err := v.text()
	if err != nil {
		return err
	}
	if err, bad := s.CheckText(text).(*TextError); bad {
		v.add(strconv.Quote(err.Found), err.Expected)
	}
	return nil
}

func (v *validator) members(s *Schema) error {
	present := make([]bool, len(s.Fields))
	err := v.object(func(name string) error {
		i := slices.IndexFunc(s.Fields, func(f *Schema) bool { return f.Name == name })
		return v.within(name, func() error {
			if i < 0 {
				_, err := v.validValue()
				return err
			}
			present[i] = true
			return v.value(s.Fields[i])
		})
	})
	if err == nil {
		v.together(s, present)
	}
	return err
}

// together reports members that are missing, and those that may not stand side by side.
func (v *validator) together(s *Schema, present []bool) {
	anyOf, oneOf := 0, 0
	for i, field := range s.Fields {
		switch {
		case !present[i] && field.Required:
			v.add("nothing", field.Expected(), field.Name)
		case present[i] && slices.Contains(s.AnyOf, field.Name):
			anyOf++
		case present[i] && slices.Contains(s.OneOf, field.Name):
			oneOf++
		}
	}
	if len(s.AnyOf) > 0 && anyOf == 0 {
		v.add("none of "+strings.Join(s.AnyOf, ", "), "at least one of them")
	}
	if len(s.OneOf) > 0 && oneOf != 1 {
		v.add(fmt.Sprintf("%d of %s", oneOf, strings.Join(s.OneOf, ", ")), "exactly one of them")
	}
}
