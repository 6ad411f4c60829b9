package sql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// server is a database of its own on a real PostgreSQL.
type server struct {
	t    testing.TB
	url  string
	pool *pgxpool.Pool
}

func newServer(t testing.TB, statements ...string) server {
	t.Helper()
	s := server{t: t, url: pgtest.Start(t)}
	var err error
	if s.pool, err = pgxpool.New(t.Context(), s.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.pool.Close)
	s.run(statements...)
	return s
}

func (s server) run(statements ...string) {
	s.t.Helper()
	for _, one := range statements {
		if _, err := s.pool.Exec(context.Background(), one, pgx.QueryExecModeSimpleProtocol); err != nil {
			s.t.Fatalf("%.200s: %v", one, err)
		}
	}
}

func (s server) env() map[string]string { return map[string]string{"ERP": s.url} }

func postgresFile(rest string) string {
	return "kind: sql\nsettings: {driver: postgres, url: \"${ERP}\"}\n" + rest
}

func TestPoll_writesEveryTypeOfPostgreSQLExactly(t *testing.T) {
	t.Parallel()
	s := newServer(t,
		`CREATE TYPE grade AS ENUM ('A', 'B"')`, `CREATE DOMAIN euro AS numeric(20,2)`,
		`CREATE TABLE "Odd ""name" (
			id bigint PRIMARY KEY, n numeric, d euro, r real, f double precision, b boolean, c char(6), t text, by bytea,
			j json, jb jsonb, u uuid, ip inet, da date, ts timestamp, tz timestamptz, tm time, iv interval,
			g grade, ga grade[], ia int[], ta text[], na numeric[][], tza timestamptz[], nu text, inf timestamptz, nan double precision)`,
		`INSERT INTO "Odd ""name" VALUES (9223372036854775807, 12345678901234567890.000100, 1.5, 12.2, 1e-7, true, 'AB', E'李\n雷 "\\', '\x00ff',
			'{"a": 1.10,  "b": [ ]}', '{"a": 1.10}', '00000000-0000-0000-0000-00000000000a', '10.0.0.1/24', '2024-02-29',
			'2024-07-01 12:00:00.000001', '2024-07-01 12:00:00.5+08', '23:59:59', '1 day 2 hours',
			'B"', '{A,"B\""}', '{1,NULL,3}', '{"a,b","",NULL,"NULL","{x}"}', '[0:1][1:2]={{1.0,2},{3,4}}', '{"2024-01-01 00:00:00+00"}', NULL, 'infinity', 'NaN')`)
	b := newBench(t, postgresFile("streams:\n  odd: {key: id, table: 'public.Odd \"name', zone: Europe/Berlin}\n"), "odd", s.env())
	same(t, b.poll(), []string{`9223372036854775807 {"id":9223372036854775807,"n":12345678901234567890.000100,"d":1.50,"r":12.2,"f":1e-07,"b":true,"c":"AB","t":"李\n雷 \"\\","by":"AP8=",` +
		`"j":{"a":1.10,"b":[]},"jb":{"a":1.10},"u":"00000000-0000-0000-0000-00000000000a","ip":"10.0.0.1/24","da":"2024-02-29",` +
		`"ts":"2024-07-01T10:00:00.000001Z","tz":"2024-07-01T04:00:00.5Z","tm":"23:59:59","iv":"P1DT2H","g":"B\"","ga":["A","B\""],"ia":[1,null,3],` +
		`"ta":["a,b","",null,"NULL","{x}"],"na":[[1.0,2],[3,4]],"tza":["2024-01-01T00:00:00Z"],"nu":null,"inf":"infinity","nan":"NaN"}`})
	if !json.Valid(b.got[0].Bytes) {
		t.Error("the record is not JSON")
	}
	same(t, b.poll(), nil)
	s.run(`DELETE FROM "Odd ""name"`)
	same(t, b.sweep(), []string{`9223372036854775807 {"id":9223372036854775807} deleted`})
}

