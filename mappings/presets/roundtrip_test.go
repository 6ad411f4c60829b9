package presets_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/edi"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// journey sends a canonical document out as a message in an interchange and reads it back.
type journey struct {
	out, in *mappings.Mapping
}

func newJourney(t testing.TB, out, in string) journey { return journey{load(t, out), load(t, in)} }

// checking is what a journey needs of a test, or of one check of a property.
type checking interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// run gives what comes back of a document.
func (j journey) run(t checking, doc []byte) []byte {
	var decoded formats.Doc
	if err := (&json.Format{}).Decode(&decoded, formats.Frame{Bytes: doc}, j.out.Shape()); err != nil {
		t.Fatal(err)
	}
	payload, err := j.out.Apply(nil, mappings.Input{Root: &decoded.Root, Golden: &mappings.GoldenInput{ID: "G-0001", Version: 1}})
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	var tree formats.Doc
	if err := (&json.Format{}).Decode(&tree, formats.Frame{Bytes: payload.Bytes}, &formats.Shape{Whole: true}); err != nil {
		t.Fatal(err)
	}
	written := j.out.Payload().(*edi.Format)
	set, err := written.AppendSet(nil, &tree.Root, edi.SetOptions{})
	if err != nil {
		t.Fatalf("%v\n%s", err, payload.Bytes)
	}
	if written.Standard().String() == "edifact" {
		set = slices.Concat([]byte("UNB+UNOW:3+A+B+260801:0930+1'"), set, []byte("UNZ+1+1'"))
	}
	var results [][]byte
	for tr, err := range j.in.Translate(t.Context(), j.in.Format(), bytes.NewReader(set), "set", mappings.Input{Source: canonical.Source{System: "partner", Stream: "in"}}) {
		if err != nil || tr.Err != nil {
			t.Fatalf("%v, %v\n%s", err, tr.Err, set)
		}
		results = append(results, tr.Output.Bytes)
	}
	if len(results) != 1 {
		t.Fatalf("%d records\n%s", len(results), set)
	}
	if problems := canonical.Validate(j.in.Entity(), results[0]); len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, results[0])
	}
	return results[0]
}

// words are texts of one language each, none of which holds a delimiter of X12.
var words = []string{
	"Müller", "Söhne", "GmbH", "O'Neill", "Trading", "Sp. z o.o.", "Łódź", "Ελληνικά", "Москва", "ООО", "王小明", "商店", "株式会社", "東京", "한국", "العربية",
	"a+b", "50%", "#1", "(Ltd)", "“Q”", "x",
}

// text draws words of at most so many characters.
func text(t *rapid.T, label string, most int) string {
	chosen := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, label), " ")
	for len([]rune(chosen)) > most {
		chosen = string([]rune(chosen)[:most])
	}
	return strings.TrimSpace(chosen)
}

func digits(t *rapid.T, label string, n int) string {
	return rapid.StringMatching(fmt.Sprintf(`[1-9][0-9]{%d}`, n-1)).Draw(t, label)
}

func maybe[T any](t *rapid.T, label string, value func() T) (v T) {
	if rapid.Bool().Draw(t, label+"?") {
		v = value()
	}
	return v
}

func date(t *rapid.T, label string) string {
	return fmt.Sprintf("20%02d-%02d-%02d", rapid.IntRange(20, 39).Draw(t, label), rapid.IntRange(1, 12).Draw(t, label+" month"), rapid.IntRange(1, 28).Draw(t, label+" day"))
}

func moment(t *rapid.T, label string) string {
	return date(t, label) + fmt.Sprintf("T%02d:%02d:00Z", rapid.IntRange(0, 23).Draw(t, label+" hour"), rapid.IntRange(0, 59).Draw(t, label+" minute"))
}

func amount(t *rapid.T, label string) string {
	return fmt.Sprintf("%d.%02d", rapid.IntRange(0, 99999).Draw(t, label), rapid.IntRange(0, 99).Draw(t, label+" cents"))
}

// limits are what a message can carry of an address.
type limits struct{ lines, line, city int }

