package golden

import (
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// rulesetFile is golden.yaml.
type rulesetFile struct {
	Ruleset string      `yaml:"ruleset" doc:"name of the ruleset"`
	Match   matchFile   `yaml:"match" doc:"who is one customer"`
	Survive surviveFile `yaml:"survive" doc:"what is true of them"`
}

type surviveFile struct {
	Priority   []config.Positioned[string] `yaml:"priority" doc:"systems, the most trusted first"`
	Attributes config.Ordered[ruleFile]    `yaml:"attributes" doc:"a rule for each attribute"`
}

// ruleFile is the rule of one attribute: a mapping, or the rule's name alone.
type ruleFile struct {
	node     *config.Node
	Rule     string                      `yaml:"rule"`
	Priority []config.Positioned[string] `yaml:"priority"`
	Prefer   config.Positioned[string]   `yaml:"prefer"`
	Group    config.Positioned[string]   `yaml:"group"`
	Limit    config.Positioned[int]      `yaml:"limit" min:"1" max:"1000"`
}

// ConfigSchema describes what DecodeConfig reads.
func (*ruleFile) ConfigSchema() map[string]any {
	type plain ruleFile
	names := map[string]any{"enum": survive.RuleNames}
	s := config.Schema(plain{})
	properties := s["properties"].(map[string]any)
	properties["rule"], properties["prefer"] = names, names
	return map[string]any{"anyOf": []any{names, s}}
}

// RulesetSchema is the JSON Schema of golden.yaml.
func RulesetSchema() map[string]any {
	s := config.Schema(rulesetFile{})
	properties := s["properties"].(map[string]any)
	rules := properties["survive"].(map[string]any)["properties"].(map[string]any)["attributes"].(map[string]any)
	rule, known := rules["additionalProperties"], map[string]any{}
	for _, name := range append(survive.AttributeNames(), "default") {
		known[name] = rule
	}
	rules["properties"], rules["additionalProperties"] = known, false
	matchSchema(properties["match"].(map[string]any)["properties"].(map[string]any))
	return s
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

type rulesetLoader struct {
	ruleset  *Ruleset
	problems *config.Problems
	systems  []string
}

func (l *rulesetLoader) survive(file *surviveFile) {
	s := &l.ruleset.survive
	s.Priority = l.priority(file.Priority)
	known := append(survive.AttributeNames(), "default")
	for _, named := range file.Attributes {
		if !slices.Contains(known, named.Name) {
			l.problems.Add(config.UnknownKey(config.Entry{Key: named.Name, Position: named.Position}, known))
			continue
		}
		if named.Value.node == nil {
			l.problems.Add(config.Problem{Position: named.Position, What: fmt.Sprintf("%s has no rule", named.Name), Expected: "one of " + strings.Join(survive.RuleNames, ", ")})
			continue
		}
		rule := l.rule(named.Name, &named.Value)
		if named.Name == "default" {
			s.Default = rule
			continue
		}
		s.Attributes[named.Name] = rule
	}
}

func (l *rulesetLoader) priority(names []config.Positioned[string]) (priority []string) {
	for _, name := range names {
		system, _, _ := strings.Cut(name.Value, "/")
		if l.systems != nil && !slices.Contains(l.systems, system) {
			l.unknown(name.Node, "system", l.systems)
			continue
		}
		priority = append(priority, name.Value)
	}
	return priority
}

// rule checks one rule. What it does not say is as the shipped rules have it: nothing.
func (l *rulesetLoader) rule(attribute string, file *ruleFile) survive.Rule {
	rule := survive.Rule{
		Name: survive.RuleName(file.Rule), Priority: l.priority(file.Priority),
		Prefer: survive.RuleName(file.Prefer.Value), Group: file.Group.Value, Limit: file.Limit.Value,
	}
	list, groups, _ := survive.IsList(attribute)
	at := file.node.Position()
	if node := file.node.Get("rule"); node.IsSet() {
		at = node.Position()
	}
	single := slices.DeleteFunc(slices.Clone(survive.RuleNames), func(name string) bool { return name == string(survive.Union) })
	switch {
	case file.Rule == "":
		l.problems.Add(config.Problem{Position: at, What: fmt.Sprintf("%s has no rule", attribute), Expected: "one of " + strings.Join(survive.RuleNames, ", ")})
	case !slices.Contains(survive.RuleNames, file.Rule):
		l.problems.Add(config.Problem{Position: at, What: fmt.Sprintf("unknown rule %q", file.Rule), Expected: "one of " + strings.Join(survive.RuleNames, ", "), Hint: config.Nearest(file.Rule, survive.RuleNames)})
	case rule.Name == survive.Union && !list:
		l.problems.Add(config.Problem{Position: at, What: fmt.Sprintf("union for %s, which is no list", attribute), Expected: "one of " + strings.Join(single, ", ")})
	}
	if file.Prefer.IsSet() {
		switch {
		case rule.Name != survive.Union:
			l.problems.Add(config.Problem{Position: file.Prefer.Position(), What: "prefer without union", Expected: "it only beside rule: union"})
		case !slices.Contains(single, file.Prefer.Value):
			l.unknown(file.Prefer.Node, "rule", single)
		}
	}
	if file.Group.IsSet() {
		switch {
		case rule.Name == survive.Union:
			l.problems.Add(config.Problem{Position: file.Group.Position(), What: "group beside union", Expected: "a rule that chooses between records; a union keeps every item anyway"})
		case !slices.Contains(groups, file.Group.Value):
			l.unknown(file.Group.Node, "group of "+attribute, groups)
		}
	}
	if file.Limit.IsSet() && !list {
		l.problems.Add(config.Problem{Position: file.Limit.Position(), What: fmt.Sprintf("limit for %s, which is no list", attribute), Expected: "no limit here"})
	}
	return rule
}

func (l *rulesetLoader) unknown(n *config.Node, what string, known []string) {
	p := config.Problem{Position: n.Position(), What: fmt.Sprintf("unknown %s %q", what, n.Text()), Expected: "one of " + strings.Join(known, ", "), Hint: config.Nearest(n.Text(), known)}
	if len(known) == 0 {
		p.Expected = "none here"
	}
	l.problems.Add(p)
}
