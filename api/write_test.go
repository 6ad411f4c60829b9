package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// lose sends a request of which the connection breaks as it is answered: what was to be done is done, and
// nothing that would follow.
func (f *fixture) lose(path, body, key string) {
	f.t.Helper()
	q := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Idempotency-Key", key)
	defer func() { _ = recover() }()
	f.handler.ServeHTTP(lost{httptest.NewRecorder()}, q)
	f.t.Errorf("%s was answered", path)
}

// again sends it once more.
func (f *fixture) again(path, body, key string, into any) {
	f.t.Helper()
	a := f.post(path, body, "Idempotency-Key", key)
	a.ok(into)
	if a.header.Get("Idempotency-Replayed") != "true" {
		f.t.Errorf("%s was done once more: %s", path, a.body)
	}
}

func TestDeadLetters_anAnswerThatWasLostIsGivenAgain(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill()
	const path, body = "/v1/deadletters/drop", `{"all": true, "reason": "test data"}`
	f.lose(path, body, "k1")
	var o outcome
	if f.again(path, body, "k1", &o); o != (outcome{9, 9, 0}) {
		t.Errorf("%+v", o)
	}
	f.post(path, body, "Idempotency-Key", "k2").ok(&o)
	if o != (outcome{}) {
		t.Errorf("as another request: %+v", o)
	}
}

// Letters are dropped all or none: what cannot be found is found out before.
func TestDeadLetters_areDroppedAllOrNone(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill()
	ids := "1"
	for range 200 {
		ids += ", 1"
	}
	f.post("/v1/deadletters/drop", `{"ids": [`+ids+`, 999], "reason": "test data"}`).problem(http.StatusNotFound)
	if dropped, err := f.Store().DeadLetters(t.Context(), golden.DeadLetterQuery{State: golden.DeadDropped}); err != nil || len(dropped) != 0 {
		t.Errorf("dropped %+v, %v", dropped, err)
	}
}

// Replaying letters is more than one transaction. Where it ended in the middle, asking again goes on
// there, and answers for all of it.
func TestDeadLetters_areReplayedOnFromWhereItEnded(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill() // nine letters whose replay takes a hub that runs
	var unsent []golden.DeadLetter
	for i := range 200 {
		unsent = append(unsent, golden.DeadLetter{Stage: "deliver", System: "shop", Stream: "customers", Key: fmt.Sprint("G", i), Cause: "refused", At: time.Now()})
	}
	err := f.Store().InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error { return tx.AddDeadLetters(ctx, unsent) })
	if err != nil {
		t.Fatal(err)
	}
	const path, body = "/v1/deadletters/replay", `{"all": true}`
	f.post(path, body, "Idempotency-Key", "k1").problem(http.StatusServiceUnavailable)
	f.post(path, `{"all": true, "system": "shop"}`, "Idempotency-Key", "k1").problem(http.StatusUnprocessableEntity)
	var o outcome
	f.post("/v1/deadletters/drop", `{"all": true, "stage": "translate", "reason": "test data"}`).ok(&o)
	f.post(path, body, "Idempotency-Key", "k1").ok(&o)
	if o != (outcome{200, 200, 0}) {
		t.Errorf("%+v", o)
	}
	if f.again(path, body, "k1", &o); o != (outcome{200, 200, 0}) {
		t.Errorf("when it was done: %+v", o)
	}
}

func TestPrivacy_anAnswerThatWasLostIsGivenAgain(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	done, err := f.Resolver().Erase(t.Context(), golden.Erase{
		Customer: f.find("email", "ben@post.example")[0].ID, Reason: "request 17", Author: "dpo",
		Receipts: func([]golden.DeliveryState, []golden.PendingCreate) []golden.Receipt {
			return []golden.Receipt{{Target: "shop.customers", Remote: 7, Entity: "Customer", Operation: "create", Status: golden.ReceiptReview, Reason: "look"}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ path, body string }{
		{"/lift", `{"record":"erp/customers/3","reason":"consent"}`},
		{"/receipts/close", `{"target":"shop.customers","reason":"no such record"}`},
	} {
		path := "/v1/privacy/erasures/" + done.ID + one.path
		f.lose(path, one.body, one.path)
		var e hub.Erasure
		f.again(path, one.body, one.path, &e)
		f.post(path, one.body).problem(http.StatusBadRequest) // it has been done
	}
	stored, err := f.Store().Erasure(t.Context(), done.ID)
	if err != nil || len(stored.Lifted) != 1 || len(stored.Closed) != 1 {
		t.Errorf("%+v, %v", stored, err)
	}
}
