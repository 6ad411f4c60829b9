package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// stages are those that read canonical entities, with what they make of one.
var stages = []struct {
	stage string
	of    canonical.Entity
	bad   string // a member that the stage cannot read, though it is JSON
	holds func(r *rig, key string) string
}{
	{"resolve", canonical.EntityCustomer, `"names": "nobody"`, func(r *rig, key string) string {
		g, _ := r.customer(key)
		return string(g.Doc)
	}},
	{"documents", canonical.EntityOrder, `"parties": "nobody"`, func(r *rig, key string) string {
		d, _ := r.Store().Document(r.t.Context(), canonical.EntityOrder, key)
		return string(d.Doc)
	}},
}

func entity(id string, version, offset int, member string) string {
	return fmt.Sprintf(`{%s, "source": {"system": "erp", "stream": "things", "id": %q, "version": {"integer": %d}, "status": "active",
		"provenance": {"ingest": {"topic": "raw.erp", "epoch": 1, "partition": 0, "offset": %d}, "revision": 1}}}`, member, id, version, offset)
}

// A letter of a stage that reads canonical entities goes to that stage again. Where it fails once
// more it is the same letter.
func TestDeadLetters_ofResolveAndDocumentsFailAsTheSameLetter(t *testing.T) {
	t.Parallel()
	for _, c := range stages {
		t.Run(c.stage, func(t *testing.T) {
			t.Parallel()
			r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:9"})
			r.await("the hub runs", func() error { _, err := r.Lag(t.Context()); return err })
			if err := hub.PublishCanonical(t.Context(), r.Hub, c.of, "erp/things/1", entity("1", 1, 7, c.bad)); err != nil {
				t.Fatal(err)
			}
			only := func(attempts int) (l golden.DeadLetter) {
				t.Helper()
				r.await("one open letter", func() error {
					if found := r.letters(); len(found) != 1 || found[0].Attempts != attempts {
						return fmt.Errorf("%+v", found)
					}
					l = r.letters()[0]
					return nil
				})
				return l
			}
			l := only(1)
			if l.Stage != c.stage || l.Cause != "canonical" || l.System != "erp" || l.Stream != "things" || l.Topic != hub.CanonicalTopic(c.of) ||
				!strings.Contains(string(l.Bytes), `"nobody"`) || l.Error == "" {
				t.Errorf("letter %+v", l)
			}
			if result := r.again(l.ID); result.Done != 1 || result.Failed != 0 {
				t.Errorf("%+v", result)
			}
			if again := only(2); again.ID != l.ID || string(again.Bytes) != string(l.Bytes) {
				t.Errorf("letter %d after letter %d", again.ID, l.ID)
			}
		})
	}
}

// What an earlier program could not read and this one can goes in under its own version and ingest
// sequence: a newer version that came meanwhile stays.
func TestDeadLetters_ofResolveAndDocumentsGoInAndDoNotOverwrite(t *testing.T) {
	t.Parallel()
	for _, c := range stages {
		t.Run(c.stage, func(t *testing.T) {
			t.Parallel()
			r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:9"})
			r.await("the hub runs", func() error { _, err := r.Lag(t.Context()); return err })
			member := func(text string) string { return fmt.Sprintf(`"language": %q, "number": %q`, text, text) }
			if err := hub.PublishCanonical(t.Context(), r.Hub, c.of, "erp/things/2", entity("2", 5, 9, member("en"))); err != nil {
				t.Fatal(err)
			}
			r.settled()
			letters := make([]golden.DeadLetter, 2)
			for i := range letters {
				id := fmt.Sprint(i + 1)
				letters[i] = golden.DeadLetter{
					Stage: c.stage, System: "erp", Stream: "things", Key: id, Cause: "canonical", Error: "an earlier program's", Attempts: 1,
					Topic: hub.CanonicalTopic(c.of), Offset: int64(i), Bytes: []byte(entity(id, 1, i, member("de"))), State: golden.DeadOpen,
				}
			}
			err := r.Store().InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error { return tx.AddDeadLetters(ctx, letters) })
			if err != nil {
				t.Fatal(err)
			}
			result, err := r.ReplayLetters(t.Context(), hub.LetterChoice{Query: golden.DeadLetterQuery{Stage: c.stage}}, hub.LetterProgress{}, nil)
			if err != nil || result.Done != 2 {
				t.Fatalf("%+v, %v", result, err)
			}
			r.settled()
			for key, want := range map[string]string{"erp/things/1": `"de"`, "erp/things/2": `"en"`} {
				r.await(key, func() error {
					if doc := c.holds(r, key); !strings.Contains(doc, want) {
						return fmt.Errorf("%s; expected %s", doc, want)
					}
					return nil
				})
			}
			if open := r.letters(); len(open) != 0 {
				t.Errorf("letters %+v", open)
			}
		})
	}
}
