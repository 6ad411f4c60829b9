package northwind

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

func TestNorthwind_changesOfTheDatabaseAreFollowed(t *testing.T) {
	t.Parallel()
	h, db := started(t)
	follow(t, h, db)
	// Polls that find nothing new hand nothing on: 91 customers at first, one that changed, one that
	// went, one that came.
	if n := h.Ingested("erp/customers"); n != 94 {
		t.Errorf("%d frames of customers were handed on; want 94", n)
	}
}

// Both processes poll the database, each by a ledger of its own: what one hands on after the other
// changes nothing.
func TestNorthwind_twoProcessesOnKafkaFollowTheDatabase(t *testing.T) {
	t.Parallel()
	url, db := erp(t)
	env := map[string]string{
		"ERP_DATABASE": url, "BROKERS": strings.Join(kafkatest.Start(t), ","), "STORE": pgtest.Start(t),
		"PREFIX": strings.ToLower(rand.Text()[:8]) + ".",
	}
	folder := hubtest.Folder(t, "testdata/hub")
	var hubs []*hubtest.Hub
	for n := range 2 {
		env["DATA"] = fmt.Sprintf(".touchstone-%d", n)
		hubs = append(hubs, hubtest.Start(t, folder, env))
	}
	full(t, hubs[0], db)
	follow(t, hubs[1], db)
}

// follow changes the database and holds the hub against it.
func follow(t *testing.T, h *hubtest.Hub, db *pgx.Conn) {
	t.Helper()
	before := h.Status()
	id := h.IDOf("erp/customers/ALFKI")
	for _, change := range []string{
		"UPDATE customers SET phone = '030-9018200', company_name = 'Alfreds Futterkiste AG' WHERE customer_id = 'ALFKI'",
		"DELETE FROM customers WHERE customer_id = 'PARIS'", // never ordered anything
		"INSERT INTO customers (customer_id, company_name, country) VALUES ('NEWCO', 'New Company', 'Germany')",
		"UPDATE order_details SET quantity = quantity + 1 WHERE order_id = 10248 AND product_id = 11",
	} {
		if _, err := db.Exec(t.Context(), change); err != nil {
			t.Fatalf("%s: %v", change, err)
		}
	}
	var order canonical.Order
	s := h.Rest(patience, func(s *api.Status) string {
		order = canonical.Order{}
		h.Document(canonical.EntityOrder, "erp/orders/10248", &order)
		switch {
		case s.Deleted["erp/customers"] == 0:
			return "PARIS is not deleted"
		case s.Records["erp/customers"] < before.Records["erp/customers"]:
			return "NEWCO is not there"
		case h.Source("erp/customers/ALFKI").Names[0].Full == "Alfreds Futterkiste":
			return "ALFKI has not changed"
		case order.Lines[0].Quantity == "12":
			return "order 10248 has not changed"
		}
		return ""
	})
	if s.Customers != before.Customers || s.Merged != 0 {
		t.Errorf("%d customers after one came and one went; were %d", s.Customers, before.Customers)
	}
	golden := bySource(t, h)
	alfki := golden["erp/customers/ALFKI"]
	if alfki.Names[0].Full != "Alfreds Futterkiste AG" || len(alfki.Phones) != 1 || alfki.Phones[0].Value != "+49309018200" {
		t.Errorf("the golden record did not follow: names %+v, phones %+v", alfki.Names, alfki.Phones)
	}
	if again := h.IDOf("erp/customers/ALFKI"); again != id {
		t.Errorf("the golden ID was %s and is %s", id, again)
	}
	if _, there := golden["erp/customers/PARIS"]; there {
		t.Error("PARIS is still a golden customer")
	}
	if golden["erp/customers/NEWCO"].Names[0].Full != "New Company" {
		t.Errorf("NEWCO came out as %+v", golden["erp/customers/NEWCO"])
	}
	// 14.00 × 13 + 9.80 × 10 + 34.80 × 5, and 32.38 for freight
	want := []canonical.Total{{Role: "net", Amount: usd("454")}, {Role: "shipping", Amount: usd("32.38")}, {Role: "gross", Amount: usd("486.38")}}
	if !slices.EqualFunc(order.Totals, want, func(a, b canonical.Total) bool { return a.Role == b.Role && sameNumber(a.Amount, b.Amount) }) {
		t.Errorf("order 10248 comes to %+v; want %+v", order.Totals, want)
	}
}
