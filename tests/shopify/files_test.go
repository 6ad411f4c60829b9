package shopify

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// shopCustomer is a customer in a Shopify file.
type shopCustomer struct {
	ID        json.Number
	Email     string
	First     string `json:"first_name"`
	Last      string `json:"last_name"`
	Verified  bool   `json:"verified_email"`
	Addresses []shopAddress
}

type shopAddress struct {
	Name, Address1, Address2, City, Zip, Phone string
	Region                                     string `json:"province_code"`
	Country                                    string `json:"country_code"`
	Default                                    bool
	Latitude, Longitude                        any
}

// shopOrder is an order in a Shopify file.
type shopOrder struct {
	ID                    json.Number
	Name, Email, Currency string
	Subtotal              string       `json:"subtotal_price"`
	Tax                   string       `json:"total_tax"`
	Discounts             string       `json:"total_discounts"`
	Total                 string       `json:"total_price"`
	Customer              shopCustomer `json:"customer"`
	Billing               shopAddress  `json:"billing_address"`
	Shipping              shopAddress  `json:"shipping_address"`
	Lines                 []struct {
		SKU, Name, Price string
		Quantity         json.Number
	} `json:"line_items"`
}

// wooCustomer is a customer in a WooCommerce file.
type wooCustomer struct {
	ID                json.Number
	Email             string
	First             string `json:"first_name"`
	Last              string `json:"last_name"`
	Billing, Shipping wooAddress
}

type wooAddress struct {
	First                                 string `json:"first_name"`
	Last                                  string `json:"last_name"`
	Address1                              string `json:"address_1"`
	Address2                              string `json:"address_2"`
	City, State, Postcode, Country, Phone string
	Email                                 string
}

// wooOrder is an order in a WooCommerce file.
type wooOrder struct {
	ID                json.Number
	Currency, Total   string
	Customer          json.Number `json:"customer_id"`
	Tax               string      `json:"total_tax"`
	ShippingTotal     string      `json:"shipping_total"`
	Discount          string      `json:"discount_total"`
	Billing, Shipping wooAddress
	Lines             []struct {
		SKU, Name, Total string
		Quantity, Price  json.Number
	} `json:"line_items"`
}

// person is what a customer's record holds, in the words of neither shop.
type person struct {
	Given, Family, Email string
	Phones               []string // digits
	Addresses            []address
}

type address struct{ Use, Lines, City, Region, Zip, Country string }

// purchase is what an order holds.
type purchase struct {
	Buyer, Email, Currency string
	Lines                  []position
	Totals                 map[string]string
	BillTo, ShipTo         address
}

type position struct{ Product, Name, Quantity, Price, Amount string }

// content is what the files hold, by key of the record that it becomes.
type content struct {
	people map[string]person
	orders map[string]purchase
}

func (c content) counts() hubtest.Counts {
	counts := hubtest.Counts{"Order": int64(len(c.orders))}
	for key := range c.people {
		counts[key[:strings.LastIndexByte(key, '/')]]++
	}
	return counts
}

// read reads every file.
func read(t *testing.T) content {
	t.Helper()
	c := content{people: map[string]person{}, orders: map[string]purchase{}}
	var customer struct{ Customer shopCustomer }
	var customers struct{ Customers []shopCustomer }
	var order struct{ Order shopOrder }
	var orders struct{ Orders []shopOrder }
	parse(t, "shopify/customer.json", &customer)
	parse(t, "shopify/customers_search.json", &customers)
	parse(t, "shopify/order.json", &order)
	parse(t, "shopify/orders.json", &orders)
	c.shopify("webshop", []shopCustomer{customer.Customer}, []shopOrder{order.Order})
	c.shopify("outlet", customers.Customers, orders.Orders)
	for _, n := range []string{"1", "2"} {
		var customer wooCustomer
		var order wooOrder
		parse(t, "woocommerce/customers_"+n+".json", &customer)
		parse(t, "woocommerce/orders_"+n+".json", &order)
		c.woo("woo", []wooCustomer{customer}, []wooOrder{order})
	}
	var people []wooCustomer
	var bought []wooOrder
	parse(t, "woocommerce/customers_3.json", &people)
	parse(t, "woocommerce/orders_3.json", &bought)
	c.woo("woo-export", people, bought)
	return c
}

