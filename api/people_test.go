package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// annas are two records of one mail address, and a stranger.
var annas = []string{
	`{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"anna@post.example"}],"language":"de","source":` + source("erp", "1") + `}`,
	`{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"anna@post.example"}],"language":"en","source":` + source("shop", "1") + `}`,
	`{"kind":"person","names":[{"given":"Ben","family":"Schulz"}],"emails":[{"value":"ben@post.example"}],"source":` + source("erp", "3") + `}`,
}

// sharers are two people with one mailbox, so that a question is asked.
var sharers = []string{
	`{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"family@post.example"}],"source":` + source("erp", "1") + `}`,
	`{"kind":"person","names":[{"given":"Bernd","family":"Schmidt"}],"emails":[{"value":"family@post.example"}],"source":` + source("shop", "1") + `}`,
}

func (c customer) etag() string { return fmt.Sprintf(`"%s-%d"`, c.ID, c.Version) }

func (f *fixture) of(record string) customer {
	f.t.Helper()
	found := f.find("source", record)
	if len(found) != 1 {
		f.t.Fatalf("%d customers of %s", len(found), record)
	}
	return found[0]
}

const kim = `"author":"kim","reason":"asked them"`

func TestPeople_mergeByEitherNameAndUndo(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	anna, ben := f.of("erp/customers/1"), f.of("erp/customers/3")
	var dry, done golden.Effects
	tags := anna.etag() + ", " + ben.etag()
	f.post("/v1/customers/"+ben.ID+"/merge", `{"with":"`+anna.ID+`","dryRun":true}`, "If-Match", tags).ok(&dry)
	if f.of("erp/customers/3").ID != ben.ID || !dry.DryRun {
		t.Fatalf("a dry run merged them: %+v", dry)
	}
	f.post("/v1/customers/"+ben.ID+"/merge", `{"with":"`+anna.ID+`",`+kim+`}`, "If-Match", tags).ok(&done)
	for _, e := range []golden.Effects{dry, done} {
		byID := map[string]golden.CustomerEffect{}
		for _, c := range e.Customers {
			byID[c.ID] = c
		}
		into, away := byID[anna.ID], byID[ben.ID]
		if into.Type != golden.MergedT || !slices.Equal(into.From, []string{ben.ID}) || away.Into != anna.ID || into.Before == nil || len(into.After.Sources) != 3 {
			t.Errorf("effects %+v", e.Customers)
		}
		if len(into.Changed) == 0 || !strings.HasPrefix(into.Changed[0].Path, "/emails") {
			t.Errorf("changed values %+v", into.Changed)
		}
	}
	var c customer
	f.get("/v1/customers/" + ben.ID).ok(&c)
	if c.ID != anna.ID || c.Asked != ben.ID {
		t.Errorf("%+v", c)
	}
	if detail, _ := f.post("/v1/customers/"+ben.ID+"/merge", `{"with":"`+anna.ID+`",`+kim+`}`, "If-Match", "*").problem(http.StatusConflict); !strings.Contains(detail, "are one customer already") {
		t.Error(detail)
	}
	var undone golden.Effects
	f.post("/v1/decisions/"+done.Act+"/undo", `{"author":"lee","reason":"a mistake"}`).ok(&undone)
	if f.of("erp/customers/3").ID != ben.ID || len(undone.Customers) != 2 || !slices.ContainsFunc(undone.Customers, func(c golden.CustomerEffect) bool { return c.ID == ben.ID && c.Revived }) {
		t.Errorf("after the undo: %+v", undone.Customers)
	}
	if detail, _ := f.post("/v1/decisions/"+done.Act+"/undo", `{`+kim+`}`).problem(http.StatusConflict); !strings.Contains(detail, "was undone on") || !strings.Contains(detail, "by lee") {
		t.Error(detail)
	}
	f.post("/v1/decisions/Dnone/undo", `{`+kim+`}`).problem(http.StatusNotFound)
}

