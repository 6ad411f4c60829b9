package config

import (
	"fmt"
	"regexp"
	"strings"
)

// settingsPrefix marks names that are no environment variables: a preset's text
// refers to the settings of the user's connector file with them.
const settingsPrefix = "settings."

var referenceName = regexp.MustCompile(`^(settings\.)?[A-Za-z_][A-Za-z0-9_]*$`)

// piece says that text[from:] until the next piece came from raw[raw:]; an
// inserted piece came as a whole from the reference that begins there.
type piece struct {
	from, raw int
	inserted  bool
}

// reference is one ${NAME} or ${NAME:default} in a scalar.
type reference struct {
	at         int    // offset of ${ in the raw text
	written    string // from ${ to }
	name       string
	fallback   string
	hasDefault bool
}

// expansion replaces the references in a raw text, keeping track of where each
// part of the result came from.
type expansion struct {
	text   strings.Builder
	pieces []piece
}

func (x *expansion) copied(part string, raw int) {
	if part != "" {
		x.pieces = append(x.pieces, piece{from: x.text.Len(), raw: raw})
		x.text.WriteString(part)
	}
}

func (x *expansion) inserted(value string, raw int) {
	x.pieces = append(x.pieces, piece{from: x.text.Len(), raw: raw, inserted: true})
	x.text.WriteString(value)
}

// expand runs over raw and asks replace for each reference; $${ stands for the
// two characters ${.
func expand(raw string, replace func(reference) string, bad func(at int, what, expected string)) (string, []piece) {
	if !strings.Contains(raw, "${") {
		return raw, nil
	}
	var x expansion
	done := 0
	for {
		next := strings.Index(raw[done:], "${")
		if next < 0 {
			break
		}
		at := done + next
		if at > done && raw[at-1] == '$' {
			x.copied(raw[done:at-1], done)
			x.copied("${", at)
			done = at + 2
			continue
		}
		x.copied(raw[done:at], done)
		end := strings.IndexByte(raw[at:], '}')
		if end < 0 {
			bad(at, "${ is not closed", "${NAME}, ${NAME:default}, or $${ for the two characters themselves")
			done = at
			break
		}
		ref := reference{at: at, written: raw[at : at+end+1]}
		ref.name, ref.fallback, ref.hasDefault = strings.Cut(raw[at+2:at+end], ":")
		if referenceName.MatchString(ref.name) {
			x.inserted(replace(ref), at)
		} else {
			bad(at, fmt.Sprintf("%s is no reference", ref.written), "${NAME}, ${NAME:default}, or $${ for the two characters themselves")
		}
		done = at + end + 1
	}
	x.copied(raw[done:], done)
	return x.text.String(), x.pieces
}

// expandEnvironment puts environment variables into a scalar. One that refers
// to settings as well keeps its raw text until WithSettings, but its missing
// variables are told of now. A nil environment knows no variable.
func (n *Node) expandEnvironment(env Environment, ps *Problems) {
	text, pieces := expand(n.raw, func(ref reference) string {
		if strings.HasPrefix(ref.name, settingsPrefix) {
			n.open = true
			return ""
		}
		n.secret = true
		value, found := ref.lookup(env)
		if !found {
			n.broken = true
			ps.Add(Problem{
				Position: n.rawPosition(ref.at),
				What:     fmt.Sprintf("environment variable %s is not set", ref.name),
				Expected: fmt.Sprintf("a value or ${%s:default}", ref.name),
			})
		}
		return value
	}, func(at int, what, expected string) {
		n.broken = true
		ps.Add(Problem{Position: n.rawPosition(at), What: what, Expected: expected})
	})
	n.text, n.pieces = text, pieces
	if n.open {
		n.text, n.pieces = n.raw, nil
	}
}

// lookup gives a variable's value, or else the reference's default.
func (ref reference) lookup(env Environment) (value string, found bool) {
	if env != nil {
		if value, found := env(ref.name); found {
			return value, true
		}
	}
	return ref.fallback, ref.hasDefault
}