func address(t *rapid.T, label string, l limits) canonical.Address {
	a := canonical.Address{Locality: text(t, label+" city", l.city), Postcode: digits(t, label+" postcode", 5), Country: rapid.SampledFrom([]string{"DE", "CN", "US", "PL"}).Draw(t, label+" country")}
	for len([]rune(a.Locality)) < 2 {
		a.Locality += "x"
	}
	for i := range rapid.IntRange(1, l.lines).Draw(t, label+" lines") {
		a.Lines = append(a.Lines, text(t, fmt.Sprintf("%s line %d", label, i), l.line))
	}
	return a
}

// customer draws what all three customer messages can carry.
func customer(t *rapid.T, l limits) canonical.Customer {
	c := canonical.Customer{
		Kind:        canonical.Organisation,
		Names:       []canonical.Name{{Full: text(t, "name", 60), Use: "legal"}},
		Identifiers: []canonical.Identifier{{Scheme: "gln", Value: digits(t, "gln", 13)}},
		Addresses:   []canonical.Address{address(t, "main", l)},
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "identifiers") {
		scheme := rapid.SampledFrom([]string{"vat", "customer-number", "tax-number", "erp-number", "loyalty-card"}).Draw(t, fmt.Sprint("scheme ", i))
		c.Identifiers = append(c.Identifiers, canonical.Identifier{Scheme: scheme, Value: "K-" + digits(t, fmt.Sprint("value ", i), 8)})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "phones") {
		c.Phones = append(c.Phones, canonical.Phone{Value: "+49" + digits(t, fmt.Sprint("phone ", i), 9)})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "emails") {
		c.Emails = append(c.Emails, canonical.Email{Value: fmt.Sprintf("m%s@example.com", digits(t, fmt.Sprint("mail ", i), 4))})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "contacts") {
		person := canonical.Contact{Name: canonical.Name{Full: text(t, fmt.Sprint("person ", i), 35)}, Role: maybe(t, fmt.Sprint("role ", i), func() string { return text(t, "role", 17) })}
		person.Phones = maybe(t, fmt.Sprint("their phone ", i), func() []canonical.Phone { return []canonical.Phone{{Value: "+86" + digits(t, "number", 9)}} })
		person.Emails = maybe(t, fmt.Sprint("their mail ", i), func() []canonical.Email { return []canonical.Email{{Value: "a@example.com"}} })
		c.Contacts = append(c.Contacts, person)
	}
	return c
}

func sameCustomer(t *rapid.T, j journey, c canonical.Customer) {
	doc, err := c.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back canonical.Customer
	if err := back.UnmarshalJSON(j.run(t, doc)); err != nil {
		t.Fatal(err)
	}
	back.Source = nil
	if diff := cmp.Diff(c, back); diff != "" {
		t.Fatal(diff)
	}
}

// TestCustomer_816_comesBackAsItWent: names (legal and trade), identifiers, the main, the billing and
// the delivery address, numbers and people.
func TestCustomer_816_comesBackAsItWent(t *testing.T) {
	t.Parallel()
	j := newJourney(t, "edi/customer-to-x12-816", "edi/x12-816-to-customer")
	rapid.Check(t, func(t *rapid.T) {
		c := customer(t, limits{lines: 4, line: 55, city: 30})
		addX12(t, &c)
		sameCustomer(t, j, c)
	})
}

// addX12 adds what X12 has beyond PARTIN.
func addX12(t *rapid.T, c *canonical.Customer) {
	if rapid.Bool().Draw(t, "trade name") {
		c.Names = append(c.Names, canonical.Name{Full: text(t, "trade", 60), Use: "trade"})
	}
	for _, use := range []string{"billing", "delivery"} {
		if rapid.Bool().Draw(t, use) {
			a := address(t, use, limits{lines: 4, line: 55, city: 30})
			a.Use, a.Name = use, text(t, use+" name", 60)
			c.Addresses = append(c.Addresses, a)
		}
	}
	for i := range c.Phones {
		c.Phones[i].Use = maybe(t, "use", func() string { return "work" })
	}
	c.Faxes = maybe(t, "fax", func() []canonical.Phone { return []canonical.Phone{{Value: "+4922112345"}} })
	c.Webs = maybe(t, "web", func() []canonical.Web { return []canonical.Web{{Value: "https://example.com/x"}} })
}

