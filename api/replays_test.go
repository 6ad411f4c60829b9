package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
)

func (f *fixture) post(path, body string, header ...string) answer {
	f.t.Helper()
	q := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, q)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{f.t, w.Code, w.Header(), text}
}

type outcome struct{ Matched, Done, Failed int }

func TestDeadLetters_areGroupedAndDropped(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill()
	var groups list[struct {
		Stage, System string
		Count         int
		Newest        struct{ Key string }
	}]
	f.get("/v1/deadletters/groups?stage=translate").ok(&groups)
	if len(groups.Items) != 1 || groups.Items[0].Count != 9 || groups.Items[0].Newest.Key != "8" {
		t.Errorf("groups %+v", groups.Items)
	}
	var o outcome
	f.post("/v1/deadletters/drop", `{"all": true, "key": "3", "reason": "test data"}`).ok(&o)
	if o != (outcome{1, 1, 0}) {
		t.Errorf("dropped %+v", o)
	}
	f.post("/v1/deadletters/drop", `{"ids": [1, 2], "reason": "test data"}`).ok(&o)
	if o != (outcome{2, 2, 0}) {
		t.Errorf("dropped %+v", o)
	}
	dropped, err := f.Store().DeadLetters(t.Context(), golden.DeadLetterQuery{State: golden.DeadDropped})
	if err != nil || len(dropped) != 3 || dropped[0].Resolution != "test data" {
		t.Errorf("dropped %+v, %v", dropped, err)
	}
}

func TestDeadLetters_saysWhatIsWrongWithARequest(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill()
	for _, one := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/v1/deadletters/drop", `{"all": true, "reason": ""}`, 400, "body.reason"},
		{"/v1/deadletters/drop", `{"reason": "x"}`, 400, "body.ids"},
		{"/v1/deadletters/drop", `{"ids": [1], "all": true, "reason": "x"}`, 400, "body.ids"},
		{"/v1/deadletters/drop", `{"ids": [999], "reason": "x"}`, 404, ""},
		{"/v1/deadletters/replay", `{"all": true, "sistem": "erp"}`, 400, "body"},
		{"/v1/deadletters/replay", `{"all": true}`, 503, ""},
		{"/v1/replays", `{"system": "erp"}`, 503, ""},
		{"/v1/replays/R9/stop", ``, 404, ""},
	} {
		_, errors := f.post(one.path, one.body).problem(one.status)
		if one.want != "" && !strings.Contains(fmt.Sprint(errors), one.want) {
			t.Errorf("%s %s: %v", one.path, one.body, errors)
		}
	}
	f.get("/v1/replays/R9").problem(404)
	var none list[struct{}]
	if f.get("/v1/replays").ok(&none); len(none.Items) != 0 {
		t.Errorf("replays %v", none)
	}
}

func TestIdempotencyKey_givesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill()
	const body = `{"all": true, "reason": "test data"}`
	var first, second outcome
	f.post("/v1/deadletters/drop", body, "Idempotency-Key", "k1").ok(&first)
	again := f.post("/v1/deadletters/drop", body, "Idempotency-Key", "k1")
	again.ok(&second)
	if first.Done != 9 || second != first || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %+v, again %+v, %v", first, second, again.header)
	}
	f.post("/v1/deadletters/drop", `{"all": true, "reason": "other"}`, "Idempotency-Key", "k1").problem(http.StatusUnprocessableEntity)
	f.post("/v1/deadletters/drop", body, "Idempotency-Key", "k2").ok(&second)
	if second.Matched != 0 {
		t.Errorf("with another key %+v", second)
	}
}

func TestKeys_areAskedForBeforeAnythingChanges(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{Keys: []api.Key{{Name: "desk", Key: "secret-1", Role: "steward"}}})
	f.fill()
	const body = `{"all": true, "reason": "test data"}`
	f.post("/v1/deadletters/drop", body, "Idempotency-Key", "k").problem(http.StatusUnauthorized)
	var o outcome
	f.post("/v1/deadletters/drop", body, "Idempotency-Key", "k", "Authorization", "Bearer secret-1").ok(&o)
	if o.Done != 9 {
		t.Errorf("dropped %+v", o)
	}
}
