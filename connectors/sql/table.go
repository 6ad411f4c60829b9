package sql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// table is a target's table with its columns.
type table struct {
	*writer
	db      database
	columns []column
	key     []column
}

func newTable(ctx context.Context, db database, w *writer) (*table, error) {
	v, err := newView(ctx, db, relation{Table: w.set.Table}, nil, time.UTC)
	if err != nil {
		return nil, err
	}
	t := &table{writer: w, db: db, columns: v.all}
	for _, k := range w.set.Key {
		i, err := v.need(k.Value, k.Position())
		if err != nil {
			return nil, err
		}
		t.key = append(t.key, v.all[i])
	}
	for _, c := range w.set.Columns {
		if _, err := v.need(c.Value.Value, c.Value.Position()); err != nil {
			return nil, err
		}
	}
	if by := w.set.FindBy; by.IsSet() {
		if _, err := v.need(by.Value, by.Position()); err != nil {
			return nil, err
		}
	}
	for _, a := range []*assignments{w.set.Deactivate, w.removal()} {
		if a == nil {
			continue
		}
		for _, one := range a.Set {
			if _, err := v.need(one.Key, one.Position); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func (w *writer) removal() *assignments {
	if w.set.Delete == nil {
		return nil
	}
	return &w.set.Delete.assignments
}

// assigned is a column with its parameter.
type assigned struct {
	column
	value any
}

func refused(format string, args ...any) connectors.Outcome {
	return connectors.Outcome{Status: connectors.Refused, Err: fmt.Errorf(format, args...)}
}

// write makes one delivery. The error is the database's, not yet told apart.
func (t *table) write(ctx context.Context, on session, d *connectors.Delivery) (connectors.Outcome, error) {
	if d.Operation == connectors.Create {
		return t.create(ctx, on, d)
	}
	if d.RemoteID == "" {
		return refused("%s without the row's key", d.Operation), nil
	}
	key, err := t.parseKey(d.RemoteID)
	if err != nil {
		return refused("%w", err), nil
	}
	switch d.Operation {
	case connectors.Update:
		values, err := t.values(d.Payload)
		if err != nil {
			return refused("%w", err), nil
		}
		if values, err = t.withoutKey(values, key); err != nil {
			return refused("%w", err), nil
		}
		return t.update(ctx, on, d.RemoteID, key, values)
	case connectors.Deactivate:
		if t.set.Deactivate == nil {
			return refused("the target %s has no deactivate", t.name), nil
		}
		return t.update(ctx, on, d.RemoteID, key, t.assigned(t.set.Deactivate))
	case connectors.Delete:
		switch {
		case t.set.Delete == nil:
			return refused("the target %s has no delete", t.name), nil
		case !t.set.Delete.hard:
			return t.update(ctx, on, d.RemoteID, key, t.assigned(&t.set.Delete.assignments))
		}
		s := &statement{db: t.db}
		s.add("DELETE FROM ", quoteTable(t.set.Table.Value), t.where(s, key))
		return t.run(ctx, on, s, d.RemoteID)
	}
	return refused("unknown operation %q", d.Operation), nil
}

// create upserts by the key, or inserts and learns the key that the database gave.
func (t *table) create(ctx context.Context, on session, d *connectors.Delivery) (connectors.Outcome, error) {
	values, err := t.values(d.Payload)
	if err != nil {
		return refused("%w", err), nil
	}
	if by := t.set.FindBy.Value; by != "" {
		if !slices.ContainsFunc(values, func(a assigned) bool { return a.name == by }) {
			values = append(values, assigned{t.column(by), d.Subject})
		}
		if o, found, err := t.find(ctx, on, values); found || err != nil {
			return o, err
		}
	}
	if !t.set.Generated {
		for _, k := range t.key {
			if !slices.ContainsFunc(values, func(a assigned) bool { return a.name == k.name && a.value != nil }) {
				return refused("the payload has no value for %s, which is the key of %s", k.name, t.set.Table.Value), nil
			}
		}
	}
	s := t.insert(values)
	o := connectors.Outcome{Status: connectors.Done}
	err = on.each(ctx, s.sql.String(), s.args, func(row []any) error {
		var err error
		o.RemoteID, err = keyText(t.key, row)
		return err
	})
	if err != nil {
		return o, fmt.Errorf("insert into %s: %w", t.set.Table.Value, err)
	}
	return o, nil
}

func (t *table) insert(values []assigned) *statement {
	s := &statement{db: t.db}
	s.add("INSERT INTO ", quoteTable(t.set.Table.Value))
	var names, sets []string
	var params []any
	for _, v := range values {
		names, params = append(names, quote(v.name)), append(params, v.value)
		if !t.isKey(v.name) {
			sets = append(sets, quote(v.name)+" = excluded."+quote(v.name))
		}
	}
	if len(values) == 0 {
		s.add(" DEFAULT VALUES")
	} else {
		s.add(" (", strings.Join(names, ", "), ") VALUES (", s.values(params), ")")
	}
	keys := make([]string, len(t.key))
	for i, k := range t.key {
		keys[i] = quote(k.name)
	}
	if !t.set.Generated {
		if len(sets) == 0 { // DO NOTHING would return no row
			sets = []string{keys[0] + " = excluded." + keys[0]}
		}
		s.add(" ON CONFLICT (", strings.Join(keys, ", "), ") DO UPDATE SET ", strings.Join(sets, ", "))
	}
	for i := range keys {
		keys[i] = t.db.read(keys[i])
	}
	s.add(" RETURNING ", strings.Join(keys, ", "))
	return s
}

// find looks for the row that a create would make, and updates it.
func (t *table) find(ctx context.Context, on session, values []assigned) (o connectors.Outcome, found bool, err error) {
	by := slices.IndexFunc(values, func(a assigned) bool { return a.name == t.set.FindBy.Value })
	s := &statement{db: t.db}
	s.add("SELECT ", t.db.read(quote(t.key[0].name)), " FROM ", quoteTable(t.set.Table.Value), " WHERE ", quote(values[by].name), " = ", s.value(values[by].value), " LIMIT 2")
	var keys []any
	err = on.each(ctx, s.sql.String(), s.args, func(row []any) error {
		keys = append(keys, row[0])
		return nil
	})
	switch {
	case err != nil:
		return o, false, fmt.Errorf("look for a row by %s: %w", values[by].name, err)
	case len(keys) == 0:
		return o, false, nil
	case len(keys) > 1:
		return refused("several rows of %s have this %s", t.set.Table.Value, values[by].name), true, nil
	}
	id, err := keyText(t.key, keys)
	if err != nil {
		return refused("%w", err), true, nil
	}
	if values, err = t.withoutKey(values, keys); err != nil {
		return refused("%w", err), true, nil
	}
	o, err = t.update(ctx, on, id, keys, values)
	return o, true, err
}

func (t *table) update(ctx context.Context, on session, id string, key []any, values []assigned) (connectors.Outcome, error) {
	s := &statement{db: t.db}
	sets := make([]string, len(values))
	for i, v := range values {
		sets[i] = quote(v.name) + " = " + s.value(v.value)
	}
	if len(sets) == 0 { // whether the row is there must be known all the same
		sets = []string{quote(t.key[0].name) + " = " + quote(t.key[0].name)}
	}
	s.add("UPDATE ", quoteTable(t.set.Table.Value), " SET ", strings.Join(sets, ", "), t.where(s, key))
	return t.run(ctx, on, s, id)
}

func (t *table) where(s *statement, key []any) string {
	conditions := make([]string, len(key))
	for i, k := range t.key {
		conditions[i] = quote(k.name) + " = " + s.value(key[i])
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// run touches one row, or finds that it is not there.
func (t *table) run(ctx context.Context, on session, s *statement, id string) (connectors.Outcome, error) {
	touched, err := on.exec(ctx, s.sql.String(), s.args...)
	switch {
	case err != nil:
		return connectors.Outcome{}, fmt.Errorf("write %s: %w", t.set.Table.Value, err)
	case touched == 0:
		return connectors.Outcome{Status: connectors.Missing, Err: fmt.Errorf("%s has no row with key %s", t.set.Table.Value, id)}, nil
	}
	return connectors.Outcome{Status: connectors.Done, RemoteID: id}, nil
}

// values reads a payload's members as columns, in the table's order.
func (t *table) values(payload []byte) ([]assigned, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil || members == nil {
		return nil, fmt.Errorf("the payload is no JSON object")
	}
	given := map[string]string{}
	for member := range members {
		column := t.writer.column(member)
		if first, twice := given[column]; twice {
			return nil, fmt.Errorf("the payload has both %s and %s for column %s", min(first, member), max(first, member), column)
		}
		given[column] = member
	}
	var values []assigned
	for _, c := range t.columns {
		member, found := given[c.name]
		if !found {
			continue
		}
		delete(given, c.name)
		v, err := t.value(c, members[member])
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", member, err)
		}
		values = append(values, assigned{c, v})
	}
	for column, member := range given {
		return nil, t.unknown(column, member)
	}
	return values, nil
}

func (t *table) unknown(column, member string) error {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	hint := ""
	if near := config.Nearest(column, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("the payload has %q, and %s no column %q; it has %s%s", member, t.set.Table.Value, column, strings.Join(names, ", "), hint)
}

// value reads one member.
func (t *table) value(c column, raw json.RawMessage) (any, error) {
	if c.json {
		if string(raw) == "null" {
			return nil, nil
		}
		return string(raw), nil
	}
	if raw[0] == '{' || raw[0] == '[' {
		return nil, fmt.Errorf("an object or list for column %s, whose type %s is not JSON", c.name, c.typ)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return t.db.bind(c, v), nil
}

func (t *table) assigned(a *assignments) []assigned {
	values := make([]assigned, len(a.Set))
	for i, one := range a.Set {
		c := t.column(one.Key)
		values[i] = assigned{c, t.db.bind(c, constant(one.Value))}
	}
	return values
}

func (t *table) column(name string) column {
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
	return t.columns[i]
}

// parseKey reads a remote ID as the key's values.
func (t *table) parseKey(id string) ([]any, error) {
	parts := []string{id}
	if len(t.key) > 1 {
		parts = strings.Split(id, "/")
	}
	if len(parts) != len(t.key) {
		return nil, fmt.Errorf("%q has %d parts, and the key of %s has %d", id, len(parts), t.set.Table.Value, len(t.key))
	}
	key := make([]any, len(parts))
	for i, part := range parts {
		if len(parts) > 1 {
			part = unescaped.Replace(part)
		}
		key[i] = t.db.bind(t.key[i], part)
	}
	return key, nil
}

// withoutKey leaves the key out of what is to be set; it must be the row's own.
func (t *table) withoutKey(values []assigned, key []any) ([]assigned, error) {
	var rest []assigned
	for _, v := range values {
		i := slices.IndexFunc(t.key, func(k column) bool { return k.name == v.name })
		if i < 0 {
			rest = append(rest, v)
			continue
		}
		if fmt.Sprint(v.value) != fmt.Sprint(key[i]) {
			return nil, fmt.Errorf("the payload would change %s, which is the key of %s, from %v to %v", v.name, t.set.Table.Value, key[i], v.value)
		}
	}
	return rest, nil
}
