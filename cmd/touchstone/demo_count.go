package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/examples/company"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// demoResult is what the demo shows. Every number was read back: from the systems themselves, or
// from the hub's API.
type demoResult struct {
	Folder      string              `json:"folder"`
	Temporary   bool                `json:"temporary"` // the folder goes when the demo ends
	API         string              `json:"api"`
	Systems     []demoRow           `json:"systems"`
	Real        int                 `json:"realCustomers"`
	Customers   int64               `json:"goldenCustomers"`
	Records     int64               `json:"customerRecords"`
	Whole       int                 `json:"realCustomersFoundWhole"` // all of their records are one golden customer
	Mixed       int                 `json:"goldenCustomersMixed"`    // with records of several real ones
	Deliveries  []demoRow           `json:"deliveries"`
	Exchanges   []hub.ExchangeCount `json:"exchanges"`
	Created     int                 `json:"accountsCreated"`
	Linked      int                 `json:"accountsLinked"`
	DeadLetters []api.DeadLetter    `json:"deadLetters"`
	View        view                `json:"customer"`
	Sources     []demoSource        `json:"sources"`
	Timeline    []demoEvent         `json:"timeline"`
	Explanation golden.Explanation  `json:"explanation"`
	Journey     demoJourney         `json:"journey"`
	Seconds     float64             `json:"seconds"`
	Wrong       []string            `json:"wrong,omitempty"` // what is not as it has to be
}

// demoRow holds what a system has beside what the hub says.
type demoRow struct {
	System string `json:"system"`
	What   string `json:"what"`
	There  int64  `json:"inTheSystem"`
	Here   int64  `json:"inTheHub"`
}

func (r *demoResult) err() error {
	if len(r.Wrong) == 0 {
		return nil
	}
	return fmt.Errorf("the demo went wrong: %s", strings.Join(r.Wrong, "; "))
}

// must notes an expectation that does not hold.
func (r *demoResult) must(ok bool, format string, args ...any) {
	if !ok {
		r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
	}
}

// count reads back what the systems and the hub hold, and compares.
func (d *demo) count(ctx context.Context, r *demoResult) error {
	var s api.Status
	if err := d.ask(ctx, "/v1/status", &s); err != nil {
		return err
	}
	var erp [3]int
	for i, table := range []string{"customer", "sales_order", "shop_order"} {
		n, err := d.company.ERP.Count(ctx, table)
		if err != nil {
			return fmt.Errorf("count in the ERP: %w", err)
		}
		erp[i] = n
	}
	files := 0
	for _, c := range d.company.Customers {
		for _, key := range c.Records {
			if strings.HasPrefix(key, "scm/") {
				files++
			}
		}
	}
	orders, calls := d.company.Shop.Orders(), d.company.CallCenter.Reported()
	booked, err := d.company.ERP.Count(ctx, "partner_order")
	if err != nil {
		return fmt.Errorf("count in the ERP: %w", err)
	}
	written, err := d.company.ERP.Count(ctx, "trade_document")
	if err != nil {
		return fmt.Errorf("count in the ERP: %w", err)
	}
	row := func(system, what string, there int, here int64) demoRow {
		r.must(int64(there) == here, "%s has %d %s; expected as many in the hub, which has %d", system, there, what, here)
		return demoRow{system, what, int64(there), here}
	}
	r.Systems = []demoRow{
		row("erp", "customers", erp[0], s.Records["erp/customers"]),
		row("webshop", "customers", len(d.company.Shop.Accounts()), s.Records["webshop/customers"]),
		row("scm", "partners", files, s.Records["scm/partners-de"]+s.Records["scm/partners-cn"]),
		row("partners", "firms", 2, s.Records["partners/master"]+s.Records["partners/master-x12"]),
		row("erp + webshop + partners", "orders and documents", erp[1]+orders+company.PartnerOrders+written, s.Documents["Order"]),
		row("callcenter", "calls", calls, s.Documents["Interaction"]),
	}
	r.Deliveries = []demoRow{
		row("webshop.customers", "accounts", len(d.company.Shop.Accounts()), s.Deliveries["webshop.customers"]["settled"]),
		row("newsletter.subscribers", "subscribers", len(d.company.Newsletter.Subscribers()), s.Deliveries["newsletter.subscribers"]["settled"]),
		row("erp.shop-orders", "rows", erp[2], s.Deliveries["erp.shop-orders"]["settled"]),
		row("erp.partner-orders", "rows", booked, s.Deliveries["erp.partner-orders"]["settled"]),
	}
	if err := d.partners(ctx, r, &s, row); err != nil {
		return err
	}
	r.must(erp[2] == orders, "the shop has %d orders; expected as many rows in the ERP's table for them, which has %d", orders, erp[2])
	r.Real, r.Customers, r.Records = len(d.company.Customers), s.Customers, sum(s.Records)
	if err := d.matched(ctx, r); err != nil {
		return err
	}
	if err := d.linked(ctx, r); err != nil {
		return err
	}
	return d.letters(ctx, r)
}

