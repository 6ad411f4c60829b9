package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// records are what most tests find: four people in two systems, two of them one customer.
var records = []string{
	`{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"anna@post.example"}],"phones":[{"value":"+4930901820"}],"identifiers":[{"scheme":"gln","value":"4012345000009"}],"source":` + source("erp", "1") + `}`,
	`{"kind":"person","names":[{"given":"Anna","family":"Schmidt-Meyer"}],"emails":[{"value":"anna@post.example"}],"source":` + source("shop", "A/1 ü") + `}`,
	`{"kind":"person","names":[{"full":"王小明","family":"王","given":"小明"}],"emails":[{"value":"wang@post.example"}],"phones":[{"value":"+8613812345678"}],"source":` + source("shop", "2") + `}`,
	`{"kind":"person","names":[{"given":"Ben","family":"Schulz"}],"emails":[{"value":"ben@post.example"}],"source":` + source("erp", "3") + `}`,
}

func source(system, id string) string {
	text, _ := json.Marshal(map[string]any{
		"system": system, "stream": "customers", "id": id, "status": "active", "version": map[string]any{"integer": 1},
		"provenance": map[string]any{"origin": "a.json", "position": "a.json:1", "ingest": map[string]any{"topic": "raw." + system, "partition": 0, "offset": 0}},
	})
	return string(text)
}

// newer is a later version of a record.
func newer(record string) string {
	return strings.NewReplacer(`"integer":1`, `"integer":2`, `"offset":0`, `"offset":1`).Replace(record)
}

// fixture is the API over a store without a running hub.
type fixture struct {
	t *testing.T
	*hub.Hub
	handler http.Handler
}

