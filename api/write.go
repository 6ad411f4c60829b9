package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// post registers one operation that changes something.
func post[I, O any](a *API, api huma.API, path, id, tag, summary string, status int, do func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, Tags: []string{tag}, DefaultStatus: status,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable},
	}, handler(a, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		return out, asked(err)
	}))
}

// Once is what every request that changes something may carry.
type Once struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"a name of the caller's for this request: sent again within a day, the answer is the first one"`
}

// asked is the answer to what is wrong with a request, or with the hub that is asked.
func asked(err error) error {
	var wrong *hub.RequestError
	if of := refused(err); of != nil {
		return of
	}
	switch {
	case errors.As(err, &wrong):
		return huma.Error400BadRequest("the request is wrong", &huma.ErrorDetail{
			Location: "body." + wrong.Field, Value: wrong.Found, Message: "expected " + wrong.Expected,
		})
	case errors.Is(err, hub.ErrNotRunning):
		return huma.Error503ServiceUnavailable(err.Error())
	}
	return err
}

const (
	answersKept    = 24 * time.Hour
	answerSlots    = 1024     // answers that the store keeps, at most
	answerMostText = 64 << 10 // larger ones are not kept
)

// errAnswered: another process has done the request meanwhile.
var errAnswered = &golden.StandsError{What: "a request with this Idempotency-Key was done meanwhile; send it again for its answer"}

// pendingKey is under what a request's context holds where its answer is to be kept.
type pendingKey struct{}

// pending is an answer that is yet to be given.
type pending struct {
	slot          string
	name, request string
	status        int      // of the answer that is kept in the transaction of what was asked; 0 for none
	body          []byte   // of that answer
	answered      bool     // by another process
	soFar         []byte   // how far a process that ended has brought it; nil for not begun
	steps         [][]byte // what this request knows to be stored of that
}

// unfinished is the status of what is kept of a request that is not done in one transaction.
const unfinished = 0

// keptWith keeps the answer to what is asked in the transaction that does it, so that it is done once
// also where the process ends before it has answered, and where two processes are asked; nil where the
// request has no Idempotency-Key. unfinished: it is not the answer, but how far the request is.
func keptWith(ctx context.Context, status int) hub.Keep {
	p, ok := ctx.Value(pendingKey{}).(*pending)
	if !ok {
		return nil
	}
	return func(ctx context.Context, tx golden.Tx, given any) error {
		p.status = 0
		before, err := tx.LoadCheckpoint(ctx, p.slot)
		if err != nil {
			return err
		}
		if p.elsewhere(before) {
			p.answered = true
			return errAnswered
		}
		var body bytes.Buffer
		if err := huma.DefaultJSONFormat.Marshal(&body, given); err != nil {
			return err
		}
		text, err := p.answer(status, "application/json", body.Bytes())
		if err != nil {
			return err
		}
		if status == unfinished {
			p.steps = [][]byte{before, text} // the transaction may run again
		}
		p.status, p.body = status, body.Bytes()
		return tx.SaveCheckpoint(ctx, p.slot, text)
	}
}

// elsewhere says whether what is stored comes of another process that was asked the same.
func (p *pending) elsewhere(text []byte) bool {
	var a answer
	if text == nil || json.Unmarshal(text, &a) != nil || a.Name != p.name || time.Since(a.At) >= answersKept {
		return false
	}
	own := slices.ContainsFunc(p.steps, func(step []byte) bool { return bytes.Equal(step, text) })
	return a.Status != unfinished || !own
}

// gotTo reads how far the request was brought by a process that ended.
func gotTo(ctx context.Context, into any) error {
	if p, ok := ctx.Value(pendingKey{}).(*pending); ok && p.soFar != nil {
		return json.Unmarshal(p.soFar, into)
	}
	return nil
}

func (p *pending) answer(status int, kind string, body []byte) ([]byte, error) {
	return json.Marshal(answer{Name: p.name, Asked: p.request, Status: status, Type: kind, Body: body, At: time.Now()})
}

// idempotency answers a request that was answered before, by its Idempotency-Key, with the same.
// Answers lie in the store, each in the slot that its key falls into: a later one replaces it. What is done
// in several transactions has how far it is there in each of them, and goes on from there.
type idempotency struct {
	store golden.Store
	next  http.Handler

	mu      sync.Mutex
	running map[[sha256.Size]byte]bool
}

// answer is what a request was answered.
type answer struct {
	Name   string    `json:"name"`    // hash of the caller's credentials and its key
	Asked  string    `json:"request"` // hash of method, path and body
	Status int       `json:"status"`  // or unfinished: Body says how far it is
	Type   string    `json:"type"`
	Body   []byte    `json:"body"`
	At     time.Time `json:"at"`
}

func idempotent(store golden.Store) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return &idempotency{store: store, next: next, running: map[[sha256.Size]byte]bool{}}
	}
}

// ServeHTTP implements http.Handler.
func (s *idempotency) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
		s.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		writeProblem(w, http.StatusRequestEntityTooLarge, "the request is too large or was cut off")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	name := sha256.Sum256([]byte(r.Header.Get("Authorization") + "\x00" + r.Header.Get("X-API-Key") + "\x00" + key))
	request := sha256.Sum256([]byte(r.Method + " " + r.URL.RequestURI() + "\x00" + string(body)))
	if !s.begin(name) {
		writeProblem(w, http.StatusConflict, "a request with this Idempotency-Key is under way")
		return
	}
	defer s.end(name)
	slot := fmt.Sprintf("$answer/%d", binary.BigEndian.Uint64(name[:8])%answerSlots)
	before, text, err := s.load(r.Context(), slot)
	p := &pending{slot: slot, name: hex.EncodeToString(name[:]), request: hex.EncodeToString(request[:])}
	switch {
	case err != nil:
		writeProblem(w, http.StatusInternalServerError, "the store could not answer")
	case before == nil || before.Name != p.name || time.Since(before.At) > answersKept:
		s.first(w, r, p)
	case before.Asked != p.request:
		writeProblem(w, http.StatusUnprocessableEntity, "this Idempotency-Key was used for another request")
	case before.Status == unfinished:
		p.soFar, p.steps = before.Body, [][]byte{text}
		s.first(w, r, p)
	default:
		w.Header().Set("Content-Type", before.Type)
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(before.Status)
		_, _ = w.Write(before.Body)
	}
}

func (s *idempotency) begin(name [sha256.Size]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[name] {
		return false
	}
	s.running[name] = true
	return true
}

func (s *idempotency) end(name [sha256.Size]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, name)
}

func (s *idempotency) load(ctx context.Context, slot string) (a *answer, text []byte, err error) {
	text, err = s.store.LoadCheckpoint(ctx, slot)
	if err != nil || text == nil {
		return nil, nil, err
	}
	a = &answer{}
	return a, text, json.Unmarshal(text, a)
}

// first answers a request and keeps the answer, unless it may be another one the next time, or was
// kept with what was done.
func (s *idempotency) first(w http.ResponseWriter, r *http.Request, p *pending) {
	kept := &keeping{ResponseWriter: w, status: http.StatusOK}
	s.next.ServeHTTP(kept, r.WithContext(context.WithValue(r.Context(), pendingKey{}, p)))
	if p.answered || w.Header().Get("Cache-Control") == noStore || p.status == kept.status && bytes.Equal(p.body, kept.body.Bytes()) {
		return
	}
	if kept.status >= http.StatusInternalServerError || kept.status == http.StatusUnauthorized || kept.body.Len() > answerMostText {
		return
	}
	if text, err := p.answer(kept.status, w.Header().Get("Content-Type"), kept.body.Bytes()); err == nil {
		_ = s.store.SaveCheckpoint(context.WithoutCancel(r.Context()), p.slot, text) // it was answered
	}
}

// keeping keeps what is answered.
type keeping struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (k *keeping) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (k *keeping) Write(b []byte) (int, error) {
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}
