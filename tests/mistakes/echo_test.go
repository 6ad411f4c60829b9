package mistakes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
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

// The answer to a create may be lost, and the echo come all the same. What the hub created is no
// source of its own then, whether the create is tried again or not.
func TestEchoInsteadOfTheAnswer_isTheHubsOwnRecord(t *testing.T) {
	t.Parallel()
	for name, repeat := range map[string]string{"key": byKey, "find": byFind, "nobody": byNobody} {
		for form, as := range map[string]func(field, value string) string{"as it was written": nil, "in capitals": systems.Upper} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				clock := &systems.Clock{}
				shop := systems.New(t, "shop", systems.Options{Clock: clock, Form: as})
				mail := systems.New(t, "mail", systems.Options{Clock: clock})
				c := found(t, shopBy(repeat, false), shop, mail)
				shop.After(lateAnswers(1))
				shop.Before(func(w http.ResponseWriter, q *http.Request) bool {
					// nothing is tried again before the echo is there
					return len(shop.Writes()) > 0 && c.Status().Records["shop/customers"] == 0 && systems.Unavailable(w, q)
				})
				c.report(anna)
				c.restWith(hubtest.Counts{"erp/customers": 1, "shop/customers": 1, "mail/customers": 1})
				c.customers("erp/customers/1 mail/customers/mail1 shop/customers/shop1")
				if repeat != byFind { // which writes what it finds, where it was looking when the echo came
					c.wrote(shop, "POST shop1")
				}
				if tasks := c.tasks(golden.TaskOutcome); len(tasks) > 0 {
					t.Errorf("a person is asked: %+v", tasks)
				}
				if begun, err := c.Store().ListPendingCreates(t.Context(), golden.DeliveryQuery{}); err != nil || len(begun) > 0 {
					t.Errorf("creates are still under way: %+v, %v", begun, err)
				}
				// neither a change nor what is no more lives on in the copy
				c.report(strings.Replace(later("Anna Schmidt", 3), `"030 901820"`, `""`, 1))
				c.rest()
				c.holds(shop, "shop1 name="+c.in(shop, "name", "Anna Schmidt"), "name", "phone")
				c.holds(mail, "mail1 name=Anna Schmidt", "name", "phone")
				c.quiet()
			})
		}
	}
}

// What somebody changed in the record before the hub knew it for its own is that person's; all else
// that was sent is the hub's.
func TestChangeInARecordOfUnknownOutcome_isThePersons(t *testing.T) {
	t.Parallel()
	clock := &systems.Clock{}
	shop := systems.New(t, "shop", systems.Options{Clock: clock})
	mail := systems.New(t, "mail", systems.Options{Clock: clock})
	c := found(t, nil, shop, mail)
	shop.Hold()
	shop.After(lateAnswers(1))
	shop.Before(func(w http.ResponseWriter, q *http.Request) bool {
		return len(shop.Writes()) > 0 && c.Status().Records["shop/customers"] == 0 && systems.Unavailable(w, q)
	})
	c.report(anna)
	c.until(func() string {
		if len(shop.Records()) == 0 {
			return "nothing was created"
		}
		return ""
	})
	shop.Held()
	shop.Change("shop1", "name", "Anna Schmidt")
	shop.Release()
	c.restWith(hubtest.Counts{"shop/customers": 1, "mail/customers": 1})
	c.holds(mail, "mail1 name=Anna Schmidt phone=+4930901820", "name", "phone")
	c.report(strings.Replace(later("Anna", 3), `"030 901820"`, `""`, 1))
	c.rest()
	for _, s := range []*systems.System{shop, mail} {
		c.holds(s, s.Name+"1 name=Anna Schmidt", "name", "phone")
	}
	c.quiet()
}

// Several states of a customer may have left before one is answered: none of them is news.
func TestEchoOfAnEarlierTry_isTheHubsOwn(t *testing.T) {
	t.Parallel()
	clock := &systems.Clock{}
	shop := systems.New(t, "shop", systems.Options{Clock: clock})
	mail := systems.New(t, "mail", systems.Options{Clock: clock})
	c := found(t, nil, shop, mail)
	shop.Hold()
	shop.After(lateAnswers(1))
	changed := make(chan struct{})
	shop.Before(func(w http.ResponseWriter, q *http.Request) bool {
		select {
		case <-changed:
			return false
		default:
			return len(shop.Writes()) > 0 && systems.Unavailable(w, q)
		}
	})
	c.report(anna)
	c.until(func() string {
		if len(shop.Records()) == 0 {
			return "nothing was created"
		}
		return ""
	})
	c.report(strings.Replace(later("Anna", 3), "901820", "555777", 1))
	c.until(func() string { return lacks(mail, "phone", "+4930555777") })
	close(changed)
	c.rest()
	writes := strings.Join(shop.Writes(), ", ")
	if !strings.HasPrefix(writes, "POST shop1, PUT shop1") {
		t.Errorf("writes to the shop: %s", writes)
	}
	first := shop.Held()[0]
	c.reportTo("shop", string(first))
	c.restWith(hubtest.Counts{"shop/customers": 1})
	for _, s := range []*systems.System{shop, mail} {
		c.holds(s, s.Name+"1 phone=+4930555777", "phone")
	}
	c.wrote(shop, writes)
	c.quiet()
}

// lacks says that no record of a system holds a value.
func lacks(s *systems.System, field, value string) string {
	if shown := s.Show(field); !strings.Contains(shown, value) {
		return fmt.Sprintf("%s holds %q, expected %s", s.Name, shown, value)
	}
	return ""
}

// in is a value in a system's own form.
func (c *company) in(s *systems.System, field, value string) string {
	return fmt.Sprint(s.Normal(systems.Record{field: value})[field])
}
