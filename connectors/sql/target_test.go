package sql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/connectors"
)

func opened(t *testing.T, text string, env map[string]string) connectors.Target {
	t.Helper()
	target, err := loaded(t, text, env).Connector.Target("c", connectors.Env{Log: discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.(interface{ Close() error }).Close(); err != nil {
			t.Error(err)
		}
	})
	return target
}

// told writes outcomes as lines.
func told(outcomes []connectors.Outcome) []string {
	var list []string
	for _, o := range outcomes {
		line := strings.TrimSpace(string(o.Status) + " " + o.RemoteID)
		if o.Err != nil {
			line += ": " + o.Err.Error()
		}
		list = append(list, line)
	}
	return list
}

func held(t *testing.T, target connectors.Target) []string {
	t.Helper()
	var list []string
	for f, err := range target.(connectors.Lister).List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f.Key+" "+string(f.Bytes))
	}
	return list
}

func create(payload string) connectors.Delivery {
	return connectors.Delivery{Operation: connectors.Create, Subject: "G1", Payload: []byte(payload)}
}

func TestDeliver_letsPostgreSQLCastAndKeepsBadRowsApart(t *testing.T) {
	t.Parallel()
	s := newServer(t,
		`CREATE TABLE parents (id int PRIMARY KEY)`,
		`CREATE TABLE c (
			site char(4), no int, name varchar(5), credit numeric(12,2), since date, at timestamptz, ok boolean DEFAULT true, extra jsonb, ref uuid,
			parent int REFERENCES parents, PRIMARY KEY (site, no))`)
	target := opened(t, postgresFile("target: {c: {table: public.c, key: [site, no], deactivate: {set: {ok: false}}, delete: {set: {name: null, credit: 0}}}}\n"), s.env())
	got := told(target.Deliver(t.Context(), []connectors.Delivery{
		create(`{"site":"A/B","no":1,"name":"李雷","credit":12345678.10,"since":"2024-02-29","at":"2024-02-29T12:00:00+08:00","extra":{"a":[1.0]},"ref":"00000000-0000-0000-0000-00000000000A"}`),
		create(`{"site":"A","no":"2","name":"toolong"}`),
		create(`{"site":"A","no":2.5}`),
		create(`{"site":"A","no":3,"since":"31.12.2024"}`),
		create(`{"site":"A","no":4,"parent":7}`),
		create(`{"site":"A","no":null}`),
		create(`{"site":"A","no":5,"ok":false,"extra":null}`),
		{Operation: connectors.Update, RemoteID: "A/5", Payload: []byte(`{"name":"neu"}`)},
		{Operation: connectors.Update, RemoteID: "A/five", Payload: []byte(`{"name":"neu"}`)},
		{Operation: connectors.Update, RemoteID: "A", Payload: []byte(`{"name":"neu"}`)},
		{Operation: connectors.Update, RemoteID: "A/6", Payload: []byte(`{}`)},
		{Operation: connectors.Deactivate, RemoteID: "A%2FB/1"},
		{Operation: connectors.Delete, RemoteID: "A/5"},
		create(`{"site":"A/B","no":1,"name":"韩梅"}`),
	}))
	same(t, got, []string{
		"done A%2FB/1",
		"refused: insert into public.c: ERROR: value too long for type character varying(5) (SQLSTATE 22001)",
		`refused: insert into public.c: ERROR: invalid input syntax for type integer: "2.5" (SQLSTATE 22P02)`,
		`refused: insert into public.c: ERROR: date/time field value out of range: "31.12.2024" (SQLSTATE 22008)`,
		`retry: insert into public.c: ERROR: insert or update on table "c" violates foreign key constraint "c_parent_fkey" (SQLSTATE 23503)`,
		"refused: the payload has no value for no, which is the key of public.c",
		"done A/5", "done A/5",
		`refused: write public.c: ERROR: invalid input syntax for type integer: "five" (SQLSTATE 22P02)`,
		`refused: "A" has 1 parts, and the key of public.c has 2`,
		"missing: public.c has no row with key A/6",
		"done A%2FB/1", "done A/5", "done A%2FB/1",
	})
	same(t, held(t, target), []string{
		`A/5 {"site":"A","no":5,"name":null,"credit":0.00,"since":null,"at":null,"ok":false,"extra":null,"ref":null,"parent":null}`,
		`A%2FB/1 {"site":"A/B","no":1,"name":"韩梅","credit":12345678.10,"since":"2024-02-29","at":"2024-02-29T04:00:00Z","ok":false,"extra":{"a":[1.0]},"ref":"00000000-0000-0000-0000-00000000000a","parent":null}`,
	})
}

