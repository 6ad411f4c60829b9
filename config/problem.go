package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity tells whether a hub may run in spite of a problem.
type Severity int

// A hub with an Error does not start; a Warning is shown and passed over.
const (
	Error Severity = iota
	Warning
)

// String gives "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText makes the severity readable in --json output.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is one thing wrong in a hub folder, told so that it can be mended:
// where, what was found, what was expected and which known name is nearest.
type Problem struct {
	Position
	Severity Severity `json:"severity"`
	What     string   `json:"what"`               // what was found: `unknown key "pol"`
	Expected string   `json:"expected,omitempty"` // what may stand there: "a duration such as 15s"
	Hint     string   `json:"hint,omitempty"`     // the nearest known name, without quotes
	Snippet  string   `json:"snippet,omitempty"`  // the source line with carets below; see Node.Snippet
}

// String gives `file:line:col: what; expected …; did you mean "x"?`, on one line.
func (p Problem) String() string {
	var b strings.Builder
	if at := p.Position.String(); at != "" {
		b.WriteString(at + ": ")
	}
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.What)
	if p.Expected != "" {
		b.WriteString("; expected " + p.Expected)
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "; did you mean %q?", p.Hint)
	}
	return b.String()
}

// Problems collects what is wrong. The zero value is ready for use; it is not
// safe for concurrent use.
type Problems struct {
	list   []Problem
	errors int
}

// Add appends one problem.
func (ps *Problems) Add(p Problem) {
	if p.Severity == Error {
		ps.errors++
	}
	ps.list = append(ps.list, p)
}

// Append takes over all problems of a list, such as another room's result.
func (ps *Problems) Append(list ...Problem) {
	for _, p := range list {
		ps.Add(p)
	}
}

// Errorf adds an error that needs no "expected".
func (ps *Problems) Errorf(at Position, format string, args ...any) {
	ps.Add(Problem{Position: at, What: fmt.Sprintf(format, args...)})
}

// Warnf adds a warning.
func (ps *Problems) Warnf(at Position, format string, args ...any) {
	ps.Add(Problem{Position: at, Severity: Warning, What: fmt.Sprintf(format, args...)})
}

// HasErrors tells whether any problem is more than a warning.
func (ps *Problems) HasErrors() bool { return ps.errors > 0 }

// Len counts errors and warnings.
func (ps *Problems) Len() int { return len(ps.list) }

// Sorted gives all problems by file, line and column; those at one place stay
// in the order in which they were found, and exact repetitions are dropped.
func (ps *Problems) Sorted() []Problem {
	sorted := slices.Clone(ps.list)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(sorted)
}

// Err is nil if there is no error (warnings do not count), and otherwise an
// *InvalidError with everything that was found.
func (ps *Problems) Err() error {
	if !ps.HasErrors() {
		return nil
	}
	return &InvalidError{Problems: ps.Sorted()}
}

// InvalidError says that configuration cannot be used.
type InvalidError struct {
	Problems []Problem // sorted, warnings included
}

// Error gives one line a problem.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
