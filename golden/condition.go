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

// shownCondition bounds the text of a condition that lineage repeats with every value.
const shownCondition = 120

// silent gives the conditions under which a record has no say, each with the reason; nil where it
// has a say everywhere. Conditions see what the record states of its own: if they saw what the hub
// wrote into it, a write of the hub could give a record a say, or take it away.
func (r *Ruleset) silent(rec *SourceRecord, source *survive.Source) (reasons map[string]string, err error) {
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
		why := "no say: not so that " + condition
		if err != nil {
			why = fmt.Sprintf("no say: %s: %s", condition, err)
		}
		reasons[condition] = cutText(why, shownCondition)
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
