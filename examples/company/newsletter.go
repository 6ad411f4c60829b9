package company

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

const newsletterToken = "newsletter-token"

// Newsletter is the tool that sends the newsletter: it keeps subscribers and honours idempotency
// keys.
type Newsletter struct {
	server
	mu          sync.Mutex
	subscribers map[string]*Subscriber
	keys        map[string]idempotent
	next        int
}

// Subscriber is one entry of the list.
type Subscriber struct {
	ID        string          `json:"id"`
	Revision  int             `json:"revision"`
	Email     string          `json:"email"`
	Name      string          `json:"name"`
	Language  string          `json:"language"`
	Mobile    string          `json:"mobile"`
	Reference string          `json:"reference"`
	Consent   json.RawMessage `json:"consent,omitempty"`
}

// idempotent is what was answered under a key, and to what.
type idempotent struct {
	request [sha256.Size]byte
	id      string
}

func openNewsletter() (*Newsletter, error) {
	n := &Newsletter{subscribers: map[string]*Subscriber{}, keys: map[string]idempotent{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/subscribers", n.list)
	mux.HandleFunc("POST /v1/subscribers", n.create)
	mux.HandleFunc("PUT /v1/subscribers/{id}", n.update)
	mux.HandleFunc("DELETE /v1/subscribers/{id}", n.remove)
	return n, n.serve(mux, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+newsletterToken })
}

// Subscribers lists the entries, in no order.
func (n *Newsletter) Subscribers() []Subscriber {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]Subscriber, 0, len(n.subscribers))
	for _, s := range n.subscribers {
		list = append(list, *s)
	}
	return list
}

func (n *Newsletter) list(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"subscribers": n.Subscribers()})
}

// create makes an entry, once for each idempotency key.
func (n *Newsletter) create(w http.ResponseWriter, r *http.Request) {
	var s Subscriber
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || json.Unmarshal(body, &s) != nil || s.Email == "" {
		fail(w, http.StatusUnprocessableEntity, "an email is needed")
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	if earlier, ok := n.keys[key]; ok && key != "" {
		if earlier.request != sha256.Sum256(body) {
			fail(w, http.StatusUnprocessableEntity, "the idempotency key was used for something else")
			return
		}
		if known := n.subscribers[earlier.id]; known != nil {
			w.Header().Set("Idempotent-Replayed", "true")
			answer(w, http.StatusCreated, known)
			return
		}
	}
	n.next++
	s.ID, s.Revision = fmt.Sprintf("sub_%05d", n.next), 1
	n.subscribers[s.ID] = &s
	n.keys[key] = idempotent{request: sha256.Sum256(body), id: s.ID}
	answer(w, http.StatusCreated, &s)
}

func (n *Newsletter) update(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.subscribers[r.PathValue("id")]
	if old == nil {
		fail(w, http.StatusNotFound, "no such subscriber")
		return
	}
	var s Subscriber
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil || s.Email == "" {
		fail(w, http.StatusUnprocessableEntity, "an email is needed")
		return
	}
	s.ID, s.Revision = old.ID, old.Revision+1
	n.subscribers[s.ID] = &s
	answer(w, http.StatusOK, &s)
}

func (n *Newsletter) remove(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := r.PathValue("id")
	if n.subscribers[id] == nil {
		fail(w, http.StatusNotFound, "no such subscriber")
		return
	}
	delete(n.subscribers, id)
	w.WriteHeader(http.StatusNoContent)
}