func open(t *testing.T, o api.Options, docs ...string) *fixture {
	t.Helper()
	root := t.TempDir()
	text := "name: test\nregion: DE\n"
	rules := "match: {keys: [[email]]}\nsurvive: {priority: [erp, shop], attributes: {default: source_priority}}\n"
	for name, text := range map[string]string{"hub.yaml": text, "golden.yaml": rules} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder, problems := hub.Load(root, os.LookupEnv)
	if folder == nil {
		t.Fatal(problems.Err())
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	h, err := hub.OpenStore(t.Context(), folder, hub.Options{Log: o.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{t: t, Hub: h, handler: api.New(h, o)}
	f.resolve(docs...)
	return f
}

func (f *fixture) resolve(docs ...string) {
	f.t.Helper()
	batch := golden.Batch{}
	for _, d := range docs {
		in, err := golden.ParseIncoming([]byte(d))
		if err != nil {
			f.t.Fatal(err)
		}
		batch.Records = append(batch.Records, in)
	}
	if _, err := f.Resolver().Resolve(f.t.Context(), batch); err != nil {
		f.t.Fatal(err)
	}
}

// answer is what the API said.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (f *fixture) get(path string, header ...string) answer {
	f.t.Helper()
	q := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, q)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{f.t, w.Code, w.Header(), body}
}

// ok reads an answer that has to be 200.
func (a answer) ok(v any) {
	a.t.Helper()
	if a.status != http.StatusOK {
		a.t.Fatalf("answered %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// problem reads an answer that has to be a problem document of the status.
func (a answer) problem(status int) (detail string, errors []string) {
	a.t.Helper()
	var p struct {
		Title, Detail string
		Status        int
		Errors        []struct{ Location, Message string }
	}
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Fatalf("answered %d as %s, expected a problem %d: %s", a.status, a.header.Get("Content-Type"), status, a.body)
	}
	if err := json.Unmarshal(a.body, &p); err != nil || p.Status != status || p.Title == "" {
		a.t.Fatalf("%v in %s", err, a.body)
	}
	for _, e := range p.Errors {
		errors = append(errors, e.Location+": "+e.Message)
	}
	return p.Detail, errors
}

type customer struct {
	ID, State, Asked string
	Version          int64
	Customer         map[string]any
	Systems, Sources []string
}

type list[T any] struct {
	Items []T
	Next  string
}

func (f *fixture) find(condition, value string) []customer {
	f.t.Helper()
	var found list[customer]
	f.get("/v1/customers?" + url.Values{condition: {value}}.Encode()).ok(&found)
	return found.Items
}

func TestFind_byWhatACallCenterKnows(t *testing.T) {
	t.Parallel()
	person := func(id, given, family, more string) string {
		return `{"kind":"person","names":[{"given":"` + given + `","family":"` + family + `"}],` + more + `"source":` + source("crm", id) + `}`
	}
	f := open(t, api.Options{}, append(slices.Clone(records),
		person("1", "John", "Smith", `"birthDate":"1980-05-17","phones":[{"value":"+441752764055"}],"identifiers":[{"scheme":"customer-number","value":"4711"}],"addresses":[{"locality":"Leeds","postcode":"LS1 4DY","country":"GB"}],`),
		person("2", "John", "Smith", `"emails":[{"value":"john@post.example"}],"addresses":[{"locality":"Plymouth","postcode":"PL3 5FF","country":"GB"}],`),
		person("3", "Johnny", "Smith", `"addresses":[{"locality":"Leeds","country":"GB"}],`),
		person("4", "John", "Smithson", `"phones":[{"value":"030 111 222 33"}],"addresses":[{"lines":["Weg 1"],"locality":"深圳市","postcode":"10115","country":"DE"}],`),
	)...)
	for q, want := range map[string][]string{
		"smith":                     {"crm/1", "crm/2", "crm/3", "crm/4"}, // whole words first
		"john smith":                {"crm/1", "crm/2", "crm/4", "crm/3"},
		"Smith, John":               {"crm/1", "crm/2", "crm/3", "crm/4"}, // the last word may be a beginning first
		"smi leeds":                 {"crm/1", "crm/3"},
		"leeds smi jo":              {"crm/1", "crm/3"},
		"smith LS1 4DY":             {"crm/1"},
		"pl3 5ff":                   {"crm/2"},
		"PL35":                      {"crm/2"},
		"smith 055":                 {"crm/1"},
		"01752 764 055":             {"crm/1"},
		"smith 17.5.1980":           {"crm/1"},
		"smith 1980":                {"crm/1"},
		"+44 (1752) 764055":         {"crm/1"},
		"smi +441752764055":         {"crm/1"},
		"john@post.example":         {"crm/2"},
		"john@post.example smith":   {"crm/2"},
		"leeds john@post.example":   {},
		"customer-number:4711 john": {"crm/1"},
		"030 11122":                 {"crm/4"},
		"深圳市 john":                  {"crm/4"},
		"10115 smithson":            {"crm/4"},
		"小明":                        {"shop/2"},
		"wang xiaom":                {"shop/2"},
		"nobody smith":              {},
	} {
		got := []string{}
		for _, c := range f.find("q", q) {
			got = append(got, strings.Replace(c.Sources[0], "/customers", "", 1))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", q, diff)
		}
		for _, limit := range []int{1, 3} {
			if paged := pages(t, f, "/v1/customers?q="+url.QueryEscape(q), "id", limit); len(paged) != len(want) {
				t.Errorf("%q by %d: %d entries, expected %d", q, limit, len(paged), len(want))
			}
		}
	}
}

func TestFind_byEveryFormOfAPhoneNumber(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	for _, phone := range []string{"+4930901820", "030 901820", "030/90-18-20", "0049 30 901820", "+49 (30) 901820", "(030) 90 18 20"} {
		if found := f.find("phone", phone); len(found) != 1 || found[0].Sources[0] != "erp/customers/1" {
			t.Errorf("phone %q finds %v", phone, found)
		}
	}
	if found := f.find("phone", "+8613812345678"); len(found) != 1 || found[0].Sources[0] != "shop/customers/2" {
		t.Errorf("a number of another country finds %v", found)
	}
	if found := f.find("phone", "030 111111"); len(found) != 0 {
		t.Errorf("a number that nobody has finds %v", found)
	}
}

func TestFind_byNameInCharactersAndInPinyin(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	for name, want := range map[string]string{
		"王小明": "shop/customers/2", "王 小明": "shop/customers/2", "王小": "shop/customers/2", "小明": "shop/customers/2", "wang xiaoming": "shop/customers/2", "Xiaoming Wang": "shop/customers/2",
		"schmidt": "erp/customers/1", "SCHM": "erp/customers/1", "Schmidt Anna": "erp/customers/1", "schulz be": "erp/customers/3",
	} {
		if found := f.find("name", name); len(found) != 1 || found[0].Sources[0] != want {
			t.Errorf("name %q finds %v, expected the customer of %s", name, found, want)
		}
	}
}

func TestFind_byMailIdentifierSourceAndAllTogether(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	for condition, value := range map[string]string{"email": "ANNA@post.example", "identifier": "gln:4012345000009", "source": "shop/customers/A/1 ü"} {
		if found := f.find(condition, value); len(found) != 1 || found[0].Sources[0] != "erp/customers/1" {
			t.Errorf("%s=%s finds %v", condition, value, found)
		}
	}
	var both list[customer]
	f.get("/v1/customers?phone=030901820&email=ben@post.example").ok(&both)
	if len(both.Items) != 0 {
		t.Errorf("one's phone and another's mail find %v", both.Items)
	}
}

func TestCustomer_singleView(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	anna := f.find("email", "anna@post.example")[0]
	var c customer
	a := f.get("/v1/customers/" + anna.ID)
	a.ok(&c)
	if diff := cmp.Diff([]string{"erp", "shop"}, c.Systems); diff != "" || c.State != "live" || c.Asked != "" {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]string{"erp/customers/1", "shop/customers/A/1 ü"}, c.Sources); diff != "" {
		t.Error(diff)
	}
	etag := a.header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	for _, match := range []string{etag, `"other", ` + etag, "W/" + etag, "*"} {
		if a := f.get("/v1/customers/"+anna.ID, "If-None-Match", match); a.status != http.StatusNotModified || len(a.body) != 0 || a.header.Get("ETag") != etag {
			t.Errorf("If-None-Match %s: %d %q", match, a.status, a.body)
		}
	}
	if a := f.get("/v1/customers/"+anna.ID, "If-None-Match", `"other"`); a.status != http.StatusOK {
		t.Errorf("another ETag: %d", a.status)
	}
	var part customer
	f.get("/v1/customers/" + anna.ID + "?fields=emails,kind").ok(&part)
	if diff := cmp.Diff(map[string]any{"kind": "person", "emails": []any{map[string]any{"value": "anna@post.example"}}}, part.Customer); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestCustomer_bySourceKeyWithSlashesAndSpaces(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	var c customer
	f.get("/v1/sources/shop/customers/" + url.PathEscape("A/1 ü")).ok(&c)
	if len(c.Sources) != 2 || c.Sources[1] != "shop/customers/A/1 ü" {
		t.Errorf("%+v", c)
	}
	var part customer
	f.get("/v1/sources/erp/customers/3?fields=kind").ok(&part)
	if len(part.Customer) != 1 {
		t.Errorf("fields: %v", part.Customer)
	}
	if detail, _ := f.get("/v1/sources/erp/customers/4").problem(http.StatusNotFound); !strings.Contains(detail, "source record erp/customers/4") {
		t.Errorf("detail %q", detail)
	}
}

func TestCustomer_aMergedIDGivesTheSurvivorAndSaysSo(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	ben := f.find("email", "ben@post.example")[0].ID
	anna := f.find("email", "anna@post.example")[0].ID
	f.resolve(newer(strings.NewReplacer("ben@post.example", "anna@post.example", "Ben", "Anna", "Schulz", "Schmidt").Replace(records[3])))
	var c, other customer
	f.get("/v1/customers/" + ben).ok(&c)
	f.get("/v1/customers/" + anna).ok(&other)
	merged, survivor := c, other
	if c.Asked == "" {
		merged, survivor = other, c
	}
	if merged.ID != survivor.ID || merged.Asked == "" || merged.Asked == merged.ID || survivor.Asked != "" || len(c.Sources) != 3 {
		t.Errorf("asked %s: %+v; asked %s: %+v", ben, c, anna, other)
	}
	for _, part := range []string{"sources", "explain", "timeline", "history"} {
		if a := f.get("/v1/customers/" + merged.Asked + "/" + part); a.status != http.StatusOK {
			t.Errorf("%s of a merged ID: %d %s", part, a.status, a.body)
		}
	}
}

func TestCustomer_unknownIsNotFound(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	for _, path := range []string{"", "/sources", "/explain", "/timeline", "/history"} {
		f.get("/v1/customers/GNOBODY" + path).problem(http.StatusNotFound)
	}
	f.get("/v1/deadletters/7").problem(http.StatusNotFound)
	f.get("/v1/nothing").problem(http.StatusNotFound)
	f.get("/").problem(http.StatusNotFound)
	q := httptest.NewRequest(http.MethodPost, "/v1/customers", strings.NewReader("{}"))
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, q)
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("POST: %d %s", w.Code, w.Body)
	}
}

func TestParameters_thatAreWrongAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	id := f.find("email", "ben@post.example")[0].ID
	for path, want := range map[string]string{
		"/v1/customers?phone=nobody":                       "query.phone: expected a telephone number",
		"/v1/customers?email=nobody":                       "query.email: expected a mail address",
		"/v1/customers?identifier=4711":                    "query.identifier: expected scheme:value",
		"/v1/customers?name=%2B":                           "query.name: expected letters or digits",
		"/v1/customers?q=%2B":                              "query.q: expected letters or digits",
		"/v1/customers?q=17.5.1980":                        "query.q: expected a name, town, postcode or phone number beside the birth date",
		"/v1/customers?q=a&name=b":                         "query.name: expected no name beside q, which takes names too",
		"/v1/customers?q=a+b+c+d+e+f+g+h+i+j+k+l+m":        "query.q: expected at most 12 words",
		"/v1/customers?q=a&cursor=x":                       "query.cursor: expected the next of an earlier answer to the same question",
		"/v1/customers?q=a&cursor=MB8wH2EfeA":              "query.cursor: expected the next of an earlier answer to the same question",
		"/v1/customers?name=a&limit=501":                   "query.limit: expected number <= 500",
		"/v1/customers?name=a&limit=0":                     "query.limit: expected number >= 1",
		"/v1/customers?name=a&limit=many":                  "query.limit: invalid integer",
		"/v1/customers?name=a&cursor=x":                    "query.cursor: expected the next of an earlier answer to the same question",
		"/v1/customers?nam=a":                              "query.nam: unknown query parameter",
		"/v1/customers/" + id + "?fields=mail":             "query.fields: expected top-level attributes of Customer",
		"/v1/customers/" + id + "/timeline?entity=Product": `query.entity[0]: expected value to be one of "Order, Interaction"`,
		"/v1/changes?cursor=eA":                            "query.cursor: expected the next of an earlier answer, or now",
		"/v1/deadletters?state=gone":                       `query.state: expected value to be one of "open, replayed, dropped"`,
		"/v1/deadletters/x":                                "path.id: invalid integer",
		"/v1/deliveries?status=lost":                       `query.status: expected value to be one of "settled, failing, refused, review, inactive, gone"`,
	} {
		_, errors := f.get(path).problem(http.StatusBadRequest)
		if diff := cmp.Diff([]string{want}, errors); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if detail, _ := f.get("/v1/customers").problem(http.StatusBadRequest); detail != "say whom to find: q, phone, email, identifier, name or source" {
		t.Errorf("no condition: %q", detail)
	}
}

// pages reads a list page by page and gives the key of every item.
func pages(t *testing.T, f *fixture, path, key string, limit int) (keys []string) {
	t.Helper()
	at, _ := url.Parse(path)
	query := at.Query()
	query.Set("limit", fmt.Sprint(limit))
	for range 100 {
		var page list[map[string]any]
		f.get(at.Path + "?" + query.Encode()).ok(&page)
		if len(page.Items) > limit {
			t.Fatalf("%d items on a page of %d", len(page.Items), limit)
		}
		for _, item := range page.Items {
			keys = append(keys, fmt.Sprint(item[key]))
		}
		if page.Next == "" || len(page.Items) == 0 { // the feed has no end
			return keys
		}
		query.Set("cursor", page.Next)
	}
	t.Fatalf("%s has no last page", path)
	return nil
}

func TestPaging_givesEveryEntryOnceInAStableOrder(t *testing.T) {
	t.Parallel()
	var docs []string
	for i := range 23 {
		docs = append(docs, fmt.Sprintf(`{"kind":"person","names":[{"given":"Eva","family":"Meier"}],"emails":[{"value":"eva%d@post.example"}],"source":%s}`, i, source("erp", fmt.Sprint(i))))
	}
	f := open(t, api.Options{}, docs...)
	f.fill()
	id := f.find("email", "eva3@post.example")[0].ID
	f.resolve(newer(strings.Replace(docs[3], `"Meier"`, `"Maier"`, 1)))
	f.publish()
	for path, c := range map[string]struct {
		key   string
		count int
	}{
		"/v1/customers?name=eva":            {"id", 23},
		"/v1/deliveries":                    {"remoteId", 12},
		"/v1/deliveries/pending":            {"subject", 7},
		"/v1/deadletters":                   {"id", 9},
		"/v1/reviews":                       {"id", 5},
		"/v1/changes":                       {"id", 24},
		"/v1/customers/" + id + "/timeline": {"key", 11},
		"/v1/customers/" + id + "/history":  {"version", 2},
	} {
		whole := pages(t, f, path, c.key, 500)
		seen := map[string]bool{}
		for _, k := range whole {
			seen[k] = true
		}
		if len(whole) != c.count || len(seen) != c.count {
			t.Errorf("%s: %d entries, %d different, expected %d", path, len(whole), len(seen), c.count)
		}
		for _, limit := range []int{1, 2, 5} {
			if diff := cmp.Diff(whole, pages(t, f, path, c.key, limit)); diff != "" {
				t.Errorf("%s by %d (-at once +paged):\n%s", path, limit, diff)
			}
		}
	}
}

// fill puts deliveries, dirty rows, dead letters, tasks and a timeline into the store.
func (f *fixture) fill() {
	f.t.Helper()
	now := time.Now()
	err := f.Store().InTx(f.t.Context(), func(ctx context.Context, tx golden.Tx) error {
		var states []golden.DeliveryState
		for i := range 12 {
			states = append(states, golden.DeliveryState{Target: "shop.customers", RemoteID: fmt.Sprint(i), Subject: fmt.Sprint("S", i/4), Status: golden.Settled, UpdatedAt: now})
		}
		var dirty []golden.Dirty
		for i := range 7 {
			dirty = append(dirty, golden.Dirty{Target: "shop.customers", Subject: fmt.Sprint("S", i), Entity: "customer", Since: now})
		}
		var letters []golden.DeadLetter
		for i := range 9 {
			letters = append(letters, golden.DeadLetter{Stage: "translate", System: "erp", Key: fmt.Sprint(i), Bytes: []byte{0xff, byte(i)}, At: now})
		}
		letters[0].Bytes = []byte(`{"id": 1}`)
		var tasks []golden.Task
		for i := range 5 {
			tasks = append(tasks, golden.Task{ID: fmt.Sprint("t", i), Kind: golden.TaskOutcome, Records: []string{"erp/customers/1"}, Priority: int32(i / 2), At: now})
		}
		var documents []golden.Document
		for i := range 11 {
			d := golden.Document{
				Entity: canonical.EntityOrder, Key: fmt.Sprint("erp/orders/", i), Doc: []byte(`{"number":"1"}`), Hash: 1,
				Parties: []golden.DocumentParty{{Role: "buyer", Kind: golden.LookupEmail, Value: "eva3@post.example"}},
			}
			if i < 8 { // the others are undated
				d.Time = now.Add(-time.Duration(i/2) * time.Hour)
			}
			documents = append(documents, d)
		}
		for _, err := range []error{
			tx.PutDeliveries(ctx, states), tx.MarkDirty(ctx, dirty), tx.AddDeadLetters(ctx, letters), tx.PutTasks(ctx, tasks), tx.PutDocuments(ctx, documents),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// publish takes the outbox as published.
func (f *fixture) publish() {
	f.t.Helper()
	changes, err := f.Store().Outbox(f.t.Context(), 1000)
	if err == nil {
		err = f.Store().Published(f.t.Context(), changes)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func TestDeadLetter_showsTheOriginalBytes(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.fill()
	var letters list[struct {
		ID  int64
		Key string
	}]
	f.get("/v1/deadletters?key=0").ok(&letters)
	var text, raw struct {
		Text  string
		Bytes []byte
	}
	f.get(fmt.Sprint("/v1/deadletters/", letters.Items[0].ID)).ok(&text)
	f.get("/v1/deadletters?key=4").ok(&letters)
	f.get(fmt.Sprint("/v1/deadletters/", letters.Items[0].ID)).ok(&raw)
	if text.Text != `{"id": 1}` || text.Bytes != nil || raw.Text != "" || string(raw.Bytes) != "\xff\x04" {
		t.Errorf("%+v, %+v", text, raw)
	}
}

func TestExplain_tracesEveryValue(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	var e golden.Explanation
	f.get("/v1/customers/" + f.find("phone", "030901820")[0].ID + "/explain").ok(&e)
	for _, a := range e.Attributes {
		for _, v := range a.Values {
			if v.Source == "" || v.Rule == "" || v.Where == "" {
				t.Errorf("%s: %+v", a.Attribute, v)
			}
		}
	}
	if len(e.Attributes) < 4 || len(e.Sources) != 2 {
		t.Errorf("%d attributes of %d sources", len(e.Attributes), len(e.Sources))
	}
}
