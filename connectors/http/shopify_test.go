package http_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/connectors"
)

const shopFile = `
preset: shopify
settings: {shop: acme, token: "${SECRET_TOKEN}", webhook_secret: "${SECRET_HOOK}"}
streams:
  customers: {mapping: shopify-customer}
  orders: {mapping: shopify-order}
target:
  customers:
`

func TestShopify_needsNoMoreThanItsUserWouldWrite(t *testing.T) {
	t.Parallel()
	c, problems := load(t, shopFile)
	if len(problems) > 0 {
		t.Fatal(strings.Join(problems, "\n"))
	}
	if diff := cmp.Diff([]string{"id"}, c.Streams[0].Keys); diff != "" {
		t.Error(diff)
	}
	if p := c.Policy("customers"); p.Rate != 2 || p.Concurrency != 2 {
		t.Errorf("policy %+v", p)
	}
	for file, want := range map[string]string{
		"preset: shopify\nsettings: {shop: acme}\nstreams: {customers: }":                               `shop.yaml:2:11: setting "webhook_secret" is missing; expected the app's client secret, or a list of two while it changes`,
		"preset: shopify\nsettings: {shop: acme, tokne: \"${SECRET_TOKEN}\"}\ntarget: {customers: }":    `shop.yaml:2:24: unknown setting "tokne"`,
		"preset: shopify\nsettings: {shop: acme, webhook_secret: hunter2}\nstreams: {customers: }":      `shop.yaml:2:40: warning: a secret stands in the file; expected an environment variable such as ${NAME}`,
		"preset: shopify\nsettings: {shop: \"a b\", token: \"${SECRET_TOKEN}\"}\ntarget: {customers: }": `shop.yaml:2:18: base_url is "https://a b.myshopify.com"`,
	} {
		if _, problems := load(t, file); !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%s\ngave %q\nnot  %q", file, problems, want)
		}
	}
}

// shopRecords takes the records out of one of the shop's files: {"customer": {…}}, {"orders": […]}.
func shopRecords(t *testing.T, file, name string) []json.RawMessage {
	t.Helper()
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(data(t, file), &whole); err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	if json.Unmarshal(whole[name], &list) != nil {
		list = []json.RawMessage{whole[name]}
	}
	return list
}

func TestShopify_takesTheShopsOwnSamples(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	c := must(t, shopFile)
	h.run(t, c, "customers")
	h.run(t, c, "orders")
	total := 0
	for _, sample := range []struct{ file, name, stream string }{
		{"customer.json", "customer", "customers"},
		{"customers_search.json", "customers", "customers"},
		{"order.json", "order", "orders"},
		{"orders.json", "orders", "orders"},
	} {
		for i, record := range shopRecords(t, "shop/shopify/"+sample.file, sample.name) {
			total++
			header := map[string]string{
				"Content-Type":          "application/json",
				"X-Shopify-Topic":       sample.stream + "/update",
				"X-Shopify-Webhook-Id":  fmt.Sprintf("%s-%d", sample.file, i),
				"X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac("secret-hook", string(record))),
			}
			for _, want := range []string{`{"accepted":1}`, `{"accepted":0,"duplicate":true}`} {
				if status, answer, _ := h.post(t, "/in/shop/"+sample.stream, string(record), header); status != 200 || answer != want {
					t.Errorf("%s %d: answer %d %s", sample.file, i, status, answer)
				}
			}
			frames := h.kept()
			if len(frames) != 1 || string(frames[0].Bytes) != string(record) || frames[0].Err != nil || frames[0].Header["X-Shopify-Topic"] != sample.stream+"/update" {
				t.Errorf("%s %d: frames %+v", sample.file, i, frames)
			}
		}
	}
	if total < 4 {
		t.Errorf("only %d records in the shop's samples", total)
	}
}

func TestShopify_asksForTheListWhereItPolls(t *testing.T) {
	t.Parallel()
	customers := shopRecords(t, "shop/shopify/customers_search.json", "customers")
	var api *tool
	api = newTool(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Shopify-Access-Token") != "secret-token" {
			w.WriteHeader(401)
			return
		}
		page := `{"customers":[` + string(customers[0]) + `]}`
		if r.URL.Query().Get("page_info") == "" {
			w.Header().Set("Link", fmt.Sprintf(`<%s/x>; rel="previous", <%s/admin/api/2025-01/customers.json?page_info=two>; rel="next"`, api.URL, api.URL))
			page = `{"customers":[{"id":1,"updated_at":"2013-01-01T00:00:00Z"}]}`
		}
		io.WriteString(w, page)
	})
	c := must(t, fmt.Sprintf(`
preset: shopify
settings: {shop: acme, base_url: %s, token: "${SECRET_TOKEN}", webhook_secret: "${SECRET_HOOK}"}
streams: {customers: {poll: "@every 1h"}}
`, api.URL))
	h := newHub(t)
	h.run(t, c, "customers")
	within(t, h.emitted, "the first page")
	within(t, h.emitted, "the second page")
	frames := h.kept()
	if len(frames) != 2 || string(frames[1].Bytes) != string(customers[0]) {
		t.Fatalf("frames %+v", frames)
	}
	want := []string{
		"GET /admin/api/2025-01/customers.json?limit=250&updated_at_min=1970-01-01T00%3A00%3A00Z",
		"GET /admin/api/2025-01/customers.json?page_info=two",
	}
	if diff := cmp.Diff(want, api.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestShopify_writesCustomers(t *testing.T) {
	t.Parallel()
	api := newTool(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			io.WriteString(w, `{"customers":[{"id":5,"email":"bob@x.yz","phone":null},{"id":6}]}`) // another Bob
		case http.MethodPost:
			w.WriteHeader(201)
			io.WriteString(w, `{"customer":{"id":207119551,"updated_at":"2015-05-27T18:11:24-04:00"}}`)
		case http.MethodPut:
			io.WriteString(w, `{"customer":{"id":207119551,"updated_at":"2015-05-28T18:11:24-04:00"}}`)
		}
	})
	c := must(t, fmt.Sprintf("preset: shopify\nsettings: {shop: acme, base_url: %s, token: \"${SECRET_TOKEN}\"}\ntarget: {customers: }", api.URL))
	target, err := c.Connector.Target("customers", connectors.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if target.Repeat() != connectors.RepeatFind {
		t.Errorf("repeat %s", target.Repeat())
	}
	payload := []byte(`{"email":"bob@x.y","first_name":"Bob"}`)
	o := deliver(t, target, connectors.Delivery{Operation: connectors.Create, Payload: payload})
	if o.Status != connectors.Done || o.RemoteID != "207119551" || o.RemoteVersion != "2015-05-27T18:11:24-04:00" {
		t.Errorf("create %+v", o)
	}
	if o = deliver(t, target, connectors.Delivery{Operation: connectors.Update, RemoteID: o.RemoteID, Payload: payload}); o.Status != connectors.Done || o.RemoteVersion != "2015-05-28T18:11:24-04:00" {
		t.Errorf("update %+v", o)
	}
	want := []string{
		"GET /admin/api/2025-01/customers/search.json?fields=id,email,phone&query=email:bob%40x.y",
		`POST /admin/api/2025-01/customers.json {"customer":` + string(payload) + `}`,
		`PUT /admin/api/2025-01/customers/207119551.json {"customer":` + string(payload) + `}`,
	}
	if diff := cmp.Diff(want, api.requests()); diff != "" {
		t.Error(diff)
	}
	if token := api.header[1].Get("X-Shopify-Access-Token"); token != "secret-token" {
		t.Errorf("token %q", token)
	}
}
