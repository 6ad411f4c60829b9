package company

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const shopToken = "shop-token"

// Shop is the web shop: an Admin API like Shopify's, and a webhook for every write, whoever made it.
type Shop struct {
	server
	mu      sync.Mutex
	stock   map[int64]*Account
	orders  []*ShopOrder
	hooks   *sender
	hookURL string
	last    int64 // ID given
	hookNo  int64
}

// Account is a customer of the shop.
type Account struct {
	ID        int64            `json:"id"`
	Email     *string          `json:"email"`
	Verified  bool             `json:"verified_email"`
	First     *string          `json:"first_name"`
	Last      *string          `json:"last_name"`
	Phone     *string          `json:"phone"`
	Locale    *string          `json:"locale"`
	Tags      string           `json:"tags"`
	Addresses []AccountAddress `json:"addresses"`
	Consent   *MailConsent     `json:"email_marketing_consent"`
	Created   time.Time        `json:"created_at"`
	Updated   time.Time        `json:"updated_at"`
}

// AccountAddress is an address of an account.
type AccountAddress struct {
	Line1   string `json:"address1"`
	Line2   string `json:"address2,omitempty"`
	Zip     string `json:"zip"`
	City    string `json:"city"`
	Country string `json:"country_code"`
	Default bool   `json:"default"`
}

// MailConsent is what the customer said about the newsletter.
type MailConsent struct {
	State   string    `json:"state"`
	Changed time.Time `json:"consent_updated_at"`
}

// ShopOrder is an order in the shop.
type ShopOrder struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Email    string     `json:"email,omitempty"`
	Customer orderer    `json:"customer"`
	Currency string     `json:"currency"`
	Status   string     `json:"financial_status"`
	Total    string     `json:"total_price"`
	Lines    []shopLine `json:"line_items"`
	Created  time.Time  `json:"created_at"`
	Updated  time.Time  `json:"updated_at"`
}

type orderer struct {
	ID int64 `json:"id"`
}

type shopLine struct {
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Quantity int    `json:"quantity"`
	Price    string `json:"price"`
}

// shopRows are what the shop begins with.
type shopRows struct {
	accounts []*Account
	orders   []*ShopOrder
}

const (
	firstAccount = 7300100000
	firstOrder   = 5400100000
)

func openShop(hookURL string, rows *shopRows) (*Shop, error) {
	s := &Shop{stock: map[int64]*Account{}, orders: rows.orders, hooks: newSender(), hookURL: hookURL, last: firstAccount}
	for _, a := range rows.accounts {
		s.stock[a.ID] = a
		s.last = max(s.last, a.ID)
	}
	return s, s.serve(s.routes(), func(r *http.Request) bool { return r.Header.Get("X-Shopify-Access-Token") == shopToken })
}

// Close stops the API and gives up webhooks that were not taken.
func (s *Shop) Close() error {
	_ = s.hooks.Close()
	return s.server.Close()
}

// Accounts lists copies of the accounts, by ID.
func (s *Shop) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Account, 0, len(s.stock))
	for _, a := range s.stock {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b Account) int { return int(a.ID - b.ID) })
	return list
}

// Account gives one account.
func (s *Shop) Account(id int64) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.stock[id]
	if !ok {
		return Account{}, false
	}
	return *a, true
}

// Orders is how many orders the shop has.
func (s *Shop) Orders() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.orders)
}

// Hooks is how many webhooks were taken by the hub.
func (s *Shop) Hooks() int { return int(s.hooks.sent.Load()) }

// Change lets a customer change an account in the shop itself.
func (s *Shop) Change(id int64, change func(*Account)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.stock[id]
	if a == nil {
		return fmt.Errorf("the shop has no account %d", id)
	}
	changed := *a
	change(&changed)
	s.put(&changed, "customers/update")
	return nil
}

// Register makes an account, as a customer does in the shop itself.
func (s *Shop) Register(a Account) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	a.ID, a.Created = s.last, time.Now()
	s.put(&a, "customers/create")
	return a.ID
}

// Remove deletes an account in the shop itself.
func (s *Shop) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stock, id)
	s.tell("customers", "customers/delete", id, map[string]int64{"id": id})
}

// Order places an order.
func (s *Shop) Order(account int64, lines ...OrderLine) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := newShopOrder(firstOrder+int64(len(s.orders))+1, account, time.Now(), lines)
	s.orders = append(s.orders, o)
	s.tell("orders", "orders/create", account, o)
	return o.Name
}

func newShopOrder(id, account int64, at time.Time, lines []OrderLine) *ShopOrder {
	o := &ShopOrder{
		ID: id, Name: "#" + strconv.FormatInt(id-firstOrder+1000, 10), Customer: orderer{account}, Currency: "EUR", Status: "paid",
		Created: at, Updated: at,
	}
	cents := 0
	for _, l := range lines {
		o.Lines = append(o.Lines, shopLine{SKU: l.Article, Title: l.Description, Quantity: l.Quantity, Price: l.Price})
		price, _ := strconv.Atoi(strings.ReplaceAll(l.Price, ".", "")) // prices of the catalogue have two places
		cents += price * l.Quantity
	}
	o.Total = fmt.Sprintf("%d.%02d", cents/100, cents%100)
	return o
}

// put keeps an account and tells of it. The lock is held.
func (s *Shop) put(a *Account, topic string) {
	a.Updated = time.Now()
	if a.Email != nil {
		lower := strings.ToLower(*a.Email) // as the real one does
		a.Email = &lower
	}
	s.stock[a.ID] = a
	s.tell("customers", topic, a.ID, a)
}

// tell queues a webhook. The lock is held, so that webhooks of one account are in its order.
func (s *Shop) tell(stream, topic string, lane int64, record any) {
	s.hookNo++
	body, _ := json.Marshal(record) // the shop's own types always marshal
	s.hooks.send(hook{lane: lane, url: s.hookURL + stream, body: body, header: map[string]string{
		"X-Shopify-Topic":        topic,
		"X-Shopify-Shop-Domain":  "acme.myshopify.com",
		"X-Shopify-Webhook-Id":   fmt.Sprintf("wh-%08d", s.hookNo),
		"X-Shopify-Triggered-At": time.Now().UTC().Format(time.RFC3339Nano),
		"X-Shopify-Hmac-Sha256":  sign(body),
	}})
}
