package sql

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/formats"
)

// most bytes of frames that are handed over at once; a page may hold more.
const mostBytes = 8 << 20

// poll reads what has changed.
func (r *reader) poll(ctx context.Context) error {
	if r.changed < 0 {
		if err := r.whole(ctx, r.main, r.key, -1, r.take); err != nil {
			return err
		}
		return r.save(ctx)
	}
	if err := r.changes(ctx, "", r.main, r.changed, r.key, r.take); err != nil {
		return err
	}
	for _, rel := range r.related {
		if rel.changed < 0 {
			continue
		}
		take := func(ctx context.Context, rows [][]any) error { return r.parents(ctx, rel, rows) }
		if err := r.changes(ctx, "with."+rel.name, rel.view, rel.changed, rel.key, take); err != nil {
			return err
		}
	}
	return r.save(ctx)
}

// changes reads a table's rows by their column of changes, page by page.
func (r *reader) changes(ctx context.Context, name string, v *view, changed int, key []int, take func(context.Context, [][]any) error) error {
	now, err := r.db.now(ctx)
	if err != nil {
		return reading(r.db, v.relation.position(), "ask for the time", err)
	}
	p, c, order := r.feed(name), v.selected[changed], append([]int{changed}, key...)
	p.begin(now)
	for more := true; more; {
		var rows [][]any
		rows, more, err = v.page(ctx, pageOf{
			order: order, above: p.Low, after: p.At, missing: -1, limit: r.stream.set.Page,
		})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if err := take(ctx, rows); err != nil {
			return err
		}
		p.pass(c, rows, order, now)
	}
	if now, err = r.db.now(ctx); err != nil {
		return reading(r.db, v.relation.position(), "ask for the time", err)
	}
	if p.At != nil && p.Top == nil {
		r.env.Log.Warn("no value of changed is a time before now: all rows are read at each poll", "system", r.system, "stream", r.stream.name, "column", c.name)
	}
	p.end(c, now, r.stream.set.Overlap)
	// Rows without a time of change have no place in that order: they are all read each time.
	return r.whole(ctx, v, key, changed, take)
}

// whole reads all rows, or those with NULL in a column, in order of their key.
func (r *reader) whole(ctx context.Context, v *view, key []int, missing int, take func(context.Context, [][]any) error) error {
	p := pageOf{order: key, missing: missing, limit: r.stream.set.Page}
	for more := true; more; {
		var (
			rows [][]any
			err  error
		)
		if rows, more, err = v.page(ctx, p); err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if err := take(ctx, rows); err != nil {
			return err
		}
		p.after = cells(rows[len(rows)-1], key)
	}
	return nil
}

// parents takes the records to which changed rows belong.
func (r *reader) parents(ctx context.Context, rel *related, rows [][]any) error {
	tuples, _ := distinct(rows, rel.own)
	var found [][]any
	flush := func() error {
		err := r.take(ctx, found)
		found = found[:0]
		return err
	}
	var all [][]any
	err := r.main.matching(ctx, rel.parent, columnsAt(rel.view, rel.own), tuples, func(_ int, row []any) error {
		all = append(all, append([]any(nil), row...))
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range all {
		if found = append(found, row); len(found) == r.stream.set.Page {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// lastUnkeyed is below all keys, and above what the ledger calls rows that have none: so that they
// are dead letters once, and not again.
const lastUnkeyed = "\x00~"

// take hands over those rows whose record is not the one that the ledger knows, and notes them.
func (r *reader) take(ctx context.Context, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	frames, keys, err := r.frames(ctx, rows)
	if err != nil {
		return err
	}
	for i := range keys {
		if keys[i] == "" {
			h := hashOf(frames[i].Bytes)
			keys[i] = "\x00" + hex.EncodeToString(h[:])
		}
	}
	known, err := r.ledger.known(ctx, keys)
	if err != nil {
		return fmt.Errorf("look into the ledger: %w", err)
	}
	var (
		send    []formats.Frame
		entries []entry
		size    int
	)
	flush := func() error {
		if len(send) == 0 {
			return nil
		}
		if err := r.emit(ctx, send); err != nil {
			return err
		}
		if err := r.ledger.record(ctx, entries, nil); err != nil {
			return fmt.Errorf("write the ledger: %w", err)
		}
		send, entries, size = nil, nil, 0
		return r.save(ctx)
	}
	for i, f := range frames {
		h := hashOf(f.Bytes)
		if was, found := known[keys[i]]; found && was == h {
			continue
		}
		known[keys[i]] = h
		text, err := json.Marshal(cells(rows[i], r.key))
		if err != nil {
			return err
		}
		send, entries, size = append(send, f), append(entries, entry{keys[i], string(text), h}), size+len(f.Bytes)
		if size >= mostBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// frames writes rows as records, with the rows that belong to them.
func (r *reader) frames(ctx context.Context, rows [][]any) ([]formats.Frame, []string, error) {
	frames, keys := make([]formats.Frame, len(rows)), make([]string, len(rows))
	for i, row := range rows {
		frames[i].Bytes, frames[i].Err = r.main.object(nil, row)
		var err error
		if keys[i], err = r.keyOf(row); err != nil && frames[i].Err == nil {
			frames[i].Err = err
		}
		frames[i].Key = keys[i]
		frames[i].Position = formats.Position{Origin: r.origin(), Offset: -1, Path: "key=" + keys[i]}
	}
	for _, rel := range r.related {
		texts, bad, err := rel.load(ctx, r.main, rows)
		if err != nil {
			return nil, nil, err
		}
		for i := range frames {
			frames[i].Bytes = append(member(frames[i].Bytes, rel.name), texts[i]...)
			if frames[i].Err == nil {
				frames[i].Err = bad[i]
			}
		}
	}
	for i := range frames {
		frames[i].Bytes = append(frames[i].Bytes, '}')
	}
	return frames, keys, nil
}

// origin names the stream's rows in positions.
func (r *reader) origin() string {
	if r.stream.set.Query.IsSet() {
		return r.stream.name
	}
	return r.stream.set.Table.Value
}

// keyOf gives a row's key: the columns' values as a record has them, joined by "/".
func (r *reader) keyOf(row []any) (string, error) {
	return keyText(columnsAt(r.main, r.key), cells(row, r.key))
}

// escaped keeps the parts of a key of several columns apart.
var (
	escaped   = strings.NewReplacer("%", "%25", "/", "%2F")
	unescaped = strings.NewReplacer("%25", "%", "%2F", "/")
)

func keyText(columns []column, values []any) (string, error) {
	parts := make([]string, len(values))
	for i, v := range values {
		if v == nil {
			return "", errNullKey
		}
		text, err := columns[i].write(nil, v)
		if err != nil {
			return "", fmt.Errorf("key column %s: %w", columns[i].name, err)
		}
		parts[i] = string(text)
		if text[0] == '"' {
			if err := json.Unmarshal(text, &parts[i]); err != nil {
				return "", err
			}
		}
		if len(values) > 1 {
			parts[i] = escaped.Replace(parts[i])
		}
	}
	key := strings.Join(parts, "/")
	if key == "" || key[0] == 0 {
		return "", errNoKey
	}
	return key, nil
}
