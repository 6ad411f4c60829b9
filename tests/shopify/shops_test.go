// Package shopify takes the sample files of two makes of web shop through a hub and holds what
// comes out against the files.
//
// In come the files: single records by signed webhook, lists as the shop's API answers them or as
// files in a drop folder. What goes out is compared with what encoding/json reads in the same files.
// The package never reads what it expects through the hub's own code.
package shopify

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

const (
	patience      = 3 * time.Minute
	shopifySecret = "shopify-webhook-secret"
	wooSecret     = "woo-webhook-secret"
	outletToken   = "outlet-token"
)

func TestMappings(t *testing.T) {
	t.Parallel()
	hubtest.Mappings(t, "testdata/hub")
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(hubtest.Data(t, "shop/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// member is the exact text of a member of a file that holds one object.
func member(t *testing.T, name, member string) []byte {
	t.Helper()
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(file(t, name), &whole); err != nil {
		t.Fatal(err)
	}
	return whole[member]
}

// outlet is a Shopify shop that answers its lists with the sample files.
func outlet(t *testing.T) (url string) {
	t.Helper()
	lists := map[string][]byte{
		"customers.json": file(t, "shopify/customers_search.json"),
		"orders.json":    file(t, "shopify/orders.json"),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, found := lists[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
		switch {
		case r.Header.Get("X-Shopify-Access-Token") != outletToken:
			w.WriteHeader(http.StatusUnauthorized)
		case !found:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(list)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// drop puts the shop's lists into the drop folder.
func drop(t *testing.T, folder, name, into string) {
	t.Helper()
	into = filepath.Join(folder, "export", into)
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, filepath.Base(name)), file(t, name), 0o644); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, outlet string) (*hubtest.Hub, string) {
	t.Helper()
	folder := hubtest.Folder(t, "testdata/hub")
	return hubtest.Start(t, folder, map[string]string{
		"SHOPIFY_SECRET": shopifySecret, "WOO_SECRET": wooSecret, "OUTLET": outlet, "OUTLET_TOKEN": outletToken,
	}), folder
}

// shopify is a delivery's headers as Shopify sends them.
func shopify(delivery, topic, secret string, body []byte) map[string]string {
	return map[string]string{
		"X-Shopify-Webhook-Id": delivery, "X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": "webshop.myshopify.com",
		"X-Shopify-Hmac-Sha256": hubtest.Sign(secret, body),
	}
}

func woo(delivery, topic string, body []byte) map[string]string {
	return map[string]string{
		"X-WC-Webhook-Delivery-ID": delivery, "X-WC-Webhook-Topic": topic,
		"X-WC-Webhook-Signature": hubtest.Sign(wooSecret, body),
	}
}

// accept fails unless the hub answers that it took so many records.
func accept(t *testing.T, h *hubtest.Hub, stream string, header map[string]string, body []byte, want string) {
	t.Helper()
	status, answer := h.Post(stream, header, body)
	if status != http.StatusOK || strings.TrimSpace(answer) != want {
		t.Fatalf("a webhook to %s was answered %d %s; want 200 %s", stream, status, answer, want)
	}
}

func TestShops_everyCustomerAndOrderComesOutAsItWentIn(t *testing.T) {
	t.Parallel()
	h, folder := start(t, outlet(t))
	const one = `{"accepted":1}`
	send := func(name, wrapper, stream, topic string) {
		body := file(t, name)
		if wrapper != "" { // what the API wraps, webhooks send bare
			body = member(t, name, wrapper)
		}
		header := woo(name, topic, body)
		if strings.HasPrefix(stream, "webshop/") {
			header = shopify(name, topic, shopifySecret, body)
		}
		accept(t, h, stream, header, body, one)
	}
	send("shopify/customer.json", "customer", "webshop/customers", "customers/update")
	send("shopify/order.json", "order", "webshop/orders", "orders/create")
	for _, n := range []string{"1", "2"} {
		send("woocommerce/customers_"+n+".json", "", "woo/customers", "customer.updated")
		send("woocommerce/orders_"+n+".json", "", "woo/orders", "order.updated")
	}
	drop(t, folder, "woocommerce/customers_3.json", "customers")
	drop(t, folder, "woocommerce/orders_3.json", "orders")

	files := read(t)
	s := h.Rest(patience, files.counts().Missing)
	if diff := cmp.Diff([]string(nil), h.DeadLetters()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	for name, want := range files.counts() {
		if got := s.Records[name] + s.Documents[name]; got != want {
			t.Errorf("%d %s; want %d", got, name, want)
		}
	}
	files.checkCustomers(t, h)
	files.checkOrders(t, h)
	files.checkTimelines(t, h)
}

func TestShops_refuseAWrongSignatureAndStoreNothing(t *testing.T) {
	t.Parallel()
	h, _ := start(t, outlet(t))
	body := member(t, "shopify/customer.json", "customer")
	forged := strings.Replace(string(body), "hostmail.com", "elsewhere.example", 1)
	for name, header := range map[string]map[string]string{
		"another secret": shopify("1", "customers/update", "not the secret", body),
		"another body":   shopify("1", "customers/update", shopifySecret, []byte(forged)),
		"no signature":   {"X-Shopify-Webhook-Id": "1"},
	} {
		if status, answer := h.Post("webshop/customers", header, body); status != http.StatusUnauthorized {
			t.Errorf("%s: answered %d %s; want 401", name, status, answer)
		}
	}
	// The delivery ID of a forgery is not remembered: the true delivery that carries it is taken.
	accept(t, h, "webshop/orders", shopify("2", "orders/create", shopifySecret, member(t, "shopify/order.json", "order")), member(t, "shopify/order.json", "order"), `{"accepted":1}`)
	s := h.Rest(patience, hubtest.Counts{"outlet/customers": 1, "Order": 2}.Missing)
	if n := s.Records["webshop/customers"]; n != 0 || s.Customers != 1 {
		t.Errorf("%d records of the shop and %d customers are stored after forged webhooks", n, s.Customers)
	}
	if n := h.Ingested("webshop/customers"); n != 0 {
		t.Errorf("%d raw records of forged webhooks", n)
	}
	accept(t, h, "webshop/customers", shopify("1", "customers/update", shopifySecret, body), body, `{"accepted":1}`)
	h.Rest(patience, hubtest.Counts{"webshop/customers": 1}.Missing)
}

func TestShops_takeADeliveryOnce(t *testing.T) {
	t.Parallel()
	h, _ := start(t, outlet(t))
	body := member(t, "shopify/customer.json", "customer")
	header := shopify("delivery-1", "customers/update", shopifySecret, body)
	accept(t, h, "webshop/customers", header, body, `{"accepted":1}`)
	accept(t, h, "webshop/customers", header, body, `{"accepted":0,"duplicate":true}`)
	h.Rest(patience, hubtest.Counts{"webshop/customers": 1, "outlet/customers": 1, "Order": 1}.Missing)
	if n := h.Ingested("webshop/customers"); n != 1 {
		t.Errorf("%d raw records of one delivery", n)
	}
	// The same content as another delivery is taken, and changes nothing.
	before := h.Dump()
	accept(t, h, "webshop/customers", shopify("delivery-2", "customers/update", shopifySecret, body), body, `{"accepted":1}`)
	h.Rest(patience, hubtest.Counts{"webshop/customers": 1}.Missing)
	if diff := cmp.Diff(before, h.Dump()); diff != "" {
		t.Errorf("the same content again (-before +after):\n%s", diff)
	}
}

func TestShops_anOlderStateNeverReplacesANewerOne(t *testing.T) {
	t.Parallel()
	h, _ := start(t, outlet(t))
	newer := member(t, "shopify/customer.json", "customer") // of 2015
	var list []json.RawMessage
	if err := json.Unmarshal(member(t, "shopify/customers_search.json", "customers"), &list); err != nil {
		t.Fatal(err)
	}
	older := []byte(strings.Replace(string(list[0]), "Bob", "Robert", 1)) // of 2014
	accept(t, h, "webshop/customers", shopify("1", "customers/update", shopifySecret, newer), newer, `{"accepted":1}`)
	accept(t, h, "webshop/customers", shopify("2", "customers/update", shopifySecret, older), older, `{"accepted":1}`)
	h.Rest(patience, hubtest.Counts{"webshop/customers": 1, "outlet/customers": 1, "Order": 1}.Missing)
	if c := h.Source("webshop/customers/207119551"); c.Names[0].Given != "Bob" {
		t.Errorf("the state of 2014 replaced that of 2015: %+v", c.Names)
	}
}

func TestShops_aDeletedCustomerIsGone(t *testing.T) {
	t.Parallel()
	h, _ := start(t, outlet(t))
	body, gone := member(t, "shopify/customer.json", "customer"), []byte(`{"id":207119551}`) // all that Shopify says then
	accept(t, h, "webshop/customers", shopify("1", "customers/create", shopifySecret, body), body, `{"accepted":1}`)
	h.Rest(patience, hubtest.Counts{"webshop/customers": 1, "outlet/customers": 1, "Order": 1}.Missing)
	accept(t, h, "webshop/customers", shopify("2", "customers/delete", shopifySecret, gone), gone, `{"accepted":1}`)
	s := h.Rest(patience, func(s *api.Status) string {
		if n := len(h.DeadLetters()); n == 0 && s.Deleted["webshop/customers"] == 0 {
			return "the record is not deleted"
		}
		return ""
	})
	if diff := cmp.Diff([]string(nil), h.DeadLetters()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	if s.Records["webshop/customers"] != 0 || s.Customers != 1 {
		t.Errorf("%d records of the shop and %d customers are left", s.Records["webshop/customers"], s.Customers)
	}
	if g := h.Dump(); len(g) != 1 || !slices.Equal(g[0].Sources, []string{"outlet/customers/207119551"}) {
		t.Errorf("golden customers after the deletion: %+v", g)
	}
}

func TestShops_anOlderStateNeverBringsADeletedCustomerBack(t *testing.T) {
	t.Parallel()
	h, _ := start(t, outlet(t))
	body := member(t, "shopify/customer.json", "customer") // of 2015
	gone := []byte(`{"id":207119551,"updated_at":"2016-01-01T00:00:00Z"}`)
	accept(t, h, "webshop/customers", shopify("1", "customers/delete", shopifySecret, gone), gone, `{"accepted":1}`)
	h.Rest(patience, hubtest.Counts{"webshop/customers": 1, "outlet/customers": 1, "Order": 1}.Missing)
	accept(t, h, "webshop/customers", shopify("2", "customers/create", shopifySecret, body), body, `{"accepted":1}`)
	s := h.Rest(patience, func(s *api.Status) string { return "" })
	if s.Deleted["webshop/customers"] != 1 || s.Records["webshop/customers"] != 0 {
		t.Errorf("the state of 2015 brought back what was deleted in 2016: %v, deleted %v", s.Records, s.Deleted)
	}
}

func TestShops_anOlderStateNeverFollowsADeletionWithoutVersion(t *testing.T) {
	t.Parallel()
	h, _ := start(t, outlet(t))
	body := member(t, "shopify/customer.json", "customer") // of 2015
	older := []byte(strings.Replace(string(body), `"updated_at": "2015`, `"updated_at": "2014`, 1))
	gone := []byte(`{"id":207119551}`)
	accept(t, h, "webshop/customers", shopify("1", "customers/create", shopifySecret, body), body, `{"accepted":1}`)
	accept(t, h, "webshop/customers", shopify("2", "customers/delete", shopifySecret, gone), gone, `{"accepted":1}`)
	accept(t, h, "webshop/customers", shopify("3", "customers/update", shopifySecret, older), older, `{"accepted":1}`)
	s := h.Rest(patience, hubtest.Counts{"webshop/customers": 1, "outlet/customers": 1, "Order": 1}.Missing)
	if s.Deleted["webshop/customers"] != 1 || s.Records["webshop/customers"] != 0 {
		t.Errorf("the state of 2014 brought back what was deleted: %v, deleted %v", s.Records, s.Deleted)
	}
}
