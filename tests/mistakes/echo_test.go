package mistakes

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// Systems send their webhook before they answer the request that caused it. Taken for a customer of
// its own, the record would be created everywhere else once more.
func TestEchoBeforeTheAnswer_isTheRecordThatIsBeingCreated(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]func(field, value string) string{
		"as it was written": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &systems.Clock{}
			shop := systems.New(t, "shop", systems.Options{Clock: clock, Form: form})
			mail := systems.New(t, "mail", systems.Options{Clock: clock})
			c := found(t, nil, shop, mail)
			shop.After(func(_ http.ResponseWriter, q *http.Request) bool {
				if q.Method == http.MethodPost { // the answer leaves when the hub has resolved the echo
					c.until(func() string {
						if n := c.Status().Records["shop/customers"]; n == 0 {
							return "the hub has not taken the echo"
						}
						return ""
					})
				}
				return false
			})
			c.report(anna)
			c.restWith(hubtest.Counts{"erp/customers": 1, "shop/customers": 1, "mail/customers": 1})
			c.customers("erp/customers/1 mail/customers/mail1 shop/customers/shop1")
			if len(shop.Records()) != 1 || len(mail.Records()) != 1 {
				t.Errorf("the shop holds %q, the mail system %q", shop.Show("mail"), mail.Show("mail"))
			}
			// what came back is nobody's news: the ERP goes on to decide
			c.report(later("Anna Schmidt", 3))
			c.rest()
			c.holds(shop, "shop1 name="+c.in(shop, "name", "Anna Schmidt"), "name")
			c.holds(mail, "mail1 name=Anna Schmidt mail=anna@post.example", "name", "mail")
			c.quiet()
		})
	}
}

// in is a value in a system's own form.
func (c *company) in(s *systems.System, field, value string) string {
	return fmt.Sprint(s.Normal(systems.Record{field: value})[field])
}
