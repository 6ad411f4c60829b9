package hub_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// rewrite changes files of a running hub's folder.
func (r *rig) rewrite(files map[string]string) {
	r.t.Helper()
	write(r.t, r.root, files)
}

// reload takes the folder as it is now, whoever comes first: this call or the hub's own watching.
func (r *rig) reload() {
	r.t.Helper()
	before := r.Generation()
	if _, err := r.Reload(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	if r.Generation() != before+1 {
		r.t.Fatalf("generation %d after %d", r.Generation(), before)
	}
}

func (r *rig) swept() {
	r.t.Helper()
	r.await("sweeps are through", func() error {
		sweeps, err := r.Sweeps(r.t.Context())
		if err == nil && len(sweeps) > 0 {
			err = fmt.Errorf("under way: %+v", sweeps)
		}
		return err
	})
	r.settled()
}

// A folder with a mistake is refused as a whole: the hub runs on with the one before, and says so.
func TestReload_refusesABadFolder(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	r := start(t, base, map[string]string{"SHOP": server.URL})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Ann", "mail": "ann@x.example"}`)
	r.settled()
	before := r.Generation()

	good := base["mappings/customer.yaml"]
	r.rewrite(map[string]string{
		"mappings/customer.yaml": strings.Replace(good, "full: name", "full: nmae", 1),
		"routes/customers.yaml":  strings.Replace(base["routes/customers.yaml"], "to:", "when: '\"erp\" in systems'\nto:", 1),
	})
	_, err := r.Reload(t.Context())
	var bad *hub.ReloadError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), `mappings/customer.yaml:10:14: unknown name "nmae"`) {
		t.Fatalf("reloaded with %v", err)
	}
	if r.Generation() != before || !strings.Contains(r.Refused(), "nmae") || len(r.Folder().Routes) != 1 || r.Folder().Routes[0].When() != "" {
		t.Errorf("generation %d after %d, refused %q", r.Generation(), before, r.Refused())
	}
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Bob", "mail": "bob@x.example"}`)
	r.settled()
	holdsAll(t, shop, "name=Ann mail=ann@x.example", "name=Bob mail=bob@x.example")

	r.rewrite(map[string]string{"mappings/customer.yaml": good})
	r.reload()
	if r.Refused() != "" {
		t.Errorf("still refused: %s", r.Refused())
	}
}

// What cannot change while a hub runs is refused with the advice to restart.
func TestReload_refusesWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	r := start(t, base, map[string]string{"SHOP": "http://127.0.0.1:9"})
	r.await("the hub runs", func() error { _, err := r.Lag(t.Context()); return err })
	r.rewrite(map[string]string{"hub.yaml": strings.Replace(base["hub.yaml"], "region: DE", "region: FR\ndata: elsewhere", 1)})
	_, err := r.Reload(t.Context())
	if err == nil || !strings.Contains(err.Error(), "data has changed, which cannot be while the hub runs; expected a restart") || !strings.Contains(err.Error(), "region has changed") {
		t.Errorf("reloaded with %v", err)
	}
	r.rewrite(map[string]string{"hub.yaml": "# a word for people\n" + base["hub.yaml"]})
	if done, err := r.Reload(t.Context()); err != nil || done.Changed {
		t.Errorf("a comment changed something: %+v, %v", done, err)
	}
}

// The hub notices a changed folder by itself, and starts, stops and keeps what it has to.
func TestReload_startsAndStopsWhatChanged(t *testing.T) {
	t.Parallel()
	r := start(t, base, map[string]string{"SHOP": "http://127.0.0.1:9"})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Ann", "mail": "ann@x.example"}`)
	before := r.Generation()
	r.rewrite(map[string]string{
		"connectors/crm.yaml": strings.ReplaceAll(base["connectors/erp.yaml"], "equals: deleted", "equals: gone"),
		"connectors/erp.yaml": strings.Replace(base["connectors/erp.yaml"], "orders: {", "orders: {max_body: 1MB, ", 1),
	})
	r.await("the next generation", func() error {
		if r.Generation() == before {
			return errors.New("not yet")
		}
		return nil
	})
	r.send("crm/customers", `{"id": 1, "v": 1, "name": "Carl", "mail": "carl@x.example"}`)
	r.await("a record of the new system", func() error {
		if _, ok := r.customer("crm/customers/1"); !ok {
			return errors.New("not yet")
		}
		return nil
	})
	log := r.log.String()
	if !strings.Contains(log, "stopped=[erp/orders]") || !strings.Contains(log, `started="[crm/customers crm/orders erp/orders]"`) {
		t.Errorf("log:\n%s", log)
	}
	if err := os.Remove(filepath.Join(r.root, "connectors/crm.yaml")); err != nil {
		t.Fatal(err)
	}
	r.await("the system is gone", func() error {
		if status, _ := post(t, "http://"+r.IntakeAddress()+"/in/crm/customers", `{"id": 2}`); status != 404 {
			return fmt.Errorf("answered %d", status)
		}
		return nil
	})
}

