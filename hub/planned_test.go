package hub_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/hub"
)

// changed writes the rig's folder with some files replaced ("": left out) beside it.
func (r *rig) changed(files, replaced map[string]string) string {
	r.t.Helper()
	root := r.t.TempDir()
	all := maps.Clone(files)
	maps.Copy(all, replaced)
	write(r.t, root, all)
	return root
}

func (r *rig) plan(q hub.PlanRequest) *hub.Plan {
	r.t.Helper()
	p, err := r.Plan(r.t.Context(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// writesOf are the deliveries of a plan as the remote system notes them.
func writesOf(p *hub.Plan) []string {
	var all []string
	for _, d := range p.Deliveries {
		all = append(all, map[string]string{
			"create": "POST", "update": "PUT " + d.Remote, "deactivate": "PUT " + d.Remote + "/off", "delete": "DELETE " + d.Remote,
			"failed": "failed " + d.Subject,
		}[d.Operation])
	}
	slices.Sort(all)
	return all
}

const (
	upperNames = `
mapping: customer
to: Customer
input: [id, v, name, mail, phone, phone2, kind]
id: string(id)
version: {integer: v}
fields:
  kind: '"person"'
  names:
    - {full: upper(name)}
  emails:
    - {when: '!empty(mail)', fields: {value: 'mail == "anna.old@post.example" ? "anna@post.example" : mail'}}
`
	notBert = `
route: customers
from: golden.customer
when: customer.names[0].full != "BERT"
to: shop.customers
mapping: account
on: {unmatched: delete}
`
)

// A plan tells, of changed mappings and routes, what a reload and a replay then do, and does nothing
// itself.
func TestPlan_tellsWhatAReloadAndAReplayThenDo(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	for i, name := range []string{"Anna anna@post.example", "Anna anna.old@post.example", "Bert bert@post.example"} {
		name, mail, _ := strings.Cut(name, " ")
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": %q, "mail": %q}`, i+1, name, mail))
		r.settled()
	}
	shop.holds("1 name=Anna; 2 name=Anna; 3 name=Bert", "name")
	n, sum := r.sum()
	files := map[string]string{"mappings/customer.yaml": upperNames, "routes/customers.yaml": notBert}
	p := r.plan(hub.PlanRequest{Folder: r.changed(base, files)})
	if !p.Same {
		t.Error("the ruleset is told to differ")
	}
	if len(p.Streams) != 2 || p.Streams[0].Stream != "erp/customers" || replayed(p.Streams[0].Counts) != "read 3, passed 0, left out 0, changed 3, unchanged 0, older 0, failed 0" {
		t.Errorf("streams %+v", p.Streams)
	}
	var records []string
	for _, one := range p.Records {
		text := one.Change + " " + one.Key
		for _, c := range one.Changed {
			text += fmt.Sprintf(" %s %s>%s", c.Path, c.Old, c.New)
		}
		records = append(records, text)
	}
	want := []string{
		`changed erp/customers/1 /names/0 {"full":"Anna"}>{"full":"ANNA"}`,
		`changed erp/customers/2 /emails/0 {"value":"anna.old@post.example"}>{"value":"anna@post.example"} /names/0 {"full":"Anna"}>{"full":"ANNA"}`,
		`changed erp/customers/3 /names/0 {"full":"Bert"}>{"full":"BERT"}`,
	}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if p.Counts["merged"] != 2 || p.Counts["changed"] != 1 {
		t.Errorf("customers %v", p.Counts)
	}
	if len(p.Routes) != 1 || p.Routes[0].Change != "changed" {
		t.Errorf("routes %+v", p.Routes)
	}
	if again, same := r.sum(); again != n || same != sum {
		t.Error("planning changed customers")
	}
	r.settled()
	before := shop.done()
	if len(before) != 3 {
		t.Fatalf("writes %v", before)
	}
	few := r.plan(hub.PlanRequest{Folder: r.changed(base, files), Examples: 1})
	if len(few.Records) != 1 || len(few.Customers) != 2 || few.Counts["changed"] != 1 || few.Sent[0] != p.Sent[0] {
		t.Errorf("with one example each: %d records, %d customers, %v, %+v", len(few.Records), len(few.Customers), few.Counts, few.Sent)
	}

	r.rewrite(files)
	r.reload()
	r.swept()
	r.settled()
	r.replay(hub.ReplayRequest{System: "erp"})
	r.settled()
	done := shop.done()[len(before):]
	slices.Sort(done)
	if diff := cmp.Diff(writesOf(p), done); diff != "" {
		t.Errorf("writes (-planned +done):\n%s\n%+v", diff, p.Deliveries)
	}
	if p := r.plan(hub.PlanRequest{Folder: r.changed(base, files)}); len(p.Records)+len(p.Customers)+len(p.Routes)+len(p.Deliveries) != 0 {
		t.Errorf("planned once more: %+v", p)
	}
}

// New and gone routes, mappings that only later count, orders, and what cannot be mapped or told.
func TestPlan_tellsOfRoutesOrdersAndWhatItCannotTell(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	r.settled() // the target numbers them in the order in which they are created
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Bert", "mail": "bert@post.example", "kind": "x"}`)
	r.send("erp/orders", `{"id": 7, "v": 1, "mail": "anna@post.example", "total": 5}`)
	r.settled()
	shop.holds("1 name=Anna; 2 name=Bert", "name")

	t.Run("an outbound mapping", func(t *testing.T) {
		p := r.plan(hub.PlanRequest{Folder: r.changed(base, map[string]string{"mappings/account.yaml": base["mappings/account.yaml"] + "  seen: '\"yes\"'\n"})})
		if len(p.Routes) != 1 || p.Routes[0].Change != "mapping" || len(p.Sent) != 1 || p.Sent[0].Update != 2 || p.Sent[0].Later != 2 {
			t.Errorf("routes %+v, sent %+v", p.Routes, p.Sent)
		}
		if len(p.Deliveries) != 2 || !p.Deliveries[0].Later || !strings.Contains(string(p.Deliveries[0].Payload), `"seen":"yes"`) {
			t.Errorf("deliveries %+v", p.Deliveries)
		}
	})
	t.Run("a new route for orders", func(t *testing.T) {
		p := r.plan(hub.PlanRequest{Folder: r.changed(base, map[string]string{
			"routes/orders.yaml":  "route: orders\nfrom: canonical.order\nto: shop.customers\nmapping: booking\n",
			"mappings/order.yaml": strings.Replace(base["mappings/order.yaml"], "number: string(id)", `number: '"A" + string(id)'`, 1),
		})})
		if len(p.Records) != 1 || p.Records[0].Key != "erp/orders/7" || p.Records[0].Change != "changed" {
			t.Errorf("records %+v", p.Records)
		}
		if len(p.Routes) != 1 || p.Routes[0].Change != "new" || len(p.Deliveries) != 1 || string(p.Deliveries[0].Payload) != `{"number":"A7"}` {
			t.Errorf("routes %+v, deliveries %+v", p.Routes, p.Deliveries)
		}
	})
	t.Run("a route that is gone", func(t *testing.T) {
		p := r.plan(hub.PlanRequest{Folder: r.changed(base, map[string]string{"routes/customers.yaml": ""})})
		if len(p.Routes) != 1 || p.Routes[0].Change != "gone" || p.Routes[0].Held != 2 || len(p.Deliveries) != 0 {
			t.Errorf("routes %+v, deliveries %+v", p.Routes, p.Deliveries)
		}
	})
	t.Run("what cannot be mapped", func(t *testing.T) {
		stricter := strings.Replace(base["mappings/customer.yaml"], `kind: '"person"'`, `kind: 'kind == "x" ? "robot" : "person"'`, 1)
		p := r.plan(hub.PlanRequest{Folder: r.changed(base, map[string]string{"mappings/customer.yaml": stricter, "connectors/erp.yaml": base["connectors/erp.yaml"] + "  visits: {verify: none, format: json, key: id, mapping: customer}\n"})})
		if len(p.Records) != 1 || p.Records[0].Change != "failed" || p.Records[0].Key != "erp/customers/2" || !strings.Contains(p.Records[0].Error, "robot") {
			t.Errorf("records %+v", p.Records)
		}
		want := []string{
			"stream erp/visits is new: what it will bring is not known",
			"erp/customers: 1 raw records could not be mapped and would become dead letters; what the store holds of them stays",
		}
		for _, one := range want {
			if !slices.Contains(p.Untold, one) {
				t.Errorf("it does not tell that %q: %q", one, p.Untold)
			}
		}
	})
	t.Run("a wrong folder", func(t *testing.T) {
		for folder, want := range map[string]string{
			r.root + "/none": "a folder that the hub's process can read",
			r.changed(base, map[string]string{"mappings/customer.yaml": "mapping: customer\n"}): "a hub folder without errors",
		} {
			if _, err := r.Plan(t.Context(), hub.PlanRequest{Folder: folder}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %s", err, want)
			}
		}
	})
	if err := os.Remove(r.root + "/hub.yaml"); err != nil { // the plan reads nothing of the folder that runs
		t.Fatal(err)
	}
	r.plan(hub.PlanRequest{Ruleset: base["golden.yaml"]})
}
