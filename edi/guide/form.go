package guide

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// Type is what characters an element may have, and what they mean.
type Type uint8

// The types. Lengths count characters; those of numbers count digits only (ISO
// 9735-1 §10.1, X12.6 §3.5.1: neither sign nor decimal mark).
const (
	NoType Type = iota
	// Text is any character of the set in use (X12 AN, EDIFACT an).
	Text
	// Letters is EDIFACT's a: no digits.
	Letters
	// Number is EDIFACT's n: digits, one decimal mark, one minus sign in front.
	Number
	// Code is X12's ID: a value out of a list.
	CodeValue
	// Real is X12's R: digits, one decimal point, a minus sign in front, and an
	// exponent.
	Real
	// Implied is X12's N0 to N9: digits, and a minus sign in front.
	Implied
	// Date is X12's DT: YYMMDD or CCYYMMDD.
	Date
	// Time is X12's TM: HHMM, HHMMSS or HHMMSSD..D.
	Time
	// Binary is X12's B: octets, of no further meaning.
	Binary
)

// Form is an element's type and length.
type Form struct {
	Type Type
	// Decimals is the number of digits after the point that N1 to N9 imply.
	Decimals uint8
	Min, Max int
}

// IsSet says whether there is a form.
func (f Form) IsSet() bool { return f.Type != NoType }

var x12Types = map[string]Type{"AN": Text, "ID": CodeValue, "R": Real, "N": Implied, "DT": Date, "TM": Time, "B": Binary}

var x12Names = map[Type]string{Text: "AN", CodeValue: "ID", Real: "R", Date: "DT", Time: "TM", Binary: "B"}

// String writes the form as its standard does: AN 1..30, DT 8..8, an..35, n3.
func (f Form) String() string {
	switch f.Type {
	case NoType:
		return ""
	case Letters, Number:
		return f.edifact()
	case Implied:
		return fmt.Sprintf("N%d %d..%d", f.Decimals, f.Min, f.Max)
	}
	return fmt.Sprintf("%s %d..%d", x12Names[f.Type], f.Min, f.Max)
}

// text writes the form as the standard does.
func (f Form) text(s edi.Standard) string {
	if s == edi.EDIFACT && f.Type == Text {
		return f.edifact()
	}
	return f.String()
}

func (f Form) edifact() string {
	name := map[Type]string{Text: "an", Letters: "a", Number: "n"}[f.Type]
	switch {
	case f.Min == f.Max:
		return name + strconv.Itoa(f.Max)
	case f.Min <= 1:
		return name + ".." + strconv.Itoa(f.Max)
	}
	return fmt.Sprintf("%s%d..%d", name, f.Min, f.Max)
}

// ParseForm reads AN 1..30 and 1..30 AN, N2 10, an..35, n3.
func ParseForm(s string) (Form, error) {
	words := strings.Fields(s)
	switch len(words) {
	case 1:
		return parseRepresentation(words[0])
	case 2:
		if _, ok := x12Type(words[0]); !ok {
			words[0], words[1] = words[1], words[0]
		}
		form, ok := x12Type(words[0])
		if !ok {
			return Form{}, fmt.Errorf("%q has no type: AN, ID, R, N0 to N9, DT, TM, B", s)
		}
		low, high, err := parseRange(words[1])
		form.Min, form.Max = low, high
		return form, err
	}
	return Form{}, fmt.Errorf("%q is no form of an element: write AN 1..30 or an..30", s)
}

func x12Type(s string) (Form, bool) {
	if len(s) == 2 && s[0] == 'N' && s[1] >= '0' && s[1] <= '9' {
		return Form{Type: Implied, Decimals: s[1] - '0'}, true
	}
	t, ok := x12Types[s]
	return Form{Type: t}, ok
}

// parseRange reads 1..30 or 30, which is 30..30.
func parseRange(s string) (low, high int, err error) {
	first, last, ranged := strings.Cut(s, "..")
	if !ranged {
		last = first
	}
	low, err = strconv.Atoi(first)
	if err == nil {
		high, err = strconv.Atoi(last)
	}
	if err != nil || low < 0 || high < low || high == 0 {
		return 0, 0, fmt.Errorf("%q is no length: write 1..30", s)
	}
	return low, high, nil
}

// parseRepresentation reads EDIFACT's an..35, a3, n..15 (ISO 9735-1 annex A).
func parseRepresentation(s string) (Form, error) {
	rest := strings.TrimLeft(s, "an")
	t, ok := map[string]Type{"a": Letters, "n": Number, "an": Text}[s[:len(s)-len(rest)]]
	if !ok || rest == "" {
		return Form{}, fmt.Errorf("%q is no form of an element: write an..35, a3 or n..15", s)
	}
	if after, open := strings.CutPrefix(rest, ".."); open {
		rest = "1.." + after
	}
	low, high, err := parseRange(rest)
	return Form{Type: t, Min: low, Max: high}, err
}
