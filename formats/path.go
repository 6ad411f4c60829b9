package formats

import (
	"fmt"
	"strconv"
	"strings"
)

// Step is one step of a path into a record: a member's name, an element's index, or all elements.
type Step struct {
	Name  string
	Index int  // with IsIndex: 0-based
	All   bool // [*]

	IsIndex bool
}

// PathError says where a path cannot be read.
type PathError struct {
	Path     string
	Offset   int // byte offset in Path
	Expected string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("path %q, at byte %d: expected %s", e.Path, e.Offset, e.Expected)
}

// ParsePath reads a path such as `customer.addresses[0].city`, `$.customers[*]` or
// `["name with dots"].x`. A leading `$` stands for the record itself; the path may be it alone.
// The error is a *PathError.
func ParsePath(path string) ([]Step, error) {
	var steps []Step
	rest := path
	if strings.HasPrefix(path, "$") && (len(path) == 1 || path[1] == '.' || path[1] == '[') {
		rest = path[1:]
	} else if path != "" && path[0] != '[' {
		rest = "." + path
	}
	offset := func() int { return len(path) - len(rest) }
	fail := func(at int, expected string) ([]Step, error) {
		return nil, &PathError{Path: path, Offset: min(max(at, 0), len(path)), Expected: expected}
	}
	if path == "" {
		return fail(0, "a member's name")
	}
	for rest != "" {
		switch rest[0] {
		case '.':
			end := strings.IndexAny(rest[1:], ".[") + 1
			if end == 0 {
				end = len(rest)
			}
			name := rest[1:end]
			if name == "" || strings.ContainsAny(name, "]\"' \t") {
				return fail(offset()+1, "a member's name")
			}
			steps, rest = append(steps, Step{Name: name}), rest[end:]
		case '[':
			step, size := bracket(rest)
			if size == 0 {
				return fail(offset()+1, `an index such as [0], [*], or ["a name"]`)
			}
			steps, rest = append(steps, step), rest[size:]
		default:
			return fail(offset(), `"." or "["`)
		}
	}
	return steps, nil
}

// bracket reads [0], [*] or ["name"]; size is 0 where it is none of them.
func bracket(s string) (Step, int) {
	if strings.HasPrefix(s, `["`) {
		quoted, err := strconv.QuotedPrefix(s[1:])
		if err != nil || !strings.HasPrefix(s[1+len(quoted):], "]") {
			return Step{}, 0
		}
		name, err := strconv.Unquote(quoted)
		if err != nil {
			return Step{}, 0
		}
		return Step{Name: name}, len(quoted) + 2
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return Step{}, 0
	}
	if s[1:end] == "*" {
		return Step{All: true}, end + 1
	}
	n, err := strconv.ParseUint(s[1:end], 10, 31)
	if err != nil {
		return Step{}, 0
	}
	return Step{IsIndex: true, Index: int(n)}, end + 1
}
