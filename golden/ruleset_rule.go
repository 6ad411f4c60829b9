package golden

import (
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// rulesFor lists the rules that an attribute may have.
func rulesFor(attribute string) []string {
	list, _, _ := survive.IsList(attribute)
	return slices.DeleteFunc(slices.Clone(survive.RuleNames), func(name string) bool {
		return name == string(survive.Union) && !list || name == string(survive.VerifiedFirst) && !survive.IsVerifiable(attribute)
	})
}

// preferencesFor lists the rules by which a union of an attribute may choose between records.
func preferencesFor(attribute string) []string {
	return slices.DeleteFunc(rulesFor(attribute), func(name string) bool { return name == string(survive.Union) })
}

// rule checks one rule. What it does not say is as the shipped rules have it: nothing.
func (l *rulesetLoader) rule(attribute string, file *ruleFile) survive.Rule {
	rule := survive.Rule{
		Name: survive.RuleName(file.Rule), Priority: l.priority(file.Priority), Trust: l.trust(file.Trust),
		Prefer: survive.RuleName(file.Prefer.Value), Group: file.Group.Value, Limit: file.Limit.Value,
	}
	l.ruleName(attribute, file, &rule)
	l.prefer(attribute, file, &rule)
	l.trusting(file, &rule)
	list, groups, _ := survive.IsList(attribute)
	if file.Group.IsSet() {
		switch {
		case rule.Name == survive.Union:
			l.wrong(file.Group.Node, "group beside union", "a rule that chooses between records; a union keeps every item anyway")
		case !slices.Contains(groups, file.Group.Value):
			l.unknown(file.Group.Node, "group of "+attribute, groups)
		}
	}
	if file.Limit.IsSet() && !list {
		l.wrong(file.Limit.Node, fmt.Sprintf("limit for %s, which is no list", attribute), "no limit here")
	}
	if file.When.IsSet() {
		rule.When = l.ruleset.conditions.compile(l, file.When)
	}
	return rule
}

func (l *rulesetLoader) ruleName(attribute string, file *ruleFile, rule *survive.Rule) {
	at := file.node
	if node := file.node.Get("rule"); node.IsSet() {
		at = node
	}
	allowed := rulesFor(attribute)
	switch expected := "one of " + strings.Join(allowed, ", "); {
	case file.Rule == "":
		l.wrong(at, attribute+" has no rule", expected)
	case !slices.Contains(survive.RuleNames, file.Rule):
		l.unknown(at, "rule", allowed)
	case slices.Contains(allowed, file.Rule):
	case rule.Name == survive.Union:
		l.wrong(at, fmt.Sprintf("union for %s, which is no list", attribute), expected)
	default:
		l.wrong(at, fmt.Sprintf("%s for %s, which no source states to be verified", file.Rule, attribute), expected)
	}
}

func (l *rulesetLoader) prefer(attribute string, file *ruleFile, rule *survive.Rule) {
	single := preferencesFor(attribute)
	switch {
	case !file.Prefer.IsSet():
	case rule.Name != survive.Union:
		l.wrong(file.Prefer.Node, "prefer without union", "it only beside rule: union")
	case !slices.Contains(single, file.Prefer.Value):
		l.unknown(file.Prefer.Node, "rule", single)
	}
}

// trusting checks that a rule that goes by trust has some, and that another has none of its own.
func (l *rulesetLoader) trusting(file *ruleFile, rule *survive.Rule) {
	by, at := rule.Name, file.node
	if node := file.node.Get("rule"); node.IsSet() {
		at = node
	}
	if by == survive.Union && file.Prefer.IsSet() {
		by, at = rule.Prefer, file.Prefer.Node
	}
	switch {
	case by == survive.Trust && len(file.Trust) == 0 && len(l.file.Survive.Trust) == 0:
		l.wrong(at, "trust without a score for any system", "trust: {SYSTEM: SCORE} under survive or beside the rule")
	case by != survive.Trust && len(file.Trust) > 0:
		l.problems.Add(config.Problem{Position: file.Trust[0].Position, What: "trust beside " + string(by), Expected: "it only beside rule: trust or prefer: trust"})
	}
}

func (l *rulesetLoader) wrong(n *config.Node, what, expected string) {
	l.problems.Add(config.Problem{Position: n.Position(), What: what, Expected: expected})
}
