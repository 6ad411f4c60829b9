package erase

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// What stands nowhere but in what is known of the person.
var person = []string{"Qzxine", "qzxine", "QZXINE", "5550147", "erp-qzx"}

// A person whom three systems and the ERP know is removed everywhere, and neither a replay nor the
// systems, which go on sending, bring them back. Whoever shares the name stays as they were.
func TestErase_removesAPersonEverywhereAndForGood(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		journey(t, "", func(c *company) []string {
			return search(t, filepath.Join(c.Folder, ".touchstone", "touchstone.db"))
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Start(t)
		journey(t, fmt.Sprintf("store: {url: %q}\n", url), func(*company) []string { return searchTables(t, url) })
	})
}

func journey(t *testing.T, store string, left func(*company) []string) {
	c := found(t, store)
	c.a.Person(systems.Record{"name": "Qzxine Vwkmann", "mail": "qzxine@post.example", "phone": "+491715550147"})
	other := c.a.Person(systems.Record{"name": "Ole Vwkmann", "mail": "ole@post.example"})
	c.rest(hubtest.Counts{"a/customers": 2}) // else the ERP's record may come first, and be created in a as well
	c.report("erp/customers", `{"id":"erp-qzx","at":"2026-01-02T00:00:00Z","name":"QZXINE VWKMANN","mail":"qzxine@post.example"}`)
	c.report("erp/customers", `{"id":"erp-qzx","at":"no time","name":"Qzxine"}`) // a dead letter
	c.report("shop/orders", `{"no":"4711","rev":1,"customer":"erp-qzx","name":"Qzxine Vwkmann","mail":"qzxine@post.example","note":"leave it with Qzxine's neighbour"}`)
	c.report("shop/calls", `{"no":"c1","at":"2026-01-03T00:00:00Z","phone":"+491715550147","subject":"Qzxine asks"}`)
	known := hubtest.Counts{"a/customers": 2, "b/customers": 2, "c/customers": 2, "erp/customers": 1, "Order": 1, "Interaction": 1}
	c.rest(known)
	if n := len(c.DeadLetters()); n != 1 {
		t.Fatalf("%d dead letters, expected one: %v", n, c.DeadLetters())
	}
	if left := left(c); len(left) == 0 {
		t.Fatal("the search does not find the person in a store that holds them")
	}
	id, otherID := c.IDOf("erp/customers/erp-qzx"), c.IDOf("a/customers/"+other)
	if c.IDOf("a/customers/a1") != id || id == otherID {
		t.Fatal("the records are not one customer")
	}
	before := mustGolden(t, c, otherID)

	var trial hub.Erasure
	c.must(c.send("/v1/privacy/erasures", hub.EraseRequest{Customer: id, DryRun: true}, &trial))
	if len(trial.Records) != 4 || len(trial.Receipts) != 3 || len(trial.Removed) != 1 || len(trial.Stripped) != 1 {
		t.Errorf("a dry run says %+v", trial)
	}
	if c.IDOf("erp/customers/erp-qzx") != id {
		t.Error("the dry run erased")
	}
	if err := c.send("/v1/privacy/erasures", hub.EraseRequest{Customer: id, Reason: "for qzxine@post.example"}, &trial); err == nil {
		t.Error("a reason that names the person was taken")
	}
	var done hub.Erasure
	c.must(c.send("/v1/privacy/erasures", hub.EraseRequest{Customer: id, Reason: "request 17", Author: "dpo"}, &done))
	c.rest(nil)

	var now hub.Erasure
	c.Get("/v1/privacy/erasures/"+done.ID, &now)
	if got := receipts(now); got != "a.customers delete done; b.customers deactivate done; c.customers keep kept" || now.State != "done" {
		t.Errorf("receipts, %s: %s", now.State, got)
	}
	if got := c.a.Show("name"); got != "a2 name=Ole Vwkmann" {
		t.Errorf("a holds %q", got)
	}
	if got := c.b.Show("off"); got != "b1 off=true; b2" && got != "b1; b2 off=true" {
		t.Errorf("b holds %q", got)
	}
	for _, topic := range now.Topics {
		if topic.Until.Before(now.At.Add(7 * 24 * time.Hour)) {
			t.Errorf("bytes on %s are said to be gone by %s", topic.Topic, topic.Until)
		}
	}
	if len(now.Topics) < 5 {
		t.Errorf("topics: %+v", now.Topics)
	}
	if found := left(c); len(found) > 0 {
		t.Errorf("the store still holds the person: %s", strings.Join(found, "\n"))
	}
	c.nobody(id)

	// the systems go on sending, and history is run again
	for _, s := range []*systems.System{c.b, c.c} {
		s.Again(true)
	}
	resend := func() {
		c.report("erp/customers", `{"id":"erp-qzx","at":"2026-02-02T00:00:00Z","name":"Qzxine Vwkmann","mail":"qzxine@post.example"}`)
		c.report("erp/customers", `{"id":"erp-qzx","at":"no time","name":"Qzxine"}`)
		c.report("shop/orders", `{"no":"4711","rev":2,"customer":"erp-qzx","name":"Qzxine Vwkmann","mail":"qzxine@post.example","note":"Qzxine"}`)
		c.report("shop/orders", `{"no":"4712","rev":1,"customer":"erp-qzx","name":"Qzxine Vwkmann","mail":"qzxine@post.example","note":"Qzxine"}`)
		c.report("shop/calls", `{"no":"c1","at":"2026-01-03T00:00:00Z","phone":"+491715550147","subject":"Qzxine asks"}`)
	}
	resend()
	c.rest(hubtest.Counts{"Order": 2})
	for _, system := range []string{"a", "b", "c", "erp", "shop"} {
		c.replay(system)
	}
	var letters hub.LetterResult
	c.must(c.send("/v1/deadletters/replay", map[string]any{"all": true}, &letters))
	c.rest(nil)
	c.nobody(id)
	if got := mustGolden(t, c, otherID); got != before {
		t.Errorf("the other customer was %s, is %s", before, got)
	}
	for _, no := range []string{"4711", "4712"} {
		var order canonical.Order
		c.Document(canonical.EntityOrder, "shop/orders/"+no, &order)
		if order.Number != no || len(order.Totals) != 1 || len(order.Parties) != 1 || order.Parties[0].Name+order.Parties[0].Record+order.Note != "" {
			t.Errorf("order %s is %+v", no, order)
		}
	}

	c.Stop()
	c.start()
	resend()
	c.rest(nil)
	c.nobody(id)
	if found := left(c); len(found) > 0 {
		t.Errorf("the store holds the person again: %s", strings.Join(found, "\n"))
	}

	var lifted hub.Erasure
	c.must(c.send("/v1/privacy/erasures/"+done.ID+"/lift", hub.LiftRequest{Record: "erp/customers/erp-qzx", Reason: "consent 18", Author: "dpo"}, &lifted))
	c.report("erp/customers", `{"id":"erp-qzx","at":"2026-03-02T00:00:00Z","name":"Qzxine Vwkmann","mail":"qzxine@post.example"}`)
	c.rest(hubtest.Counts{"erp/customers": 1})
	if got := c.IDOf("erp/customers/erp-qzx"); got == id || len(lifted.Lifted) != 1 {
		t.Errorf("after the lift the record is of %s, and the erasure says %+v", got, lifted.Lifted)
	}
}