// TestCustomer_838_comesBackAsItWent: what an 816 carries, and the terms of trade.
func TestCustomer_838_comesBackAsItWent(t *testing.T) {
	t.Parallel()
	j := newJourney(t, "edi/customer-to-x12-838", "edi/x12-838-to-customer")
	rapid.Check(t, func(t *rapid.T) {
		c := customer(t, limits{lines: 4, line: 55, city: 30})
		addX12(t, &c)
		addTerms(t, &c)
		c.TaxRule = maybe(t, "tax rule", func() string { return text(t, "tax", 20) })
		sameCustomer(t, j, c)
	})
}

func addTerms(t *rapid.T, c *canonical.Customer) {
	c.Currency = maybe(t, "currency", func() string { return rapid.SampledFrom([]string{"EUR", "CNY", "USD"}).Draw(t, "of") })
	c.PaymentTerms = maybe(t, "payment terms", func() string { return text(t, "payment", 70) })
	c.DeliveryTerms = maybe(t, "delivery terms", func() string {
		return rapid.SampledFrom([]string{"DDP", "EXW", "free house, unloaded"}).Draw(t, "delivery")
	})
}

// TestCustomer_PARTIN_comesBackAsItWent: one name, one address, identifiers, numbers, people, bank
// accounts and terms.
func TestCustomer_PARTIN_comesBackAsItWent(t *testing.T) {
	t.Parallel()
	j := newJourney(t, "edi/customer-to-edifact-partin", "edi/edifact-partin-to-customer")
	rapid.Check(t, func(t *rapid.T) {
		c := customer(t, limits{lines: 3, line: 35, city: 35})
		addTerms(t, &c)
		for i := range rapid.IntRange(0, 2).Draw(t, "accounts") {
			c.BankAccounts = append(c.BankAccounts, canonical.BankAccount{
				IBAN: "DE" + digits(t, fmt.Sprint("iban ", i), 20), BIC: maybe(t, "bic", func() string { return "COBADEFFXXX" }),
				Bank: maybe(t, "bank", func() string { return text(t, "bank", 70) }), Holder: maybe(t, "holder", func() string { return text(t, "holder", 70) }),
			})
		}
		c.Faxes = maybe(t, "fax", func() []canonical.Phone { return []canonical.Phone{{Value: "+4922112345"}} })
		sameCustomer(t, j, c)
	})
}

