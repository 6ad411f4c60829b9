package presets_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shared is what the trade documents of both standards carry, beside what each adds.
const (
	sharedX12 = `
		"parties": [
			{"role": "buyer", "identifiers": [{"scheme": "buyer", "value": "1500"}], "name": "Buy Inc", "email": "b@example.com", "phone": "+15550100", "address": {"lines": ["Street 1", "Floor 2", "Door 3", "Gate 4"], "locality": "Laredo", "region": "TX", "postcode": "78045", "country": "US"}},
			{"role": "ship-to", "identifiers": [{"scheme": "gln", "value": "4012345000009"}], "name": "仓库"}
		]`
	linesX12 = `
		"product": "V-1",
		"codes": [{"scheme": "gtin", "value": "04012345000016"}, {"scheme": "buyer", "value": "B-1"}, {"scheme": "manufacturer", "value": "M-1"}, {"scheme": "vendor-part", "value": "P-1"}, {"scheme": "sku", "value": "S-1"}, {"scheme": "isbn", "value": "0764569104"}],
		"description": "Pen, blue"`
	sharedEDIFACT = `
		"parties": [
			{"role": "buyer", "identifiers": [{"scheme": "gln", "value": "5412345000176"}, {"scheme": "vat", "value": "BE0123456789"}], "name": "Buy and Sell International Trading Company Ltd", "email": "b@example.com", "phone": "+3221234567", "address": {"lines": ["Street 1", "Floor 2"], "locality": "Gent", "region": "VOV", "postcode": "9000", "country": "BE"}},
			{"role": "ship-to", "identifiers": [{"scheme": "duns", "value": "123456789"}], "name": "仓库"}
		]`
	linesEDIFACT = `
		"product": "V-1",
		"codes": [{"scheme": "gtin", "value": "4012345000016"}, {"scheme": "buyer", "value": "B-1"}, {"scheme": "manufacturer", "value": "M-1"}, {"scheme": "isbn", "value": "0764569104"}],
		"description": "A pen whose description is longer than one element"`
)

