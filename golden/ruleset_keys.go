package golden

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// keyFile is one key: a list of parts, or that list with how common it may be and what makes it finer.
type keyFile struct {
	node   *config.Node
	Parts  []config.Positioned[string]   `yaml:"key,required" doc:"the parts of the key"`
	Most   config.Positioned[int]        `yaml:"most" min:"2" max:"10000" doc:"a key with more live records is generic; without it limits.block"`
	Refine [][]config.Positioned[string] `yaml:"refine" doc:"parts that are added to a generic key, one list for each finer key"`
}

// DecodeConfig implements config.Decoder.
func (f *keyFile) DecodeConfig(n *config.Node, ps *config.Problems) {
	f.node = n
	if n.Kind() == config.Sequence {
		n.Decode(&f.Parts, ps)
		return
	}
	type plain keyFile // without this method
	n.Decode((*plain)(f), ps)
}

// ConfigSchema describes what DecodeConfig reads.
func (*keyFile) ConfigSchema() map[string]any {
	parts := map[string]any{"type": "array", "items": map[string]any{"anyOf": []any{
		map[string]any{"enum": slices.Concat(match.PartNames[:], match.AttributeNames)},
		map[string]any{"pattern": `^(identifiers|attributes)\..+`},
	}}}
	return map[string]any{"anyOf": []any{
		parts,
		map[string]any{
			"type": "object", "required": []string{"key"}, "additionalProperties": false,
			"properties": map[string]any{
				"key":    parts,
				"most":   map[string]any{"type": "integer", "minimum": 2, "maximum": 10000},
				"refine": map[string]any{"type": "array", "items": parts},
			},
		},
	}}
}

// keys reads the rules by which records are looked at.
func (l *rulesetLoader) keys(files []keyFile) {
	m := &l.ruleset.match
	m.Keys = nil
	seen := map[string]config.Position{}
	for i := range files {
		f := &files[i]
		if len(f.Parts) == 0 {
			if f.node.Kind() == config.Sequence {
				l.problems.Add(config.Problem{Position: f.node.Position(), What: "a key without parts", Expected: "at least one, such as email"})
			}
			continue
		}
		var names []string
		for _, part := range f.Parts {
			names = append(names, part.Value)
		}
		slices.Sort(names)
		name := strings.Join(names, "\x00")
		if first, twice := seen[name]; twice {
			l.problems.Add(config.Problem{Position: f.node.Position(), What: "this key stands in line " + strconv.Itoa(first.Line) + " already", Expected: "every key once; the order of its parts makes no difference"})
			continue
		}
		seen[name] = f.node.Position()
		if len(m.Keys)+1+len(f.Refine) > match.MostKeys {
			l.problems.Add(config.Problem{
				Position: f.node.Position(), What: fmt.Sprintf("more than %d keys", match.MostKeys),
				Expected: "fewer, finer ones included; touchstone match blocking shows which bring nothing",
			})
			return
		}
		l.key(f, len(m.Comparisons) == 0)
	}
}

func (l *rulesetLoader) key(f *keyFile, decides bool) {
	parts, attributes := l.parts(f.Parts, nil)
	if len(parts) == 0 && len(attributes) == 0 {
		return
	}
	l.lone(f.Parts[0], parts, attributes, decides)
	m := &l.ruleset.match
	rule := match.NewKeyRuleOf(m.Thresholds.Link, attributes, parts...)
	rule.Most = f.Most.Value
	var finer []match.KeyRule
	for _, names := range f.Refine {
		if parts, attributes := l.parts(names, f.Parts); len(parts)+len(attributes) > 0 {
			finer = append(finer, match.NewKeyRuleOf(m.Thresholds.Link, attributes, parts...))
		}
	}
	m.AddKey(rule, finer...)
}

// parts reads the parts of a key; those of the key that it makes finer are there already.
func (l *rulesetLoader) parts(names, already []config.Positioned[string]) (parts []match.Part, attributes []string) {
	for i, name := range names {
		same := func(n config.Positioned[string]) bool { return n.Value == name.Value }
		part := slices.Index(match.PartNames[:], name.Value)
		switch {
		case part < 0 && !match.KnownAttribute(name.Value):
			l.unknown(name.Node, "part of a key", slices.Concat(match.PartNames[:], match.KeyAttributes()))
		case slices.ContainsFunc(names[:i], same) || slices.ContainsFunc(already, same):
			l.problems.Add(config.Problem{Position: name.Position(), What: fmt.Sprintf("%s stands in this key already", name.Value), Expected: "every part once"})
		case part < 0:
			attributes = append(attributes, name.Value)
		default:
			parts = append(parts, match.Part(part))
		}
	}
	return parts, attributes
}

// lone warns of a key that decides alone and says too little for that.
func (l *rulesetLoader) lone(first config.Positioned[string], parts []match.Part, attributes []string, decides bool) {
	shared := []match.Part{
		match.Phone, match.Family, match.Given, match.Postcode, match.BirthDate, match.Token, match.Sound, match.BirthYear, match.Area,
		match.Local, match.Sounds,
	}
	if decides && len(attributes) == 0 && len(parts) == 1 && slices.Contains(shared, parts[0]) {
		l.problems.Add(config.Problem{
			Position: first.Position(), Severity: config.Warning,
			What:     fmt.Sprintf("the key %s alone joins customers that only share it, such as a household", first.Value),
			Expected: "another part beside it, such as name",
		})
	}
}