// northwind loads the Northwind database.
func northwind(t testing.TB) server {
	t.Helper()
	data := os.Getenv("TOUCHSTONE_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	text, err := os.ReadFile(filepath.Join(data, "erp", "northwind.sql"))
	if err != nil {
		t.Skipf("the Northwind database is not here: %v", err)
	}
	s := newServer(t)
	c, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if _, err := c.Conn().PgConn().Exec(t.Context(), string(text)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPoll_readsNorthwindWithNestedLines(t *testing.T) {
	t.Parallel()
	s := northwind(t)
	text := postgresFile(`streams:
  customers:
    key: customer_id
    table: public.customers
    page: 40
    with: {orders: {table: orders, columns: [order_id], on: {customer_id: customer_id}, order_by: order_id}}
  orders: {key: order_id, table: public.orders, page: 100, with: {lines: {table: order_details, on: {order_id: order_id}, order_by: [product_id]}}}
`)
	customers := newBench(t, text, "customers", s.env())
	customers.poll()
	if n := len(latest(customers.got)); n != 91 {
		t.Errorf("%d customers", n)
	}
	first := latest(customers.got)["ALFKI"]
	if want := `{"customer_id":"ALFKI","company_name":"Alfreds Futterkiste","contact_name":"Maria Anders"`; !strings.HasPrefix(first, want) {
		t.Errorf("ALFKI is %s", first)
	}
	if want := `"orders":[{"order_id":10643},{"order_id":10692},{"order_id":10702},{"order_id":10835},{"order_id":10952},{"order_id":11011}]}`; !strings.HasSuffix(first, want) {
		t.Errorf("ALFKI is %s", first)
	}
	orders := newBench(t, text, "orders", s.env())
	orders.poll()
	got, lines := totals(t, latest(orders.got))
	if len(got) != 830 || lines != 2155 {
		t.Errorf("%d orders with %d lines", len(got), lines)
	}
	if diff := cmp.Diff(s.totals(), got); diff != "" {
		t.Errorf("order totals, -database +records\n%s", diff)
	}
	same(t, orders.poll(), nil)
	s.run(`UPDATE order_details SET quantity = quantity + 1 WHERE order_id = 10248 AND product_id = 11`, `DELETE FROM order_details WHERE order_id = 10249`, `DELETE FROM orders WHERE order_id = 10249`)
	if list := orders.poll(); len(list) != 1 || !strings.HasPrefix(list[0], "10248 ") {
		t.Errorf("after a change of a line: %v", list)
	}
	same(t, orders.sweep(), []string{`10249 {"order_id":10249} deleted`})
}

// totals sums price × quantity of each order exactly.
func totals(t testing.TB, records map[string]string) (sums map[string]string, lines int) {
	t.Helper()
	sums = map[string]string{}
	for key, text := range records {
		var order struct {
			Lines []struct {
				Price    json.Number `json:"unit_price"`
				Quantity int64       `json:"quantity"`
			} `json:"lines"`
		}
		if err := json.Unmarshal([]byte(text), &order); err != nil {
			t.Fatal(err)
		}
		sum := new(big.Rat)
		for _, l := range order.Lines {
			price, ok := new(big.Rat).SetString(l.Price.String())
			if !ok {
				t.Fatalf("price %q", l.Price)
			}
			sum.Add(sum, price.Mul(price, big.NewRat(l.Quantity, 1)))
			lines++
		}
		sums[key] = sum.FloatString(2)
	}
	return sums, lines
}

func (s server) totals() map[string]string {
	s.t.Helper()
	rows, err := s.pool.Query(s.t.Context(), `SELECT order_id::text, sum(unit_price::numeric * quantity)::numeric(20,2)::text FROM order_details GROUP BY 1`)
	if err != nil {
		s.t.Fatal(err)
	}
	sums := map[string]string{}
	for rows.Next() {
		var id, sum string
		if err := rows.Scan(&id, &sum); err != nil {
			s.t.Fatal(err)
		}
		sums[id] = sum
	}
	return sums
}

// Writers stamp their rows when they begin and commit in another order, while the table is polled.
func TestPoll_missesNothingOfWritersThatCommitLate(t *testing.T) {
	t.Parallel()
	for _, changed := range []string{"at", "version"} {
		t.Run(changed, func(t *testing.T) {
			t.Parallel()
			s := newServer(t,
				`CREATE SEQUENCE versions`,
				`CREATE TABLE c (id int PRIMARY KEY, value bigint, at timestamptz, version bigint)`, `CREATE INDEX ON c (at, id)`)
			b := newBench(t, postgresFile("streams:\n  c: {key: id, table: c, changed: "+changed+", overlap: 400ms, page: 3}\n"), "c", s.env())
			var writers sync.WaitGroup
			ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer stop()
			for range 6 {
				writers.Go(func() {
					for ctx.Err() == nil {
						s.writeLate(rand.IntN(60), time.Duration(rand.IntN(250))*time.Millisecond)
					}
				})
			}
			seen := map[string]string{}
			note := func() {
				b.poll()
				for key, record := range latest(b.got) {
					seen[key] = record
				}
			}
			for ctx.Err() == nil {
				note()
			}
			writers.Wait()
			note()
			low := b.reader.feed("").Low
			if low == nil {
				t.Error("nothing was settled: the table was read from the beginning each time")
			}
			same(t, values(t, seen), s.values())
		})
	}
}

func (s server) writeLate(id int, wait time.Duration) {
	ctx := context.Background()
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		s.t.Error(err)
		return
	}
	// The row lock is taken last, so that waiting for it does not make transactions longer.
	var version int64
	if err := tx.QueryRow(ctx, `SELECT nextval('versions')`).Scan(&version); err != nil {
		s.t.Error(err)
	}
	time.Sleep(wait)
	_, err = tx.Exec(ctx, `INSERT INTO c VALUES ($1, $2, now(), $2) ON CONFLICT (id) DO UPDATE SET value = excluded.value, at = excluded.at, version = excluded.version
		WHERE c.version < excluded.version AND c.at < excluded.at`, id, version)
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		s.t.Error(err)
	}
}

func values(t testing.TB, records map[string]string) []string {
	var list []string
	for id := range 60 {
		if text, found := records[fmt.Sprint(id)]; found {
			var r struct{ Value int64 }
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			list = append(list, fmt.Sprintf("%d=%d", id, r.Value))
		}
	}
	return list
}

func (s server) values() (list []string) {
	rows, err := s.pool.Query(s.t.Context(), `SELECT id || '=' || value FROM c ORDER BY id`)
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			s.t.Fatal(err)
		}
		list = append(list, line)
	}
	return list
}

