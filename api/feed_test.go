package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/hub"
)

// person is one version of a record of system.
func person(system string, id, version int, family, mail string) string {
	return fmt.Sprintf(`{"kind":"person","names":[{"given":"Eva","family":%q}],"emails":[{"value":%q}],"source":%s}`, family, mail,
		strings.NewReplacer(`"integer":1`, fmt.Sprintf(`"integer":%d`, version), `"offset":0`, fmt.Sprintf(`"offset":%d`, version)).Replace(source(system, fmt.Sprint(id))))
}

type feed struct {
	Items []hub.Event
	Next  string
}

// read reads the feed from a cursor to its present end.
func (f *fixture) read(cursor string, query url.Values) (events []hub.Event, next string) {
	f.t.Helper()
	for {
		q := url.Values{"cursor": {cursor}, "limit": {"7"}}
		for k, v := range query {
			q[k] = v
		}
		var page feed
		f.get("/v1/changes?" + q.Encode()).ok(&page)
		events = append(events, page.Items...)
		if len(page.Items) == 0 {
			return events, page.Next
		}
		cursor = page.Next
	}
}

func ids(events []hub.Event) (ids []string) {
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids
}

// churn changes customers from several goroutines while another publishes; it returns when all is
// published.
func (f *fixture) churn() {
	f.t.Helper()
	ctx, stop := context.WithCancel(f.t.Context())
	relay := make(chan error, 1)
	publish := func() error {
		changes, err := f.Store().Outbox(ctx, 5)
		if err == nil {
			err = f.Store().Published(ctx, changes)
		}
		return err
	}
	go func() {
		for ctx.Err() == nil {
			if err := publish(); err != nil && ctx.Err() == nil {
				relay <- err
				return
			}
		}
		relay <- nil
	}()
	var group sync.WaitGroup
	for system := range 4 {
		group.Go(func() {
			for version := 1; version <= 12; version++ {
				var batch golden.Batch
				for id := range 3 {
					mail := fmt.Sprintf("eva%d@post.example", (id+version/4)%3) // they meet, part and meet again
					in, err := golden.ParseIncoming([]byte(person(fmt.Sprint("s", system), id, version, fmt.Sprint("Meier", version%5), mail)))
					if err != nil {
						f.t.Error(err)
						return
					}
					batch.Records = append(batch.Records, in)
				}
				if _, err := f.Resolver().Resolve(ctx, batch); err != nil {
					f.t.Error(err)
				}
			}
		})
	}
	group.Wait()
	stop()
	if err := <-relay; err != nil {
		f.t.Fatal(err)
	}
	f.publish()
}

func TestFeed_noChangeOfACustomerBeforeAnEarlierOneAndResumeFromAnyCursor(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.churn()
	all, end := f.read("", nil)
	versions, total := map[string]int64{}, 0
	for _, e := range all {
		version, err := strconv.ParseInt(e.Sequence, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if version != versions[e.Subject]+1 {
			t.Errorf("%s: version %d follows %d", e.Subject, version, versions[e.Subject])
		}
		versions[e.Subject] = version
		total++
	}
	s, err := f.Store().Statistics(t.Context())
	if err != nil || int64(total) != s.FeedLast || total < 50 {
		t.Fatalf("%d events of %d, %v", total, s.FeedLast, err)
	}
	whole := ids(all)
	for i, e := range all {
		rest, last := f.read(e.Cursor, url.Values{"limit": {fmt.Sprint(1 + i%9*50)}})
		if diff := cmp.Diff(whole[i+1:], append([]string{}, ids(rest)...)); diff != "" || last != end {
			t.Fatalf("from cursor %d to %s (-want +got):\n%s", i, last, diff)
		}
		if i > 40 {
			break
		}
	}
}

func TestFeed_eventsAreCloudEvents(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records[0], newer(strings.Replace(records[0], "+4930901820", "+4930901821", 1)))
	f.publish()
	var raw struct{ Items []map[string]any }
	f.get("/v1/changes").ok(&raw)
	if len(raw.Items) != 1 { // one batch, one change
		t.Fatalf("%v", raw.Items)
	}
	f.resolve(strings.NewReplacer(`"integer":1`, `"integer":3`, `"offset":0`, `"offset":3`, "+4930901820", "+4930901822").Replace(records[0]))
	f.publish()
	f.get("/v1/changes").ok(&raw)
	e := raw.Items[1]
	id := e["subject"].(string)
	for name, want := range map[string]any{
		"specversion": "1.0", "id": id + "-2", "source": "/hub/test", "type": "touchstone.customer.changed.v1", "sequence": "2",
		"datacontenttype": "application/json", "dataschema": e["dataschema"],
	} {
		if e[name] != want || want == "" {
			t.Errorf("%s is %v", name, e[name])
		}
	}
	data, _ := json.Marshal(e["data"])
	want := `"changed":[{"new":{"value":"+4930901822"},"old":{"value":"+4930901821"},"path":"/phones/0","rule":"union","source":"erp/customers/1"}]`
	if !strings.Contains(string(data), want) {
		t.Errorf("data %s\nwithout %s", data, want)
	}
	a := f.get("/v1/changes?limit=1", "Accept", "application/cloudevents-batch+json")
	var batch []hub.Event
	a.ok(&batch)
	if len(batch) != 1 || a.header.Get("Content-Type") != "application/cloudevents-batch+json" || a.header.Get("Touchstone-Cursor") != batch[0].Cursor {
		t.Errorf("batch %s with %v", a.body, a.header)
	}
}