func TestPeople_historyAndExplanationSayWhoAndWhy(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	anna := f.of("erp/customers/1")
	var pinned golden.Effects
	f.post("/v1/customers/"+anna.ID+"/pin", `{"attribute":"language","value":"fr",`+kim+`}`, "If-Match", anna.etag()).ok(&pinned)
	f.post("/v1/decisions/"+pinned.Act+"/undo", `{"author":"lee","reason":"no, German"}`).ok(&golden.Effects{})
	f.post("/v1/customers/"+anna.ID+"/pin", `{"attribute":"language","value":null,`+kim+`}`, "If-Match", "*").ok(&golden.Effects{})
	var history list[api.Change]
	f.get("/v1/customers/" + anna.ID + "/history").ok(&history)
	var told []string
	for _, c := range history.Items[1:] {
		told = append(told, fmt.Sprint(c.By.Author, ": ", c.By.Reason, " ", c.By.Undo))
	}
	if diff := cmp.Diff([]string{"kim: asked them false", "lee: no, German true", "kim: asked them false"}, told); diff != "" || history.Items[0].By != nil {
		t.Errorf("%s\n%+v", diff, history.Items)
	}
	var e golden.Explanation
	f.get("/v1/customers/" + anna.ID + "/explain").ok(&e)
	at := slices.IndexFunc(e.Attributes, func(a golden.AttributeExplanation) bool { return a.Attribute == "language" })
	if at < 0 || len(e.Decisions) != 2 || e.Decisions[1].UndoneBy != "lee" {
		t.Fatalf("%+v", e)
	}
	v := e.Attributes[at].Values[0]
	if v.Rule != "pinned" || v.Pinned == nil || v.Pinned.Author != "kim" || string(v.Value) != "null" || len(v.Lost) != 1 {
		t.Errorf("%+v", v)
	}
	f.post("/v1/customers/"+anna.ID+"/unpin", `{"attribute":"language",`+kim+`}`, "If-Match", "*").ok(&golden.Effects{})
	f.post("/v1/customers/"+anna.ID+"/unpin", `{"attribute":"language",`+kim+`}`, "If-Match", "*").problem(http.StatusConflict)
}

func TestPeople_splitAndMove(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	anna, ben := f.of("erp/customers/1"), f.of("erp/customers/3")
	f.post("/v1/customers/"+anna.ID+"/split", `{"records":["shop/customers/1"],`+kim+`}`, "If-Match", anna.etag()).ok(&golden.Effects{})
	if other := f.of("shop/customers/1"); other.ID == anna.ID {
		t.Error("not split")
	}
	detail, _ := f.post("/v1/customers/"+anna.ID+"/move", `{"record":"shop/customers/1",`+kim+`}`, "If-Match", "*").problem(http.StatusConflict)
	if !strings.Contains(detail, "contradicts the decisions D") || !strings.Contains(detail, "undo those first") {
		t.Error(detail)
	}
	var moved golden.Effects
	f.post("/v1/customers/"+ben.ID+"/move", `{"record":"shop/customers/1",`+kim+`}`, "If-Match", ben.etag()).ok(&moved)
	if f.of("shop/customers/1").ID != ben.ID {
		t.Errorf("moved to %+v", f.of("shop/customers/1"))
	}
	var d api.DecisionDetail
	f.get("/v1/decisions/" + moved.Act).ok(&d)
	if d.ID != moved.Act || len(d.With) != len(moved.Decisions)-1 {
		t.Errorf("%+v", d)
	}
	f.get("/v1/decisions/Dnone").problem(http.StatusNotFound)
	for query, want := range map[string]int{
		"": 2, "?customer=" + ben.ID: 2, "?record=erp/customers/1": 1, "?author=lee": 0, "?verdict=same": 1, "?limit=1": 1, "?undone=true": 2,
	} {
		var found list[golden.Decision]
		f.get("/v1/decisions" + query).ok(&found)
		if len(found.Items) != want || (found.Next != "") != (query == "?limit=1") {
			t.Errorf("%q finds %d decisions, %q", query, len(found.Items), found.Next)
		}
	}
}

func TestPeople_preconditions(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	anna, ben := f.of("erp/customers/1"), f.of("erp/customers/3")
	for path, body := range map[string]string{
		"merge": `{"with":"` + ben.ID + `",` + kim + `}`, "split": `{"records":["shop/customers/1"],` + kim + `}`, "move": `{"record":"erp/customers/3",` + kim + `}`,
		"pin": `{"attribute":"language","value":"fr",` + kim + `}`, "unpin": `{"attribute":"language",` + kim + `}`,
	} {
		path = "/v1/customers/" + anna.ID + "/" + path
		f.post(path, body).problem(http.StatusPreconditionRequired)
		for _, tag := range []string{`"` + anna.ID + `-9"`, ben.etag(), `W/` + anna.etag(), "rubbish"} {
			if detail, _ := f.post(path, body, "If-Match", tag).problem(http.StatusPreconditionFailed); !strings.Contains(detail, "is of version 1 now") {
				t.Errorf("%s with %s: %s", path, tag, detail)
			}
		}
	}
	// of a merge both
	f.post("/v1/customers/"+anna.ID+"/merge", `{"with":"`+ben.ID+`",`+kim+`}`, "If-Match", anna.etag()).problem(http.StatusPreconditionFailed)
	if c := f.of("erp/customers/1"); c.Version != 1 {
		t.Errorf("%+v", c)
	}
}

