package sql

import (
	"context"
	dbsql "database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// clocked is a database whose clock a test sets.
type clocked struct {
	database
	at *time.Time
}

func (c clocked) now(context.Context) (time.Time, error) { return *c.at, nil }

// history is a random history of a table and of the hub that polls it. Writers stamp a row with
// the time (cut to the grain that the test is about) or leave it NULL, and commit it up to the
// overlap later.
type history struct {
	t       *rapid.T
	db      *dbsql.DB
	bench   *bench
	file    string
	clock   time.Time
	pending []write // in order of their stamps
	seen    map[string]string
	fails   int // so many calls of emit fail from now on
	partial bool
}

type write struct {
	due       time.Time
	statement string
	args      []any
}

const overlap = 3 * time.Second

// One property for all: whatever happened, once all is committed, a poll and a sweep later the hub
// has seen the newest version of every row and no other rows.
func TestPollAndSweep_endInWhatTheTableHolds(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{
		"changes": "changed: at, overlap: 3s, ", "whole table": "", "changes of lines": "changed: at, overlap: 3s, with: {lines: {table: lines, on: {c: id}, changed: at, key: n}}, ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				h := newHistory(t, rt, "streams:\n  c: {key: id, table: c, "+keys+"page: 2}\n", strings.Contains(keys, "lines"))
				defer h.bench.stop()
				rt.Repeat(map[string]func(*rapid.T){
					"write": h.write, "write alike": h.write, "wait": h.wait, "poll": h.poll, "sweep": h.sweep, "restart": h.restart, "fail": h.fail,
				})
				h.settle()
			})
		})
	}
}

func newHistory(t *testing.T, rt *rapid.T, streams string, lines bool) *history {
	file, db := newSQLite(t,
		`CREATE TABLE c (id INTEGER PRIMARY KEY, v INTEGER, at TEXT)`, `CREATE TABLE lines (n INTEGER PRIMARY KEY, c INTEGER, v INTEGER, at TEXT)`)
	h := &history{t: rt, db: db, file: sqliteFile(file, streams), clock: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), seen: map[string]string{}, partial: lines}
	h.bench = &bench{t: t, env: connectors.Env{Log: discard, DataFolder: folder(t), Checkpoint: &memory{}}}
	h.restart(rt)
	return h
}

func (h *history) restart(*rapid.T) {
	h.bench.restart(h.file, "c", nil)
	r := h.bench.reader
	r.db = clocked{r.db, &h.clock}
	r.emit = func(_ context.Context, frames []formats.Frame) error {
		if h.fails > 0 {
			h.fails--
			return errors.New("the broker is away")
		}
		for _, f := range frames {
			if h.seen[f.Key] = string(f.Bytes); f.Deleted {
				delete(h.seen, f.Key)
			}
		}
		return nil
	}
}

// write begins a transaction on one row.
func (h *history) write(t *rapid.T) {
	grain := rapid.SampledFrom([]time.Duration{time.Second, time.Millisecond}).Draw(t, "grain")
	stamp := any(h.clock.Truncate(grain).Format("2006-01-02 15:04:05.000"))
	if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
		stamp = nil
	}
	id, v := rapid.IntRange(1, 6).Draw(t, "id"), rapid.IntRange(0, 99).Draw(t, "v")
	w := write{
		due:       h.clock.Add(time.Duration(rapid.IntRange(0, int(overlap.Milliseconds())).Draw(t, "ms")) * time.Millisecond),
		statement: `INSERT INTO c VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET v = excluded.v, at = excluded.at`, args: []any{id, v, stamp},
	}
	if h.partial && rapid.Bool().Draw(t, "line") {
		w.statement = `INSERT INTO lines VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET v = excluded.v, at = excluded.at`
		w.args = []any{id, id%3 + 1, v, stamp}
	}
	if rapid.IntRange(0, 9).Draw(t, "delete") == 0 {
		w.statement, w.args = `DELETE FROM c WHERE id = ?`, []any{id}
	}
	// Rows are locked by whoever writes them: a second writer waits.
	for _, other := range h.pending {
		if other.args[0] == w.args[0] && other.due.After(w.due) {
			return
		}
	}
	h.pending = append(h.pending, w)
	h.commit()
}

func (h *history) wait(t *rapid.T) {
	h.clock = h.clock.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond)
	h.commit()
}

func (h *history) commit() {
	var later []write
	for _, w := range h.pending {
		if w.due.After(h.clock) {
			later = append(later, w)
			continue
		}
		if _, err := h.db.Exec(w.statement, w.args...); err != nil {
			h.t.Fatal(err)
		}
	}
	h.pending = later
}

func (h *history) poll(*rapid.T)  { h.try(h.bench.reader.poll) }
func (h *history) sweep(*rapid.T) { h.try(h.bench.reader.sweep) }
func (h *history) fail(t *rapid.T) {
	h.fails = rapid.IntRange(1, 2).Draw(t, "fails")
}

// try does what the hub does after an error: run the source again.
func (h *history) try(do func(context.Context) error) {
	if do(context.Background()) != nil {
		h.restart(h.t)
	}
}

func (h *history) settle() {
	h.fails = 0
	h.clock = h.clock.Add(overlap)
	h.commit()
	for _, do := range []func(context.Context) error{h.bench.reader.poll, h.bench.reader.sweep} {
		if err := do(context.Background()); err != nil {
			h.t.Fatal(err)
		}
	}
	want := map[string]string{}
	frames, _, err := h.bench.reader.frames(context.Background(), h.rows())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range frames {
		want[f.Key] = string(f.Bytes)
	}
	if diff := cmp.Diff(want, h.seen); diff != "" {
		h.t.Fatalf("-table +seen\n%s", diff)
	}
	for key, record := range h.seen {
		if !strings.HasPrefix(record, fmt.Sprintf(`{"id":%s,`, key)) {
			h.t.Fatalf("%s has the record %s", key, record)
		}
	}
}

func (h *history) rows() [][]any {
	rows, _, err := h.bench.reader.main.page(context.Background(), pageOf{order: h.bench.reader.key, missing: -1, limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	return rows
}
