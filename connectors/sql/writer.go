package sql

import (
	"encoding/json"
	"slices"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// writerKeys are the kind's own keys of a target.
type writerKeys struct {
	Table      config.Positioned[string]                 `yaml:"table,required" doc:"name, or schema.name, exactly as the database has it"`
	Key        names                                     `yaml:"key,required" doc:"columns that tell rows apart, with a unique index"`
	Columns    config.Ordered[config.Positioned[string]] `yaml:"columns" doc:"the payload's member: its column, where their names differ"`
	Generated  bool                                      `yaml:"generated" doc:"the database itself gives new rows their key"`
	FindBy     config.Positioned[string]                 `yaml:"find_by" doc:"column with the golden ID, by which a row is looked for before it is created"`
	Deactivate *assignments                              `yaml:"deactivate" doc:"what puts a row out of use: {set: {active: false}}"`
	Delete     *removal                                  `yaml:"delete" doc:"true, or what marks a row as deleted: {set: {deleted: true}}"`
}

// assignments are columns with fixed values.
type assignments struct {
	Set fixed `yaml:"set,required"`
}

// fixed are columns with the values that they get; null is one of them.
type fixed []config.Entry

// ConfigSchema describes what DecodeConfig reads.
func (*fixed) ConfigSchema() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "number", "boolean", "null"}}}
}

// DecodeConfig reads `{active: false, left_at: null}`.
func (f *fixed) DecodeConfig(n *config.Node, ps *config.Problems) {
	*f = n.Entries()
	if len(*f) == 0 {
		ps.Add(config.Problem{Position: n.Position(), What: "set is " + n.Shown(), Expected: "columns with their values"})
	}
	for _, one := range *f {
		if k := one.Value.Kind(); k == config.Sequence || k == config.Mapping {
			ps.Add(config.Problem{Position: one.Value.Position(), What: one.Key + " is " + one.Value.Shown(), Expected: "a value"})
		}
	}
}

// removal is true, or assignments.
type removal struct {
	assignments
	hard bool
}

// ConfigSchema describes what DecodeConfig reads.
func (*removal) ConfigSchema() map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"const": true}, config.Schema(assignments{})}}
}

// DecodeConfig reads either.
func (r *removal) DecodeConfig(n *config.Node, ps *config.Problems) {
	if n.Kind() == config.Mapping {
		n.Decode(&r.assignments, ps)
		return
	}
	if r.hard = n.Text() == "true"; !r.hard {
		ps.Add(config.Problem{Position: n.Position(), What: "delete is " + n.Shown(), Expected: "true, or {set: {column: value}}"})
	}
}

// writer is one target, checked.
type writer struct {
	name   string
	at     config.Position
	set    writerKeys
	repeat connectors.Repeat
}

func openWriter(t connectors.TargetSettings, ps *config.Problems) *writer {
	w := &writer{name: t.Name, at: t.At, repeat: connectors.RepeatUpsert}
	if t.Format != nil {
		ps.Add(config.Problem{Position: t.At, What: "a table has no format", Expected: "no format:"})
	}
	if !t.Rest.Decode(&w.set, ps) {
		return w
	}
	checkTable(w.set.Table, ps)
	switch {
	case w.set.Generated && len(w.set.Key) != 1:
		ps.Add(config.Problem{Position: w.set.Key[0].Position(), What: "a generated key is one column", Expected: "key: with that column"})
	case w.set.Generated && w.set.FindBy.IsSet():
		w.repeat = connectors.RepeatFind
	case w.set.Generated:
		w.repeat = connectors.RepeatNone
		ps.Add(config.Problem{
			Position: t.At, Severity: config.Warning, What: "a create whose outcome is unknown cannot be repeated and goes to review",
			Expected: "find_by: with a column for the golden ID",
		})
	case w.set.FindBy.IsSet():
		ps.Add(config.Problem{Position: w.set.FindBy.Position(), What: "find_by is of no use where rows are found by their key", Expected: "generated: true, or no find_by"})
	}
	return w
}

// constant gives what a fixed value is in JSON.
func constant(n *config.Node) any {
	if !n.IsSet() {
		return nil
	}
	switch v := n.Any().(type) {
	case nil, bool, string:
		return v
	default:
		return json.Number(n.Text())
	}
}

// isKey says whether a column is part of the key.
func (w *writer) isKey(column string) bool {
	return slices.ContainsFunc(w.set.Key, func(k config.Positioned[string]) bool { return k.Value == column })
}

// column gives the column of a payload's member.
func (w *writer) column(member string) string {
	if to, found := w.set.Columns.Get(member); found {
		return to.Value
	}
	return member
}
