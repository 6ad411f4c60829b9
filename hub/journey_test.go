package hub_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/hub"
)

// route is the route to the shop with a line more.
func route(more string) map[string]string {
	return map[string]string{"routes/customers.yaml": base["routes/customers.yaml"] + more + "\n"}
}

func TestDeliver_whatNoLongerMatchesIsTreatedAsTheRouteSays(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct{ writes, holds string }{
		"keep":       {"POST", "1 name=Anna"},
		"deactivate": {"POST, PUT 1/off", "1 name=Anna off=true"},
		"delete":     {"POST, DELETE 1", ""},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r, shop := journey(t, route(`when: '!empty(customer.phones)'`+"\non: {unmatched: "+policy+"}"))
			r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example", "phone": "030 901820"}`)
			shop.holds("1 name=Anna", "name", "off")
			r.settled()
			r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna", "mail": "anna@post.example"}`)
			r.settled()
			if got := strings.Join(shop.done(), ", "); got != want.writes || shop.show("name", "off") != want.holds {
				t.Errorf("writes %s; the shop holds %q", got, shop.show("name", "off"))
			}
			// asked again, nothing more is written
			r.send("erp/customers", `{"id": 1, "v": 3, "name": "Anna S", "mail": "anna@post.example"}`)
			r.settled()
			if got := strings.Join(shop.done(), ", "); got != want.writes {
				t.Errorf("writes after another change: %s", got)
			}
			r.send("erp/customers", `{"id": 1, "v": 4, "name": "Anna S", "mail": "anna@post.example", "phone": "030 901820"}`)
			r.settled()
			if got := shop.show("name", "off"); !strings.HasSuffix(got, "name=Anna S") || strings.Contains(got, ";") {
				t.Errorf("once it matches again the shop holds %q", got)
			}
		})
	}
}

func TestDeliver_whatIsDeletedAtItsSourceIsTreatedAsTheRouteSays(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"keep": "POST", "deactivate": "POST, PUT 1/off", "delete": "POST, DELETE 1"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r, shop := journey(t, route("on: {deleted: "+policy+"}"))
			r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
			shop.holds("1 name=Anna", "name")
			r.settled()
			r.send("erp/customers", `{"id": 1}`, "deleted")
			r.settled()
			if got := strings.Join(shop.done(), ", "); got != want {
				t.Errorf("writes %s, expected %s", got, want)
			}
			if s := r.stats(); s.Customers != 0 || s.Deleted["erp/customers"] != 1 {
				t.Errorf("statistics %+v", s)
			}
		})
	}
}