func TestDeliver_isolatesWhatIsRefusedAtCommit(t *testing.T) {
	t.Parallel()
	s := newServer(t, `CREATE TABLE c (id int PRIMARY KEY, no int UNIQUE DEFERRABLE INITIALLY DEFERRED)`)
	target := opened(t, postgresFile("target: {c: {table: c, key: id}}\n"), s.env())
	got := told(target.Deliver(t.Context(), []connectors.Delivery{create(`{"id":1,"no":1}`), create(`{"id":2,"no":1}`), create(`{"id":3,"no":3}`)}))
	same(t, got, []string{
		"done 1",
		`refused: commit: ERROR: duplicate key value violates unique constraint "c_no_key" (SQLSTATE 23505)`,
		"done 3",
	})
	same(t, held(t, target), []string{`1 {"id":1,"no":1}`, `3 {"id":3,"no":3}`})
}

func TestDeliver_findsTheRowThatWasCreatedForTheGoldenID(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t, `CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, golden TEXT)`)
	target := opened(t, sqliteFile(file, "target: {c: {table: c, key: id, generated: true, find_by: golden}}\n"), nil)
	deliver := func(payload string) []string {
		return told(target.Deliver(t.Context(), []connectors.Delivery{create(payload)}))
	}
	same(t, deliver(`{"name":"a"}`), []string{"done 1"})
	same(t, deliver(`{"name":"b"}`), []string{"done 1"})
	same(t, held(t, target), []string{`1 {"id":1,"name":"b","golden":"G1"}`})
	run(t, db, `INSERT INTO c VALUES (7, 'c', 'G1')`)
	same(t, deliver(`{"name":"d"}`), []string{"refused: several rows of c have this golden"})
	if target.Repeat() != connectors.RepeatFind {
		t.Errorf("repeat is %s", target.Repeat())
	}
}

func TestDeliver_triesAgainOnceAPersonHasMendedTheTable(t *testing.T) {
	t.Parallel()
	file, db := newSQLite(t, `CREATE TABLE other (id)`)
	target := opened(t, sqliteFile(file, "target: {c: {table: c, key: id}}\n"), nil)
	deliver := func(payload string) []string {
		return told(target.Deliver(t.Context(), []connectors.Delivery{create(payload)}))
	}
	same(t, deliver(`{"id":1}`), []string{"retry: erp.yaml:3:21: look at c: SQL logic error: no such table: c (1)"})
	run(t, db, `CREATE TABLE c (id INTEGER)`)
	same(t, deliver(`{"id":1}`), []string{"retry: insert into c: SQL logic error: ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint (1)"})
	run(t, db, `DROP TABLE c`, `CREATE TABLE c (id INTEGER PRIMARY KEY, name TEXT)`)
	same(t, deliver(`{"id":1,"name":"a"}`), []string{"done 1"})
}

func TestDeliver_writesNothingAfterItWasCancelled(t *testing.T) {
	t.Parallel()
	file, _ := newSQLite(t, `CREATE TABLE c (id INTEGER PRIMARY KEY)`)
	target := opened(t, sqliteFile(file, "target: {c: {table: c, key: id}}\n"), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i, o := range target.Deliver(ctx, []connectors.Delivery{create(`{"id":1}`), create(`{"id":2}`)}) {
		if o.Status != connectors.Retry {
			t.Errorf("delivery %d: %s", i, o.Status)
		}
	}
	if rows := held(t, target); len(rows) != 0 {
		t.Errorf("the table holds %v", rows)
	}
}

func TestPoll_pagesByEveryTypeOfKey(t *testing.T) {
	t.Parallel()
	s := newServer(t, `CREATE TYPE grade AS ENUM ('C', 'B', 'A')`)
	for typ, value := range map[string]string{
		"char(8)": `'k' || i`, "numeric": `i / 4.0`, "uuid": `md5(i::text)::uuid`, "timestamptz": `'2024-01-01'::timestamptz + i * interval '1 microsecond'`,
		"timestamp": `'2024-03-31'::timestamp + i * interval '1 hour'`, "date": `'2024-01-01'::date + i`, "double precision": `i / 3.0`, "smallint": `i`, "grade": `('{A,B,C}'::grade[])[i]`,
		"text COLLATE \"und-x-icu\"": `(ARRAY['ä', 'z', 'Z', 'a', '李', ' a'])[i]`,
	} {
		t.Run(typ, func(t *testing.T) {
			n := 6
			if typ == "grade" {
				n = 3
			}
			s.run(`DROP TABLE IF EXISTS c`, `CREATE TABLE c (id `+typ+` PRIMARY KEY)`, fmt.Sprintf(`INSERT INTO c SELECT %s FROM generate_series(1, %d) AS i`, value, n))
			b := newBench(t, postgresFile("streams: {c: {key: id, table: c, page: 2, with: {self: {table: c, on: {id: id}}}}}\n"), "c", s.env())
			got := b.poll()
			if keys := latest(b.got); len(got) != n || len(keys) != n {
				t.Errorf("%d frames with %d keys: %v", len(got), len(keys), got)
			}
			for _, line := range got {
				if strings.Contains(line, `"self":[]`) {
					t.Errorf("%s was not found by its own value", line)
				}
			}
			same(t, b.sweep(), nil)
			s.run(`DELETE FROM c`)
			if gone := b.sweep(); len(gone) != n {
				t.Errorf("gone: %v", gone)
			}
		})
	}
}
