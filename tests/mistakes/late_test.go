package mistakes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// Queues and retries bring old versions after new ones. Which is which the system says, by a number
// or a time, not the order of arrival.
func TestAnOldVersionThatComesLate_isIgnored(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		version string
		of      func(n int) string // a record's own version, the nth
		again   string             // the newest, written in another way
	}{
		"integer": {"integer: v", func(n int) string { return fmt.Sprintf(`"v": %d`, n*9) }, `"v": 27`},
		"time": {
			"time: at",
			func(n int) string { return fmt.Sprintf(`"at": "2026-01-02T%02d:59:00+02:00"`, 5*n) }, // 5, 10, 15, 20 o'clock
			`"at": "2026-01-02T13:59:00Z"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := systems.New(t, "shop", systems.Options{})
			c := found(t, map[string]string{"mappings/from-erp.yaml": fmt.Sprintf(inbound, "erp", one.version)}, shop)
			record := func(id int, version, name string) string {
				return fmt.Sprintf(`{"id": %d, %s, "name": %q, "mail": "c%d@post.example"}`, id, version, name, id)
			}
			c.report(record(1, one.of(2), "Anna 2"))
			c.report(record(1, one.of(3), "Anna 3"))
			c.report(record(2, one.of(2), "Ben 2"))
			c.restWith(hubtest.Counts{"erp/customers": 2})
			c.report(fmt.Sprintf(`{"id": 2, %s}`, one.of(3)), systems.Deleted)
			c.rest()
			golden, writes := c.Dump(), shop.Writes()

			for range 3 {
				c.report(record(1, one.of(2), "Anna 2"))
				c.report(record(1, one.of(1), "Anna 1"))
				c.report(record(2, one.of(2), "Ben 2")) // it was deleted after that
			}
			c.report(record(1, one.again, "Anna 3"))
			c.rest()
			if diff := cmp.Diff(golden, c.Dump()); diff != "" {
				t.Errorf("golden records (-before +after the old versions):\n%s", diff)
			}
			if diff := cmp.Diff(writes, shop.Writes()); diff != "" {
				t.Errorf("writes (-before +after the old versions):\n%s", diff)
			}
			if s := c.Status(); s.Deleted["erp/customers"] != 1 {
				t.Errorf("deleted records: %v", s.Deleted)
			}
			// the next version is taken, though it says what an old one said
			c.report(record(1, one.of(4), "Anna 2"))
			c.rest()
			if got := c.Dump()[0].Typed(t).Names[0].Full; got != "Anna 2" {
				t.Errorf("after the next version the name is %q", got)
			}
			c.quiet()
		})
	}
}

// A webhook comes twice, because its acknowledgement was lost, or behind a later one.
func TestAWebhookTwiceAndOutOfOrder_isTakenOnceAndInOrder(t *testing.T) {
	t.Parallel()
	shop, mail := systems.New(t, "shop", systems.Options{}), systems.New(t, "mail", systems.Options{})
	c := found(t, nil, shop, mail)
	shop.Hold() // its webhooks are the test's to send
	id := shop.Person(systems.Record{"name": "Anna", "mail": "anna@post.example"})
	shop.Change(id, "phone", "030 901820")
	shop.Change(id, "name", "Anna Schmidt")
	shop.Change(id, "phone", "030 901821")
	bodies := shop.Held()
	for _, n := range []int{3, 0, 3, 2, 1, 0} {
		c.reportTo("shop", string(bodies[n]))
	}
	c.restWith(hubtest.Counts{"shop/customers": 1, "mail/customers": 1})
	c.holds(mail, "mail1 name=Anna Schmidt phone=+4930901821", "name", "phone")
	if got := c.Status().Records["shop/customers"]; got != 1 {
		t.Errorf("%d records of the shop", got)
	}
	// the hub's own writes come back in the same way
	shop.Change(id, "phone", "030 901822")
	mail.Change("mail1", "street", "Ring 1")
	c.until(func() string {
		if len(shop.Writes()) == 0 {
			return "the shop is not told of the street"
		}
		return ""
	})
	mail.Change("mail1", "street", "Ring 2")
	c.until(func() string {
		if shop.Show("street") != "shop1 street=Ring 2" {
			return "the shop holds " + shop.Show("street")
		}
		return ""
	})
	for _, w := range mail.Writes() {
		if w != "POST mail1" {
			t.Errorf("what was entered in the mail system was written back there: %s", w)
		}
	}
	bodies = shop.Held()
	for n := len(bodies) - 1; n >= 0; n-- {
		c.reportTo("shop", string(bodies[n]))
		c.reportTo("shop", string(bodies[n]))
	}
	shop.Release()
	c.rest()
	for _, s := range []*systems.System{shop, mail} {
		if got := s.Records()[s.Name+"1"]["street"]; got != "Ring 2" {
			t.Errorf("%s holds the street %v", s.Name, got)
		}
	}
	if len(c.Dump()) != 1 || len(shop.Records()) != 1 || len(mail.Records()) != 1 {
		t.Errorf("%d customers, the shop holds %q, the mail system %q", len(c.Dump()), shop.Show("name"), mail.Show("name"))
	}
	// deleted, and then an older change of it
	shop.Hold()
	shop.Change(id, "name", "Anna Meier")
	late := shop.Held()
	shop.Remove(id)
	gone := shop.Held()
	c.reportTo("shop", string(gone[0]), systems.Deleted)
	c.reportTo("shop", string(late[0]))
	c.reportTo("shop", string(gone[0]), systems.Deleted)
	c.rest()
	if s := c.Status(); s.Deleted["shop/customers"] != 1 || s.Records["shop/customers"] != 0 {
		t.Errorf("records %v, deleted %v: the deleted one is back", s.Records, s.Deleted)
	}
	c.quiet()
}

// A system that numbers its deliveries is told that it has sent one twice.
func TestAWebhookTwice_isToldByItsNumber(t *testing.T) {
	t.Parallel()
	c := found(t, map[string]string{
		"connectors/erp.yaml":   strings.Replace(fmt.Sprintf(source, "erp"), "key: id,", "key: id, delivery_id: X-Delivery,", 1),
		"routes/customers.yaml": "", "mappings/account.yaml": "",
	})
	for _, want := range []string{`{"accepted":1}`, `{"accepted":0,"duplicate":true}`} {
		status, answer := c.Post("erp/customers", map[string]string{"X-Delivery": "d-1"}, []byte(anna))
		if status != http.StatusOK || strings.TrimSpace(answer) != want {
			t.Errorf("answered %d %s, expected %s", status, answer, want)
		}
	}
	c.restWith(hubtest.Counts{"erp/customers": 1})
	if n := c.Ingested("erp/customers"); n != 1 {
		t.Errorf("%d records were stored", n)
	}
}
