package golden

import (
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// unique reads the schemes under which a value belongs to one customer.
func (l *rulesetLoader) unique(schemes []config.Positioned[string]) (names []string) {
	for _, scheme := range schemes {
		name := l.ruleset.scheme(scheme.Value)
		switch known := standard.Schemes(); {
		case name == "":
			l.problems.Add(config.Problem{Position: scheme.Position(), What: "an empty scheme", Expected: "an identifier scheme such as vat, gln or customer-number"})
			continue
		case slices.Contains(names, name):
			l.problems.Add(config.Problem{Position: scheme.Position(), What: fmt.Sprintf("%s stands here already", name), Expected: "every scheme once, under one of its names"})
			continue
		case !slices.Contains(known, name):
			if near := config.Nearest(name, known); near != "" {
				l.problems.Add(config.Problem{
					Position: scheme.Position(), Severity: config.Warning, What: fmt.Sprintf("%q is no scheme with a known form", scheme.Value),
					Expected: "a scheme that mappings give, of which nothing but its name is known", Hint: near,
				})
			}
		}
		names = append(names, name)
	}
	return names
}

// placeholders reads what stands for none.
func (l *rulesetLoader) placeholders(file *matchFile) {
	f, r := &file.Placeholders, l.ruleset
	if f.Shipped.IsSet() && !f.Shipped.Value {
		r.placeholders = standard.NoPlaceholders()
	}
	for _, list := range []struct {
		values   []config.Positioned[string]
		add      func(string) bool
		expected string
	}{
		{f.Names, r.placeholders.AddName, "a name or a part of one, such as unknown"},
		{f.Emails, func(text string) bool { return r.placeholders.AddEmail(r.standard, text) }, "a mail address, or @DOMAIN"},
		{f.Phones, func(text string) bool { return r.placeholders.AddPhone(r.standard, text) }, "a telephone number, national as dialled in the hub's region or with its calling code"},
	} {
		for _, v := range list.values {
			if !list.add(v.Value) {
				l.problems.Add(config.Problem{Position: v.Position(), What: "found " + v.Node.Shown(), Expected: list.expected})
			}
		}
	}
}

// levels checks that each level of a comparison can hold, and weighs no more than stronger ones.
func (l *rulesetLoader) levels(f *compareFile, c *match.Comparison, of []*levelFile) {
	for i := range c.Levels {
		for j := range i {
			if !c.Levels[j].Covers(c.Levels[i]) {
				continue
			}
			l.problems.Add(config.Problem{
				Position: of[i].node.Position(),
				What:     fmt.Sprintf("level %s never holds: %s, which stands before it, holds wherever it does", c.LevelName(uint8(i+1)), c.LevelName(uint8(j+1))),
				Expected: "the strongest level first, each once",
			})
			break
		}
		if i > 0 && c.Levels[i].Weight > c.Levels[i-1].Weight && (of[i].weight.IsSet() || of[i-1].weight.IsSet()) {
			l.problems.Add(config.Problem{
				Position: of[i].node.Position(),
				What:     fmt.Sprintf("level %s weighs %s bits, more than %s with %s", c.LevelName(uint8(i+1)), inBits(c.Levels[i].Weight), c.LevelName(uint8(i)), inBits(c.Levels[i-1].Weight)),
				Expected: "no level to weigh more than a stronger one",
			})
		}
	}
	if n := len(c.Levels); f.Otherwise.IsSet() && n > 0 && c.Otherwise > c.Levels[n-1].Weight {
		l.problems.Add(config.Problem{
			Position: f.Otherwise.Position(),
			What:     fmt.Sprintf("otherwise weighs %s bits, more than %s with %s", inBits(c.Otherwise), c.LevelName(uint8(n)), inBits(c.Levels[n-1].Weight)),
			Expected: "values that differ to weigh no more than values that are alike",
		})
	}
}

// reachable warns of thresholds that every pair reaches, or none.
func (l *rulesetLoader) reachable(file *matchFile) {
	m := &l.ruleset.match
	if len(m.Comparisons) == 0 || m.Thresholds.Edge > m.Thresholds.Link {
		return // keys alone decide, or it has been told
	}
	most := m.Prior
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		best := max(0, c.Otherwise)
		for _, level := range c.Levels {
			best = max(best, level.Weight)
		}
		most += best
	}
	warn := func(at config.Positioned[float64], what, expected string) {
		l.problems.Add(config.Problem{Position: at.Position(), Severity: config.Warning, What: what, Expected: expected})
	}
	nothing := "what a pair weighs of which nothing is known (prior, " + inBits(m.Prior) + ")"
	for _, t := range []struct {
		name, does string
		file       config.Positioned[float64]
		at         int32
	}{
		{"link", "would be a reason to join", file.Thresholds.Link, m.Thresholds.Link},
		{"review", "would be shown to a person", file.Thresholds.Review, m.Thresholds.Edge},
	} {
		at := t.file
		if !at.IsSet() {
			at = file.Prior
		}
		if !at.IsSet() {
			continue
		}
		switch {
		case t.at <= m.Prior:
			warn(at, fmt.Sprintf("%s is %s bits, no more than %s: every pair that shares a key %s", t.name, inBits(t.at), nothing, t.does), t.name+" above the prior")
		case t.at > most && t.file.IsSet():
			warn(at, fmt.Sprintf("%s is %s bits, and until parameters are trained no pair weighs more than %s", t.name, inBits(t.at), inBits(most)), "a threshold that pairs can reach")
		}
	}
}

// inBits shows a weight.
func inBits(weight int32) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(weight)/match.Bit), "0"), ".")
}
