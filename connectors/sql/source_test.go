package sql

import (
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/connectors"
)

func TestPoll_nestsRelatedRowsAndFollowsTheirChanges(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t,
		`CREATE TABLE orders (company TEXT, no INTEGER, note TEXT, at INTEGER, PRIMARY KEY (company, no))`,
		`CREATE TABLE lines (id INTEGER PRIMARY KEY, company TEXT, order_no INTEGER, pos INTEGER, sku TEXT, at INTEGER)`,
		`INSERT INTO orders VALUES ('a/b', 1, NULL, 1), ('a%', 2, '京', 2), ('a', 3, '', 2)`,
		`INSERT INTO lines VALUES (1, 'a/b', 1, 2, 'x', 1), (2, 'a/b', 1, 1, 'y', 1), (3, 'a%', 2, 1, 'z', 1), (4, NULL, 3, 1, 'nobody', 1)`)
	b := newBench(t, sqliteFile(file, `streams:
  orders:
    key: [company, no]
    table: orders
    columns: [note]
    changed: at
    with: {lines: {table: lines, columns: [sku], on: {company: company, order_no: no}, order_by: [pos desc], changed: at, key: id}}
`), "orders", nil)
	same(t, b.poll(), []string{
		`a%2Fb/1 {"note":null,"lines":[{"sku":"x"},{"sku":"y"}]}`,
		`a/3 {"note":"","lines":[]}`,
		`a%25/2 {"note":"京","lines":[{"sku":"z"}]}`,
	})
	run(t, db, `UPDATE lines SET sku = 'zz', at = 3 WHERE id = 3`)
	same(t, b.poll(), []string{`a%25/2 {"note":"京","lines":[{"sku":"zz"}]}`})
	same(t, b.poll(), nil)
	run(t, db, `DELETE FROM orders WHERE no < 3`)
	same(t, b.sweep(), []string{`a%25/2 {"company":"a%","no":2} deleted`, `a%2Fb/1 {"company":"a/b","no":1} deleted`})
	same(t, b.sweep(), nil)
}

func TestPoll_makesDeadLettersOfRowsThatCannotBeRecords(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t, `CREATE TABLE c (id TEXT, name TEXT, extra JSON)`,
		`INSERT INTO c VALUES ('1', CAST(x'41ff' AS TEXT), NULL), ('2', 'ok', '{broken'), (NULL, 'lost', NULL), ('', 'empty', NULL), ('3', 'ok', NULL)`)
	b := newBench(t, sqliteFile(file, "streams:\n  c: {key: id, table: c}\n"), "c", nil)
	want := []string{
		` {"id":"","name":"empty","extra":null} error: the key is an empty text`,
		"1 {\"id\":\"1\",\"name\":\"A\uFFFD\",\"extra\":null} error: column name: the text is not UTF-8",
		`2 {"id":"2","name":"ok","extra":"{broken"} error: column extra: read JSON: invalid character 'b' looking for beginning of object key string`,
		`3 {"id":"3","name":"ok","extra":null}`,
	}
	same(t, b.poll(), want)
	same(t, b.sweep(), []string{` {"id":null,"name":"lost","extra":null} error: a column of the key is NULL`})
	same(t, b.poll(), nil)
	same(t, b.sweep(), nil)
	run(t, db, `INSERT INTO c VALUES ('3', 'again', NULL)`)
	err := b.reader.poll(t.Context())
	if class, _ := connectors.Classify(err); class != connectors.ClassPermanent || !strings.Contains(err.Error(), "key is not unique in c: [3] is there twice") {
		t.Errorf("got %v, which is %s", err, class)
	}
}

func TestPoll_readsAllAgainWhereLedgerAndCheckpointPart(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t, `CREATE TABLE c (id INTEGER PRIMARY KEY, name TEXT, at INTEGER)`, `INSERT INTO c VALUES (1, 'a', 1), (2, 'b', 2)`)
	text := sqliteFile(file, "streams:\n  c: {key: id, table: c, changed: at}\n")
	all := []string{`1 {"id":1,"name":"a","at":1}`, `2 {"id":2,"name":"b","at":2}`}
	b := newBench(t, text, "c", nil)
	same(t, b.poll(), all)
	run(t, db, `DELETE FROM c WHERE id = 2`)

	checkpoint := b.env.Checkpoint.(*memory)
	before := checkpoint.state
	checkpoint.state = nil
	b.restart(text, "c", nil)
	same(t, b.poll(), all[:1])
	same(t, b.sweep(), []string{`2 {"id":2} deleted`})

	run(t, db, `INSERT INTO c VALUES (2, 'b', 2)`, `INSERT INTO c VALUES (3, 'c', 3)`)
	b.poll()
	checkpoint.state = before // the hub's store came back from an old backup
	b.restart(text, "c", nil)
	same(t, b.poll(), append(all[:2:2], `3 {"id":3,"name":"c","at":3}`))

	b.env.DataFolder = folder(t) // the ledger was lost
	b.restart(text, "c", nil)
	same(t, b.poll(), append(all[:2:2], `3 {"id":3,"name":"c","at":3}`))

	b.restart(strings.Replace(text, "table: c,", "table: c, columns: [name],", 1), "c", nil)
	same(t, b.poll(), []string{`1 {"name":"a"}`, `2 {"name":"b"}`, `3 {"name":"c"}`})
}