// TestPresets_whatGoesOutComesBack sends a document with everything that a message can carry, and
// reads it back: as it went, but for what the message says by itself.
func TestPresets_whatGoesOutComesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		out, in  string
		document string
		adds     map[string]string // attributes that only the message has
	}{
		{"order-to-x12-860", "x12-860-to-order", `{"type": "order-change", "number": "4711", "status": "replaced", "currency": "USD",
			"dates": [{"role": "ordered", "value": "2026-07-24"}, {"role": "changed", "value": "2026-08-01"}, {"role": "requested", "value": "2026-09-01T09:30:00Z"}],
			"references": [{"role": "release", "value": "R-1"}, {"role": "change", "value": "2"}, {"role": "contract", "value": "C-7"}],` + sharedX12 + `,
			"lines": [{"number": "1",` + linesX12 + `, "status": "quantity-increased", "quantity": "3000", "unit": "EA", "price": {"amount": "2.53", "currency": "USD"},
				"schedule": [{"quantity": "1000", "date": "2026-09-01"}, {"quantity": "2000", "date": "2026-09-08"}], "references": [{"role": "promotion", "value": "P"}], "attributes": {"quantity-left": "500"}}],
			"totals": [{"role": "gross", "amount": {"amount": "7590.00", "currency": "USD"}}], "note": "Ring twice.\nThen wait.", "attributes": {"order-type": "SA", "payment-terms": "NET 60"}}`, nil},
		{"order-to-x12-855", "x12-855-to-order", `{"type": "order-response", "number": "4711", "status": "changed", "currency": "USD",
			"dates": [{"role": "ordered", "value": "2026-07-24"}, {"role": "changed", "value": "2026-07-25"}, {"role": "promised", "value": "2026-09-01"}],
			"references": [{"role": "release", "value": "R-1"}, {"role": "contract", "value": "C-7"}, {"role": "supplier-order", "value": "S-9"}, {"role": "department", "value": "D"}],` + sharedX12 + `,
			"lines": [{"number": "1",` + linesX12 + `, "status": "date-changed", "quantity": "30", "unit": "EA", "price": {"amount": "2.53", "currency": "USD"},
				"schedule": [{"quantity": "10", "date": "2026-09-01"}, {"quantity": "20", "date": "2026-09-08"}]}, {"number": "2", "product": "V-2", "status": "rejected", "quantity": "5", "unit": "EA"}],
			"totals": [{"role": "gross", "amount": {"amount": "75.90", "currency": "USD"}}], "note": "Later.", "attributes": {"purpose": "06", "payment-terms": "NET 60"}}`, nil},
		{"order-to-x12-856", "x12-856-to-order", `{"type": "despatch", "number": "D-1", "status": "replaced",
			"dates": [{"role": "changed", "value": "2026-08-01T21:30:00Z"}, {"role": "shipped", "value": "2026-08-02"}, {"role": "delivered", "value": "2026-08-05T08:00:00Z"}],
			"references": [{"role": "customer-order", "value": "4711"}, {"role": "bill-of-lading", "value": "B-9"}],` + sharedX12 + `,
			"lines": [{"number": "1",` + linesX12 + `, "quantity": "40", "unit": "EA", "references": [{"role": "customer-order", "value": "4711"}, {"role": "promotion", "value": "P"}], "attributes": {"ordered": "50"}},
				{"number": "2", "product": "V-2", "quantity": "1", "unit": "EA", "references": [{"role": "customer-order", "value": "4711"}]}],
			"attributes": {"packages": "40", "weight": "3401", "weight-unit": "LB", "carrier": "MATL"}}`, nil},
		{"order-to-x12-810", "x12-810-to-order", `{"type": "invoice", "number": "I-9", "currency": "USD",
			"dates": [{"role": "invoiced", "value": "2026-08-10"}, {"role": "ordered", "value": "2026-07-24"}, {"role": "due", "value": "2026-09-09"}, {"role": "shipped", "value": "2026-08-02"}],
			"references": [{"role": "customer-order", "value": "4711"}, {"role": "release", "value": "R-1"}, {"role": "bill-of-lading", "value": "B-9"}],` + sharedX12 + `,
			"lines": [{"number": "1",` + linesX12 + `, "quantity": "2", "unit": "EA", "price": {"amount": "99.99", "currency": "USD"}, "references": [{"role": "contract", "value": "C"}]}],
			"totals": [{"role": "gross", "amount": {"amount": "215.97", "currency": "USD"}}, {"role": "net", "amount": {"amount": "199.98", "currency": "USD"}}, {"role": "tax", "amount": {"amount": "15.99", "currency": "USD"}}],
			"note": "Thank you.", "attributes": {"invoice-type": "credit", "payment-terms": "NET 30"}}`, nil},
		{"product-to-x12-832", "x12-832-to-product", `{"codes": [{"scheme": "article-number", "value": "A"}, {"scheme": "vendor-part", "value": "P"}, {"scheme": "sku", "value": "S"}, {"scheme": "gtin", "value": "04012345000016"}, {"scheme": "manufacturer", "value": "M"}, {"scheme": "buyer", "value": "B"}, {"scheme": "isbn", "value": "0764569104"}],
			"name": "Pen, blue", "unit": "EA", "price": {"amount": "2.53", "currency": "USD"}, "attributes": {"catalogue": "SPRING", "valid-from": "2026-02-01", "minimum": "10"}}`, nil},
		{"order-to-edifact-ordchg", "edifact-ordchg-to-order", `{"type": "order-change", "number": "4711", "status": "changed", "currency": "EUR",
			"dates": [{"role": "changed", "value": "2026-08-01T10:00:00Z"}, {"role": "ordered", "value": "2026-07-24"}, {"role": "requested", "value": "2026-09-01"}],
			"references": [{"role": "change", "value": "C-1"}, {"role": "contract", "value": "C-7"}],` + sharedEDIFACT + `,
			"lines": [{"number": "1",` + linesEDIFACT + `, "status": "changed", "quantity": "25.5", "unit": "MTR", "price": {"amount": "2.53", "currency": "EUR"}, "amount": {"amount": "64.52", "currency": "EUR"},
				"schedule": [{"quantity": "10", "date": "2026-09-01"}, {"quantity": "15.5", "date": "2026-09-08", "until": "2026-09-12"}], "references": [{"role": "promotion", "value": "P"}], "attributes": {"requested": "2026-09-01"}}],
			"totals": [{"role": "net", "amount": {"amount": "64.52", "currency": "EUR"}}, {"role": "tax", "amount": {"amount": "12.26", "currency": "EUR"}}, {"role": "shipping", "amount": {"amount": "5", "currency": "EUR"}}, {"role": "discount", "amount": {"amount": "1", "currency": "EUR"}}, {"role": "gross", "amount": {"amount": "80.78", "currency": "EUR"}}, {"role": "paid", "amount": {"amount": "10", "currency": "EUR"}}],
			"note": "Ring twice.\nA second line that is so long that it does not fit into one element of free text.", "attributes": {"payment-terms": "30 days net", "delivery-terms": "DDP"}}`, map[string]string{"document": "230"}},
		{"order-to-edifact-ordrsp", "edifact-ordrsp-to-order", `{"type": "order-response", "number": "4711", "status": "changed", "currency": "EUR",
			"dates": [{"role": "changed", "value": "2026-07-25"}, {"role": "ordered", "value": "2026-07-24"}, {"role": "promised", "value": "2026-09-01"}],
			"references": [{"role": "response", "value": "R-1"}, {"role": "supplier-order", "value": "S-9"}],` + sharedEDIFACT + `,
			"lines": [{"number": "1",` + linesEDIFACT + `, "status": "accepted", "quantity": "30", "unit": "PCE", "price": {"amount": "2.53", "currency": "EUR"},
				"schedule": [{"quantity": "10", "date": "2026-09-01"}, {"quantity": "20", "date": "2026-09-08"}]}, {"number": "2", "product": "V-2", "status": "rejected", "quantity": "5", "unit": "PCE"}]}`, map[string]string{"document": "231"}},
		{"order-to-edifact-desadv", "edifact-desadv-to-order", `{"type": "despatch", "number": "D-1",
			"dates": [{"role": "changed", "value": "2026-08-01T21:30:00Z"}, {"role": "shipped", "value": "2026-08-02"}],
			"references": [{"role": "customer-order", "value": "4711"}],` + sharedEDIFACT + `,
			"lines": [{"number": "1",` + linesEDIFACT + `, "quantity": "20", "unit": "PCE", "references": [{"role": "customer-order", "value": "4711"}], "attributes": {"ordered": "30"}}],
			"attributes": {"packages": "2", "delivery-terms": "DDP"}}`, map[string]string{"document": "351"}},
		{"order-to-edifact-invoic", "edifact-invoic-to-order", `{"type": "invoice", "number": "I-9", "currency": "EUR",
			"dates": [{"role": "invoiced", "value": "2026-08-10"}, {"role": "ordered", "value": "2026-07-24"}, {"role": "due", "value": "2026-09-09"}, {"role": "shipped", "value": "2026-08-02"}],
			"references": [{"role": "customer-order", "value": "4711"}, {"role": "despatch", "value": "D-1"}],` + sharedEDIFACT + `,
			"lines": [{"number": "1",` + linesEDIFACT + `, "quantity": "2", "unit": "PCE", "price": {"amount": "99.99", "currency": "EUR"}, "amount": {"amount": "199.98", "currency": "EUR"}, "tax": {"amount": "38.00", "currency": "EUR"}, "references": [{"role": "contract", "value": "C"}], "attributes": {"tax-rate": "19"}}],
			"totals": [{"role": "net", "amount": {"amount": "199.98", "currency": "EUR"}}, {"role": "tax", "amount": {"amount": "38.00", "currency": "EUR"}}, {"role": "gross", "amount": {"amount": "237.98", "currency": "EUR"}}],
			"note": "Thank you.", "attributes": {"invoice-type": "credit", "payment-terms": "30 days net", "delivery-terms": "EXW"}}`, map[string]string{"document": "381"}},
		{"order-to-edifact-delfor", "edifact-delfor-to-order", `{"type": "forecast", "number": "F-1", "status": "replaced", "dates": [{"role": "changed", "value": "2026-06-19T16:50:00Z"}],
			"references": [{"role": "contract", "value": "C-7"}],
			"parties": [{"role": "buyer", "identifiers": [{"scheme": "gln", "value": "5412345000176"}], "name": "Buy & Co", "address": {"lines": ["Street 1"], "locality": "Gent", "postcode": "9000", "country": "BE"}},
				{"role": "ship-to", "identifiers": [{"scheme": "gln", "value": "5412345000183"}], "name": "Plant 2", "address": {"lines": ["Street 2"], "locality": "Gent", "postcode": "9000", "country": "BE"}}],
			"lines": [{"number": "1", "product": "V-1", "codes": [{"scheme": "gtin", "value": "4012345000016"}, {"scheme": "buyer", "value": "B-1"}], "description": "A pen whose description is longer than one element", "unit": "PCE",
				"schedule": [{"quantity": "100", "date": "2026-07-06", "status": "firm"}, {"quantity": "250", "date": "2026-08-01", "until": "2026-08-31", "status": "planned"}], "references": [{"role": "customer-order", "value": "4711"}]}]}`, nil},
		{"product-to-edifact-pricat", "edifact-pricat-to-product", `{"codes": [{"scheme": "article-number", "value": "A"}, {"scheme": "gtin", "value": "4012345000016"}, {"scheme": "buyer", "value": "B"}, {"scheme": "manufacturer", "value": "M"}, {"scheme": "isbn", "value": "0764569104"}],
			"name": "A pen whose name is longer than thirty-five", "unit": "PCE", "category": "Writing", "price": {"amount": "2.53", "currency": "EUR"}, "status": "changed", "attributes": {"catalogue": "P-1", "valid-from": "2026-02-01"}}`, nil},
	} {
		t.Run(c.out, func(t *testing.T) {
			j := newJourney(t, "edi/"+c.out, "edi/"+c.in)
			back := j.run(t, []byte(c.document))
			if diff := cmp.Diff(tree(t, []byte(c.document), nil), tree(t, back, c.adds)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// tree is a document as nested maps, without its source and what a message adds.
func tree(t *testing.T, doc []byte, adds map[string]string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(doc, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "source")
	attributes, _ := all["attributes"].(map[string]any)
	for name, value := range adds {
		if attributes[name] != value {
			t.Errorf("attribute %s is %v; want %s", name, attributes[name], value)
		}
		delete(attributes, name)
	}
	if len(attributes) == 0 {
		delete(all, "attributes")
	}
	return all
}