func TestPeople_wrongRequests(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	anna := f.of("erp/customers/1")
	at := "/v1/customers/" + anna.ID + "/"
	for _, test := range [][3]string{
		{at + "pin", `{"attribute":"colour","value":"red",` + kim + `}`, "body.attribute"},
		{at + "pin", `{"attribute":"language","value":7,` + kim + `}`, "body.value"},
		{at + "pin", `{"attribute":"language","value":"fr","author":"kim"}`, "body.reason"},
		{at + "pin", `{"attribute":"language","value":"fr","reason":"so"}`, "body.author"},
		{at + "split", `{"records":["erp/customers/3"],` + kim + `}`, "body.records"},
		{at + "merge", `{"with":"x/y/z","strength":"firm",` + kim + `}`, "body.strength"},
		{"/v1/decisions", `{"verdict":"pinned","left":["erp/customers/1"],"right":["erp/customers/3"],` + kim + `}`, "body.verdict"},
		{"/v1/decisions", `{"verdict":"same","left":["erp/customers/1"],"right":["erp/customers/1"],` + kim + `}`, "body.right"},
	} {
		_, errs := f.post(test[0], test[1], "If-Match", "*").problem(http.StatusBadRequest)
		if len(errs) == 0 || !strings.HasPrefix(errs[0], test[2]+": ") {
			t.Errorf("%s %s: %v", test[0], test[1], errs)
		}
	}
	f.post(at+"merge", `{"with":"erp/customers/none",`+kim+`}`, "If-Match", "*").problem(http.StatusNotFound)
	f.post("/v1/customers/Gnone/split", `{"records":["erp/customers/1"],`+kim+`}`, "If-Match", "*").problem(http.StatusNotFound)
}

func TestPeople_authorIsTheKeysName(t *testing.T) {
	t.Parallel()
	keys := []api.Key{{Name: "desk", Key: "k-reader", Role: "reader"}, {Name: "data", Key: "k-steward", Role: "steward"}, {Name: "chief", Key: "k-admin", Role: "admin"}}
	f := open(t, api.Options{Keys: keys}, annas...)
	same := func(author string) string {
		return `{"verdict":"different","left":["erp/customers/1"],"right":["erp/customers/3"],"reason":"so"` + author + `}`
	}
	f.post("/v1/decisions", same(""), "X-API-Key", "k-reader").problem(http.StatusForbidden)
	for _, test := range [][3]string{{"k-steward", "", "data"}, {"k-steward", `,"author":"kim"`, "kim (key data)"}, {"k-admin", `,"author":"chief"`, "chief"}} {
		var e golden.Effects
		f.post("/v1/decisions", same(test[1]), "X-API-Key", test[0]).ok(&e)
		if e.Decisions[0].Author != test[2] {
			t.Errorf("author %q, expected %q", e.Decisions[0].Author, test[2])
		}
	}
}

func TestPeople_sentTwiceIsDoneOnce(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	body := `{"verdict":"same","left":["erp/customers/1"],"right":["erp/customers/3"],` + kim + `}`
	var first, second golden.Effects
	f.post("/v1/decisions", body, "Idempotency-Key", "k1").ok(&first)
	f.post("/v1/decisions", body, "Idempotency-Key", "k1").ok(&second)
	var found list[golden.Decision]
	f.get("/v1/decisions").ok(&found)
	if first.Act != second.Act || len(found.Items) != 1 {
		t.Errorf("%s and %s, %d decisions", first.Act, second.Act, len(found.Items))
	}
	f.post("/v1/decisions", strings.Replace(body, "same", "different", 1), "Idempotency-Key", "k1").problem(http.StatusUnprocessableEntity)
}

// lost is a connection that breaks as the answer is written.
type lost struct{ http.ResponseWriter }

func (lost) Write([]byte) (int, error) { panic(http.ErrAbortHandler) }