// Promise 1: while records flow, the folder changes many times, for good and for bad; nothing that
// was acknowledged is lost, and no customer is there twice.
func TestReload_whileRecordsFlow(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	r := start(t, base, map[string]string{"SHOP": server.URL})
	const records = 300
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range records {
			record := fmt.Sprintf(`{"id": %d, "v": 1, "name": "N%d", "mail": "n%d@x.example"}`, i, i, i)
			for {
				if status, _ := post(t, "http://"+r.IntakeAddress()+"/in/erp/customers", record); status == 200 {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	}()
	taken := 0
	for i := 0; ; i++ {
		mapping := strings.Replace(base["mappings/customer.yaml"], "  emails:", fmt.Sprintf("  language: '\"%s\"'\n  emails:", []string{"de", "zh"}[i%2]), 1)
		if i%3 == 2 {
			mapping = strings.Replace(mapping, "to: Customer", "to: Custmer", 1)
		}
		r.rewrite(map[string]string{
			"mappings/customer.yaml": mapping,
			"connectors/erp.yaml":    strings.Replace(base["connectors/erp.yaml"], "customers: {", fmt.Sprintf("customers: {max_body: %dMB, ", 1+i%5), 1),
		})
		if _, err := r.Reload(t.Context()); err == nil {
			taken++
		}
		select {
		case <-sent:
			if taken < 3 { // all records were faster
				continue
			}
		case <-time.After(20 * time.Millisecond):
			continue
		}
		break
	}
	r.settled()
	s := r.stats()
	if s.Customers != records || len(r.letters()) != 0 {
		t.Errorf("%d customers of %d, %d dead letters", s.Customers, records, len(r.letters()))
	}
	if got := len(r.deliveries()); taken < 3 || got != 100 {
		t.Errorf("%d generations, %d deliveries", taken, got)
	}
	creates := 0
	for _, line := range shop.done() {
		if strings.HasPrefix(line, "POST") {
			creates++
		}
	}
	if creates != records {
		t.Errorf("%d creates for %d customers", creates, records)
	}
}

// holdsAll waits until the shop holds records with these fields.
func holdsAll(t *testing.T, shop *remote, want ...string) {
	t.Helper()
	await(t, "the shop's records", func() error {
		held := shop.show("name", "mail")
		for _, one := range want {
			if !strings.Contains(held, one) {
				return fmt.Errorf("it holds %s", held)
			}
		}
		return nil
	})
}

// A changed route: the target is filled with what was there before, by a sweep.
func TestSweep_fillsATargetOfAChangedRoute(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	off := strings.Replace(base["routes/customers.yaml"], "to:", "when: '\"shop\" in systems'\nto:", 1)
	r := start(t, with(map[string]string{"routes/customers.yaml": off}), map[string]string{"SHOP": server.URL})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Ann", "mail": "ann@x.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Bob", "mail": "bob@x.example"}`)
	r.send("erp/orders", `{"id": 7, "v": 1, "mail": "ann@x.example"}`)
	r.await("an order is there", func() error {
		_, err := r.Store().Document(t.Context(), "Order", "erp/orders/7")
		return err
	})
	r.settled()
	shop.holds("", "name")

	r.rewrite(map[string]string{
		"routes/customers.yaml": base["routes/customers.yaml"],
		"routes/orders.yaml":    "route: orders\nfrom: canonical.order\nto: shop.customers\nmapping: booking\n",
	})
	r.reload()
	r.swept()
	r.await("the target is filled", func() error {
		if n := len(r.deliveries()); n != 3 {
			return fmt.Errorf("%d deliveries", n)
		}
		return nil
	})
	holdsAll(t, shop, "name=Ann mail=ann@x.example", "name=Bob mail=bob@x.example")
}

// A store that was written by an older program: its customers are found by words after a sweep, and
// nothing else happens to them.
func TestSweep_bringsTheWordsOfAnOlderStoreUpToDate(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	r := start(t, base, map[string]string{"SHOP": server.URL})
	for i := range 5 {
		r.send("shop/customers", fmt.Sprintf(`{"id": "s%d", "v": 1, "name": "Ann Lee", "mail": "n%d@x.example"}`, i, i))
	}
	r.settled()
	before, err := r.Store().FindCustomers(t.Context(), golden.Query{})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Store().InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		var nos []golden.EntityNo
		for _, c := range before {
			nos = append(nos, c.No)
		}
		return tx.PutLookups(ctx, nos, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Store().LoadCheckpoint(t.Context(), "hub/generation")
	if err != nil {
		t.Fatal(err)
	}
	older := regexp.MustCompile(`,"search":\d+`).ReplaceAll(text, nil)
	if len(older) == len(text) {
		t.Fatalf("no version of the search in %s", text)
	}
	if err := r.Store().SaveCheckpoint(t.Context(), "hub/generation", older); err != nil {
		t.Fatal(err)
	}
	r.stop()
	r.page = 2
	r.start()
	r.await("the sweep is noted", func() error {
		now, err := r.Store().LoadCheckpoint(t.Context(), "hub/generation")
		if err == nil && !bytes.Equal(now, text) {
			err = fmt.Errorf("ran last: %s", now)
		}
		return err
	})
	r.swept()
	hits, err := r.Store().Search(t.Context(), golden.Search{Words: []golden.Word{{Text: "ann"}, {Text: "le"}}})
	if err != nil || len(hits) != 5 {
		t.Errorf("%d customers found by words, %v", len(hits), err)
	}
	after, err := r.Store().FindCustomers(t.Context(), golden.Query{})
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("the sweep changed customers, %v (-before +after):\n%s", err, diff)
	}
	r.stop()
	r.start()
	if strings.Contains(r.log.String(), "sweep begins") {
		t.Error("the sweep began anew at the next start")
	}
}

// A changed ruleset: values change at once for customers of whom nothing new arrives, at the
// target too; a sweep that was cut off by a stop goes on at the next start.
func TestSweep_appliesAChangedRulesetAndGoesOnAfterAStop(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	r := start(t, base, map[string]string{"SHOP": server.URL})
	const customers = 40
	for i := range customers {
		r.send("shop/customers", fmt.Sprintf(`{"id": "s%d", "v": 1, "name": "Of the shop", "mail": "n%d@x.example"}`, i, i))
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Of the ERP", "mail": "n%d@x.example"}`, i, i))
	}
	r.settled()
	names := func(name string) (n int) {
		found, err := r.Store().FindCustomers(t.Context(), golden.Query{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			if strings.Contains(string(c.Doc), name) {
				n++
			}
		}
		return n
	}
	if n := names("Of the ERP"); n != customers {
		t.Fatalf("%d customers are named by the ERP: %+v", n, r.stats())
	}
	r.stop()
	// while the hub is down, its folder changes: the next start notices
	r.rewrite(map[string]string{"golden.yaml": strings.Replace(base["golden.yaml"], "[erp, shop]", "[shop, erp]", 1)})
	r.page = 2
	r.start()
	var under []hub.Sweep
	r.await("some are swept", func() (err error) {
		if under, err = r.Sweeps(t.Context()); err == nil && (len(under) != 1 || under[0].Done < 4) {
			err = fmt.Errorf("under way: %+v", under)
		}
		return err
	})
	r.stop()
	r.start()
	r.swept()
	if n := names("Of the shop"); n != customers {
		t.Errorf("%d customers of %d are named by the shop", n, customers)
	}
	if n := strings.Count(r.log.String(), "sweep is through"); n != 1 {
		t.Errorf("%d sweeps were through after the last start:\n%s", n, r.log.String())
	}
	if strings.Contains(r.log.String(), "sweep begins") {
		t.Error("the sweep began anew after the stop")
	}
}
