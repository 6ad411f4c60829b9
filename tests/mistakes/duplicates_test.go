package mistakes

import (
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// One customer has two records in one shop, which is why such a hub is bought. What the hub does
// with them must stay right when they are found to be one, and when a person says that they are
// not.
func TestTwoRecordsOfOneCustomerInOneShop_mergedAndSplitAgain(t *testing.T) {
	t.Parallel()
	for update, want := range map[string]struct{ merged, corrected string }{
		"all":     {"shop1 name=Anna Schmidt; shop2 name=Anna Schmidt", "shop1 name=Anna Meier; shop2 name=Anna Meier"},
		"primary": {"shop1 name=Anna Schmidt; shop2 name=A. Schmid", "shop1 name=Anna Meier; shop2 name=A. Schmid"},
	} {
		t.Run(update, func(t *testing.T) {
			t.Parallel()
			shop := systems.New(t, "shop", systems.Options{})
			c := found(t, map[string]string{
				"golden.yaml":           strings.ReplaceAll(ruleset, "most_recent", "source_priority"),
				"routes/customers.yaml": route([]string{"shop.customers"}, "update: "+update+"\n"),
			}, shop)
			shop.Person(systems.Record{"name": "Anna", "mail": "anna@post.example"})
			second := shop.Person(systems.Record{"name": "A. Schmid", "mail": "as@post.example"})
			c.restWith(hubtest.Counts{"shop/customers": 2})
			c.report(strings.Replace(anna, "Anna", "Anna Schmidt", 1))
			c.restWith(hubtest.Counts{"erp/customers": 1})
			c.customers("erp/customers/1 shop/customers/shop1", "shop/customers/shop2")
			c.holds(shop, "shop1 name=Anna Schmidt; shop2 name=A. Schmid", "name")

			// the address is corrected: both are Anna
			shop.Change(second, "mail", "anna@post.example")
			c.rest()
			c.customers("erp/customers/1 shop/customers/shop1 shop/customers/shop2")
			c.holds(shop, want.merged, "name")
			c.report(later("Anna Meier", 3))
			c.rest()
			c.holds(shop, want.corrected, "name")

			// no, says somebody who has asked them
			c.decide(golden.Different, []string{"erp/customers/1", "shop/customers/shop1"}, []string{"shop/customers/shop2"})
			c.rest()
			c.customers("erp/customers/1 shop/customers/shop1", "shop/customers/shop2")
			c.holds(shop, want.corrected, "name")
			// from now on the first follows the ERP, and the second what is entered there
			c.report(later("Anna Huber", 4))
			shop.Change(second, "name", "Agathe Schmid")
			c.rest()
			c.holds(shop, "shop1 name=Anna Huber; shop2 name=Agathe Schmid", "name")
			c.customers("erp/customers/1 shop/customers/shop1", "shop/customers/shop2")
			for _, w := range shop.Writes() {
				if strings.HasPrefix(w, "POST") {
					t.Errorf("a third record was made: %v", shop.Writes())
				}
			}
			c.quiet()
		})
	}
}
