package golden

import (
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
)

// rulesetFile is golden.yaml.
type rulesetFile struct {
	Ruleset string      `yaml:"ruleset" doc:"name of the ruleset"`
	Match   matchFile   `yaml:"match" doc:"who is one customer"`
	Survive surviveFile `yaml:"survive" doc:"what is true of them"`
}

// RulesetSchema is the JSON Schema of golden.yaml.
func RulesetSchema() map[string]any {
	s := config.Schema(rulesetFile{})
	properties := s["properties"].(map[string]any)
	properties["survive"] = surviveSchema()
	matchSchema(properties["match"].(map[string]any)["properties"].(map[string]any))
	return s
}

type rulesetLoader struct {
	ruleset  *Ruleset
	file     *rulesetFile
	problems *config.Problems
	systems  []string
}

func (l *rulesetLoader) unknown(n *config.Node, what string, known []string) {
	p := config.Problem{Position: n.Position(), What: fmt.Sprintf("unknown %s %q", what, n.Text()), Expected: "one of " + strings.Join(known, ", "), Hint: config.Nearest(n.Text(), known)}
	if len(known) == 0 {
		p.Expected = "none here"
	}
	l.problems.Add(p)
}
