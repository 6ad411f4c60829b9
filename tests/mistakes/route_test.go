package mistakes

import (
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// A customer who no longer matches a route has a record in the target all the same, and may match
// again one day.
func TestLeavingARoute_comingBackAndLeavingAgain(t *testing.T) {
	t.Parallel()
	type step struct{ writes, holds string }
	for policy, want := range map[string][4]step{ // there, gone, back, gone again
		"keep": {
			{"POST shop1", "shop1 name=Anna"},
			{"POST shop1", "shop1 name=Anna"},
			{"POST shop1, PUT shop1", "shop1 name=Anna 3"},
			{"POST shop1, PUT shop1", "shop1 name=Anna 3"},
		},
		"deactivate": {
			{"POST shop1", "shop1 name=Anna"},
			{"POST shop1, PUT shop1/off", "shop1 name=Anna off=true"},
			{"POST shop1, PUT shop1/off, PUT shop1", "shop1 name=Anna 3"},
			{"POST shop1, PUT shop1/off, PUT shop1, PUT shop1/off", "shop1 name=Anna 3 off=true"},
		},
		"delete": {
			{"POST shop1", "shop1 name=Anna"},
			{"POST shop1, DELETE shop1", ""},
			{"POST shop1, DELETE shop1, POST shop2", "shop2 name=Anna 3"},
			{"POST shop1, DELETE shop1, POST shop2, DELETE shop2", ""},
		},
	} {
		for _, reports := range []bool{true, false} {
			name := policy
			if !reports {
				name += ", without reports"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				shop := systems.New(t, "shop", systems.Options{})
				files := shopBy(byKey, !reports)
				if !reports {
					shop.Hold()
				}
				// who is a customer of ours is the ERP's to say: by a phone that it states, or not
				files["routes/customers.yaml"] = route([]string{"shop.customers"},
					"when: '\"erp\" in systems && !empty(customer.phones)'\non: {unmatched: "+policy+", deleted: keep}\n")
				files["golden.yaml"] = strings.ReplaceAll(ruleset, "most_recent", "source_priority")
				c := found(t, files, shop)
				with, without := anna, strings.Replace(anna, `, "phone": "030 901820"`, "", 1)
				at := func(record, name, day string) string {
					return strings.NewReplacer("Anna", name, "01-02", "01-0"+day).Replace(record)
				}
				check := func(n int) {
					t.Helper()
					c.rest()
					c.wrote(shop, want[n].writes)
					c.holds(shop, want[n].holds, "name", "off")
				}
				c.report(with)
				c.restWith(hubtest.Counts{"erp/customers": 1})
				check(0)
				c.report(at(without, "Anna 2", "3"))
				check(1)
				c.report(at(without, "Anna 2b", "4")) // a change meanwhile is not the shop's affair
				check(1)
				c.report(at(with, "Anna 3", "5"))
				check(2)
				c.report(at(without, "Anna 4", "6"))
				check(3)
				if n := len(c.Dump()); n != 1 {
					t.Errorf("%d customers", n)
				}
				c.quiet()
			})
		}
	}
}