func parse(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(file(t, name), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func (c content) shopify(system string, customers []shopCustomer, orders []shopOrder) {
	for _, r := range customers {
		p := person{Given: r.First, Family: r.Last, Email: r.Email}
		for _, a := range r.Addresses {
			use := map[bool]string{true: "billing", false: "delivery"}[a.Default]
			p.Addresses = append(p.Addresses, a.as(use))
			p.Phones = append(p.Phones, digits(a.Phone))
		}
		c.people[system+"/customers/"+r.ID.String()] = p
	}
	for _, o := range orders {
		p := purchase{
			Buyer: system + "/customers/" + o.Customer.ID.String(), Email: o.Email, Currency: o.Currency,
			Totals: map[string]string{"net": o.Subtotal, "tax": o.Tax, "discount": o.Discounts, "gross": o.Total},
			BillTo: o.Billing.as("billing"), ShipTo: o.Shipping.as("delivery"),
		}
		for _, l := range o.Lines {
			p.Lines = append(p.Lines, position{l.SKU, l.Name, l.Quantity.String(), l.Price, times(l.Price, l.Quantity.String())})
		}
		c.orders[system+"/orders/"+o.ID.String()] = p
	}
}

func (c content) woo(system string, customers []wooCustomer, orders []wooOrder) {
	for _, r := range customers {
		c.people[system+"/customers/"+r.ID.String()] = person{
			Given: r.First, Family: r.Last, Email: r.Email, Phones: []string{digits(r.Billing.Phone)},
			Addresses: []address{r.Billing.as("billing"), r.Shipping.as("delivery")},
		}
	}
	for _, o := range orders {
		p := purchase{
			Email: o.Billing.Email, Currency: o.Currency,
			Totals: map[string]string{"tax": o.Tax, "shipping": o.ShippingTotal, "discount": o.Discount, "gross": o.Total},
			BillTo: o.Billing.as("billing"), ShipTo: o.Shipping.as("delivery"),
		}
		if o.Customer != "0" {
			p.Buyer = system + "/customers/" + o.Customer.String()
		}
		for _, l := range o.Lines {
			p.Lines = append(p.Lines, position{l.SKU, l.Name, l.Quantity.String(), l.Price.String(), l.Total})
		}
		c.orders[system+"/orders/"+o.ID.String()] = p
	}
}

func (a shopAddress) as(use string) address {
	return address{use, street(a.Address1, a.Address2), a.City, a.Region, a.Zip, a.Country}
}

func (a wooAddress) as(use string) address {
	return address{use, street(a.Address1, a.Address2), a.City, a.State, a.Postcode, a.Country}
}

func street(lines ...string) string {
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "|")
}

func times(price, quantity string) string {
	a, _ := new(big.Rat).SetString(price)
	b, _ := new(big.Rat).SetString(quantity)
	return a.Mul(a, b).FloatString(2)
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// checkCustomers holds the record of each customer against its file, and each golden customer
// against its records.
func (c content) checkCustomers(t *testing.T, h *hubtest.Hub) {
	for key, want := range c.people {
		if diff := cmp.Diff(want, personOf(h.Source(key))); diff != "" {
			t.Errorf("%s (-in the file +in the hub):\n%s", key, diff)
		}
	}
	byMail := map[string][]string{} // each of these people has one mail address
	for key, p := range c.people {
		byMail[p.Email] = append(byMail[p.Email], key)
	}
	golden := h.Dump()
	if len(golden) != len(byMail) {
		t.Errorf("%d golden customers for %d mail addresses", len(golden), len(byMail))
	}
	for _, g := range golden {
		customer := g.Typed(t)
		want := c.people[g.Sources[0]]
		keys := byMail[want.Email]
		slices.Sort(keys)
		if diff := cmp.Diff(keys, g.Sources); diff != "" {
			t.Errorf("the records of %s (-in the files +in the hub):\n%s", want.Email, diff)
		}
		if diff := cmp.Diff(want, personOf(customer)); diff != "" {
			t.Errorf("the golden customer %s (-in the files +in the hub):\n%s", want.Email, diff)
		}
	}
}

// personOf reads a canonical customer. International numbers are cut to those that the files have.
func personOf(c canonical.Customer) person {
	p := person{}
	for _, n := range c.Names {
		p.Given, p.Family = n.Given, n.Family
	}
	for _, e := range c.Emails {
		p.Email += e.Value
	}
	for _, phone := range c.Phones {
		p.Phones = append(p.Phones, digits(strings.TrimPrefix(phone.Value, "+1")))
	}
	for _, a := range c.Addresses {
		p.Addresses = append(p.Addresses, addressOf(&a))
	}
	return p
}

func addressOf(a *canonical.Address) address {
	return address{a.Use, strings.Join(a.Lines, "|"), a.Locality, a.Region, a.Postcode, a.Country}
}

// checkOrders holds each order against its file.
func (c content) checkOrders(t *testing.T, h *hubtest.Hub) {
	for key, want := range c.orders {
		var o canonical.Order
		h.Document(canonical.EntityOrder, key, &o)
		got := purchase{Currency: o.Currency, Totals: map[string]string{}}
		for _, p := range o.Parties {
			switch p.Role {
			case "buyer":
				got.Buyer, got.Email = p.Record, p.Email
			case "bill-to":
				got.BillTo = addressOf(p.Address)
			case "ship-to":
				got.ShipTo = addressOf(p.Address)
			}
		}
		for _, total := range o.Totals {
			got.Totals[total.Role] = total.Amount.Amount
		}
		for _, l := range o.Lines {
			got.Lines = append(got.Lines, position{l.Product, l.Description, l.Quantity, l.Price.Amount, l.Amount.Amount})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-in the file +in the hub):\n%s", key, diff)
		}
	}
}

// checkTimelines sees to it that every order stands in its buyer's timeline: that of the account,
// or that of the mail address.
func (c content) checkTimelines(t *testing.T, h *hubtest.Hub) {
	want := map[string][]string{}
	for key, o := range c.orders {
		email := o.Email
		if p, found := c.people[o.Buyer]; found {
			email = p.Email
		}
		want[email] = append(want[email], key)
	}
	got := map[string][]string{}
	for key, p := range c.people {
		if _, done := got[p.Email]; done {
			continue
		}
		for _, e := range h.Timeline(h.IDOf(key)) {
			got[p.Email] = append(got[p.Email], e.Key)
		}
	}
	for _, keys := range [](map[string][]string){want, got} {
		for email := range keys {
			slices.Sort(keys[email])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timelines by mail address (-in the files +from the API):\n%s", diff)
	}
}
