package sql

import (
	"context"
	dbsql "database/sql"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	jsonformat "github.com/touchstone-hub/touchstone/formats/json"
)

var discard = slog.New(slog.DiscardHandler)

// load reads a connector file of this kind.
func load(t testing.TB, text string, env map[string]string) (*connectors.Configured, []config.Problem) {
	t.Helper()
	var ps config.Problems
	n := config.Parse("erp.yaml", []byte(text), func(name string) (string, bool) { v, ok := env[name]; return v, ok }, &ps)
	c := connectors.Load(n, "erp", connectors.LoadOptions{
		Kinds: []connectors.Kind{Kind}, Formats: []formats.Kind{jsonformat.JSON}, Folder: t.TempDir(),
	}, &ps)
	return c, ps.Sorted()
}

func loaded(t testing.TB, text string, env map[string]string) *connectors.Configured {
	t.Helper()
	c, problems := load(t, text, env)
	if c == nil {
		t.Fatalf("the file has problems: %v", problems)
	}
	return c
}

// folder is a temporary folder, in memory where the machine has such a place: tests that write much
// do not wait for the disk.
func folder(t testing.TB) string {
	t.Helper()
	const memory = "/dev/shm"
	name, err := os.MkdirTemp(memory, "touchstone-sql-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(name) })
	return name
}

// newSQLite makes a database file.
func newSQLite(t testing.TB, statements ...string) (file string, db *dbsql.DB) {
	t.Helper()
	file = filepath.Join(folder(t), "erp 100%.db")
	db, err := dbsql.Open("sqlite", "file:"+strings.ReplaceAll(strings.ReplaceAll(file, "%", "%25"), " ", "%20")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	run(t, db, statements...)
	return file, db
}

func run(t testing.TB, db *dbsql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// memory is a checkpoint.
type memory struct {
	mu    sync.Mutex
	state []byte
}

func (m *memory) Load(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

func (m *memory) Save(_ context.Context, state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = slices.Clone(state)
	return nil
}

// bench is a stream that a test polls by hand.
type bench struct {
	t      testing.TB
	env    connectors.Env
	source *source
	reader *reader
	got    []formats.Frame
	fail   error // what emit answers
}

func newBench(t testing.TB, file, stream string, env map[string]string) *bench {
	t.Helper()
	b := &bench{t: t, env: connectors.Env{Log: discard, DataFolder: folder(t), Checkpoint: &memory{}}}
	b.restart(file, stream, env)
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *bench) restart(file, stream string, env map[string]string) {
	b.t.Helper()
	b.stop()
	c := loaded(b.t, file, env)
	s, err := c.Connector.Source(stream, b.env)
	if err != nil {
		b.t.Fatal(err)
	}
	b.source = s.(*source)
	db, err := b.source.connect(b.t.Context(), true)
	if err != nil {
		b.t.Fatal(err)
	}
	b.reader = &reader{source: b.source, db: db, emit: func(_ context.Context, frames []formats.Frame) error {
		if b.fail != nil {
			return b.fail
		}
		b.got = append(b.got, frames...)
		return nil
	}}
	if err := b.reader.open(b.t.Context()); err != nil {
		db.close()
		b.reader = nil
		b.t.Fatal(err)
	}
}

func (b *bench) stop() {
	if b.reader != nil {
		b.reader.ledger.close()
		b.reader.db.close()
		b.reader = nil
	}
}

func (b *bench) poll() []string {
	b.t.Helper()
	b.got = nil
	if err := b.reader.poll(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return shown(b.got)
}

func (b *bench) sweep() []string {
	b.t.Helper()
	b.got = nil
	if err := b.reader.sweep(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return shown(b.got)
}

// shown writes frames as lines: the key, and what came with it.
func shown(frames []formats.Frame) []string {
	var list []string
	for _, f := range frames {
		line := f.Key + " " + string(f.Bytes)
		if f.Deleted {
			line += " deleted"
		}
		if f.Err != nil {
			line += " error: " + f.Err.Error()
		}
		list = append(list, line)
	}
	return list
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
}

// latest gives the last record of each key.
func latest(frames []formats.Frame) map[string]string {
	m := map[string]string{}
	for _, f := range frames {
		if m[f.Key] = string(f.Bytes); f.Deleted {
			delete(m, f.Key)
		}
	}
	return m
}

func sqliteFile(file, rest string) string {
	return "kind: sql\nsettings: {driver: sqlite, file: '" + file + "'}\n" + rest
}

func TestPoll_readsRowsOnceAndChangesAfterwards(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t,
		`CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, credit DECIMAL(10,2), active BOOLEAN, notes JSON, born DATE, photo BLOB, updated_at DATETIME)`,
		`INSERT INTO customers VALUES (1, '北京 "贸易"', 12.5, 1, '{"a": [1, 2.50]}', '1970-01-02', x'00ff', '2024-05-01 10:00:00.123456')`,
		`INSERT INTO customers VALUES (9007199254740993, NULL, 0.1, 0, NULL, NULL, NULL, '2024-05-01T12:00:00+02:00')`,
	)
	text := sqliteFile(file, "streams:\n  customers: {key: id, table: customers, changed: updated_at}\n")
	b := newBench(t, text, "customers", nil)
	same(t, b.poll(), []string{
		`1 {"id":1,"name":"北京 \"贸易\"","credit":12.5,"active":true,"notes":{"a":[1,2.50]},"born":"1970-01-02","photo":"AP8=","updated_at":"2024-05-01T10:00:00.123456Z"}`,
		`9007199254740993 {"id":9007199254740993,"name":null,"credit":0.1,"active":false,"notes":null,"born":null,"photo":null,"updated_at":"2024-05-01T10:00:00Z"}`,
	})
	if at := b.got[0].Position.String(); at != "customers key=1" {
		t.Errorf("position is %q", at)
	}
	same(t, b.poll(), nil)
	if low := b.reader.feed("").Low; low != "2024-05-01T11:59:54+02:00" {
		t.Errorf("read again is what was stamped after %v", low)
	}
	run(t, db, `UPDATE customers SET credit = 13, updated_at = '2024-05-02 00:00:00' WHERE id = 1`)
	b.restart(text, "customers", nil)
	if got := b.poll(); len(got) != 1 || !strings.Contains(got[0], `"credit":13,`) {
		t.Fatalf("got %v", got)
	}
	same(t, b.poll(), nil)
}

func TestRun_pollsAndStops(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t, `CREATE TABLE c (id TEXT PRIMARY KEY)`, `INSERT INTO c VALUES ('a')`)
	c := loaded(t, sqliteFile(file, "streams:\n  c: {key: id, table: c, poll: '@every 1s', sweep: '@every 1s'}\n"), nil)
	s, err := c.Connector.Source("c", connectors.Env{Log: discard, DataFolder: folder(t), Checkpoint: &memory{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	var all []formats.Frame
	err = s.Run(ctx, func(_ context.Context, frames []formats.Frame) error {
		all = append(all, frames...)
		switch {
		case frames[0].Deleted:
			cancel()
		default:
			run(t, db, `DELETE FROM c`)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, shown(all), []string{`a {"id":"a"}`, `a {"id":"a"} deleted`})
}

func TestDeliver_upsertsUpdatesAndDeletes(t *testing.T) {
	t.Parallel()
	file, _ := newSQLite(t, `CREATE TABLE c (id TEXT PRIMARY KEY, name TEXT NOT NULL, credit DECIMAL, active BOOLEAN DEFAULT 1, extra JSON)`)
	c := loaded(t, sqliteFile(file, "target:\n  c: {table: c, key: id, columns: {fullName: name}, deactivate: {set: {active: false}}, delete: true}\n"), nil)
	target, err := c.Connector.Target("c", connectors.Env{Log: discard})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := target.Deliver(t.Context(), []connectors.Delivery{
		{Operation: connectors.Create, Payload: []byte(`{"id":"K1","fullName":"李 \"雷\"'); DROP TABLE c; --","credit":12.50,"extra":{"a":[1]}}`)},
		{Operation: connectors.Create, Payload: []byte(`{"id":"K2","fullName":null}`)},
		{Operation: connectors.Create, Payload: []byte(`{"id":"K3","fullname":"x"}`)},
		{Operation: connectors.Create, Payload: []byte(`{"fullName":"x"}`)},
		{Operation: connectors.Create, Payload: []byte(`{"id":"K4","fullName":{"x":1}}`)},
		{Operation: connectors.Create, Payload: []byte(`{"id":"K5","fullName":"x"}`)},
		{Operation: connectors.Update, RemoteID: "K5", Payload: []byte(`{"fullName":"y"}`)},
		{Operation: connectors.Deactivate, RemoteID: "K1"},
		{Operation: connectors.Update, RemoteID: "K9", Payload: []byte(`{"fullName":"y"}`)},
		{Operation: connectors.Update, RemoteID: "K5", Payload: []byte(`{"id":"K6"}`)},
		{Operation: connectors.Delete, RemoteID: "K9"},
	})
	var got []string
	for _, o := range outcomes {
		line := string(o.Status) + " " + o.RemoteID
		if o.Err != nil {
			line += ": " + o.Err.Error()
		}
		got = append(got, line)
	}
	same(t, got, []string{
		"done K1",
		"refused : insert into c: constraint failed: NOT NULL constraint failed: c.name (1299)",
		`refused : the payload has "fullname", and c no column "fullname"; it has id, name, credit, active, extra`,
		"refused : the payload has no value for id, which is the key of c",
		"refused : member fullName: an object or list for column name, whose type TEXT is not JSON",
		"done K5", "done K5", "done K1",
		"missing : c has no row with key K9",
		"refused : the payload would change id, which is the key of c, from K5 to K6",
		"missing : c has no row with key K9",
	})
	var rows []string
	for f, err := range target.(connectors.Lister).List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, string(f.Bytes))
	}
	same(t, rows, []string{
		`{"id":"K1","name":"李 \"雷\"'); DROP TABLE c; --","credit":12.5,"active":false,"extra":{"a":[1]}}`,
		`{"id":"K5","name":"y","credit":null,"active":true,"extra":null}`,
	})
	if target.Repeat() != connectors.RepeatUpsert {
		t.Errorf("repeat is %s", target.Repeat())
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("30") // each check works on databases; more with -rapid.checks
	}
	os.Exit(m.Run())
}
