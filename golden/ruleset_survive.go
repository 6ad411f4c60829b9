package golden

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

type surviveFile struct {
	Priority   []config.Positioned[string]                 `yaml:"priority" doc:"systems, the most trusted first"`
	Trust      config.Ordered[trustFile]                   `yaml:"trust" doc:"how far systems or streams are trusted, for the rule trust"`
	Attributes config.Ordered[ruleFile]                    `yaml:"attributes" doc:"a rule for each attribute"`
	Kinds      config.Ordered[config.Positioned[kindFile]] `yaml:"kinds" doc:"rules that hold instead for customers of one kind"`
}

type kindFile struct {
	Attributes config.Ordered[ruleFile] `yaml:"attributes" doc:"a rule for each attribute that differs"`
}

// ruleFile is the rule of one attribute: a mapping, or the rule's name alone.
type ruleFile struct {
	node     *config.Node
	Rule     string                      `yaml:"rule"`
	Priority []config.Positioned[string] `yaml:"priority" doc:"instead of the ruleset's"`
	Trust    config.Ordered[trustFile]   `yaml:"trust" doc:"instead of the ruleset's"`
	Prefer   config.Positioned[string]   `yaml:"prefer" doc:"of a union: whose form of an item is taken"`
	Group    config.Positioned[string]   `yaml:"group" doc:"what a list is divided by"`
	Limit    config.Positioned[int]      `yaml:"limit" min:"1" max:"1000" doc:"items that survive at most"`
	When     *config.Node                `yaml:"when" doc:"condition under which a record has a say"`
}

// ruleSchema describes what DecodeConfig reads of an attribute's rule.
func ruleSchema(attribute string) map[string]any {
	type plain ruleFile
	names := map[string]any{"enum": rulesFor(attribute)}
	s := config.Schema(plain{})
	delete(s, "$schema")
	properties := s["properties"].(map[string]any)
	properties["rule"], properties["prefer"] = names, map[string]any{"enum": preferencesFor(attribute)}
	properties["when"] = map[string]any{"type": []string{"string", "boolean"}, "description": "condition under which a record has a say"}
	return map[string]any{"anyOf": []any{names, s}}
}

// DecodeConfig implements config.Decoder.
func (f *ruleFile) DecodeConfig(n *config.Node, ps *config.Problems) {
	f.node = n
	if n.Kind() == config.Scalar {
		f.Rule = n.Text()
		return
	}
	type plain ruleFile
	n.Decode((*plain)(f), ps)
	f.node = n
}

// trustFile is the trust in one system or stream: a mapping, or the score alone.
type trustFile struct {
	Score    int           `yaml:"score,required" min:"0" max:"100" doc:"0 to 100"`
	HalfLife time.Duration `yaml:"half_life" min:"1h" doc:"after which a statement is worth half, such as 365d"`
}

// ConfigSchema describes what DecodeConfig reads.
func (*trustFile) ConfigSchema() map[string]any {
	type plain trustFile
	s := config.Schema(plain{})
	delete(s, "$schema")
	return map[string]any{"anyOf": []any{s["properties"].(map[string]any)["score"], s}}
}

// DecodeConfig implements config.Decoder.
func (f *trustFile) DecodeConfig(n *config.Node, ps *config.Problems) {
	if n.Kind() == config.Scalar {
		var err error
		if f.Score, err = strconv.Atoi(n.Text()); err != nil || f.Score < 0 || f.Score > 100 {
			ps.Add(config.Problem{Position: n.Position(), What: "found " + n.Shown(), Expected: "a score from 0 to 100, or a mapping such as {score: 90, half_life: 365d}"})
		}
		return
	}
	type plain trustFile
	n.Decode((*plain)(f), ps)
}

func surviveSchema() map[string]any {
	s := config.Schema(surviveFile{})
	delete(s, "$schema")
	s["description"] = "what is true of them"
	properties := s["properties"].(map[string]any)
	attributeSchema(properties["attributes"].(map[string]any), append(survive.AttributeNames(), survive.DefaultName))
	kinds := properties["kinds"].(map[string]any)
	kind := config.Schema(kindFile{})
	delete(kind, "$schema")
	attributeSchema(kind["properties"].(map[string]any)["attributes"].(map[string]any), kindAttributes())
	known := map[string]any{}
	for _, name := range kindNames {
		known[name] = kind
	}
	kinds["properties"], kinds["additionalProperties"] = known, false
	return s
}

