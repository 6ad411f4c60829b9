package mistakes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// A source exports everything every night. What it says it has said before: nothing is to be
// delivered, and no value of it is any fresher than it was, whatever time the export puts on it.
func TestASourceThatSendsEverythingEveryNight_isNoNews(t *testing.T) {
	t.Parallel()
	clock := &systems.Clock{}
	shop := systems.New(t, "shop", systems.Options{Clock: clock, Form: systems.Upper})
	mail := systems.New(t, "mail", systems.Options{Clock: clock, Form: systems.National})
	c := found(t, nil, shop, mail)
	const many = 20
	export := func(at string) {
		var records []string
		for n := range many {
			records = append(records, fmt.Sprintf(`{"id": %d, "at": %q, "name": "Anna %d", "mail": "c%d@post.example", "phone": "030 9018%02d", "street": "Ring %d"}`, n, at, n, n, n, n))
		}
		c.report("[" + strings.Join(records, ",") + "]")
	}
	export("2026-01-02T00:00:00Z")
	c.restWith(hubtest.Counts{"erp/customers": many, "shop/customers": many, "mail/customers": many})
	// meanwhile people correct what the ERP has wrong, and it never learns of it
	for id, r := range mail.Records() {
		mail.Change(id, "phone", "+4917112345"+fmt.Sprint(r["mail"])[1:2]+"7")
	}
	c.rest()
	for id := range shop.Records() {
		shop.Change(id, "street", "Corrected Lane 7")
	}
	c.rest()
	golden, shops, mails := c.Dump(), shop.Show("name", "phone", "street"), mail.Show("name", "phone", "street")
	if name := golden[0].Typed(t); name.Addresses[0].Lines[0] != "CORRECTED LANE 7" {
		t.Fatalf("the correction did not win: %+v", name.Addresses)
	}
	writes := len(shop.Writes()) + len(mail.Writes())
	same := func(night string) {
		t.Helper()
		c.rest()
		if diff := cmp.Diff(golden, c.Dump()); diff != "" {
			t.Errorf("%s: golden records (-before +after):\n%s", night, diff)
		}
		if n := len(shop.Writes()) + len(mail.Writes()) - writes; n != 0 {
			t.Errorf("%s: %d writes", night, n)
		}
		c.holds(shop, shops, "name", "phone", "street")
		c.holds(mail, mails, "name", "phone", "street")
	}
	export("2026-01-02T00:00:00Z")
	same("the ERP with the same times")
	export(clock.Now())
	same("the ERP with new times")
	shop.Again(false)
	mail.Again(false)
	same("the shops with the same times")
	shop.Again(true)
	mail.Again(true)
	same("the shops with new times")
	export(clock.Now())
	same("the ERP once more")
	c.quiet()
}