// order draws what both 850 and ORDERS can carry.
func order(t *rapid.T, l limits, roles []string) canonical.Order {
	currency := rapid.SampledFrom([]string{"EUR", "CNY", "USD"}).Draw(t, "currency")
	o := canonical.Order{
		Type: "order", Number: "PO-" + digits(t, "number", 8), Currency: currency,
		Status: maybe(t, "status", func() string { return rapid.SampledFrom([]string{"cancelled", "replaced"}).Draw(t, "is") }),
		Dates:  []canonical.OrderDate{{Role: "ordered", Value: date(t, "ordered")}},
	}
	if rapid.Bool().Draw(t, "requested") {
		o.Dates = append(o.Dates, canonical.OrderDate{Role: "requested", Value: maybe(t, "time", func() string { return moment(t, "requested") })})
		if last := &o.Dates[len(o.Dates)-1]; last.Value == "" {
			last.Value = date(t, "requested day")
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "references") {
		o.References = append(o.References, canonical.Reference{Role: rapid.SampledFrom([]string{"contract", "customer-order", "invoice", "ACE"}).Draw(t, fmt.Sprint("role ", i)), Value: "R" + digits(t, fmt.Sprint("reference ", i), 6)})
	}
	for i, role := range rapid.SliceOfNDistinct(rapid.SampledFrom(roles), 0, 3, rapid.ID[string]).Draw(t, "parties") {
		a := address(t, fmt.Sprint("party ", i), l)
		o.Parties = append(o.Parties, canonical.Party{
			Role: role, Name: text(t, fmt.Sprint("name ", i), 60), Identifiers: []canonical.Identifier{{Scheme: "gln", Value: digits(t, fmt.Sprint("gln ", i), 13)}},
			Phone: maybe(t, fmt.Sprint("phone ", i), func() string { return "+49221" + digits(t, "phone", 6) }),
			Email: maybe(t, fmt.Sprint("email ", i), func() string { return "b@example.com" }), Address: &a,
		})
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "lines") {
		line := canonical.OrderLine{
			Number: fmt.Sprint(i + 1), Product: "P-" + digits(t, fmt.Sprint("product ", i), 5), Description: maybe(t, fmt.Sprint("described ", i), func() string { return text(t, "description", 70) }),
			Quantity: fmt.Sprint(rapid.IntRange(1, 9999).Draw(t, fmt.Sprint("quantity ", i))), Unit: "EA",
			Price: &canonical.Money{Amount: amount(t, fmt.Sprint("price ", i)), Currency: currency},
		}
		if rapid.Bool().Draw(t, fmt.Sprint("coded ", i)) {
			line.Codes = []canonical.Identifier{{Scheme: "gtin", Value: digits(t, fmt.Sprint("gtin ", i), 13)}, {Scheme: "buyer", Value: "B" + digits(t, fmt.Sprint("buyer ", i), 4)}}
		}
		for k := range rapid.IntRange(0, 3).Draw(t, fmt.Sprint("parts ", i)) {
			line.Schedule = append(line.Schedule, canonical.ScheduleLine{Quantity: fmt.Sprint(k + 1), Date: date(t, fmt.Sprintf("part %d %d", i, k))})
		}
		o.Lines = append(o.Lines, line)
	}
	o.Note = maybe(t, "note", func() string { return text(t, "line 1", 60) + "\n" + text(t, "line 2", 60) })
	o.Attributes = maybe(t, "terms", func() map[string]string { return map[string]string{"payment-terms": text(t, "payment", 35)} })
	return o
}

func sameOrder(t *rapid.T, j journey, o canonical.Order, added map[string]string) {
	doc, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var back canonical.Order
	if err := back.UnmarshalJSON(j.run(t, doc)); err != nil {
		t.Fatal(err)
	}
	back.Source = nil
	for name, value := range added { // what the message says that the order does not
		if back.Attributes[name] != value {
			t.Fatalf("attribute %s is %q; want %q", name, back.Attributes[name], value)
		}
		delete(back.Attributes, name)
	}
	if len(back.Attributes) == 0 {
		back.Attributes = nil
	}
	if diff := cmp.Diff(o, back); diff != "" {
		t.Fatal(diff)
	}
}

func TestOrder_850_comesBackAsItWent(t *testing.T) {
	t.Parallel()
	j := newJourney(t, "edi/order-to-x12-850", "edi/x12-850-to-order")
	rapid.Check(t, func(t *rapid.T) {
		o := order(t, limits{lines: 4, line: 55, city: 30}, []string{"buyer", "ship-to", "bill-to", "seller", "ship-from", "ZZ9"})
		o.Totals = maybe(t, "total", func() []canonical.Total {
			return []canonical.Total{{Role: "gross", Amount: canonical.Money{Amount: amount(t, "total"), Currency: o.Currency}}}
		})
		sameOrder(t, j, o, map[string]string{"order-type": "SA"})
	})
}

func TestOrder_ORDERS_comesBackAsItWent(t *testing.T) {
	t.Parallel()
	j := newJourney(t, "edi/order-to-edifact-orders", "edi/edifact-orders-to-order")
	rapid.Check(t, func(t *rapid.T) {
		o := order(t, limits{lines: 3, line: 35, city: 35}, []string{"buyer", "ship-to", "bill-to", "seller", "ship-from", "OB"})
		o.Totals = maybe(t, "totals", func() []canonical.Total {
			return []canonical.Total{
				{Role: "net", Amount: canonical.Money{Amount: amount(t, "net"), Currency: o.Currency}},
				{Role: "tax", Amount: canonical.Money{Amount: amount(t, "tax"), Currency: o.Currency}},
			}
		})
		sameOrder(t, j, o, map[string]string{"document": "220"})
	})
}