func TestFeed_filters(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	f.resolve(person("erp", 1, 1, "Meier", "a@post.example"))                                                     // created
	f.resolve(person("shop", 2, 1, "Schulz", "b@post.example"))                                                   // created
	f.resolve(person("erp", 1, 2, "Maier", "a@post.example"))                                                     // changed: /names
	f.resolve(strings.Replace(person("shop", 2, 2, "Schulz", "b@post.example"), `"person"`, `"organisation"`, 1)) // changed: /kind
	f.resolve(person("shop", 2, 3, "Schulz", "a@post.example"))                                                   // merged, merged
	f.publish()
	all, _ := f.read("", nil)
	var types []string
	for _, e := range all {
		types = append(types, strings.TrimSuffix(strings.TrimPrefix(e.Type, "touchstone.customer."), ".v1"))
	}
	if diff := cmp.Diff([]string{"created", "created", "changed", "changed", "merged", "merged"}, types); diff != "" {
		t.Fatalf("types (-want +got):\n%s", diff)
	}
	erp, shop := all[0].Subject, all[1].Subject
	for query, want := range map[string][]int{
		"type=changed": {2, 3},
		"type=touchstone.customer.merged.v1,created": {0, 1, 4, 5},
		"path=/names&type=changed":                   {2},
		"path=/names/0/family&type=changed":          {2},
		"path=/name&type=changed":                    {},
		"path=/kind":                                 {0, 1, 3, 4, 5},
		"system=erp&type=created":                    {0},
		"system=shop/customers&type=changed":         {3},
		"system=sho":                                 {},
		"subject=" + erp + "&type=created":           {0},
		"subject=" + shop + "," + erp:                {0, 1, 2, 3, 4, 5},
		"subject=nobody":                             {},
	} {
		q, _ := url.ParseQuery(query)
		got, _ := f.read("", q)
		expected := []string{}
		for _, i := range want {
			expected = append(expected, all[i].ID)
		}
		if diff := cmp.Diff(expected, append([]string{}, ids(got)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for query, want := range map[string]string{
		"type=renamed": "query.type: expected created, changed, merged, split, deleted or erased",
		"path=names":   "query.path: expected a JSON pointer such as /phones",
		"wait=2m":      "query.wait: expected a duration up to 60s such as 30s",
	} {
		if _, errors := f.get("/v1/changes?" + query).problem(http.StatusBadRequest); len(errors) != 1 || errors[0] != want {
			t.Errorf("%s: %q", query, errors)
		}
	}
}

func TestFeed_aCursorThatIsTooOldOrOfAnotherHubIsGone(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	for v := 1; v <= 6; v++ {
		f.resolve(person("erp", 1, v, fmt.Sprint("Meier", v), "a@post.example"))
	}
	other, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(f.Folder().Settings.Data, "touchstone.db"), FeedKeep: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	changes, err := other.Outbox(t.Context(), 100)
	if err == nil {
		err = other.Published(t.Context(), changes) // keeps 4, 5 and 6
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/changes", "/v1/changes/stream"} {
		for _, seq := range []int64{0, 1, 2, 7, 1000} {
			a := f.get(path + "?cursor=" + hub.FeedCursor(seq))
			a.problem(http.StatusGone)
			if link := a.header.Get("Link"); !strings.Contains(link, "</v1/snapshot>") {
				t.Errorf("%s at %d: Link %q", path, seq, link)
			}
		}
	}
	for seq, want := range map[int64]int{3: 3, 4: 2, 6: 0} {
		if got, _ := f.read(hub.FeedCursor(seq), nil); len(got) != want {
			t.Errorf("after %d: %d events, expected %d", seq, len(got), want)
		}
	}
	if got, _ := f.read("", nil); len(got) != 3 {
		t.Errorf("from the oldest: %d", len(got))
	}
	if got, _ := f.read("now", nil); len(got) != 0 {
		t.Errorf("from now: %d", len(got))
	}
}

func TestFeed_waitsForTheNextChange(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	f.publish()
	_, end := f.read("", nil) // not "now": the request may begin late
	answered := make(chan answer)
	go func() { answered <- f.get("/v1/changes?wait=60s&cursor=" + url.QueryEscape(end)) }()
	select {
	case a := <-answered:
		t.Fatalf("answered at once: %s", a.body)
	case <-time.After(50 * time.Millisecond):
	}
	f.resolve(newer(strings.Replace(records[3], "Schulz", "Scholz", 1)))
	f.publish()
	var page feed
	(<-answered).ok(&page)
	if len(page.Items) != 1 || page.Items[0].Type != "touchstone.customer.changed.v1" {
		t.Errorf("%+v", page)
	}
	began := time.Now()
	f.get("/v1/changes?cursor=now&wait=20ms").ok(&page)
	if len(page.Items) != 0 || time.Since(began) > 45*time.Second {
		t.Errorf("%+v after %v", page, time.Since(began))
	}
}

// reader reads a stream of server-sent events.
type reader struct {
	t      *testing.T
	events chan hub.Event
	close  func()
	ended  chan struct{}
	answer *http.Response
}

func (f *fixture) listen(server *httptest.Server, query, last string) *reader {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	f.t.Cleanup(cancel)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/changes/stream?"+query, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	if last != "" {
		q.Header.Set("Last-Event-ID", last)
	}
	a, err := server.Client().Do(q)
	if err != nil {
		f.t.Fatal(err)
	}
	r := &reader{t: f.t, events: make(chan hub.Event, 1000), close: cancel, ended: make(chan struct{}), answer: a}
	go func() {
		defer close(r.ended)
		defer a.Body.Close()
		lines := bufio.NewScanner(a.Body)
		lines.Buffer(nil, 1<<20)
		var id, kind string
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				id = value
			case "event":
				kind = value
			case "data":
				var e hub.Event
				if err := json.Unmarshal([]byte(value), &e); err != nil || e.Cursor != id || e.Type != kind {
					r.t.Errorf("%v in %q after id %s, event %s", err, value, id, kind)
				}
				r.events <- e
			}
		}
	}()
	return r
}