// The answer lies in the transaction of the act: where nobody got it, because connection or process
// ended, it is given to who asks again, and the act is not done again.
func TestPeople_anAnswerThatWasLostIsGivenAgain(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	body := `{"verdict":"same","left":["erp/customers/1"],"right":["erp/customers/3"],` + kim + `}`
	q := httptest.NewRequest(http.MethodPost, "/v1/decisions", strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Idempotency-Key", "k1")
	func() {
		defer func() { _ = recover() }()
		f.handler.ServeHTTP(lost{httptest.NewRecorder()}, q)
	}()
	var e golden.Effects
	again := f.post("/v1/decisions", body, "Idempotency-Key", "k1")
	again.ok(&e)
	var found list[golden.Decision]
	f.get("/v1/decisions").ok(&found)
	if len(found.Items) != 1 || e.Act != found.Items[0].Act || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("act %s, decisions %+v, %v", e.Act, found.Items, again.header)
	}
}

func TestReviews_showAndAnswer(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, sharers...)
	var found list[api.Review]
	f.get("/v1/reviews").ok(&found)
	if len(found.Items) != 1 || found.Items[0].Kind != golden.TaskMatch || found.Items[0].Priority <= 0 {
		t.Fatalf("%+v", found.Items)
	}
	id := found.Items[0].ID
	var detail api.ReviewDetail
	f.get("/v1/reviews/" + id).ok(&detail)
	if len(detail.Sources) != 2 || detail.Sources[0].Customer == "" || !strings.Contains(string(detail.Sources[1].Document), "Bernd") {
		t.Errorf("%+v", detail)
	}
	f.get("/v1/reviews/Tnone").problem(http.StatusNotFound)
	// as a hint it leaves the question closed too: a person has said different
	var e golden.Effects
	f.post("/v1/reviews/"+id+"/answer", `{"verdict":"same","dryRun":true}`).ok(&e)
	if len(e.Customers) != 2 || len(e.Open) != 0 {
		t.Errorf("%+v", e)
	}
	f.post("/v1/reviews/"+id+"/answer", `{"verdict":"different","strength":"suggest",`+kim+`}`).ok(&e)
	if len(e.Customers) != 0 || len(e.Decisions) != 1 || e.Decisions[0].Strength != golden.Suggest {
		t.Errorf("%+v", e)
	}
	f.post("/v1/reviews/"+id+"/answer", `{"verdict":"same",`+kim+`}`).problem(http.StatusConflict)
	f.get("/v1/reviews").ok(&found)
	if len(found.Items) != 0 {
		t.Errorf("%+v", found.Items)
	}
	f.get("/v1/reviews?closed=true").ok(&found)
	if len(found.Items) != 1 || found.Items[0].Closed == nil {
		t.Errorf("%+v", found.Items)
	}
	f.get("/v1/reviews/" + id).ok(&detail)
	if len(detail.Decisions) != 1 {
		t.Errorf("%+v", detail.Decisions)
	}
}

// Of those who have seen the same version one decides; the others look again.
func TestPeople_oneOfManyAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, annas...)
	anna := f.of("erp/customers/1")
	const people = 8
	answers := make([]answer, people)
	var group sync.WaitGroup
	for i := range people {
		group.Go(func() {
			body := fmt.Sprintf(`{"attribute":"industry","value":"trade %d",%s}`, i, kim)
			answers[i] = f.post("/v1/customers/"+anna.ID+"/pin", body, "If-Match", anna.etag())
		})
	}
	group.Wait()
	statuses := map[int]int{}
	for _, a := range answers {
		statuses[a.status]++
	}
	if diff := cmp.Diff(map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: people - 1}, statuses); diff != "" {
		t.Error(diff)
	}
	if now := f.of("erp/customers/1"); now.Version != anna.Version+1 {
		t.Errorf("version %d after one decision", now.Version)
	}
}

// Opened without its rules, as commands that only read do, a folder takes no decisions.
func TestPeople_wantTheRules(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "hub.yaml"), []byte("name: test\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	folder, problems := hub.LoadSettings(root, os.LookupEnv)
	if folder == nil {
		t.Fatal(problems.Err())
	}
	h, err := hub.OpenStore(t.Context(), folder, hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f := &fixture{t: t, Hub: h, handler: api.New(h, api.Options{})}
	f.post("/v1/decisions", `{"verdict":"same","left":["erp/customers/1"],"right":["erp/customers/3"],`+kim+`}`).problem(http.StatusServiceUnavailable)
}