func TestDeliver_whatWasDeletedBeforeItWasDeliveredIsNotCreated(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	shop.set(func() { shop.before = answer(http.StatusServiceUnavailable) })
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "it was tried", func() error {
		if shop.requests() == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	r.send("erp/customers", `{"id": 1}`, "deleted")
	r.send("erp/customers", `{"id": 2}`, "deleted") // never heard of
	await(t, "it is deleted", func() error {
		if _, live := r.customer("erp/customers/1"); live {
			return errors.New("it is live")
		}
		return nil
	})
	r.settled() // nothing is wanted any more, though the target is still away
	shop.set(func() { shop.before = nil })
	r.settled()
	wantWrites(t, shop)
}

// mergedBy makes two customers with a record in the shop each, then one customer of them.
func mergedBy(t *testing.T, more string) (*rig, *remote) {
	t.Helper()
	r, shop := journey(t, route(more))
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Anna S", "mail": "as@post.example"}`)
	shop.holds("1 name=Anna; 2 name=Anna S", "name")
	r.settled()
	r.send("erp/customers", `{"id": 2, "v": 2, "name": "Anna S", "mail": "anna@post.example"}`)
	await(t, "they are one customer", func() error {
		if s := r.stats(); s.Customers != 1 || s.Merged != 1 {
			return fmt.Errorf("%d customers, %d merged", s.Customers, s.Merged)
		}
		return nil
	})
	r.settled()
	return r, shop
}

func TestDeliver_bothRecordsOfAMergedCustomerAreKeptInStep(t *testing.T) {
	t.Parallel()
	r, shop := mergedBy(t, "update: all\non: {merged: keep}")
	r.send("erp/customers", `{"id": 1, "v": 9, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 9, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna Schmidt; 2 name=Anna Schmidt", "name")
	r.settled()
	if n := len(r.deliveries()); n != 2 {
		t.Errorf("%d deliveries", n)
	}
}

func TestDeliver_onlyThePrimaryRecordIsKeptInStep(t *testing.T) {
	t.Parallel()
	r, shop := mergedBy(t, "update: primary\non: {merged: keep}")
	before := shop.show("name")
	r.send("erp/customers", `{"id": 1, "v": 9, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 9, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	await(t, "one record follows", func() error {
		if shop.show("name") == before {
			return errors.New("none did")
		}
		return nil
	})
	r.settled()
	if got := shop.show("name"); got != "1 name=Anna Schmidt; 2 name=Anna S" {
		t.Errorf("the shop holds %q", got)
	}
}

func TestDeliver_theSecondRecordOfAMergedCustomerIsEnded(t *testing.T) {
	t.Parallel()
	_, shop := mergedBy(t, "on: {merged: deactivate}")
	off := 0
	for _, line := range strings.Split(shop.show("off"), "; ") {
		if strings.Contains(line, "off=true") {
			off++
		}
	}
	if off != 1 {
		t.Errorf("the shop holds %q, expected one record out of use", shop.show("name", "off"))
	}
	if posts := strings.Count(strings.Join(shop.done(), " "), "POST"); posts != 2 {
		t.Errorf("writes %v", shop.done())
	}
}

func TestDeliver_ordersAreDeliveredOnce(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, map[string]string{"routes/customers.yaml": `
route: orders
from: canonical.order
to: shop.customers
mapping: booking
`})
	r.send("erp/orders", `{"id": 7, "v": 1, "mail": "anna@post.example"}`)
	shop.holds("1 number=7", "number")
	r.settled()
	r.send("erp/orders", `{"id": 7, "v": 1, "mail": "anna@post.example"}`)
	r.send("erp/orders", `{"id": 7, "v": 2, "mail": "anna@post.example"}`)
	r.settled()
	wantWrites(t, shop, "POST")
	r.send("erp/orders", `{"id": 8}`, "deleted") // never heard of
	r.settled()
	wantWrites(t, shop, "POST")
	d, err := r.Store().Document(t.Context(), canonical.EntityOrder, "erp/orders/7")
	if err != nil || d.Version == nil || *d.Version.Integer != 2 {
		t.Errorf("order %+v, %v; expected the version of the last report", d, err)
	}
	// an older version that says something else comes late: it is not newer than the last one
	r.send("erp/orders", `{"id": 7, "v": 1, "mail": "other@post.example"}`)
	r.settled()
	if again, _ := r.Store().Document(t.Context(), canonical.EntityOrder, "erp/orders/7"); again.Hash != d.Hash {
		t.Errorf("an older version was taken: %s", again.Doc)
	}
}

// Promise 5: strict.
func TestStrict_aRecordThatCannotBeMappedIsADeadLetter(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	bad := `{"id": 1, "v": 1, "name": "Anna", "mail": "no address"}`
	r.send("erp/customers", bad)
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Ben", "mail": "ben@post.example"}`)
	r.settled()
	letters := r.letters()
	if len(letters) != 1 {
		t.Fatalf("%d dead letters", len(letters))
	}
	l := letters[0]
	if l.Stage != "translate" || l.Cause != "mapping" || l.System != "erp" || l.Stream != "customers" || l.Key != "1" || string(l.Bytes) != bad {
		t.Errorf("dead letter %+v", l)
	}
	if l.Topic != "raw.erp" || l.Offset != 0 || !strings.HasPrefix(l.Position, "/in/erp/customers") {
		t.Errorf("it stood at %s, %s/%d/%d", l.Position, l.Topic, l.Partition, l.Offset)
	}
	for _, part := range []string{"mapping customer: emails[0].value", "mappings/customer.yaml:"} {
		if !strings.Contains(l.Error, part) {
			t.Errorf("error %q does not name %s", l.Error, part)
		}
	}
	if n := r.stats().Customers; n != 1 {
		t.Errorf("%d customers, expected the good one", n)
	}
}

func TestStrict_whatIsNoRecordAndWhatLacksItsKeyAreDeadLetters(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, map[string]string{
		"hub.yaml": base["hub.yaml"] + "limits: {record: 64KB}\n",
		"connectors/erp.yaml": base["connectors/erp.yaml"] +
			"  firms: {verify: none, format: json, key: number, mapping: customer}\n" +
			"  kept: {verify: none, format: json, key: id}\n",
	})
	r.send("erp/customers", `{"id": `)
	r.send("erp/customers", `{"name": "nobody"}`)
	r.send("erp/firms", `{"id": 1, "v": 1, "number": 2, "name": "two keys"}`)
	r.send("erp/customers", `{"id": 3, "v": 1, "name": "`+strings.Repeat("long ", 20000)+`"}`)
	r.send("erp/kept", `{"id": 1}`) // without a mapping: kept raw, and nothing more
	r.settled()
	var got []string
	for _, l := range r.letters() {
		got = append(got, l.Stage+" "+l.Cause)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"ingest format", "ingest key", "ingest size", "translate key"}, got); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
}

func TestStrict_recordsOfAStreamThatIsNoLongerConfiguredAreDeadLetters(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	// such a record was left on Kafka by the folder as it was before
	if err := hub.PublishRaw(t.Context(), r.Hub, "erp", "invoices", `{"id": 7}`); err != nil {
		t.Fatal(err)
	}
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Ben", "mail": "ben@post.example"}`)
	r.settled()
	letters := r.letters()
	if len(letters) != 1 || letters[0].Cause != "stream" || letters[0].Error != `stream "invoices" of system erp is not configured` || string(letters[0].Bytes) != `{"id": 7}` {
		t.Errorf("dead letters %+v", letters)
	}
	if n := r.stats().Customers; n != 1 {
		t.Errorf("%d customers", n)
	}
}

