package company

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	shopSecret  = "shop-webhook-secret"
	shopVersion = "2025-01"
	mostOnPage  = 250
)

// sign is the signature of a webhook: HMAC-SHA256 over the body, in base64.
func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(shopSecret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Shop) routes() http.Handler {
	mux := http.NewServeMux()
	admin := "/admin/api/" + shopVersion
	mux.HandleFunc("GET "+admin+"/customers.json", s.listAccounts)
	mux.HandleFunc("GET "+admin+"/customers/search.json", s.searchAccounts)
	mux.HandleFunc("POST "+admin+"/customers.json", s.createAccount)
	mux.HandleFunc("GET "+admin+"/customers/{file}", s.withAccount(func(w http.ResponseWriter, _ *http.Request, a *Account) {
		answer(w, http.StatusOK, map[string]any{"customer": a})
	}))
	mux.HandleFunc("PUT "+admin+"/customers/{file}", s.withAccount(s.updateAccount))
	mux.HandleFunc("DELETE "+admin+"/customers/{file}", s.withAccount(s.deleteAccount))
	mux.HandleFunc("GET "+admin+"/orders.json", s.listOrders)
	return mux
}

// withAccount finds the account that {file} names, as ID.json.
func (s *Shop) withAccount(do func(http.ResponseWriter, *http.Request, *Account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		id, err := strconv.ParseInt(strings.TrimSuffix(r.PathValue("file"), ".json"), 10, 64)
		a := s.stock[id]
		if err != nil || a == nil {
			fail(w, http.StatusNotFound, "Not Found")
			return
		}
		do(w, r, a)
	}
}

// page answers with one page of records that changed since a time, and a link to the next.
func page[T any](w http.ResponseWriter, r *http.Request, name string, all []T, changed func(T) time.Time) {
	q := r.URL.Query()
	since, err := time.Parse(time.RFC3339, q.Get("updated_at_min"))
	if err != nil && q.Get("updated_at_min") != "" {
		fail(w, http.StatusBadRequest, "updated_at_min is no time")
		return
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit < 1 || limit > mostOnPage {
		limit = mostOnPage
	}
	skip, _ := strconv.Atoi(q.Get("page_info"))
	chosen := []T{}
	for _, record := range all {
		if !changed(record).Before(since) {
			chosen = append(chosen, record)
		}
	}
	chosen = chosen[min(skip, len(chosen)):]
	if len(chosen) > limit {
		chosen = chosen[:limit]
		next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
		q.Set("page_info", strconv.Itoa(skip+limit))
		next.RawQuery = q.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, next.String()))
	}
	answer(w, http.StatusOK, map[string]any{name: chosen})
}

func (s *Shop) listAccounts(w http.ResponseWriter, r *http.Request) {
	page(w, r, "customers", s.Accounts(), func(a Account) time.Time { return a.Updated })
}

func (s *Shop) listOrders(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page(w, r, "orders", s.orders, func(o *ShopOrder) time.Time { return o.Updated })
}

// searchAccounts knows the queries email:… and phone:….
func (s *Shop) searchAccounts(w http.ResponseWriter, r *http.Request) {
	field, value, _ := strings.Cut(r.URL.Query().Get("query"), ":")
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []*Account{}
	for _, a := range s.stock {
		given := map[string]*string{"email": a.Email, "phone": a.Phone}[field]
		if given != nil && strings.EqualFold(*given, value) {
			found = append(found, a)
		}
	}
	answer(w, http.StatusOK, map[string]any{"customers": found})
}

// read lays a request's customer over an account. The lock is held.
func (s *Shop) read(w http.ResponseWriter, r *http.Request, over Account) *Account {
	var body struct {
		Customer json.RawMessage `json:"customer"`
	}
	id, created := over.ID, over.Created
	over = over.own()
	over.Addresses = nil // those that are given replace the old ones
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || json.Unmarshal(body.Customer, &over) != nil {
		fail(w, http.StatusBadRequest, "customer: Required parameter missing or invalid")
		return nil
	}
	over.ID, over.Created = id, created
	if empty(over.Email) && empty(over.Phone) && empty(over.First) && empty(over.Last) {
		fail(w, http.StatusUnprocessableEntity, "Customer must have a name, phone number or email address")
		return nil
	}
	for _, other := range s.stock {
		if other.ID != id && !empty(over.Email) && !empty(other.Email) && strings.EqualFold(*over.Email, *other.Email) {
			fail(w, http.StatusUnprocessableEntity, "email: has already been taken")
			return nil
		}
	}
	return &over
}

// own is a copy that shares nothing with the original, which others may be reading.
func (a Account) own() (c Account) {
	text, _ := json.Marshal(a) // its own types always marshal
	_ = json.Unmarshal(text, &c)
	return c
}

func empty(text *string) bool { return text == nil || *text == "" }

func (s *Shop) createAccount(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.read(w, r, Account{ID: s.last + 1, Created: time.Now(), Addresses: []AccountAddress{}})
	if a == nil {
		return
	}
	s.last++
	s.put(a, "customers/create")
	answer(w, http.StatusCreated, map[string]any{"customer": a})
}

func (s *Shop) updateAccount(w http.ResponseWriter, r *http.Request, old *Account) {
	a := s.read(w, r, *old)
	if a == nil {
		return
	}
	s.put(a, "customers/update")
	answer(w, http.StatusOK, map[string]any{"customer": a})
}

func (s *Shop) deleteAccount(w http.ResponseWriter, _ *http.Request, a *Account) {
	delete(s.stock, a.ID)
	s.tell("customers", "customers/delete", a.ID, map[string]int64{"id": a.ID})
	answer(w, http.StatusOK, struct{}{})
}
