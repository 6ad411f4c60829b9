package sql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/touchstone-hub/touchstone/formats"
)

// sweepPages is how many times a page's rows one query of a sweep reads: keys alone are small.
const sweepPages = 10

// sweep reads all keys, finds rows that are gone, and on the way rows that no poll has seen. Keys
// are noted in the ledger instead of being compared in order: two databases sort text differently.
// A row that is missing is looked for once more before it is called deleted: it may have come back,
// or moved behind the place where the sweep was.
func (r *reader) sweep(ctx context.Context) error {
	if err := r.ledger.beginSweep(ctx); err != nil {
		return fmt.Errorf("begin a sweep: %w", err)
	}
	keys, err := r.keyView()
	if err != nil {
		return err
	}
	p := pageOf{order: places(len(r.key)), missing: -1, limit: r.stream.set.Page * sweepPages}
	for more := true; more; {
		var rows [][]any
		if rows, more, err = keys.page(ctx, p); err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if err := r.sawKeys(ctx, keys, rows); err != nil {
			return err
		}
		p.after = rows[len(rows)-1]
	}
	if err := r.unkeyed(ctx); err != nil {
		return err
	}
	return r.gone(ctx)
}

// keyView reads the key alone.
func (r *reader) keyView() (*view, error) {
	v := &view{db: r.db, relation: r.main.relation, all: r.main.all}
	for _, i := range r.key {
		if _, err := v.need(r.main.selected[i].name, r.stream.at); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// sawKeys notes keys, and reads the rows of those that the ledger does not know.
func (r *reader) sawKeys(ctx context.Context, v *view, rows [][]any) error {
	texts := make([]string, 0, len(rows))
	for _, row := range rows {
		text, err := keyText(v.selected, row)
		if err != nil {
			text = ""
		}
		texts = append(texts, text)
	}
	if err := r.ledger.see(ctx, texts); err != nil {
		return fmt.Errorf("note the keys of a sweep: %w", err)
	}
	known, err := r.ledger.known(ctx, texts)
	if err != nil {
		return fmt.Errorf("look into the ledger: %w", err)
	}
	var missed [][]any
	for i, text := range texts {
		if _, found := known[text]; !found {
			missed = append(missed, rows[i])
		}
	}
	for len(missed) > 0 {
		n := min(len(missed), r.stream.set.Page)
		var found [][]any
		err := r.main.matching(ctx, r.key, v.selected, missed[:n], func(_ int, row []any) error {
			found = append(found, append([]any(nil), row...))
			return nil
		})
		if err != nil {
			return err
		}
		if err := r.take(ctx, found); err != nil {
			return err
		}
		missed = missed[n:]
	}
	return nil
}

// gone emits the rows that the ledger knows and the table has no longer.
func (r *reader) gone(ctx context.Context) error {
	columns := columnsAt(r.main, r.key)
	for after := lastUnkeyed; ; {
		entries, err := r.ledger.unseen(ctx, after, r.stream.set.Page)
		if err != nil || len(entries) == 0 {
			return err
		}
		after = entries[len(entries)-1].key
		var (
			candidates []entry
			tuples     [][]any
		)
		for _, e := range entries {
			tuple, err := decodeCells(e.cells)
			if err != nil {
				return fmt.Errorf("read the ledger: %w", err)
			}
			if len(tuple) == len(columns) { // else the key was another one when the row was read
				tuples = append(tuples, tuple)
			} else {
				tuples = append(tuples, nil)
			}
			candidates = append(candidates, e)
		}
		back, err := r.lookAgain(ctx, columns, tuples)
		if err != nil {
			return err
		}
		if err := r.bury(ctx, columns, candidates, tuples, back); err != nil {
			return err
		}
	}
}

// lookAgain gives the places of those tuples whose rows are there after all.
func (r *reader) lookAgain(ctx context.Context, columns []column, tuples [][]any) (map[int]bool, error) {
	var (
		asked [][]any
		place []int
	)
	for i, t := range tuples {
		if t != nil {
			asked, place = append(asked, t), append(place, i)
		}
	}
	back := map[int]bool{}
	err := r.main.matching(ctx, r.key, columns, asked, func(n int, _ []any) error {
		back[place[n]] = true
		return nil
	})
	return back, err
}

// bury hands over deleted rows: their record is the key's columns alone.
func (r *reader) bury(ctx context.Context, columns []column, entries []entry, tuples [][]any, back map[int]bool) error {
	var (
		frames []formats.Frame
		keys   []string
	)
	for i, e := range entries {
		if back[i] {
			continue
		}
		record := []byte{'{'}
		for n, c := range columns {
			if tuples[i] == nil {
				break
			}
			var err error
			if record, err = c.write(member(record, c.name), tuples[i][n]); err != nil {
				return fmt.Errorf("write the key %s: %w", e.key, err)
			}
		}
		keys = append(keys, e.key)
		frames = append(frames, formats.Frame{
			Bytes: append(record, '}'), Key: e.key, Deleted: true,
			Position: formats.Position{Origin: r.origin(), Offset: -1, Path: "key=" + e.key},
		})
	}
	if len(frames) == 0 {
		return nil
	}
	if err := r.emit(ctx, frames); err != nil {
		return err
	}
	if err := r.ledger.record(ctx, nil, keys); err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	return r.save(ctx)
}

// unkeyed hands over, as dead letters, rows with NULL in their key: no order has a place for them.
func (r *reader) unkeyed(ctx context.Context) error {
	s := &statement{db: r.db}
	s.add("SELECT ", r.main.list(), " FROM ", r.main.relation.from(), " AS t WHERE ")
	for i, ref := range r.main.refs(r.key) {
		if i > 0 {
			s.add(" OR ")
		}
		s.add(ref, " IS NULL")
	}
	s.add(fmt.Sprintf(" LIMIT %d", r.stream.set.Page))
	rows, err := r.main.collect(ctx, s)
	if err != nil || len(rows) == 0 {
		return err
	}
	return r.take(ctx, rows)
}

func decodeCells(text string) ([]any, error) {
	var list []any
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = cell(list[i])
	}
	return list, nil
}
