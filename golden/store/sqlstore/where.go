package sqlstore

import (
	"context"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/golden"
)

// where gathers the conditions of a query that are set. Conditions that are not set are left out of
// the statement, rather than made true in it: so that an index can be used for the others.
type where struct {
	conditions []string
	args       []any
	nothing    bool // a value is asked for that cannot be in a store
}

// and adds a condition with its arguments.
func (w *where) and(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
	for _, a := range args {
		if text, ok := a.(string); ok && !storable(text) {
			w.nothing = true
		}
	}
}

// equal compares a column with value; "" asks for all.
func (w *where) equal(column, value string) {
	if value != "" {
		w.and(column+" = {text}", value)
	}
}

// after continues behind values in the order of columns; the first value "" begins at the start.
func (w *where) after(columns string, values ...string) {
	if values[0] == "" {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.and("("+columns+") > ("+strings.TrimSuffix(strings.Repeat("{text}, ", len(values)), ", ")+")", args...)
}

var likePattern = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// contains compares a column with a part of it; "" asks for all. Upper and lower case of ASCII are
// the same, which is as far as both databases go.
func (w *where) contains(column, part string) {
	if part != "" {
		w.and("lower("+column+`) LIKE {text} ESCAPE '\'`, "%"+likePattern.Replace(strings.Map(lowerASCII, part))+"%")
	}
}

// reconcilerRows are the conditions on target, subject and error. The tables are indexed by (target,
// subject): for a subject in all targets, the few targets are found first, one step in the index for
// each.
func reconcilerRows(table string, q golden.DeliveryQuery) *where {
	w := &where{}
	w.equal("target", q.Target)
	if q.Target == "" && (q.Subject != "" || q.Subjects != nil) {
		w.and(amongTargets(table))
	}
	w.equal("subject", q.Subject)
	if q.Subjects != nil {
		w.and("subject = {any text}", known(q.Subjects))
	}
	w.contains("error", q.Error)
	return w
}

// amongTargets has a table that is indexed by target and more looked through target by target.
func amongTargets(table string) string {
	return `target IN (WITH RECURSIVE names (name) AS (SELECT min(target) FROM ` + table + ` UNION ALL
			SELECT (SELECT min(target) FROM ` + table + ` WHERE target > names.name) FROM names WHERE names.name IS NOT NULL)
			SELECT name FROM names WHERE name IS NOT NULL)`
}

var picks sync.Map // text to *Statement; there are as many as sets of conditions

// pick runs selection with the conditions of w.
func pick[R any](ctx context.Context, c Conn, what string, w *where, selection, order string, n int,
	scan func(scan Scan, r *R) error,
) ([]R, error) {
	if w.nothing {
		return nil, nil
	}
	text := selection
	if len(w.conditions) > 0 {
		text += "WHERE " + strings.Join(w.conditions, " AND ") + " "
	}
	text += order + " LIMIT {int}"
	statement, ok := picks.Load(text)
	if !ok {
		s := plain(text)
		s.Varies = true
		statement, _ = picks.LoadOrStore(text, s)
	}
	return list(ctx, c, what, statement.(*Statement), scan, append(w.args, limit(n))...)
}

func lowerASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}
