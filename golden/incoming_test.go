package golden_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func TestParseIncoming(t *testing.T) {
	t.Parallel()
	const doc = `{"kind":"person","language":null,"source":{"system":"erp","stream":"customers","id":"7/a","version":{"time":"2026-02-03T04:05:06+01:00"},"status":"active",
		"provenance":{"origin":"customers","position":"row 7","ingest":{"topic":"raw.erp","epoch":1,"partition":2,"offset":99},"revision":3,"correlation":"c-1"}}}`
	in, err := golden.ParseIncoming([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	r := in.Record
	if in.Key() != "erp/customers/7/a" || r.ID != "7/a" || r.Deleted || r.Revision != 3 || in.Correlation != "c-1" {
		t.Errorf("%+v", r)
	}
	if want := (canonical.IngestSequence{Topic: "raw.erp", Epoch: 1, Partition: 2, Offset: 99}); r.Ingest != want {
		t.Errorf("ingest %+v", r.Ingest)
	}
	if want := time.Date(2026, 2, 3, 3, 5, 6, 0, time.UTC); !r.BusinessTime.Equal(want) {
		t.Errorf("without a business time the version's counts: %v, want %v", r.BusinessTime, want)
	}
	other := strings.NewReplacer(`"kind":"person","language":null`, `"language" : null, "kind" : "person"`, `"offset":99`, `"offset":100`).Replace(doc)
	again, err := golden.ParseIncoming([]byte(other))
	if err != nil || again.Record.Hash != r.Hash {
		t.Errorf("equal content in another spelling: hash %x, want %x, %v", again.Record.Hash, r.Hash, err)
	}
	unknown, err := golden.ParseIncoming([]byte(strings.Replace(doc, `"language":null,`, "", 1)))
	if err != nil || unknown.Record.Hash == r.Hash {
		t.Errorf("unknown and cleared are the same, %v", err)
	}
}

func TestParseIncoming_namesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`[]`: "read customer: ",
		`{}`: "/source: found no record; expected system, stream and id",
		`{"source":{"system":"erp","stream":"customers","id":"1","businessTime":"yesterday"}}`: "/source/businessTime: found yesterday; expected a time by RFC 3339",
		`{"source":{"system":"erp","stream":"customers","id":"1","version":{"time":"v1"}}}`:    "/source/version/time: found v1; expected a time by RFC 3339",
	} {
		if _, err := golden.ParseIncoming([]byte(doc)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", doc, err, want)
		}
	}
}

func TestResolve_integerVersionsAndMixedTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	versioned := func(v canonical.Version, language string) golden.Incoming {
		in := w.record("erp/1", 1, `{"language":"`+language+`"}`)
		in.Record.Version = &v
		return in
	}
	integer := func(n int64) canonical.Version { return canonical.Version{Integer: &n} }
	w.resolve(versioned(integer(10), "de"))
	if result := w.resolve(versioned(integer(9), "en")); result.Stale != 1 {
		t.Errorf("9 after 10: %+v", result)
	}
	if result := w.resolve(versioned(canonical.Version{Time: "2026-01-01T00:00:00Z"}, "fr")); result.Accepted != 1 {
		t.Errorf("versions of different types do not compare, arrival decides: %+v", result)
	}
	epoch := w.record("erp/1", 1, `{"language":"it"}`)
	epoch.Record.Ingest.Epoch, epoch.Record.Ingest.Offset = 1, 0
	if result := w.resolve(epoch); result.Accepted != 1 || w.doc("erp/1").Language != "it" {
		t.Errorf("a higher epoch is later: %+v", result)
	}
}

func TestChange_leavesAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"attributes":{"a/b":"x"},"names":[{"full":"\u0001 \"王\"\n"}]}`))
	g := w.entity("erp/1")
	if !json.Valid(g.Doc) {
		t.Errorf("%s is not JSON", g.Doc)
	}
	changes, err := w.store.History(t.Context(), g.No, 0, 10)
	if err != nil || len(changes) != 1 || changes[0].Type != golden.Created || changes[0].ID != g.ID {
		t.Errorf("%+v, %v", changes, err)
	}
}