func TestPoll_goesOnAfterTheDatabaseWentAway(t *testing.T) {
	t.Parallel()
	s := newServer(t, `CREATE TABLE c (id int PRIMARY KEY)`, `INSERT INTO c SELECT generate_series(1, 10)`)
	b := newBench(t, postgresFile("streams:\n  c: {key: id, table: c, page: 4}\n"), "c", s.env())
	emit, pages := b.reader.emit, 0
	b.reader.emit = func(ctx context.Context, frames []formats.Frame) error {
		if pages++; pages == 2 {
			s.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'touchstone'`)
		}
		return emit(ctx, frames)
	}
	err := b.reader.poll(t.Context())
	if class, _ := connectors.Classify(err); err == nil || class != connectors.ClassRetryable {
		t.Fatalf("poll: %v, which is %s", err, class)
	}
	b.restart(postgresFile("streams:\n  c: {key: id, table: c, page: 4}\n"), "c", s.env())
	before := len(b.got)
	if err := b.reader.poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before != 8 || len(b.got) != 10 {
		t.Errorf("%d rows before, %d with those after", before, len(b.got))
	}
}

func TestOpen_tellsClassesApart(t *testing.T) {
	t.Parallel()
	s := newServer(t, `CREATE TABLE c (id int PRIMARY KEY, secret text)`, `CREATE ROLE limited_`+fmt.Sprint(rand.Uint32())+` LOGIN`)
	var role string
	if err := s.pool.QueryRow(t.Context(), `SELECT rolname FROM pg_roles WHERE rolname LIKE 'limited%' ORDER BY oid DESC LIMIT 1`).Scan(&role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.run(`DROP ROLE ` + role) })
	as := func(change func(*url.URL)) map[string]string {
		u, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return map[string]string{"ERP": u.String()}
	}
	for name, test := range map[string]struct {
		env    map[string]string
		stream string
		class  connectors.Class
		text   string
	}{
		"no such role":     {as(func(u *url.URL) { u.User = url.UserPassword("nobody", "s3cret") }), "table: c", connectors.ClassUnauthorised, "nobody"},
		"no such database": {as(func(u *url.URL) { u.Path = "/nowhere" }), "table: c", connectors.ClassUnauthorised, "nowhere"},
		"no rights":        {as(func(u *url.URL) { u.User = url.User(role) }), "table: c", connectors.ClassUnauthorised, "permission denied"},
		"no server":        {as(func(u *url.URL) { u.Host, u.RawQuery = "127.0.0.1:1", "" }), "table: c", connectors.ClassRetryable, "refused"},
		"no such table":    {s.env(), "table: d", connectors.ClassPermanent, "erp.yaml:4:28: look at d"},
		"no such column":   {s.env(), "table: c, changed: secrets", connectors.ClassPermanent, `erp.yaml:4:40: c has no column "secrets"; it has id, secret; did you mean "secret"?`},
		"no SQL":           {s.env(), "query: SELEC 1", connectors.ClassPermanent, "erp.yaml:4:28: look at query"},
		"a write":          {s.env(), "query: 'WITH d AS (DELETE FROM c RETURNING id) SELECT id FROM d'", connectors.ClassPermanent, "erp.yaml:4:28"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := loaded(t, postgresFile("streams:\n  c: {key: id,      "+test.stream+"}\n"), test.env)
			source, err := c.Connector.Source("c", connectors.Env{Log: discard, DataFolder: t.TempDir(), Checkpoint: &memory{}})
			if err != nil {
				t.Fatal(err)
			}
			err = source.Run(t.Context(), func(context.Context, []formats.Frame) error { return errors.New("nothing is there") })
			if class, _ := connectors.Classify(err); class != test.class || !strings.Contains(fmt.Sprint(err), test.text) {
				t.Errorf("got %v, which is %s", err, class)
			}
			if strings.Contains(fmt.Sprint(err), "s3cret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}
