package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	jsonformat "github.com/touchstone-hub/touchstone/formats/json"
)

// view is a table or query as it is read: the columns of a record, and those that only steer.
type view struct {
	db       database
	relation relation
	all      []column // what there is
	selected []column
	out      int // how many of them are part of the record
}

// newView asks the database for the columns, and chooses those of the record.
func newView(ctx context.Context, db database, r relation, only []config.Positioned[string], zone *time.Location) (*view, error) {
	v := &view{db: db, relation: r}
	var err error
	if v.all, err = db.describe(ctx, r.from(), zone); err != nil {
		return nil, reading(db, r.position(), "look at "+v.name(), err)
	}
	names := map[string]bool{}
	for _, c := range v.all {
		if names[c.name] {
			return nil, permanent(r.position(), "%s has two columns %q", v.name(), c.name)
		}
		names[c.name] = true
	}
	if len(only) == 0 {
		v.selected = append(v.selected, v.all...)
	}
	for _, c := range only {
		if _, err := v.need(c.Value, c.Position()); err != nil {
			return nil, err
		}
	}
	v.out = len(v.selected)
	return v, nil
}

// name names the view in messages and positions.
func (v *view) name() string {
	if v.relation.Query.IsSet() {
		return "query"
	}
	return v.relation.Table.Value
}

// need gives a column's place in the rows, selecting it where it is not yet.
func (v *view) need(name string, at config.Position) (int, error) {
	for i, c := range v.selected {
		if c.name == name {
			return i, nil
		}
	}
	known := make([]string, len(v.all))
	for i, c := range v.all {
		if c.name == name {
			v.selected = append(v.selected, c)
			return len(v.selected) - 1, nil
		}
		known[i] = c.name
	}
	hint := ""
	if near := config.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return 0, permanent(at, "%s has no column %q; it has %s%s", v.name(), name, strings.Join(known, ", "), hint)
}

// list is the selected columns in SQL.
func (v *view) list() string {
	columns := make([]string, len(v.selected))
	for i := range v.selected {
		columns[i] = v.db.read(v.ref(i))
	}
	return strings.Join(columns, ", ")
}

// ref is a selected column in SQL.
func (v *view) ref(i int) string { return "t." + quote(v.selected[i].name) }

// refs are several.
func (v *view) refs(places []int) []string {
	list := make([]string, len(places))
	for i, p := range places {
		list[i] = v.ref(p)
	}
	return list
}

// object appends a row's record without the closing brace, for related rows to follow. Values that
// cannot be written are replaced by text, and make the error.
func (v *view) object(dst []byte, row []any) ([]byte, error) {
	var problems []error
	dst = append(dst, '{')
	for i, c := range v.selected[:v.out] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonformat.AppendString(dst, c.name)
		dst = append(dst, ':')
		if row[i] == nil {
			dst = append(dst, "null"...)
			continue
		}
		before := len(dst)
		after, err := c.write(dst, row[i])
		if err != nil {
			after = jsonformat.AppendString(dst[:before], fmt.Sprint(row[i]))
			problems = append(problems, fmt.Errorf("column %s: %w", c.name, err))
		}
		dst = after
	}
	return dst, errors.Join(problems...)
}

// statement is SQL with its parameters.
type statement struct {
	db   database
	sql  strings.Builder
	args []any
}

func (s *statement) add(parts ...string) {
	for _, p := range parts {
		s.sql.WriteString(p)
	}
}

// value adds a parameter and gives what stands for it.
func (s *statement) value(v any) string {
	s.args = append(s.args, v)
	return s.db.parameter(len(s.args))
}

func (s *statement) values(list []any) string {
	marks := make([]string, len(list))
	for i, v := range list {
		marks[i] = s.value(v)
	}
	return strings.Join(marks, ", ")
}

// pageOf says which rows of a view come next.
type pageOf struct {
	order   []int // columns by which rows are sorted, together unique
	above   any   // what the first of them must exceed; nil: anything
	after   []any // the order's values in the last row; nil: from the beginning
	missing int   // a column that must be NULL; -1: none
	limit   int
}

// page reads the next rows, sorted, and says whether there are more. Rows with NULL in a column
// that sorts are not among them.
func (v *view) page(ctx context.Context, p pageOf) (rows [][]any, more bool, err error) {
	s := &statement{db: v.db}
	refs := v.refs(p.order)
	s.add("SELECT ", v.list(), " FROM ", v.relation.from(), " AS t WHERE ", strings.Join(refs, " IS NOT NULL AND "), " IS NOT NULL")
	if p.missing >= 0 {
		s.add(" AND ", v.ref(p.missing), " IS NULL")
	}
	switch {
	case p.after != nil:
		s.add(" AND (", strings.Join(refs, ", "), ") > (", s.values(p.after), ")")
	case p.above != nil:
		s.add(" AND ", refs[0], " > ", s.value(p.above))
	}
	s.add(" ORDER BY ", strings.Join(refs, ", "), fmt.Sprintf(" LIMIT %d", p.limit+1))
	if rows, err = v.collect(ctx, s); err != nil {
		return nil, false, err
	}
	for i := 1; i < len(rows); i++ {
		if equal(cells(rows[i-1], p.order), cells(rows[i], p.order)) {
			return nil, false, permanent(v.relation.position(), "key is not unique in %s: %v is there twice", v.name(), cells(rows[i], p.order))
		}
	}
	if more = len(rows) > p.limit; more {
		rows = rows[:p.limit]
	}
	return rows, more, nil
}

// collect reads all rows of a statement that is known to end.
func (v *view) collect(ctx context.Context, s *statement) ([][]any, error) {
	var rows [][]any
	err := v.db.each(ctx, s.sql.String(), s.args, func(row []any) error {
		rows = append(rows, append([]any(nil), row...))
		return nil
	})
	return rows, reading(v.db, v.relation.position(), "read "+v.name(), err)
}

// matching reads the rows whose columns have the values of one of the tuples.
func (v *view) matching(ctx context.Context, columns []int, types []column, tuples [][]any, each func(tuple int, row []any) error, orderBy ...string) error {
	if len(tuples) == 0 {
		return nil
	}
	j, err := v.db.tuples(types, tuples)
	if err != nil {
		return permanent(v.relation.position(), "look for rows of %s: %w", v.name(), err)
	}
	s := &statement{db: v.db, args: j.args}
	s.add("SELECT ", j.ordinal, ", ", v.list(), " FROM ", j.from, " CROSS JOIN ", v.relation.from(), " AS t WHERE ")
	for i, c := range columns {
		if i > 0 {
			s.add(" AND ")
		}
		s.add(v.ref(c), " = ", j.refs[i])
	}
	s.add(" ORDER BY ", strings.Join(append([]string{"1"}, orderBy...), ", "))
	err = v.db.each(ctx, s.sql.String(), s.args, func(row []any) error {
		n, err := ordinal(row[0])
		if err != nil {
			return err
		}
		return each(n, row[1:])
	})
	return reading(v.db, v.relation.position(), "read "+v.name(), err)
}

func ordinal(v any) (int, error) {
	var n int
	_, err := fmt.Sscan(fmt.Sprint(v), &n)
	return n, err
}

// cells gives some values of a row.
func cells(row []any, places []int) []any {
	list := make([]any, len(places))
	for i, p := range places {
		list[i] = row[p]
	}
	return list
}

// equal compares values that sort rows; a BLOB, which does not compare, is never equal.
func equal(a, b []any) bool {
	for i := range a {
		if _, blob := a[i].([]byte); blob || a[i] != b[i] {
			return false
		}
	}
	return true
}
