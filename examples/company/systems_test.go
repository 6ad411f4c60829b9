package company_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/examples/company"
)

// hub stands in for the hub's intake.
type hub struct {
	mu     sync.Mutex
	taken  []*http.Request
	bodies []string
	refuse int // so many requests are answered 503 first
	came   chan struct{}
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse > 0 {
		h.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.taken, h.bodies = append(h.taken, r), append(h.bodies, string(body))
	h.came <- struct{}{}
}

// listen starts a hub's intake and a company that tells it everything; calls are taken and dropped.
func listen(t *testing.T, refuse int) (*hub, *company.Company) {
	t.Helper()
	h := &hub{refuse: refuse, came: make(chan struct{}, 100)}
	mux := http.NewServeMux()
	mux.Handle("/in/webshop/", h)
	mux.HandleFunc("/in/callcenter/calls", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return h, start(t, company.Config{Customers: 20, Intake: strings.TrimPrefix(server.URL, "http://")})
}

// next waits for one request of the company and gives it.
func (h *hub) next(t *testing.T) (*http.Request, string) {
	t.Helper()
	select {
	case <-h.came:
	case <-time.After(90 * time.Second):
		t.Fatal("nothing came")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r, body := h.taken[0], h.bodies[0]
	h.taken, h.bodies = h.taken[1:], h.bodies[1:]
	return r, body
}

func text(s string) *string { return &s }

// ask makes one request to a stand-in.
func ask(t *testing.T, method, url, body string, header map[string]string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil && resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return resp.StatusCode, answer
}

func TestShop_tellsOfEveryWriteWhoeverMadeIt(t *testing.T) {
	t.Parallel()
	h, c := listen(t, 2)
	token := map[string]string{"X-Shopify-Access-Token": "shop-token"}
	admin := c.Shop.URL + "/admin/api/2025-01/customers"
	if status, _ := ask(t, "GET", admin+".json", "", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	status, answer := ask(t, "POST", admin+".json", `{"customer":{"email":"New@Post.example","first_name":"Eva","phone":"+491713920001"}}`, token)
	if status != http.StatusCreated || answer["customer"].(map[string]any)["email"] != "new@post.example" {
		t.Errorf("create: %d %v", status, answer)
	}
	r, body := h.next(t) // after two refusals
	mac := hmac.New(sha256.New, []byte("shop-webhook-secret"))
	mac.Write([]byte(body))
	if r.Header.Get("X-Shopify-Hmac-Sha256") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || r.Header.Get("X-Shopify-Topic") != "customers/create" {
		t.Errorf("webhook %v %s", r.Header, body)
	}
	var made company.Account
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Phone == nil {
		t.Fatalf("webhook %s: %v", body, err)
	}
	first := r.Header.Get("X-Shopify-Webhook-Id")

	if err := c.Shop.Change(made.ID, func(a *company.Account) { a.Tags = "vip" }); err != nil {
		t.Fatal(err)
	}
	if r, body = h.next(t); r.Header.Get("X-Shopify-Topic") != "customers/update" || !strings.Contains(body, `"vip"`) || r.Header.Get("X-Shopify-Webhook-Id") == first {
		t.Errorf("webhook %v %s", r.Header, body)
	}
	c.Shop.Remove(made.ID)
	if r, _ = h.next(t); r.Header.Get("X-Shopify-Topic") != "customers/delete" {
		t.Errorf("webhook %v", r.Header)
	}
	writes := c.Shop.Writes()
	if len(writes) != 1 || writes[0].Method != "POST" || writes[0].Status != http.StatusCreated || writes[0].At.IsZero() {
		t.Errorf("writes %+v", writes)
	}
}

func TestShop_updatesOnlyWhatIsGivenAndForgetsWhatIsNull(t *testing.T) {
	t.Parallel()
	_, c := listen(t, 0)
	token := map[string]string{"X-Shopify-Access-Token": "shop-token"}
	id := c.Shop.Register(company.Account{Email: text("a@post.example"), First: text("Eva"), Phone: text("+491713920001")})
	admin := c.Shop.URL + "/admin/api/2025-01/customers/"
	before, _ := c.Shop.Account(id)
	if status, answer := ask(t, "PUT", admin+strconv.FormatInt(id, 10)+".json", `{"customer":{"first_name":"Ева","phone":null}}`, token); status != http.StatusOK {
		t.Fatalf("update: %d %v", status, answer)
	}
	a, _ := c.Shop.Account(id)
	if *a.First != "Ева" || a.Phone != nil || *a.Email != "a@post.example" || *before.First != "Eva" {
		t.Errorf("account %+v, before %+v", a, before)
	}
	other := c.Shop.Accounts()[0]
	if status, _ := ask(t, "PUT", admin+strconv.FormatInt(other.ID, 10)+".json", `{"customer":{"email":"A@post.example"}}`, token); status != http.StatusUnprocessableEntity {
		t.Errorf("an address that is taken: %d", status)
	}
	if status, _ := ask(t, "PUT", admin+"1.json", `{"customer":{}}`, token); status != http.StatusNotFound {
		t.Errorf("an unknown account: %d", status)
	}
	_, found := ask(t, "GET", c.Shop.URL+"/admin/api/2025-01/customers/search.json?query=email:a%40post.example", "", token)
	if list, _ := found["customers"].([]any); len(list) != 1 {
		t.Errorf("search: %v", found)
	}
}

func TestShop_listsInPages(t *testing.T) {
	t.Parallel()
	_, c := listen(t, 0)
	token := map[string]string{"X-Shopify-Access-Token": "shop-token"}
	address := c.Shop.URL + "/admin/api/2025-01/customers.json?limit=3&updated_at_min=1970-01-01T00%3A00%3A00Z"
	seen := 0
	for address != "" {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Shopify-Access-Token", token["X-Shopify-Access-Token"])
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Customers []company.Account }
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		seen += len(page.Customers)
		address, _, _ = strings.Cut(strings.TrimPrefix(resp.Header.Get("Link"), "<"), ">")
	}
	if all := len(c.Shop.Accounts()); seen != all || all < 4 {
		t.Errorf("%d accounts in pages of 3; expected %d", seen, all)
	}
}

func TestNewsletter_createsOnceForEachIdempotencyKey(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{Customers: 5})
	url := c.Newsletter.URL + "/v1/subscribers"
	header := map[string]string{"Authorization": "Bearer newsletter-token", "Idempotency-Key": "k1"}
	body := `{"email":"a@post.example","mobile":"+491713920001"}`
	_, one := ask(t, "POST", url, body, header)
	_, again := ask(t, "POST", url, body, header)
	if diff := cmp.Diff(one, again); diff != "" || one["id"] == "" {
		t.Error(diff)
	}
	if status, _ := ask(t, "POST", url, `{"email":"b@post.example"}`, header); status != http.StatusUnprocessableEntity {
		t.Errorf("the key for something else: %d", status)
	}
	header["Idempotency-Key"] = "k2"
	if _, other := ask(t, "POST", url, body, header); other["id"] == one["id"] {
		t.Errorf("another key gave the same subscriber %v", other)
	}
	id, _ := one["id"].(string)
	if status, changed := ask(t, "PUT", url+"/"+id, `{"email":"c@post.example"}`, header); status != http.StatusOK || changed["revision"] != 2.0 {
		t.Errorf("update: %d %v", status, changed)
	}
	if status, _ := ask(t, "DELETE", url+"/"+id, "", header); status != http.StatusNoContent {
		t.Errorf("delete: %d", status)
	}
	if status, _ := ask(t, "PUT", url+"/"+id, `{"email":"c@post.example"}`, header); status != http.StatusNotFound {
		t.Errorf("update of what is gone: %d", status)
	}
	if status, _ := ask(t, "GET", url, "", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if n := len(c.Newsletter.Subscribers()); n != 1 {
		t.Errorf("%d subscribers", n)
	}
}

func TestCallCenter_reportsUntilTaken(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, company.Config{Customers: 40, Intake: l.Addr().String()}) // nobody answers yet
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Call struct{ ID, Number string } }
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil || event.Call.Number == "" || r.Header.Get("Authorization") != "Bearer callcenter-token" {
			t.Errorf("event %+v %v", event, err)
		}
		mu.Lock()
		seen[event.Call.ID] = true
		mu.Unlock()
	}))
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	for end := time.Now().Add(90 * time.Second); c.Unsent() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d events were not taken", c.Unsent())
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != c.CallCenter.Reported() || len(seen) < 5 {
		t.Errorf("%d calls taken of %d", len(seen), c.CallCenter.Reported())
	}
}

