package file

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats/all"
)

// outbox is a folder that a target writes to.
type outbox struct {
	t    *testing.T
	dir  string
	yaml string
	*target
	opened connectors.Target
}

func newOutbox(t *testing.T, yaml string) *outbox {
	o := &outbox{t: t, dir: t.TempDir(), yaml: yaml}
	o.restart()
	return o
}

// restart opens the target as a new process does.
func (o *outbox) restart() {
	o.t.Helper()
	var ps config.Problems
	n := config.Parse("scm.yaml", []byte("kind: file\ntarget: {s: {"+o.yaml+"}}"), nil, &ps)
	c := connectors.Load(n, "scm", connectors.LoadOptions{Kinds: []connectors.Kind{Kind}, Formats: all.Kinds(), Folder: o.dir}, &ps)
	if err := ps.Err(); err != nil {
		o.t.Fatal(err)
	}
	clock := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC) }
	opened, err := c.Connector.Target("s", connectors.Env{Log: slog.New(slog.DiscardHandler), DataFolder: o.dir, Clock: clock})
	if err != nil {
		o.t.Fatal(err)
	}
	o.opened = opened
	switch opened := opened.(type) {
	case lister:
		o.target = opened.target
	case *target:
		o.target = opened
	}
	open := o.target
	o.t.Cleanup(func() { _ = open.Close() })
}

// deliver creates records with these numbers and gives the statuses.
func (o *outbox) deliver(ids ...int) string {
	o.t.Helper()
	var batch []connectors.Delivery
	for _, id := range ids {
		batch = append(batch, connectors.Delivery{Key: fmt.Sprint("key", id), Subject: fmt.Sprint("sys/s/", id), Operation: connectors.Create, Payload: fmt.Appendf(nil, `{"id": %d}`, id)})
	}
	var statuses []string
	for _, out := range o.opened.Deliver(o.t.Context(), batch) {
		statuses = append(statuses, string(out.Status))
	}
	return strings.Join(statuses, " ")
}

func (o *outbox) want(file, content string) {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, file))
	if err != nil {
		o.t.Fatal(err)
	}
	if diff := cmp.Diff(content, string(b)); diff != "" {
		o.t.Errorf("%s: %s", file, diff)
	}
}

func TestTarget_aFileARecord(t *testing.T) {
	o := newOutbox(t, `file: "out/{subject}.json"`)
	if got := o.deliver(1, 2); got != "done done" {
		t.Fatal(got)
	}
	o.want("out/sys%2Fs%2F1.json", `{"id":1}`)
	for _, c := range []struct {
		d    connectors.Delivery
		want connectors.Status
	}{
		{connectors.Delivery{Operation: connectors.Update, RemoteID: "out/sys%2Fs%2F1.json", Payload: []byte(`{"id":3}`)}, connectors.Done},
		{connectors.Delivery{Operation: connectors.Delete, RemoteID: "out/sys%2Fs%2F2.json"}, connectors.Done},
		{connectors.Delivery{Operation: connectors.Delete, RemoteID: "out/sys%2Fs%2F2.json"}, connectors.Missing},
		{connectors.Delivery{Operation: connectors.Delete, RemoteID: "../secret.json"}, connectors.Refused},
		{connectors.Delivery{Operation: connectors.Update, RemoteID: "hub.yaml", Payload: []byte(`{}`)}, connectors.Refused},
		{connectors.Delivery{Operation: connectors.Deactivate, RemoteID: "out/sys%2Fs%2F1.json"}, connectors.Refused},
		{connectors.Delivery{Operation: connectors.Create, Subject: "../../x", Payload: []byte(`{"id":4}`)}, connectors.Done},
	} {
		if got := o.opened.Deliver(t.Context(), []connectors.Delivery{c.d})[0]; got.Status != c.want {
			t.Errorf("%+v: %s: %v", c.d, got.Status, got.Err)
		}
	}
	o.want("out/sys%2Fs%2F1.json", `{"id":3}`)
	o.want("out/%2E.%2F..%2Fx.json", `{"id":4}`)
	var listed []string
	for f, err := range o.opened.(connectors.Lister).List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, f.Key+" "+string(f.Bytes))
	}
	if diff := cmp.Diff([]string{`out/%2E.%2F..%2Fx.json {"id":4}`, `out/sys%2Fs%2F1.json {"id":3}`}, listed); diff != "" {
		t.Error(diff)
	}
}

