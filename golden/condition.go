package golden

import (
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// conditions are those of a ruleset under which records have a say, by their text. The zero value
// has none.
type conditions struct {
	region string
	of     *expression.RecordConditions
}

// compile takes in the condition at a node and gives its text, "" where it has problems.
func (c *conditions) compile(l *rulesetLoader, n *config.Node) string {
	if c.of == nil {
		c.of = expression.NewRecordConditions(c.region)
	}
	condition := c.of.Compile(n, l.problems)
	if condition == nil {
		return ""
	}
	for _, literal := range condition.Compared("source.system") {
		if l.systems != nil && !slices.Contains(l.systems, literal.Text) {
			l.problems.Add(config.Problem{
				Position: literal.Position, What: fmt.Sprintf("unknown system %q", literal.Text),
				Expected: "one of " + strings.Join(l.systems, ", "), Hint: config.Nearest(literal.Text, l.systems),
			})
		}
	}
	if p := condition.Never(); p != nil {
		l.problems.Add(*p)
	}
	return condition.Text
}

// What lineage repeats with every value is bounded, in letters.
const (
	shownCondition = 100
	shownError     = 150
)

// silent gives the conditions under which a record has no say, each with the reason; nil where it
// has a say everywhere. Conditions see what the record states of its own: if they saw what the hub
// wrote into it, a write of the hub could give a record a say, or take it away.
// A condition that cannot be evaluated is handed to wrong, and the record has no say.
func (r *Ruleset) silent(rec *SourceRecord, source *survive.Source, wrong func(system, condition string, err error)) (reasons map[string]string, err error) {
	if r.conditions.of == nil {
		return nil, nil
	}
	doc := rec.Doc
	if len(source.Written) > 0 {
		if doc, err = source.Own(forms{r.standard}).AppendJSON(nil); err != nil {
			return nil, fmt.Errorf("write what %s states of its own: %w", rec.Key, err)
		}
	}
	origin := expression.RecordOrigin{System: rec.System, Stream: rec.Stream, ID: rec.ID}
	r.conditions.of.Fails(doc, origin, func(condition string, err error) {
		if reasons == nil {
			reasons = map[string]string{}
		}
		shown := cutText(condition, shownCondition)
		if err == nil {
			reasons[condition] = "no say: not so that " + shown
			return
		}
		reasons[condition] = fmt.Sprintf("no say: %s: %s", shown, cutText(err.Error(), shownError))
		if wrong != nil {
			wrong(rec.System, condition, err)
		}
	})
	return reasons, nil
}

// cutText leaves the beginning of a text, in letters.
func cutText(text string, letters int) string {
	if r := []rune(text); len(r) > letters {
		return string(r[:letters-1]) + "…"
	}
	return text
}