// partners compares what the trading partners got with what the hub holds to have sent, and looks
// whether everything was acknowledged on both sides.
func (d *demo) partners(ctx context.Context, r *demoResult, s *api.Status, row func(system, what string, there int, here int64) demoRow) error {
	for _, t := range []struct{ target, set string }{
		{"nordlicht-responses", "ORDRSP"},
		{"nordlicht-despatches", "DESADV"},
		{"nordlicht-invoices", "INVOIC"},
		{"nordlicht-master", "PARTIN"},
		{"lumina-responses", "855"},
		{"lumina-invoices", "810"},
		{"lumina-master", "816"},
	} {
		got, settled := d.company.Partners.Got(t.set), s.Deliveries["partners."+t.target]["settled"]
		r.must(got > 0, "the partners got no %s", t.set)
		if strings.HasSuffix(t.target, "-master") { // a message for each change
			r.must(int64(got) >= settled, "the partners got %d %s for %d firms", got, t.set, settled)
			r.Deliveries = append(r.Deliveries, demoRow{"partners." + t.target, t.set, int64(got), settled})
			continue
		}
		r.Deliveries = append(r.Deliveries, row("partners."+t.target, t.set, got, settled))
	}
	var counts struct{ Items []hub.ExchangeCount }
	if err := d.ask(ctx, "/v1/exchanges/counts", &counts); err != nil {
		return err
	}
	for _, n := range counts.Items {
		if n.Kind == "interchange" || n.Kind == "document" {
			r.Exchanges = append(r.Exchanges, n)
			r.must(slices.Contains(closedStates, n.State), "%d of kind %s are %s; expected all to be acknowledged", n.Count, n.Kind, n.State)
		}
	}
	for _, wrong := range d.company.Partners.Invalid() {
		r.must(false, "a partner found fault: %s", wrong)
	}
	return nil
}

// matched compares the golden customers with the real ones, which the company knows.
func (d *demo) matched(ctx context.Context, r *demoResult) error {
	owner := map[string]int{} // golden ID to the real customer whose record it was first seen with
	mixed := map[string]bool{}
	for _, c := range d.company.Customers {
		found := map[string]bool{}
		for _, key := range c.Records {
			var v view
			if err := d.ask(ctx, "/v1/sources/"+key, &v); err != nil {
				return fmt.Errorf("look for %s: %w", key, err)
			}
			found[v.ID] = true
			if other, known := owner[v.ID]; known && other != c.Number {
				mixed[v.ID] = true
			}
			owner[v.ID] = c.Number
		}
		if len(found) == 1 {
			r.Whole++
		}
	}
	r.Mixed = len(mixed)
	return nil
}

// linked looks at every account that the hub made in the shop: the shop has told of it by webhook
// since, and it has to belong to the customer for whom it was made.
func (d *demo) linked(ctx context.Context, r *demoResult) error {
	native := map[string]bool{}
	for _, c := range d.company.Customers {
		for _, key := range c.Records {
			native[key] = true
		}
	}
	for _, account := range d.company.Shop.Accounts() {
		key := fmt.Sprintf("webshop/customers/%d", account.ID)
		if native[key] {
			continue
		}
		r.Created++
		var v view
		if err := d.ask(ctx, "/v1/sources/"+key, &v); err != nil {
			return fmt.Errorf("look for %s: %w", key, err)
		}
		if len(v.Systems) > 1 {
			r.Linked++
		}
	}
	r.must(r.Linked == r.Created, "the hub made %d accounts in the shop; expected all to be linked with whom they were made for, and %d are", r.Created, r.Linked)
	return nil
}

func (d *demo) letters(ctx context.Context, r *demoResult) error {
	var found api.List[api.DeadLetter]
	if err := d.ask(ctx, "/v1/deadletters", &found); err != nil {
		return err
	}
	for _, l := range found.Items {
		var whole api.DeadLetter // with its bytes
		if err := d.ask(ctx, fmt.Sprintf("/v1/deadletters/%d", l.ID), &whole); err != nil {
			return err
		}
		r.DeadLetters = append(r.DeadLetters, whole)
	}
	r.must(len(found.Items) == d.company.Bad, "%d records are beyond repair; expected as many dead letters, and there are %d", d.company.Bad, len(found.Items))
	return nil
}

// demoSource is a customer as one system has it.
type demoSource struct {
	Key      string             `json:"key"`
	Document canonical.Customer `json:"document"`
}

// demoEvent is an order or a call of the customer.
type demoEvent struct {
	Entity string    `json:"entity"`
	Key    string    `json:"key"`
	Time   time.Time `json:"time"`
}

// view reads the single view of the customer who is known to the most systems.
func (d *demo) view(ctx context.Context, r *demoResult) error {
	if err := d.ask(ctx, "/v1/sources/"+d.company.Customers[0].Records[0], &r.View); err != nil {
		return err
	}
	r.must(len(r.View.Systems) >= 3, "expected %s in three systems, and it is in %s", d.company.Customers[0].Han, strings.Join(r.View.Systems, ", "))
	var sources api.List[demoSource]
	var events api.List[demoEvent]
	for path, into := range map[string]any{"explain": &r.Explanation, "sources": &sources, "timeline": &events} {
		if err := d.ask(ctx, "/v1/customers/"+r.View.ID+"/"+path, into); err != nil {
			return err
		}
	}
	r.Sources, r.Timeline = sources.Items, events.Items
	return nil
}
