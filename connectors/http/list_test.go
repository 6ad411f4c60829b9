package http_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/connectors"
)

// lister opens the stream `people` of a system with a list; more are settings, each with its comma.
func lister(t *testing.T, h *hub, url, list string, more ...string) connectors.Source {
	t.Helper()
	c := must(t, fmt.Sprintf("kind: http\nsettings: {base_url: %s, "+strings.Join(more, "")+"auth: {bearer: \"${SECRET_TOKEN}\"}}\nstreams:\n  people:\n    list: {%s}\n", url, list))
	source, err := c.Connector.Source("people", h.env())
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// once runs a source until it has ended by itself, or has emitted n times.
func once(t *testing.T, h *hub, source connectors.Source, n int) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- source.Run(ctx, h.emit) }()
	for range n {
		select {
		case <-h.emitted:
		case err := <-ended:
			return err
		}
	}
	if n > 0 {
		for h.state() == "" && ctx.Err() == nil { // the checkpoint follows the last emit
			time.Sleep(time.Millisecond)
		}
		cancel()
	}
	return <-ended
}

func (h *hub) state() string {
	state, _ := h.memory.Load(context.Background())
	return string(state)
}

func TestList_goesOnFromTheNewestChange(t *testing.T) {
	t.Parallel()
	server := newTool(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `[{"id":1,"meta":{"at":"2024-03-01T12:00:00+02:00"}},{"id":2,"meta":{"at":"2024-03-01T10:30:00Z"}},{"id":3}]`)
	})
	h := newHub(t)
	source := lister(t, h, server.URL, `path: "/people?after={since}", since: {path: meta.at, start: 2020-01-01, overlap: 10m}`)
	if err := once(t, h, source, 1); err != nil {
		t.Fatal(err)
	}
	if got := h.state(); got != `{"since":"2024-03-01T10:30:00Z"}` {
		t.Errorf("checkpoint %s", got)
	}
	if err := once(t, h, source, 1); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /people?after=2020-01-01", "GET /people?after=2024-03-01T10%3A20%3A00Z"}
	if diff := cmp.Diff(want, server.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestList_tellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   connectors.Class
		after  time.Duration
		text   string
	}{
		"credentials":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, connectors.ClassUnauthorised, 0, "credentials refused: ask for the list: the system answered 401 Unauthorized"},
		"busy":         {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "9"); w.WriteHeader(429) }, connectors.ClassRetryable, 9 * time.Second, "429"},
		"broken":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, connectors.ClassRetryable, 0, "500"},
		"a wrong path": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, connectors.ClassPermanent, 0, "404"},
		"another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/?token=x", http.StatusFound)
		}, connectors.ClassPermanent, 0, "302 Found"},
		"next on another": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", `<http://127.0.0.1:1/p>; rel="next"`)
		}, connectors.ClassPermanent, 0, "the next page is on another host, 127.0.0.1:1"},
		"next is the same":  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Link", `</people>; rel=next`) }, connectors.ClassPermanent, 0, "the next page is the same page"},
		"no answer in time": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, connectors.ClassRetryable, 0, "deadline exceeded"},
		"a page of HTML":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>back soon</html>") }, connectors.ClassRetryable, 0, "is not of its format"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, server := newHub(t), newTool(t, test.answer)
			var more []string
			if test.text == "deadline exceeded" {
				more = []string{"timeout: 100ms, "}
			}
			err := once(t, h, lister(t, h, server.URL, "path: /people", more...), 0)
			if err == nil || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("error %v; expected %q", err, test.text)
			}
			if class, after := connectors.Classify(err); class != test.want || after != test.after {
				t.Errorf("%s after %s; expected %s after %s", class, after, test.want, test.after)
			}
			if strings.Contains(err.Error(), "token") || len(h.kept()) > 0 {
				t.Errorf("the error tells a secret, or something was stored: %v", err)
			}
		})
	}
}

func TestList_staysWhereItIsUntilEverythingIsDurable(t *testing.T) {
	t.Parallel()
	server := newTool(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[{"id":1,"n":5}]`) })
	h := newHub(t)
	h.refuseWith(errors.New("the broker is away"))
	if err := once(t, h, lister(t, h, server.URL, `path: "/p?n={since}", since: {path: n, start: 0}`), 0); err == nil || h.state() != "" {
		t.Errorf("error %v, checkpoint %q", err, h.state())
	}
}