// nobody fails if the person can be found.
func (c *company) nobody(id string) {
	c.t.Helper()
	for _, query := range []string{"name=Qzxine", "email=qzxine@post.example", "phone=%2B491715550147"} {
		var list struct{ Items []any }
		c.Get("/v1/customers?"+query, &list)
		if len(list.Items) > 0 {
			c.t.Errorf("%s finds %v", query, list.Items)
		}
	}
	var erased struct{ State golden.EntityState }
	c.Get("/v1/customers/"+id, &erased)
	if erased.State != golden.Erased {
		c.t.Errorf("%s is %s", id, erased.State)
	}
	if letters := c.DeadLetters(); len(letters) > 0 {
		c.t.Errorf("dead letters: %v", letters)
	}
}

// replay runs all of a system's raw history again.
func (c *company) replay(system string) {
	c.t.Helper()
	var r hub.Replay
	c.must(c.send("/v1/replays", hub.ReplayRequest{System: system}, &r))
	for late := time.Now().Add(patience); r.State != hub.ReplayDone; time.Sleep(20 * time.Millisecond) {
		if r.State == hub.ReplayFailed || time.Now().After(late) {
			c.t.Fatalf("replay of %s: %+v", system, r)
		}
		c.Get("/v1/replays/"+r.ID, &r)
	}
}

func mustGolden(t *testing.T, c *company, id string) string {
	t.Helper()
	g, _, err := c.Store().Customer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return string(g.Doc)
}

// search looks for the person in the files of a store.
func search(t *testing.T, path string) (found []string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(path + suffix)
		if err != nil && suffix == "" {
			t.Fatal(err)
		}
		found = append(found, hits(suffix, string(text))...)
	}
	return found
}

func hits(where, text string) (found []string) {
	for _, word := range person {
		if at := strings.Index(text, word); at >= 0 {
			found = append(found, fmt.Sprintf("%s: …%q…", where, text[max(0, at-80):min(len(text), at+80)]))
		}
	}
	return found
}

// searchTables looks for the person in every row of every table.
func searchTables(t *testing.T, url string) (found []string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(t.Context()) }()
	rows, err := db.Query(t.Context(), `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
		WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		rows, err := db.Query(t.Context(), "SELECT x::text FROM "+table+" x")
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range all {
			found = append(found, hits(table, row)...)
			for part := range strings.FieldsFuncSeq(row, func(r rune) bool { return strings.ContainsRune(`,()"\`, r) }) {
				if body, err := hex.DecodeString(strings.TrimPrefix(part, "x")); err == nil {
					found = append(found, hits(table, string(body))...)
				}
			}
		}
	}
	return found
}
