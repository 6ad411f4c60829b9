package northwind

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// order is what SQL says of an order. Sums are PostgreSQL's, in numeric: of a real it takes the
// text, since that is the number that someone entered.
type order struct {
	ID, Customer, Seller, SellerName, Carrier, CarrierName string
	Ordered, Requested, Shipped                            string
	Name, Street, City, Region, Zip, Country               string
	Net, Freight, Gross                                    string
}

const orders = `
	SELECT o.order_id::text AS id, o.customer_id AS customer, o.employee_id::text AS seller,
		e.first_name || ' ' || e.last_name AS sellername, o.ship_via::text AS carrier, s.company_name AS carriername,
		coalesce(order_date::text, '') AS ordered, coalesce(required_date::text, '') AS requested,
		coalesce(shipped_date::text, '') AS shipped,
		coalesce(ship_name, '') AS name, coalesce(ship_address, '') AS street, coalesce(ship_city, '') AS city,
		coalesce(ship_region, '') AS region, coalesce(ship_postal_code, '') AS zip, coalesce(ship_country, '') AS country,
		l.net::text AS net, freight::text AS freight, (l.net + freight::text::numeric)::text AS gross
	FROM orders o
	JOIN employees e ON e.employee_id = o.employee_id
	JOIN shippers s ON s.shipper_id = o.ship_via
	JOIN (
		SELECT order_id, sum(unit_price::text::numeric * quantity * (1 - discount::text::numeric)) AS net
		FROM order_details GROUP BY order_id
	) l ON l.order_id = o.order_id
	ORDER BY o.order_id`

// line is what SQL says of a line of an order.
type line struct {
	ID, Product, Name, Unit, Quantity, Price, Discount, Amount string
}

const lines = `
	SELECT order_id::text AS id, d.product_id::text AS product, product_name AS name, quantity_per_unit AS unit,
		quantity::text, d.unit_price::text AS price,
		(d.unit_price::text::numeric * quantity * discount::text::numeric)::text AS discount,
		(d.unit_price::text::numeric * quantity * (1 - discount::text::numeric))::text AS amount
	FROM order_details d JOIN products p ON p.product_id = d.product_id
	ORDER BY order_id, d.product_id`

func TestNorthwind_everyOrderComesOutWithItsLinesAndTotals(t *testing.T) {
	t.Parallel()
	h, db := started(t)
	ofOrder := map[string][]line{}
	for _, l := range rows[line](t, db, lines) {
		ofOrder[l.ID] = append(ofOrder[l.ID], l)
	}
	all := rows[order](t, db, orders)
	if n := count(t, db, "orders"); int64(len(all)) != n {
		t.Fatalf("the query knows %d of %d orders", len(all), n)
	}
	for _, o := range all {
		var got canonical.Order
		h.Document(canonical.EntityOrder, "erp/orders/"+o.ID, &got)
		got.Source = nil
		if diff := cmp.Diff(o.expected(t, ofOrder[o.ID]), got, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("order %s (-in the database +in the hub):\n%s", o.ID, diff)
		}
	}
	timelines(t, h, all)
}

// expected is the canonical order that a row and its lines have to become.
func (o order) expected(t *testing.T, lines []line) canonical.Order {
	want := canonical.Order{
		Number: o.ID, Status: "open", Currency: "USD",
		Parties: []canonical.Party{
			{Role: "buyer", Record: "erp/customers/" + o.Customer},
			{Role: "ship-to", Name: o.Name, Address: &canonical.Address{
				Use: "delivery", Lines: []string{o.Street}, Locality: o.City, Region: o.Region, Postcode: o.Zip, Country: iso(t, o.Country),
			}},
			{Role: "carrier", Record: "erp/shippers/" + o.Carrier, Name: o.CarrierName},
			{Role: "seller", Record: "erp/employees/" + o.Seller, Name: o.SellerName},
		},
		Totals: []canonical.Total{{Role: "net", Amount: usd(o.Net)}, {Role: "shipping", Amount: usd(o.Freight)}, {Role: "gross", Amount: usd(o.Gross)}},
	}
	for _, d := range []canonical.OrderDate{{Role: "ordered", Value: o.Ordered}, {Role: "requested", Value: o.Requested}, {Role: "shipped", Value: o.Shipped}} {
		if d.Value != "" {
			want.Dates = append(want.Dates, d)
		}
	}
	if o.Shipped != "" {
		want.Status = "shipped"
	}
	for _, l := range lines {
		price, discount, amount := usd(l.Price), usd(l.Discount), usd(l.Amount)
		want.Lines = append(want.Lines, canonical.OrderLine{
			Product: l.Product, Description: l.Name, Quantity: l.Quantity, Unit: l.Unit,
			Price: &price, Discount: &discount, Amount: &amount,
		})
	}
	return want
}

func usd(amount string) canonical.Money { return canonical.Money{Amount: amount, Currency: "USD"} }

// sameNumber compares amounts by value: 10.0 is 10.00, and not a hair more.
func sameNumber(a, b canonical.Money) bool {
	x, ok := new(big.Rat).SetString(a.Amount)
	y, ok2 := new(big.Rat).SetString(b.Amount)
	return ok && ok2 && x.Cmp(y) == 0 && a.Currency == b.Currency
}

// timelines holds every customer's timeline against the orders that the database has of it.
func timelines(t *testing.T, h *hubtest.Hub, all []order) {
	want := map[string]map[string]string{} // by customer and key, when it was ordered
	for _, o := range all {
		if want[o.Customer] == nil {
			want[o.Customer] = map[string]string{}
		}
		want[o.Customer]["erp/orders/"+o.ID] = o.Ordered
	}
	for customer, orders := range want {
		got, before := map[string]string{}, "9999"
		for _, e := range h.Timeline(h.IDOf("erp/customers/" + customer)) {
			day := e.Time.Format(time.DateOnly)
			if day > before {
				t.Errorf("timeline of %s: %s of %s comes after one of %s", customer, e.Key, day, before)
			}
			got[e.Key], before = day, day
		}
		if diff := cmp.Diff(orders, got); diff != "" {
			t.Errorf("timeline of %s (-in the database +from the API):\n%s", customer, diff)
		}
	}
	if len(want) < 80 {
		t.Errorf("only %d customers have orders", len(want))
	}
}

func TestNorthwind_everyProductComesOut(t *testing.T) {
	t.Parallel()
	h, db := started(t)
	type product struct{ ID, Name, Unit, Category, Price, Status string }
	for _, p := range rows[product](t, db, `
		SELECT product_id::text AS id, product_name AS name, coalesce(quantity_per_unit, '') AS unit, category_name AS category,
			unit_price::text AS price, CASE discontinued WHEN 1 THEN 'discontinued' ELSE 'active' END AS status
		FROM products JOIN categories ON categories.category_id = products.category_id`) {
		var got canonical.Product
		h.Document(canonical.EntityProduct, "erp/products/"+p.ID, &got)
		got.Source = nil
		price := usd(p.Price)
		want := canonical.Product{
			Codes: []canonical.Identifier{{Scheme: "northwind-product", Value: p.ID}},
			Name:  p.Name, Unit: p.Unit, Category: p.Category, Price: &price, Status: p.Status,
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("product %s (-in the database +in the hub):\n%s", p.ID, diff)
		}
	}
}
