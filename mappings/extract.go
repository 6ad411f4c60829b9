package mappings

import (
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
)

// Extract is an expression over raw records that gives a text, such as the label of a record in a
// labelled file. It sees what a Filter sees, and is safe for concurrent use.
type Extract struct{ condition }

// NewExtract compiles an expression. The name stands in its errors for the file that it does not
// have, such as "--truth".
func NewExtract(name, text string, o Options) (*Extract, error) {
	e := &Extract{}
	at, ps := e.compile(name, text, o)
	if e.when != nil {
		switch e.when.Type.Kind {
		case expression.List, expression.Object:
			ps.Add(config.Problem{Position: at.Position(), What: "the expression gives " + e.when.Type.Kind.String(), Expected: "a text or a number"})
		}
	}
	if ps.HasErrors() {
		return nil, ps.Err()
	}
	return e, nil
}

// Text is the expression's value for a record that was decoded with Shape; "" where it is unknown.
func (e *Extract) Text(in Input) (text string, err error) {
	err = e.with(in, func(m *expression.Machine) error {
		n, err := e.when.Eval(m)
		if err != nil {
			return err
		}
		if len(n.Kids) > 0 {
			return fmt.Errorf("the expression gives %d parts; expected a text or a number", len(n.Kids))
		}
		text = strings.Clone(string(n.Text))
		return nil
	})
	return text, err
}
