package outage

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

const target = `
kind: http
settings: {base_url: "${%s}"}
retry: {backoff: 50ms, max_backoff: 1s}
concurrency: 4
target:
  accounts:
    idempotency: Idempotency-Key
    create: {path: /accounts, remote_id: id}
    update: {path: "/accounts/{id}"}
`

// shop is a target that records every call.
type shop struct {
	url string

	mu       sync.Mutex
	down     bool
	accounts map[string]string    // name by ID
	keys     map[string]string    // ID by idempotency key
	writes   int                  // that took effect
	refused  int                  // calls answered 500
	arrived  map[string]time.Time // when a name came first
}

func newShop(t *testing.T) *shop {
	s := &shop{accounts: map[string]string{}, keys: map[string]string{}, arrived: map[string]time.Time{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name string }
	text, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		s.refused++
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err != nil || json.Unmarshal(text, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := filepath.Base(r.URL.Path)
	if r.Method == http.MethodPost {
		key := r.Header.Get("Idempotency-Key")
		if id = s.keys[key]; id == "" {
			id = fmt.Sprintf("S%d", len(s.keys)+1)
			s.keys[key] = id
		}
	}
	s.writes++
	s.accounts[id] = body.Name
	if s.arrived[body.Name].IsZero() {
		s.arrived[body.Name] = time.Now()
	}
	fmt.Fprintf(w, `{"id":%q}`, id)
}

func (s *shop) set(down bool) (writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	return s.writes
}

// took is how long after it was acknowledged each name arrived, of those that did: a state that
// was overtaken by a newer one before it was sent never does.
func (s *shop) took(acknowledged map[string]time.Time) (p50, p99 time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []time.Duration
	for name, at := range acknowledged {
		if arrived, ok := s.arrived[name]; ok {
			all = append(all, arrived.Sub(at))
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

func TestOutage_aTargetThatWasDownGetsTheNewestStateOnceAndNobodyElseWaits(t *testing.T) {
	t.Parallel()
	customers, changes := 50, 2_000
	if long {
		customers, changes = 500, 20_000
	}
	shop, other := newShop(t), newShop(t)
	h := hubtest.Start(t, folder(t, map[string]string{
		"connectors/shop.yaml":  fmt.Sprintf(target, "SHOP"),
		"connectors/other.yaml": fmt.Sprintf(target, "OTHER"),
		"mappings/account.yaml": "mapping: account\nfrom: Customer\nfields: {name: 'customer.names[0].full'}\n",
		"routes/accounts.yaml":  "route: accounts\nfrom: golden.customer\nto: [shop.accounts, other.accounts]\nmapping: account\n",
	}), map[string]string{"SHOP": shop.url, "OTHER": other.url, "SECRET": secret})
	arrived := hubtest.Counts{"crm/contacts": int64(customers)}

	version := 0
	phase := func(n int) (acknowledged map[string]time.Time) {
		acknowledged = map[string]time.Time{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		const several = 4
		for s := range several {
			wg.Go(func() {
				for i := s; i < n; i += several {
					id, v := i%customers, version+1+i/customers
					body := contact(id, v)
					if status, answer := h.Post("crm/contacts", signed(body), body); status != http.StatusOK {
						t.Errorf("a webhook was answered %d: %s", status, answer)
					}
					mu.Lock()
					acknowledged[fmt.Sprintf("Anna %d 王 %d", id, v)] = time.Now()
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		version += (n + customers - 1) / customers
		return acknowledged
	}
	phase(customers)
	h.Rest(patience, arrived.Missing)
	before := phase(changes / 4)
	h.Rest(patience, arrived.Missing)
	shop.set(true)
	during := phase(changes)
	otherHas(t, other, customers, version)
	writes := shop.set(false)
	h.Rest(patience, arrived.Missing)

	if n := shop.set(false) - writes; n > customers {
		t.Errorf("%d writes after the outage for %d customers", n, customers)
	} else {
		t.Logf("%d changes of %d customers during the outage: %d calls refused, %d writes after it", changes, customers, shop.refused, n)
	}
	otherHas(t, shop, customers, version)
	if letters := h.DeadLetters(); len(letters) > 0 {
		t.Errorf("dead letters: %v", letters)
	}
	b50, b99 := other.took(before)
	d50, d99 := other.took(during)
	t.Logf("the other target, from acknowledged to written: before p50 %v p99 %v, during p50 %v p99 %v", b50, b99, d50, d99)
}

// otherHas waits until a target holds the newest state of all customers.
func otherHas(t *testing.T, s *shop, customers, version int) {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		newest := 0
		s.mu.Lock()
		for id := range customers {
			want := fmt.Sprintf("Anna %d 王 %d", id, version)
			for _, name := range s.accounts {
				if name == want {
					newest++
				}
			}
		}
		held := len(s.accounts)
		s.mu.Unlock()
		if newest == customers && held == customers {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("the target holds the newest state of %d of %d customers in %d accounts", newest, customers, held)
		}
	}
}