// attributeSchema lets the keys of a mapping be attributes only.
func attributeSchema(s map[string]any, attributes []string) {
	known := map[string]any{}
	for _, name := range attributes {
		known[name] = ruleSchema(name)
	}
	s["properties"], s["additionalProperties"] = known, false
}

var kindNames = []string{string(canonical.Person), string(canonical.Organisation)}

// kindAttributes are those that may have rules of a kind's own: not the kind.
func kindAttributes() []string {
	return slices.DeleteFunc(append(survive.AttributeNames(), survive.DefaultName), func(name string) bool { return name == "kind" })
}

func (l *rulesetLoader) survive(file *surviveFile) {
	s := &l.ruleset.survive
	s.Priority = l.priority(file.Priority)
	s.Trust = l.trust(file.Trust)
	l.attributes(file.Attributes, append(survive.AttributeNames(), survive.DefaultName), func(name string, rule survive.Rule) {
		if name == survive.DefaultName {
			s.Default = rule
			return
		}
		s.Attributes[name] = rule
	})
	for i := range file.Kinds {
		l.kind(&file.Kinds[i])
	}
	if len(file.Trust) > 0 && !s.Uses(survive.Trust) {
		l.problems.Add(config.Problem{
			Position: file.Trust[0].Position, Severity: config.Warning,
			What: "no rule goes by this trust", Expected: "rule: trust or prefer: trust for some attribute",
		})
	}
}

func (l *rulesetLoader) kind(file *config.Named[config.Positioned[kindFile]]) {
	s := &l.ruleset.survive
	switch {
	case !slices.Contains(kindNames, file.Name):
		l.problems.Add(config.UnknownKey(config.Entry{Key: file.Name, Position: file.Position}, kindNames))
		return
	case len(file.Value.Node.Entries()) == 0:
		l.problems.Add(config.Problem{Position: file.Position, What: file.Name + " has no rules", Expected: "attributes: {ATTRIBUTE: RULE}"})
	}
	rules := map[string]survive.Rule{}
	l.attributes(file.Value.Value.Attributes, kindAttributes(), func(name string, rule survive.Rule) { rules[name] = rule })
	if s.Kinds == nil {
		s.Kinds = map[canonical.Kind]map[string]survive.Rule{}
	}
	s.Kinds[canonical.Kind(file.Name)] = rules
}

func (l *rulesetLoader) attributes(files config.Ordered[ruleFile], known []string, set func(string, survive.Rule)) {
	for i := range files {
		named := &files[i]
		switch {
		case named.Name == "kind" && !slices.Contains(known, "kind"):
			l.problems.Add(config.Problem{Position: named.Position, What: "the kind by a rule of its own kind", Expected: "kind under survive.attributes, for all customers"})
		case !slices.Contains(known, named.Name):
			l.problems.Add(config.UnknownKey(config.Entry{Key: named.Name, Position: named.Position}, known))
		case named.Value.node == nil:
			l.problems.Add(config.Problem{Position: named.Position, What: fmt.Sprintf("%s has no rule", named.Name), Expected: "one of " + strings.Join(rulesFor(named.Name), ", ")})
		default:
			set(named.Name, l.rule(named.Name, &named.Value))
		}
	}
}

func (l *rulesetLoader) priority(names []config.Positioned[string]) (priority []string) {
	for _, name := range names {
		if l.isSystem(name.Value) {
			priority = append(priority, name.Value)
			continue
		}
		l.unknown(name.Node, "system", l.systems)
	}
	return priority
}

// isSystem tells whether a name is that of a system, or of one of its streams, as far as that is
// known.
func (l *rulesetLoader) isSystem(name string) bool {
	system, _, _ := strings.Cut(name, "/")
	return l.systems == nil || slices.Contains(l.systems, system)
}

// trust is sorted by name, so that the order in the file makes no other ruleset.
func (l *rulesetLoader) trust(files config.Ordered[trustFile]) (trust []survive.Trusted) {
	for _, file := range files {
		if !l.isSystem(file.Name) {
			l.problems.Add(config.Problem{
				Position: file.Position, What: fmt.Sprintf("unknown system %q", file.Name),
				Expected: "one of " + strings.Join(l.systems, ", "), Hint: config.Nearest(file.Name, l.systems),
			})
			continue
		}
		trust = append(trust, survive.Trusted{Name: file.Name, Score: file.Value.Score, HalfLife: file.Value.HalfLife})
	}
	slices.SortFunc(trust, func(a, b survive.Trusted) int { return cmp.Compare(a.Name, b.Name) })
	return trust
}