func TestResolve_aBadRecordInABatchIsFoundAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	// NUL cannot be part of a key in any store
	r.send("erp/customers", `[{"id": "a", "v": 1, "name": "A", "mail": "a@post.example"},
		{"id": "b\u0000", "v": 1, "name": "B", "mail": "b@post.example"},
		{"id": "c", "v": 1, "name": "C", "mail": "c@post.example"}]`)
	r.send("erp/orders", `[{"id": "a", "v": 1, "mail": "a@post.example"}, {"id": "b\u0000", "v": 1, "mail": "b@post.example"}, {"id": "c", "v": 1, "mail": "c@post.example"}]`)
	r.settled()
	var got []string
	for _, l := range r.letters() {
		got = append(got, l.Stage+" "+l.Cause)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"documents text", "resolve text"}, got); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	if s := r.stats(); s.Customers != 2 || s.Documents[canonical.EntityOrder] != 2 {
		t.Errorf("%d customers, documents %v", s.Customers, s.Documents)
	}
	if reasons := r.Readiness(t.Context()); len(reasons) != 0 {
		t.Errorf("not ready: %v", reasons)
	}
}

// Promise 1: nothing acknowledged is lost.
func TestNothingLost_aRestartGoesOnWhereTheHubWasStopped(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	const n = 60
	for i := range n {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "anna%d@post.example"}`, i, i))
		if i%20 == 19 {
			r.stop()
			r.start()
		}
	}
	await(t, "all are delivered", func() error {
		if got := len(shop.done()); got < n {
			return fmt.Errorf("%d writes", got)
		}
		return nil
	})
	r.settled()
	if s := r.stats(); s.Customers != n || s.Records["erp/customers"] != n {
		t.Errorf("%d customers, records %v", s.Customers, s.Records)
	}
	if got := len(shop.done()); got != n {
		t.Errorf("%d creates took effect, expected %d", got, n)
	}
}

func TestNothingLost_aHubThatCannotStoreAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, map[string]string{"hub.yaml": base["hub.yaml"] + "limits: {free_disk: 900000TB}\n"})
	var status int
	var text string
	await(t, "the intake answers", func() error {
		if status, text = post(t, "http://"+r.IntakeAddress()+"/in/erp/customers", `{"id": 1, "v": 1, "name": "Anna"}`); status == 0 || strings.Contains(text, "not open") {
			return fmt.Errorf("%d %s", status, text)
		}
		return nil
	})
	if status != http.StatusServiceUnavailable {
		t.Errorf("a full disk was answered %d %s", status, text)
	}
	if reasons := r.Readiness(t.Context()); !strings.Contains(reasons["broker"], "disk is nearly full") {
		t.Errorf("readiness %v", reasons)
	}
}

func TestIntake_tellsUnknownStreamsFromThoseNotOpenYet(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, with(map[string]string{"golden.yaml": "", "connectors/shop.yaml": "", "routes/customers.yaml": "", "mappings/account.yaml": "", "mappings/booking.yaml": ""}))
	h, err := hub.Open(t.Context(), load(t, root, nil), hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for path, want := range map[string]int{"/in/erp/customers": 503, "/in/erp/custmers": 404, "/": 404, "/erp/customers": 404} {
		status, retry := hub.IntakeAnswer(h, path)
		if status != want || (retry != "") != (want == 503) {
			t.Errorf("%s before its source is open: %d, Retry-After %q; expected %d", path, status, retry, want)
		}
	}
}

func TestOpen_aSecondProcessOnTheSameDataFolderIsTold(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	_, err := hub.Open(t.Context(), load(t, r.root, r.env), hub.Options{})
	if !errors.Is(err, hub.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("got %v, expected ErrLocked with the process's ID", err)
	}
}

func TestLag_countsNothingTakenWhereAStageHasCommittedNothing(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	r.await("lag without error", func() error { _, err := r.Lag(t.Context()); return err })
	if _, err := r.Lag(t.Context()); err != nil {
		t.Errorf("lag of groups that have committed nothing: %v", err)
	}
}

func TestLogs_nameSystemAndStreamOnce(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, map[string]string{"connectors/files.yaml": `
kind: file
streams:
  customers: {folder: in, pattern: "*.ndjson", format: ndjson, key: id, mapping: customer}
`})
	file := filepath.Join(r.root, "in", "a.ndjson")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	await(t, "the file is read", func() error {
		if _, ok := r.customer("files/customers/1"); !ok {
			return errors.New("not yet")
		}
		return nil
	})
	r.settled()
	for _, line := range strings.Split(r.log.String(), "\n") {
		if strings.Count(line, " stream=") > 1 || strings.Count(line, " system=") > 1 {
			t.Errorf("log line %q", line)
		}
	}
}
