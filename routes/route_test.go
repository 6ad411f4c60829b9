package routes_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/routes"
)

func tryLoad(yaml string) (*routes.Route, *config.Problems) {
	ps := &config.Problems{}
	return routes.Load(config.Parse("r.yaml", []byte(yaml), nil, ps), routes.Options{Region: "DE"}, ps), ps
}

func load(t *testing.T, yaml string) *routes.Route {
	t.Helper()
	r, ps := tryLoad(yaml)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

func match(t *testing.T, r *routes.Route, doc string, facts *expression.Facts) (bool, error) {
	t.Helper()
	var d formats.Doc
	if err := (&json.Format{}).Decode(&d, formats.Frame{Bytes: []byte(doc)}, r.Shape()); err != nil {
		t.Fatal(err)
	}
	return r.Match(&d.Root, facts)
}

func TestLoad_readsAllOfARoute(t *testing.T) {
	t.Parallel()
	r := load(t, `
route: customers-to-erp
from: golden.customer
when: customer.kind == "organisation" && "webshop" in systems
to: [erp.customers, {target: crm.accounts, mapping: crm-account}]
mapping: erp-customer
update: primary
on: {merged: delete, unmatched: deactivate}
`)
	want := []routes.TargetRef{
		{System: "erp", Stream: "customers", Mapping: "erp-customer", At: config.Position{File: "r.yaml", Line: 5, Column: 6}, MappingAt: config.Position{File: "r.yaml", Line: 6, Column: 10}},
		{System: "crm", Stream: "accounts", Mapping: "crm-account", At: config.Position{File: "r.yaml", Line: 5, Column: 30}, MappingAt: config.Position{File: "r.yaml", Line: 5, Column: 53}},
	}
	if diff := cmp.Diff(want, r.To); diff != "" {
		t.Error(diff)
	}
	on := routes.On{Merged: routes.Delete, Split: routes.Keep, Unmatched: routes.Deactivate, Deleted: routes.Deactivate, Erased: routes.Delete, Changed: routes.Changed{Default: routes.Accept}}
	if diff := cmp.Diff(on, r.On); diff != "" {
		t.Error(diff)
	}
	if r.Name != "customers-to-erp" || r.From != routes.GoldenCustomer || r.Update != routes.UpdatePrimary || r.Entity() != "Customer" {
		t.Errorf("found %+v", r)
	}
	if found := len(r.Shape().Fields); found != 1 {
		t.Errorf("the route asks for %d attributes; expected kind alone", found)
	}
}

func TestLoad_namesPlaceFoundAndExpected(t *testing.T) {
	t.Parallel()
	const good = "route: r\nfrom: golden.customer\nto: [erp.customers]\nmapping: m\n"
	for _, test := range []struct {
		name, yaml string
		want       []string
	}{
		{"no route", "[]", []string{"r.yaml:1:1: found a list; expected a route file: route, from, to, mapping"}},
		{"no name", "from: golden.customer\nto: [erp.customers]\nmapping: m", []string{"r.yaml:1:1: the route has no name; expected route: NAME"}},
		{"no origin", "route: r\nto: [erp.customers]\nmapping: m", []string{"r.yaml:1:1: from is missing; expected one of golden.customer, canonical.order, canonical.interaction, canonical.product"}},
		{"unknown origin", "route: r\nfrom: golden.custmer\nto: [erp.customers]\nmapping: m", []string{`r.yaml:2:7: found "golden.custmer"; expected one of golden.customer, canonical.order, canonical.interaction, canonical.product; did you mean "golden.customer"?`}},
		{"unknown key", good + "wen: x", []string{`r.yaml:5:1: unknown key "wen"; expected one of route, from, when, to, mapping, update, create_only, on; did you mean "when"?`}},
		{"no target", "route: r\nfrom: golden.customer\nmapping: m", []string{"r.yaml:1:1: the route leads nowhere; expected to: [SYSTEM.STREAM]"}},
		{"no stream", "route: r\nfrom: golden.customer\nto: [erp]\nmapping: m", []string{`r.yaml:3:6: found "erp"; expected a target SYSTEM.STREAM such as erp.customers`}},
		{"no mapping", "route: r\nfrom: golden.customer\nto: [erp.customers]", []string{"r.yaml:3:6: target erp.customers has no mapping; expected mapping: NAME, beside the target or for the whole route"}},
		{"twice", "route: r\nfrom: golden.customer\nto: [erp.c, erp.c]\nmapping: m", []string{"r.yaml:3:13: target erp.c stands twice; expected each target once"}},
		{"wrong update", good + "update: primry", []string{`r.yaml:5:9: found "primry"; expected one of all, primary; did you mean "primary"?`}},
		{"wrong policy", good + "on: {merged: drop}", []string{`r.yaml:5:14: found "drop"; expected one of keep, deactivate, delete`}},
		{"wrong stance", good + "on: {changed: force}", []string{`r.yaml:5:15: found "force"; expected one of accept, enforce; did you mean "enforce"?`}},
		{"wrong stance of an attribute", good + "on: {changed: {phones: keep}}", []string{`r.yaml:5:24: found "keep"; expected one of accept, enforce`}},
		{"a stance on what is no attribute", good + "on: {changed: {phone: enforce}}", []string{`r.yaml:5:16: no such attribute: phone; expected an attribute of a customer; did you mean "phones"?`}},
		{"create_only of what is no attribute", good + "create_only: [emals]", []string{`r.yaml:5:15: no such attribute: emals; expected an attribute of a customer; did you mean "emails"?`}},
		{"wrong event", good + "on: {merge: keep}", []string{`r.yaml:5:6: unknown key "merge"; expected one of merged, split, unmatched, deleted, erased, changed; did you mean "merged"?`}},
		{"policy of an order", "route: r\nfrom: canonical.order\nto: [erp.orders]\nmapping: m\nupdate: all", []string{"r.yaml:5:9: update beside from: canonical.order; expected it only with from: golden.customer"}},
		{"unknown path", good + "when: customer.knd == \"person\"", []string{`r.yaml:5:16: unknown field "knd"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …; did you mean "kind"?`}},
		{"unknown variable", good + "when: order.number == \"1\"", []string{`r.yaml:5:7: unknown name "order"; expected one of customer, id, sources, systems, version`}},
		{"unknown value", good + "when: customer.kind == \"company\"", []string{`r.yaml:5:24: "company" is never the value of this field; expected one of person, organisation`}},
		{"no condition", good + "when: customer.industry", []string{"r.yaml:5:7: the expression gives text; expected true or false"}},
		{"lookups of others", good + "when: golden(id).kind == \"person\"", []string{"r.yaml:5:7: golden(…) cannot be used here: it is for outbound mappings; expected only what the record itself says, so that a replay gives the same"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, ps := tryLoad(test.yaml)
			var found []string
			for _, p := range ps.Sorted() {
				found = append(found, p.String())
			}
			if diff := cmp.Diff(test.want, found); diff != "" || r != nil {
				t.Errorf("%v\n%s", r, diff)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	const customer = `{"kind":"organisation","emails":[{"value":"a@example.com"}],"creditLimit":{"amount":"1000.50"},"addresses":[{"country":"DE"},{"country":"CN"}]}`
	facts := &expression.Facts{ID: "g1", Version: 3, Systems: []string{"erp", "webshop"}, Sources: []string{"erp/customers/1", "webshop/customers/2"}}
	for condition, want := range map[string]bool{
		`customer.kind == "organisation" && "webshop" in systems`: true,
		`"crm" in systems`:                             false,
		`"erp/customers/1" in sources`:                 true,
		`any(sources, # startsWith "webshop/")`:        true,
		`len(systems) > 1 and version >= 3`:            true,
		`customer.creditLimit.amount > 1000`:           true,
		`customer.creditLimit.amount < 999.99`:         false,
		`customer.salesLimit.amount > 0`:               false,
		`customer.industry == nil`:                     true,
		`any(customer.addresses, .country == "CN")`:    true,
		`customer.emails[0].value endsWith "@x.org"`:   false,
		`customer.attributes.tier == "gold"`:           false,
		`id == "g1"`:                                   true,
		`not (customer.kind == "person")`:              true,
		`count(customer.addresses) == 2`:               true,
		`customer.kind in ["person", "organisation"]`:  true,
		`customer.emails[0].verified`:                  false,
		`customer.emails[0].verified ?? true`:          true,
		`lower(customer.addresses[1].country) == "cn"`: true,
	} {
		r := load(t, "route: r\nfrom: golden.customer\nto: [erp.c]\nmapping: m\nwhen: '"+strings.ReplaceAll(condition, "'", "''")+"'")
		if found, err := match(t, r, customer, facts); err != nil || found != want {
			t.Errorf("%s: found %v, %v; expected %v", condition, found, err, want)
		}
	}
	always := load(t, "route: r\nfrom: canonical.order\nto: erp.orders\nmapping: m")
	if ok, err := match(t, always, `{}`, nil); !ok || err != nil {
		t.Errorf("found %v, %v; expected that a route without condition carries all", ok, err)
	}
}

func TestMatch_errorNamesTheCondition(t *testing.T) {
	t.Parallel()
	r := load(t, "route: r\nfrom: golden.customer\nto: [erp.c]\nmapping: m\nwhen: number(customer.attributes.points) > 10")
	_, err := match(t, r, `{"attributes":{"points":"many"}}`, nil)
	const want = `when number(customer.attributes.points) > 10: found text "many"; expected a number such as 12.50 (number(x, ",") reads 1.234,50) [r.yaml:5:7]`
	if err == nil || err.Error() != want {
		t.Errorf("found %v\nexpected %s", err, want)
	}
}

func TestMatch_isSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	r := load(t, "route: r\nfrom: golden.customer\nto: [erp.c]\nmapping: m\nwhen: '\"erp\" in systems'")
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 100 {
				want := (i+worker)%2 == 0
				systems := []string{"webshop"}
				if want {
					systems = append(systems, "erp")
				}
				if found, err := r.Match(&formats.Node{}, &expression.Facts{Systems: systems}); err != nil || found != want {
					t.Errorf("found %v, %v; expected %v", found, err, want)
				}
			}
		})
	}
	wait.Wait()
}
