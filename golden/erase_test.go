package golden_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
)

const erasable = `
match: {keys: [[email], [phone, name]]}
survive: {attributes: {default: most_recent, names: most_recent, emails: union, phones: union}}
`

// On the file: after an erasure nothing that named the person stands in it, wherever it had come
// to stand before: older versions, histories, tasks, decisions, dead letters, other customers.
func TestErase_leavesNothingInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	w := worldOn(t, store, erasable)
	w.resolver = golden.NewResolver(store, w.rules, golden.ResolverOptions{Suppress: golden.NewSuppressor([]byte("key"))})
	w.resolve(
		w.record("erp/qzx-1", 1, `{"names":[{"given":"Qzxine","family":"Vwkmann"}],"emails":[{"value":"old.qzx@post.example"}],"phones":[{"value":"+49 171 5550001"}]}`),
		w.record("shop/qzx-2", 1, `{"names":[{"given":"Qzxine","family":"Vwkmann"}],"emails":[{"value":"qzx@post.example"}],"phones":[{"value":"+49 171 5550001"}]}`),
		w.record("crm/other", 1, `{"names":[{"given":"Ole","family":"Vwkmann-Other"}],"emails":[{"value":"ole@post.example"}]}`),
		w.record("crm/qzx-3", 1, `{"names":[{"given":"Qzxine","family":"Vwkmann"}],"emails":[{"value":"ole@post.example"}]}`),
	)
	w.resolve(w.record("erp/qzx-1", 2, `{"names":[{"given":"Qzxine","family":"Vwkmann"}],"emails":[{"value":"qzx@post.example"}],"phones":[{"value":"+49 171 5550001"}]}`))
	w.decide(golden.Decision{Verdict: golden.Same, Strength: golden.Lock, Author: "s", Reason: "Qzxine told me so", Left: []string{"crm/qzx-3"}, Right: []string{"erp/qzx-1"}})
	w.decide(golden.Decision{Verdict: golden.Different, Strength: golden.Lock, Author: "s", Reason: "Qzxine is not Ole", Left: []string{"crm/other"}, Right: []string{"crm/qzx-3"}})
	deletion := w.deleted("shop/qzx-2", 3)
	w.resolve(deletion)
	id := idOf(t, store, "erp/customers/qzx-1")
	other := idOf(t, store, "crm/customers/other")
	order := orderOf("shop/orders/o-1", `{"number":"4711","note":"for Qzxine","parties":[{"role":"buyer","record":"erp/customers/qzx-1","name":"Qzxine Vwkmann"}],"totals":[{"role":"gross","amount":{"amount":"10.00","currency":"EUR"}}],"source":{"system":"shop","stream":"orders","id":"o-1","provenance":{"origin":"mail of Qzxine","ingest":{"topic":"raw.shop","partition":0,"offset":1}}}}`,
		golden.DocumentParty{Role: "buyer", Kind: golden.LookupRecord, Value: "erp/customers/qzx-1"})
	call := orderOf("crm/calls/c-1", `{"channel":"phone","time":"2026-01-01T10:00:00Z","subject":"Qzxine complains","parties":[{"role":"caller","phone":"+491715550001"}],"source":{"system":"crm","stream":"calls","id":"c-1"}}`,
		golden.DocumentParty{Role: "caller", Kind: golden.LookupPhone, Value: "+491715550001"})
	call.Entity = canonical.EntityInteraction
	inTx(t, store, func(ctx context.Context, tx golden.Tx) error {
		return errors.Join(tx.PutDocuments(ctx, []golden.Document{order, call}), tx.AddDeadLetters(ctx, []golden.DeadLetter{
			{Stage: "translate", System: "erp", Stream: "customers", Key: "qzx-1", Bytes: []byte("Qzxine,Vwkmann"), At: time.Now()},
			{Stage: "ingest", System: "erp", Stream: "customers", Bytes: []byte("no key, QZX@post.example"), At: time.Now()},
			{Stage: "ingest", System: "erp", Stream: "customers", Bytes: []byte("no key, somebody else"), At: time.Now()},
		}))
	})

	dry, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: id, Reason: "request 17", Author: "dpo", DryRun: true, Identities: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"crm/customers/qzx-3", "erp/customers/qzx-1", "shop/customers/qzx-2"}, dry.Records); diff != "" {
		t.Errorf("records of the dry run:\n%s", diff)
	}
	if idOf(t, store, "erp/customers/qzx-1") != id {
		t.Error("the dry run changed something")
	}
	if _, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: id, Reason: "Qzxine Vwkmann wants it"}); !errors.Is(err, golden.ErrNames) {
		t.Errorf("a reason with the name: %v", err)
	}
	done, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: id, Reason: "request 17", Author: "dpo", Identities: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(done.Removed, []string{"Interaction crm/calls/c-1"}) || !slices.Equal(done.Stripped, []string{"Order shop/orders/o-1"}) {
		t.Errorf("documents removed %v, stripped %v", done.Removed, done.Stripped)
	}
	if done.Counts["records"] != 3 || done.Counts["decisions"] != 2 || done.Counts["dead letters"] != 2 || done.Shared != 1 {
		t.Errorf("counts %v, shared %d", done.Counts, done.Shared)
	}
	if err := store.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	holdsNothing(t, path, "qzx", "QZX", "Qzx", "5550001")
	if o := mustCustomer(t, store, other); !bytes.Contains(o.Doc, []byte("Ole")) {
		t.Errorf("the other customer is %s", o.Doc)
	}
	if g := mustCustomer(t, store, id); g.State != golden.Erased || len(g.Sources) > 0 {
		t.Errorf("the erased customer is %+v", g)
	}
	if got := mustDocument(t, store, canonical.EntityOrder, "shop/orders/o-1"); !bytes.Contains(got.Doc, []byte(`"4711"`)) || !bytes.Contains(got.Doc, []byte(`"10.00"`)) {
		t.Errorf("the order is %s", got.Doc)
	}

	// nothing of it comes back: by its key, or as somebody else with the same mail
	again := w.resolve(
		w.record("erp/qzx-1", 9, `{"names":[{"given":"Qzxine","family":"Vwkmann"}]}`), w.deleted("shop/qzx-2", 9),
		w.record("erp/new", 9, `{"emails":[{"value":"QZX@post.example"}]}`), w.record("crm/new", 9, `{"emails":[{"value":"ole@post.example"}]}`),
	)
	if diff := cmp.Diff(map[string]int{"erp": 2, "shop": 1}, again.Suppressed); diff != "" || again.Accepted != 1 {
		t.Errorf("accepted %d, suppressed:\n%s", again.Accepted, diff)
	}
	inTx(t, store, func(ctx context.Context, tx golden.Tx) error {
		fresh := order
		fresh.Ingest.Offset = 99
		keptAgain, dropped, err := w.resolver.Unsuppressed(ctx, tx, []golden.Document{fresh, call})
		if err != nil {
			return err
		}
		if len(keptAgain) != 1 || bytes.Contains(keptAgain[0].Doc, []byte("Qzx")) || dropped["crm"] != 1 {
			t.Errorf("documents come back: %v, dropped %v", keptAgain, dropped)
		}
		return nil
	})
	stored, err := store.Erasure(t.Context(), done.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(done.Suppressions, stored.Suppressions); diff != "" || stored.Reason != "request 17" {
		t.Errorf("stored %+v:\n%s", stored, diff)
	}
	if _, err := w.resolver.Lift(t.Context(), done.ID, "erp/customers/qzx-1", "dpo", "consent", nil); err != nil {
		t.Fatal(err)
	}
	if back := w.resolve(w.record("erp/qzx-1", 10, `{"names":[{"given":"Qzxine","family":"Vwkmann"}]}`)); back.Accepted != 1 {
		t.Errorf("after the lift %+v", back)
	}
	if got := idOf(t, store, "erp/customers/qzx-1"); got == id {
		t.Error("the erased ID was given again")
	}
}

