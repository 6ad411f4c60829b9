package golden

import (
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// rulesetFile is golden.yaml.
type rulesetFile struct {
	Ruleset string      `yaml:"ruleset" doc:"name of the ruleset"`
	Match   matchFile   `yaml:"match" doc:"who is one customer"`
	Survive surviveFile `yaml:"survive" doc:"what is true of them"`
}

type matchFile struct {
	Unique []config.Positioned[string]   `yaml:"unique" doc:"identifier schemes under which a value belongs to one customer only"`
	Keys   [][]config.Positioned[string] `yaml:"keys" doc:"records with an equal value for all parts of one key are compared"`
	Limits struct {
		Block     int `yaml:"block" min:"2" max:"10000" doc:"a key with more live records is generic and brings nobody together"`
		Component int `yaml:"component" min:"2" max:"2000" doc:"more connected records are cut at their weakest edges"`
	} `yaml:"limits" doc:"bounds of the work"`
}

// RulesetSchema is the JSON Schema of golden.yaml.
func RulesetSchema() map[string]any {
	s := config.Schema(rulesetFile{})
	properties := s["properties"].(map[string]any)
	properties["survive"] = surviveSchema()
	keys := properties["match"].(map[string]any)["properties"].(map[string]any)["keys"].(map[string]any)
	keys["items"].(map[string]any)["items"] = map[string]any{"enum": match.PartNames[:]}
	return s
}

type rulesetLoader struct {
	ruleset  *Ruleset
	file     *rulesetFile
	problems *config.Problems
	systems  []string
}

func (l *rulesetLoader) match(file *matchFile) {
	m := &l.ruleset.match
	if file.Unique != nil {
		m.Unique = nil
		for _, scheme := range file.Unique {
			name := l.ruleset.scheme(scheme.Value)
			if name == "" {
				l.problems.Add(config.Problem{Position: scheme.Position(), What: "an empty scheme", Expected: "an identifier scheme such as vat, gln or customer-number"})
				continue
			}
			m.Unique = append(m.Unique, name)
		}
	}
	if file.Keys != nil {
		m.Keys = nil
		for _, key := range file.Keys {
			l.key(key)
		}
	}
	if file.Limits.Block > 0 {
		m.Limits.Block = file.Limits.Block
	}
	if file.Limits.Component > 0 {
		m.Limits.Component = file.Limits.Component
	}
}

func (l *rulesetLoader) key(names []config.Positioned[string]) {
	var parts []match.Part
	for _, name := range names {
		part := slices.Index(match.PartNames[:], name.Value)
		switch {
		case part < 0:
			l.unknown(name.Node, "part of a key", match.PartNames[:])
		case slices.Contains(parts, match.Part(part)):
			l.problems.Add(config.Problem{Position: name.Position(), What: fmt.Sprintf("%s stands in this key already", name.Value), Expected: "every part once"})
		default:
			parts = append(parts, match.Part(part))
		}
	}
	if len(parts) == 0 {
		return
	}
	if shared := len(parts) == 1 && slices.Contains([]match.Part{match.Phone, match.Family, match.Given, match.Postcode, match.BirthDate}, parts[0]); shared {
		l.problems.Add(config.Problem{
			Position: names[0].Position(), Severity: config.Warning,
			What:     fmt.Sprintf("the key %s alone joins customers that only share it, such as a household", names[0].Value),
			Expected: "another part beside it, such as name",
		})
	}
	l.ruleset.match.Keys = append(l.ruleset.match.Keys, match.NewKeyRule(l.ruleset.match.Thresholds.Link, parts...))
}

func (l *rulesetLoader) unknown(n *config.Node, what string, known []string) {
	p := config.Problem{Position: n.Position(), What: fmt.Sprintf("unknown %s %q", what, n.Text()), Expected: "one of " + strings.Join(known, ", "), Hint: config.Nearest(n.Text(), known)}
	if len(known) == 0 {
		p.Expected = "none here"
	}
	l.problems.Add(p)
}