func (r *reader) take(n int) (events []hub.Event) {
	r.t.Helper()
	late := time.After(90 * time.Second)
	for range n {
		select {
		case e := <-r.events:
			events = append(events, e)
		case <-late:
			r.t.Fatalf("%d events of %d", len(events), n)
		}
	}
	return events
}

func TestStream_goesOnFromTheLastEventWithoutLossOrRepetition(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	f.publish()
	server := httptest.NewServer(f.handler)
	t.Cleanup(server.Close)
	r := f.listen(server, "", "")
	if kind := r.answer.Header.Get("Content-Type"); r.answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("%d %s", r.answer.StatusCode, kind)
	}
	seen := r.take(3)
	for v := 2; v < 12; v++ { // it is cut again and again while changes come
		f.resolve(person("erp", 9, v, fmt.Sprint("Meier", v), "eva@post.example"))
		f.publish()
		if v%3 == 0 {
			r.close()
			<-r.ended
			for len(r.events) > 0 {
				seen = append(seen, <-r.events)
			}
			r = f.listen(server, "", seen[len(seen)-1].Cursor)
		}
	}
	seen = append(seen, r.take(13-len(seen))...)
	all, _ := f.read("", nil)
	if diff := cmp.Diff(ids(all), ids(seen)); diff != "" {
		t.Errorf("streamed (-feed +stream):\n%s", diff)
	}
	chosen := f.listen(server, "cursor=&type=created&current=true", "")
	for _, e := range chosen.take(4) {
		if e.Type != "touchstone.customer.created.v1" || e.Data.Current == nil || len(e.Data.Current.Customer) == 0 {
			t.Errorf("%+v", e)
		}
	}
	chosen.close()
	if err := f.Close(); err != nil { // the hub ends: so do streams, without error
		t.Error(err)
	}
	select {
	case <-r.ended:
	case <-time.After(90 * time.Second):
		t.Error("the stream did not end with the hub")
	}
}