func orderOf(key, doc string, parties ...golden.DocumentParty) golden.Document {
	hash, _ := golden.DocumentHash([]byte(doc))
	return golden.Document{
		Entity: canonical.EntityOrder, Key: key, Doc: []byte(doc), Hash: hash, Parties: parties,
		Ingest: canonical.IngestSequence{Topic: "raw.shop", Offset: 1}, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func inTx(t *testing.T, store golden.Store, do func(context.Context, golden.Tx) error) {
	t.Helper()
	if err := store.InTx(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func idOf(t *testing.T, store golden.Store, key string) string {
	t.Helper()
	found, err := store.FindCustomers(t.Context(), golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: key}}, Limit: 1})
	if err != nil || len(found) != 1 {
		t.Fatalf("customer of %s: %v, %v", key, found, err)
	}
	return found[0].ID
}

func mustCustomer(t *testing.T, store golden.Store, id string) golden.GoldenRecord {
	t.Helper()
	g, _, err := store.Customer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func mustDocument(t *testing.T, store golden.Store, entity canonical.Entity, key string) golden.Document {
	t.Helper()
	d, err := store.Document(t.Context(), entity, key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// holdsNothing fails if one of texts stands in the files of a store.
func holdsNothing(t *testing.T, path string, texts ...string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		all, err := os.ReadFile(path + suffix)
		if err != nil && suffix == "" {
			t.Fatal(err)
		}
		for _, text := range texts {
			if at := bytes.Index(all, []byte(text)); at >= 0 {
				t.Errorf("%q stands in %s: …%q…", text, filepath.Base(path+suffix), all[max(0, at-60):min(len(all), at+60)])
			}
		}
	}
}