func TestTarget_aFileABatch(t *testing.T) {
	o := newOutbox(t, `file: "out/{time}.csv", format: {name: csv, columns: [id], header: true, line_end: crlf}`)
	o.deliver(1, 2)
	o.deliver(3)
	o.want("out/20260102T030405.000006000Z.csv", "id\r\n1\r\n2\r\n")
	o.want("out/20260102T030405.000006000Z-again.csv", "id\r\n3\r\n")
}

func TestTarget_appendingTwiceIsAppendingOnce(t *testing.T) {
	o := newOutbox(t, `file: out/c.ndjson, append: true`)
	o.deliver(1, 2)
	if got := o.deliver(2, 3, 3); got != "done done done" {
		t.Error(got)
	}
	o.want("out/c.ndjson", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n")
	o.restart()
	o.deliver(1, 2, 3, 4)
	o.want("out/c.ndjson", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n")
}

// TestTarget_appendingSurvivesACrashAnywhere cuts the file, as a crash would, at every byte of the
// last batch, also with its full size but without its content; the batch is then delivered again.
func TestTarget_appendingSurvivesACrashAnywhere(t *testing.T) {
	const before, last = "{\"id\":1}\n", "{\"id\":2}\n{\"id\":3}\n"
	for cut := 0; cut <= len(last)+1; cut++ {
		o := newOutbox(t, `file: c.ndjson, append: true`)
		o.deliver(1)
		o.deliver(2, 3)
		content := before + last[:min(cut, len(last))]
		if cut > len(last) {
			content = before + strings.Repeat("\x00", len(last)-1) + "\n"
		}
		if err := os.WriteFile(filepath.Join(o.dir, "c.ndjson"), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		o.restart()
		if got := o.deliver(2, 3); got != "done done" {
			t.Fatal(got)
		}
		o.want("c.ndjson", before+last)
		o.deliver(4)
		o.restart() // the entries of batches that were cut off must not count now
		o.deliver(2, 3, 4, 5)
		o.want("c.ndjson", before+last+"{\"id\":4}\n{\"id\":5}\n")
	}
}

func TestTarget_aFileThatWasTakenAwayBeginsAnew(t *testing.T) {
	o := newOutbox(t, `file: c.csv, append: true, format: {name: csv, columns: [id], header: true}`)
	o.deliver(1)
	o.deliver(2)
	if err := os.Rename(filepath.Join(o.dir, "c.csv"), filepath.Join(o.dir, "taken.csv")); err != nil {
		t.Fatal(err)
	}
	o.deliver(1, 2, 3)
	o.want("c.csv", "id\n3\n")
	o.want("taken.csv", "id\n1\n2\n")
}

func TestTarget_journalIsBounded(t *testing.T) {
	o := newOutbox(t, `file: c.ndjson, append: true`)
	o.deliver(1, 2)
	o.journal.size = mostJournal + 1
	o.deliver(3)
	if o.journal.size > 1000 {
		t.Errorf("the journal has %d bytes", o.journal.size)
	}
	o.restart()
	o.deliver(1, 2, 3, 4)
	o.want("c.ndjson", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n")
}

func TestTarget_whatTheFormatCannotHoldIsRefused(t *testing.T) {
	o := newOutbox(t, `file: c.csv, append: true, format: {name: csv, columns: [name]}`)
	out := o.opened.Deliver(t.Context(), []connectors.Delivery{{Key: "k", Subject: "s", Operation: connectors.Create, Payload: []byte(`{"id":1}`)}})[0]
	if out.Status != connectors.Refused || out.Err.Error() != `write the record: there is no column "id"` {
		t.Errorf("%s: %v", out.Status, out.Err)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "c.csv")); err == nil {
		t.Error("a file was made for nothing")
	}
}
