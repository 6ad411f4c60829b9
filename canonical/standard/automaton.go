package standard

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
)

// automaton tells whether all of a text of digits matches a regular expression: a step for each
// digit, whatever the expression.
type automaton struct {
	next    [][10]int16 // by state and digit; state 0 leads nowhere, and 1 is the first
	accepts []bool
	pattern *regexp.Regexp // in place of states where there would be too many
}

const mostStates = 1 << 12

func newAutomaton(pattern string) *automaton {
	a := &automaton{}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil {
		var program *syntax.Prog
		if program, err = syntax.Compile(parsed.Simplify()); err == nil && a.build(program) {
			return a
		}
	}
	return &automaton{pattern: regexp.MustCompile("^(?:" + pattern + ")$")}
}

// build makes states of sets of instructions; false where there are too many, or an expression asks
// for more than digits.
func (a *automaton) build(p *syntax.Prog) bool {
	known := map[string]int16{}
	var sets [][]uint32
	state := func(set []uint32) int16 {
		slices.Sort(set)
		var name []byte
		for _, pc := range set {
			name = binary.LittleEndian.AppendUint32(name, pc)
		}
		at, seen := known[string(name)]
		if !seen {
			at = int16(len(sets))
			known[string(name)] = at
			sets = append(sets, set)
			a.accepts = append(a.accepts, slices.ContainsFunc(set, func(pc uint32) bool { return p.Inst[pc].Op == syntax.InstMatch }))
		}
		return at
	}
	state(nil)
	first, ok := closure(p, nil, uint32(p.Start))
	if !ok || len(first) == 0 {
		return false
	}
	state(first)
	for at := 0; at < len(sets); at++ {
		var row [10]int16
		for digit := range row {
			var after []uint32
			for _, pc := range sets[at] {
				if i := &p.Inst[pc]; i.Op != syntax.InstMatch && i.MatchRune(rune('0'+digit)) {
					if after, ok = closure(p, after, i.Out); !ok {
						return false
					}
				}
			}
			row[digit] = state(after)
		}
		if a.next = append(a.next, row); len(sets) > mostStates {
			return false
		}
	}
	return true
}

// closure adds the instructions that read a digit or accept, and are reached from pc without reading.
func closure(p *syntax.Prog, set []uint32, pc uint32) ([]uint32, bool) {
	seen := make([]bool, len(p.Inst))
	for _, pc := range set {
		seen[pc] = true
	}
	ok := true
	var visit func(pc uint32)
	visit = func(pc uint32) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		switch i := &p.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(i.Out)
			visit(i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			visit(i.Out)
		case syntax.InstEmptyWidth:
			ok = false
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	visit(pc)
	return set, ok
}

func (a *automaton) matches(digits []byte) bool {
	if a.pattern != nil {
		return a.pattern.MatchString(string(digits))
	}
	state := int16(1)
	for _, digit := range digits {
		state = a.next[state][digit-'0']
	}
	return a.accepts[state]
}