// A reader that takes a snapshot and follows the feed holds what the store holds.
func TestSnapshot_withTheFeedAfterItIsTheState(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	for id := range 20 {
		f.resolve(person("erp", id, 1, fmt.Sprint("Meier", id), fmt.Sprintf("eva%d@post.example", id)))
	}
	f.publish()
	f.resolve(person("erp", 0, 2, "Maier", "eva0@post.example")) // in the snapshot, not in the feed yet
	a := f.get("/v1/snapshot")
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	held := map[string]api.SnapshotCustomer{}
	var end struct {
		End *struct {
			Cursor    string
			Customers int
		}
	}
	lines := bytes.Split(bytes.TrimSpace(a.body), []byte("\n"))
	for i, line := range lines {
		if i == len(lines)-1 {
			if err := json.Unmarshal(line, &end); err != nil || end.End == nil || end.End.Customers != 20 || end.End.Cursor != a.header.Get("Touchstone-Cursor") {
				t.Fatalf("last line %s, %v, header %v", line, err, a.header)
			}
			break
		}
		var c api.SnapshotCustomer
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		held[c.ID] = c
	}
	f.churn()
	f.resolve(person("erp", 3, 2, "Meier", "eva4@post.example")) // merges
	f.publish()
	events, _ := f.read(end.End.Cursor, url.Values{"current": {"true"}})
	for _, e := range events {
		follow(t, held, e)
	}
	want := map[string]api.SnapshotCustomer{}
	if _, err := f.Store().Snapshot(t.Context(), func(g golden.GoldenRecord) error {
		want[g.ID] = api.SnapshotCustomer{ID: g.ID, Version: g.Version, Sources: g.Sources, Customer: g.Doc}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Errorf("state (-store +reader):\n%s", diff)
	}
}

// follow applies one event as docs/events.md says.
func follow(t *testing.T, held map[string]api.SnapshotCustomer, e hub.Event) {
	t.Helper()
	now := e.Data.Current
	if now == nil {
		t.Fatalf("%s says nothing of the customer", e.ID)
	}
	if now.State != golden.Live {
		delete(held, e.Subject)
		return
	}
	if now.Version < held[e.Subject].Version {
		return
	}
	held[e.Subject] = api.SnapshotCustomer{ID: e.Subject, Version: now.Version, Sources: now.Sources, Customer: now.Customer}
}

func TestSubscribers_areShownAndSentToAgain(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	f.publish()
	var list struct{ Items []hub.Subscriber }
	f.get("/v1/subscribers").ok(&list)
	if list.Items == nil || len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
	f.get("/v1/subscribers/bi/log").problem(http.StatusNotFound)
	for body, want := range map[string]int{
		`{"from": "oldest"}`:            http.StatusNotFound,
		`{"from": "?"}`:                 http.StatusBadRequest,
		`{}`:                            http.StatusBadRequest,
		`{"from": "MQ", "id": "G01-1"}`: http.StatusBadRequest,
	} {
		q := httptest.NewRequest(http.MethodPost, "/v1/subscribers/bi/resend", strings.NewReader(body))
		q.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, q)
		if w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}