func TestPoll_isNotMisledByTimesInTheFuture(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t, `CREATE TABLE c (id INTEGER PRIMARY KEY, at TEXT)`, `INSERT INTO c VALUES (1, '2999-01-01 00:00:00'), (2, 'soon')`)
	b := newBench(t, sqliteFile(file, "streams:\n  c: {key: id, table: c, changed: at, overlap: 0s}\n"), "c", nil)
	now, err := b.reader.db.now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.reader.db = clocked{b.reader.db, &now}
	b.poll()
	for range 3 {
		now = now.Add(overlap)
		b.poll()
	}
	run(t, db, `INSERT INTO c VALUES (3, '`+now.UTC().Format("2006-01-02 15:04:05")+`')`)
	if got := b.poll(); len(got) != 1 || !strings.HasPrefix(got[0], "3 ") {
		t.Errorf("got %v", got)
	}
	if b.reader.feed("").Low == nil {
		t.Error("nothing was settled")
	}
}

func TestOpen_tellsOfEveryProblem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no driver":       {"kind: sql\nsettings: {file: x}\nstreams: {c: {key: id, table: c}}", `erp.yaml:2:11: "driver" is missing; expected one of postgres, sqlite`},
		"no file":         {"kind: sql\nsettings: {driver: sqlite}\nstreams: {c: {key: id, table: c}}", "erp.yaml:2:11: nothing says which SQLite database is meant; expected file: with a path"},
		"no url":          {"kind: sql\nsettings: {driver: postgres}\nstreams: {c: {key: id, table: c}}", "erp.yaml:2:11: nothing says where the database is; expected url: such as ${ERP_DATABASE}"},
		"wrong url":       {"kind: sql\nsettings: {driver: postgres, url: '${ERP}'}\nstreams: {c: {key: id, table: c}}", "erp.yaml:2:35: the url is not one of PostgreSQL; expected postgres://user:password@host:5432/name"},
		"no key":          {sqliteFile("x", "streams: {c: {table: c}}"), "erp.yaml:3:11: nothing says by which column rows are told apart; expected key: with a column, or a list of columns"},
		"no table":        {sqliteFile("x", "streams: {c: {key: id}}"), "erp.yaml:3:11: one of table and query must be given; expected table: with a name, or query: with a SELECT"},
		"table and query": {sqliteFile("x", "streams: {c: {key: id, table: c, query: SELECT 1}}"), "erp.yaml:3:11: one of table and query must be given; expected table: with a name, or query: with a SELECT"},
		"table name":      {sqliteFile("x", "streams: {c: {key: id, table: a.b.c}}"), `erp.yaml:3:31: table is "a.b.c"; expected name, or schema.name`},
		"zone":            {sqliteFile("x", "streams: {c: {key: id, table: c, zone: Berlin}}"), `erp.yaml:3:40: unknown time zone "Berlin"; expected a name such as Europe/Berlin or Asia/Shanghai`},
		"sweep":           {sqliteFile("x", "streams: {c: {key: id, table: c, sweep: daily}}"), `erp.yaml:3:41: sweep is "daily"; expected a cron expression such as "0 3 * * *", or @every 1h`},
		"order":           {sqliteFile("x", "streams: {c: {key: id, table: c, with: {l: {table: l, on: {c: id}, order_by: no down}}}}"), `erp.yaml:3:78: order_by is "no down"; expected a column, with asc or desc after it`},
		"child's key":     {sqliteFile("x", "streams: {c: {key: id, table: c, with: {l: {table: l, on: {c: id}, changed: at}}}}"), "erp.yaml:3:77: changed: without a key cannot be read page by page; expected key: with the column by which these rows are told apart"},
		"unknown key":     {sqliteFile("x", "streams: {c: {key: id, tabel: c}}"), `erp.yaml:3:24: unknown key "tabel"; expected one of table, query, columns, changed, overlap, sweep, page, zone, with; did you mean "table"?`},
		"delete":          {sqliteFile("x", "target: {c: {key: id, table: c, delete: soft}}"), `erp.yaml:3:41: delete is "soft"; expected true, or {set: {column: value}}`},
		"generated":       {sqliteFile("x", "target: {c: {key: [a, b], table: c, generated: true}}"), "erp.yaml:3:20: a generated key is one column; expected key: with that column"},
		"no find":         {sqliteFile("x", "target: {c: {key: id, table: c, generated: true}}"), "erp.yaml:3:10: warning: a create whose outcome is unknown cannot be repeated and goes to review; expected find_by: with a column for the golden ID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := load(t, test.text, map[string]string{"ERP": "mysql://u:secret@h/d"})
			if len(problems) == 0 || problems[0].String() != test.want {
				t.Errorf("got  %v\nwant %s", problems, test.want)
			}
		})
	}
}