func TestBreak_faultsStrikeWritesOnly(t *testing.T) {
	t.Parallel()
	c := start(t, company.Config{Customers: 5})
	url := c.Newsletter.URL + "/v1/subscribers"
	header := map[string]string{"Authorization": "Bearer newsletter-token", "Idempotency-Key": "k1"}
	body := `{"email":"a@post.example"}`
	c.Newsletter.Break(company.Unavailable, 1)
	if status, _ := ask(t, "GET", url, "", header); status != http.StatusOK {
		t.Errorf("a read: %d", status)
	}
	if status, _ := ask(t, "POST", url, body, header); status != http.StatusServiceUnavailable || len(c.Newsletter.Subscribers()) != 0 {
		t.Errorf("unavailable: %d, %v", status, c.Newsletter.Subscribers())
	}
	c.Newsletter.Break(company.Lost, 1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	r.GetBody = nil // net/http repeats requests with an idempotency key by itself otherwise
	if resp, err := http.DefaultClient.Do(r); err == nil {
		t.Errorf("an answer that was to be lost: %d", resp.StatusCode)
	}
	if status, _ := ask(t, "POST", url, body, header); status != http.StatusCreated || len(c.Newsletter.Subscribers()) != 1 {
		t.Errorf("after a lost answer: %d, %v", status, c.Newsletter.Subscribers())
	}
	var statuses []int
	for _, call := range c.Newsletter.Writes() {
		statuses = append(statuses, call.Status)
	}
	if diff := cmp.Diff([]int{503, 201, 201}, statuses); diff != "" {
		t.Error(diff)
	}
}
