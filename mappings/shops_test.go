package mappings_test

import (
	"context"
	encoding "encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// shopRecords maps every record of the files of one shop and gives, for each, the record as
// encoding/json reads it and the entity.
func shopRecords(t *testing.T, mapping, pattern string, within string) (records []map[string]any, entities [][]byte) {
	t.Helper()
	folder := os.Getenv("TOUCHSTONE_DATA")
	if folder == "" {
		folder = "../../shared/data"
	}
	files, err := filepath.Glob(filepath.Join(folder, "shop", pattern))
	if err != nil || len(files) == 0 {
		t.Skip("the data folder is not here: set TOUCHSTONE_DATA")
	}
	var ps config.Problems
	m := mappings.Load(config.ParseFile("testdata/shops/"+mapping+".yaml", nil, &ps), mappings.Options{Region: "US", Formats: []formats.Kind{json.JSON}}, &ps)
	options := config.Parse("format", []byte("from: "+within), nil, &ps)
	if within == "" {
		options = nil
	}
	format := json.JSON.Open(options, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for one, err := range m.Translate(context.Background(), format, strings.NewReader(string(text)), name, mappings.Input{Source: canonical.Source{System: "webshop", Stream: "x"}}) {
			if err == nil {
				err = one.Err
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var record map[string]any
			if err := encoding.Unmarshal(one.Frame.Bytes, &record); err != nil {
				t.Fatal(err)
			}
			if problems := canonical.Validate(m.Entity(), one.Output.Bytes); len(problems) > 0 {
				t.Fatalf("%s: %v", one.Output.Bytes, problems)
			}
			records, entities = append(records, record), append(entities, one.Output.Bytes)
		}
	}
	return records, entities
}

// totals are an order's sums by role.
func totals(t *testing.T, entity []byte) (canonical.Order, map[string]decimal.Decimal) {
	t.Helper()
	var o canonical.Order
	if err := o.UnmarshalJSON(entity); err != nil {
		t.Fatal(err)
	}
	sums := map[string]decimal.Decimal{}
	for _, total := range o.Totals {
		sums[total.Role] = decimal.RequireFromString(total.Amount.Amount)
	}
	for _, line := range o.Lines {
		sums["lines"] = sums["lines"].Add(decimal.RequireFromString(line.Amount.Amount))
	}
	return o, sums
}

func TestApply_shopifyOrders(t *testing.T) {
	t.Parallel()
	records, entities := shopRecords(t, "shopify-order", "shopify/order.json", "order")
	more, moreEntities := shopRecords(t, "shopify-order", "shopify/orders.json", "orders")
	records, entities = append(records, more...), append(entities, moreEntities...)
	if len(entities) != 2 {
		t.Fatalf("found %d orders; expected 2", len(entities))
	}
	for i, entity := range entities {
		o, sums := totals(t, entity)
		for role, name := range map[string]string{"gross": "total_price", "net": "subtotal_price", "tax": "total_tax"} {
			if want := decimal.RequireFromString(records[i][name].(string)); !sums[role].Equal(want) {
				t.Errorf("order %s: %s is %s; expected %s", o.Number, role, sums[role], want)
			}
		}
		var lines decimal.Decimal
		items, _ := records[i]["line_items"].([]any)
		for _, item := range items {
			line := item.(map[string]any)
			lines = lines.Add(decimal.RequireFromString(line["price"].(string)).Mul(decimal.NewFromFloat(line["quantity"].(float64))))
		}
		if o.Parties[0].Email != records[i]["email"] || len(o.Lines) != len(items) || !sums["lines"].Equal(lines) {
			t.Errorf("found %+v; expected %v", o, records[i])
		}
	}
}

func TestApply_woocommerceOrders(t *testing.T) {
	t.Parallel()
	records, entities := shopRecords(t, "woocommerce-order", "woocommerce/orders_*.json", "")
	if len(entities) != 4 {
		t.Fatalf("found %d orders; expected 4", len(entities))
	}
	for i, entity := range entities {
		o, sums := totals(t, entity)
		for role, name := range map[string]string{"gross": "total", "discount": "discount_total", "shipping": "shipping_total", "tax": "total_tax"} {
			if want := decimal.RequireFromString(records[i][name].(string)); !sums[role].Equal(want) {
				t.Errorf("order %s: %s is %s; expected %s", o.Number, role, sums[role], want)
			}
		}
		if !sums["net"].Equal(sums["lines"]) {
			t.Errorf("order %s: net is %s, and the lines come to %s", o.Number, sums["net"], sums["lines"])
		}
	}
}

func TestApply_woocommerceCustomers(t *testing.T) {
	t.Parallel()
	records, entities := shopRecords(t, "woocommerce-customer", "woocommerce/customers_*.json", "")
	if len(entities) != 4 {
		t.Fatalf("found %d customers; expected 4", len(entities))
	}
	for i, entity := range entities {
		var c canonical.Customer
		if err := c.UnmarshalJSON(entity); err != nil {
			t.Fatal(err)
		}
		billing := records[i]["billing"].(map[string]any)
		if billing["address_1"] != "" {
			a := c.Addresses[0]
			if a.Lines[0] != billing["address_1"] || a.Locality != billing["city"] || a.Postcode != billing["postcode"] || a.Country != billing["country"] {
				t.Errorf("found %+v; expected %v", a, billing)
			}
		} else if len(c.Addresses) > 0 && c.Addresses[0].Use == "billing" {
			t.Errorf("found %+v; expected no billing address", c.Addresses[0])
		}
		if c.Emails[0].Value != records[i]["email"] || c.Names[0].Family != records[i]["last_name"] {
			t.Errorf("found %+v; expected %v", c, records[i])
		}
	}
}
