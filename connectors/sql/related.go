package sql

import (
	"context"
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	jsonformat "github.com/touchstone-hub/touchstone/formats/json"
)

// related are rows of another table that are part of a record.
type related struct {
	*view
	name    string
	own     []int // their columns that name the record
	parent  []int // the record's columns with the same values
	orderBy []string
	changed int // -1: changes of theirs alone are not looked for
	key     []int
}

func (r *reader) newRelated(ctx context.Context, k config.Named[relatedKeys]) (*related, error) {
	for _, c := range r.main.selected[:r.main.out] {
		if c.name == k.Name {
			return nil, permanent(k.Position, "%s has a column %q itself", r.main.name(), k.Name)
		}
	}
	v, err := newView(ctx, r.db, k.Value.relation, k.Value.Columns, r.stream.zone)
	if err != nil {
		return nil, err
	}
	rel := &related{view: v, name: k.Name, changed: -1}
	for _, on := range k.Value.On {
		own, err := v.need(on.Name, on.Position)
		if err != nil {
			return nil, err
		}
		parent, err := r.main.need(on.Value.Value, on.Value.Position())
		if err != nil {
			return nil, err
		}
		rel.own, rel.parent = append(rel.own, own), append(rel.parent, parent)
	}
	for _, o := range k.Value.OrderBy {
		i, err := v.need(o.column.Value, o.column.Position())
		if err != nil {
			return nil, err
		}
		by := v.ref(i)
		if o.descending {
			by += " DESC"
		}
		rel.orderBy = append(rel.orderBy, by)
	}
	// The same rows must come in the same order, or the record would seem to have changed.
	for i := range v.out {
		rel.orderBy = append(rel.orderBy, r.db.sortable(v.selected[i], v.ref(i)))
	}
	return rel, rel.feed(k.Value)
}

// feed finds the columns by which changes of these rows are read.
func (r *related) feed(k relatedKeys) (err error) {
	if !k.Changed.IsSet() {
		return nil
	}
	if r.changed, err = r.need(k.Changed.Value, k.Changed.Position()); err != nil {
		return err
	}
	for _, name := range k.Key {
		i, err := r.need(name.Value, name.Position())
		if err != nil {
			return err
		}
		r.key = append(r.key, i)
	}
	return nil
}

// load gives, for each of the records' rows, the rows that belong to it as a JSON array, and what
// could not be written of them. One statement reads them for all.
func (r *related) load(ctx context.Context, main *view, rows [][]any) ([][]byte, []error, error) {
	tuples, of := distinct(rows, r.parent)
	types := columnsAt(main, r.parent)
	lists, problems := make([][]byte, len(tuples)), make([]error, len(tuples))
	err := r.matching(ctx, r.own, types, tuples, func(n int, row []any) error {
		sign := byte(',')
		if lists[n] == nil {
			sign = '['
		}
		text, err := r.object(append(lists[n], sign), row)
		if err != nil && problems[n] == nil {
			problems[n] = fmt.Errorf("%s: %w", r.name, err)
		}
		lists[n] = append(text, '}')
		return nil
	}, r.orderBy...)
	if err != nil {
		return nil, nil, err
	}
	texts, bad := make([][]byte, len(rows)), make([]error, len(rows))
	for i, n := range of {
		texts[i] = []byte("[]")
		if n >= 0 && lists[n] != nil {
			texts[i], bad[i] = append(lists[n][:len(lists[n]):len(lists[n])], ']'), problems[n]
		}
	}
	return texts, bad, nil
}

// distinct gives the different tuples of some columns, and each row's; -1 where one is NULL.
func distinct(rows [][]any, places []int) (tuples [][]any, of []int) {
	at := map[string]int{}
	of = make([]int, len(rows))
	for i, row := range rows {
		tuple := cells(row, places)
		var name strings.Builder
		null := false
		for _, v := range tuple {
			null = null || v == nil
			text := fmt.Sprint(v)
			fmt.Fprintf(&name, "%T %d %s ", v, len(text), text)
		}
		if null {
			of[i] = -1
			continue
		}
		n, found := at[name.String()]
		if !found {
			n = len(tuples)
			at[name.String()], tuples = n, append(tuples, tuple)
		}
		of[i] = n
	}
	return tuples, of
}

func columnsAt(v *view, places []int) []column {
	list := make([]column, len(places))
	for i, p := range places {
		list[i] = v.selected[p]
	}
	return list
}

// member appends `,"name":` to an object that is being written.
func member(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(jsonformat.AppendString(dst, name), ':')
}
