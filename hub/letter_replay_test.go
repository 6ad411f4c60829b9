package hub_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// drop puts a file into the folder that a stream reads, whole.
func (r *rig) drop(name, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Join(r.root, "in"), 0o755); err != nil {
		r.t.Fatal(err)
	}
	scratch := filepath.Join(r.t.TempDir(), name)
	if err := os.WriteFile(scratch, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(scratch, filepath.Join(r.root, "in", name)); err != nil {
		r.t.Fatal(err)
	}
}

// files is a hub that reads files of a format.
func files(pattern, format string) map[string]string {
	return with(map[string]string{
		"connectors/erp.yaml": "kind: file\nstreams:\n  customers: {folder: in, pattern: \"" + pattern + "\", format: " + format +
			", key: id, mapping: customer, settle: 0s, poll: \"@every 1s\"}\n",
		"golden.yaml":          "match: {keys: [[email]]}\n",
		"connectors/shop.yaml": "", "routes/customers.yaml": "", "mappings/order.yaml": "", "mappings/account.yaml": "", "mappings/booking.yaml": "",
	})
}

func (r *rig) again(ids ...int64) hub.LetterResult {
	r.t.Helper()
	result, err := r.ReplayLetters(r.t.Context(), hub.LetterChoice{IDs: ids}, hub.LetterProgress{}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// What stands before and after an unclosed quote goes in; the rest is one dead letter, which stays
// the same letter for as long as it fails.
func TestDeadLetters_unclosedQuoteInCSV(t *testing.T) {
	t.Parallel()
	r := start(t, files("*.csv", "csv"), nil)
	rows := []string{"id,v,name,mail,phone,phone2,kind"}
	for i := 1; i <= 400; i++ {
		name := fmt.Sprintf("Anna %d", i)
		if i == 200 {
			name = `"Anna`
		}
		rows = append(rows, fmt.Sprintf("%d,1,%s,a%d@post.example,,,", i, name, i))
	}
	r.drop("a.csv", strings.Join(rows, "\n")+"\n")
	r.await("the file is read", func() error {
		if n := r.stats().Records["erp/customers"]; n != 399 {
			return fmt.Errorf("%d records", n)
		}
		return nil
	})
	letters := r.letters()
	if len(letters) != 1 || letters[0].Stage != "ingest" || letters[0].Cause != "format" || !strings.Contains(letters[0].Position, ":201 (record 200, byte ") ||
		string(letters[0].Bytes) != rows[200] {
		t.Fatalf("letters %+v", letters)
	}
	if result := r.again(letters[0].ID); result.Failed != 1 || !strings.Contains(result.Errors[0], "a.csv:201 (record 200, byte ") {
		t.Errorf("replayed as it is: %+v", result)
	}
	if again := r.letters(); len(again) != 1 || again[0].ID != letters[0].ID || again[0].Attempts != 2 {
		t.Errorf("letters %+v", again)
	}
	result, err := r.DropLetters(t.Context(), hub.LetterChoice{IDs: []int64{letters[0].ID}}, "sent again by hand", nil)
	if err != nil || result.Done != 1 || len(r.letters()) != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestDeadLetters_cutOffJSONArray(t *testing.T) {
	t.Parallel()
	r := start(t, files("*.json", "json"), nil)
	const head = `[{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}, {"id": 2, "v": 1, "name": "Bert", "mail": "bert@post.example"},` + "\n"
	r.drop("a.json", head+`{"id": 3, "na`)
	r.await("what came before stands", func() error {
		if n := r.stats().Records["erp/customers"]; n != 2 {
			return fmt.Errorf("%d records", n)
		}
		return nil
	})
	letters := r.letters()
	if len(letters) != 1 || letters[0].Stage != "ingest" || !strings.Contains(letters[0].Position, "a.json:2 ") || !strings.Contains(string(letters[0].Bytes), `{"id": 3, "na`) {
		t.Fatalf("letters %+v", letters)
	}
}

// A letter of a delivery is delivered again, and is the same letter where it is refused again.
func TestDeadLetters_refusedDeliveryIsSentAgain(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	refuse := true
	shop.set(func() {
		shop.before = func(w http.ResponseWriter, _ *http.Request, _ map[string]any) bool {
			shop.mu.Lock()
			defer shop.mu.Unlock()
			if refuse {
				http.Error(w, `{"error": "no"}`, http.StatusUnprocessableEntity)
			}
			return refuse
		}
	})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	one := func() (l golden.DeadLetter) {
		r.await("one dead letter", func() error {
			found := r.letters()
			if len(found) != 1 {
				return fmt.Errorf("%d letters", len(found))
			}
			l = found[0]
			return nil
		})
		return l
	}
	first := one()
	if result := r.again(first.ID); result.Done != 1 {
		t.Fatalf("%+v", result)
	}
	second := one()
	if second.ID != first.ID || second.Attempts != 2 || second.Stage != "deliver" {
		t.Errorf("letter %d with %d attempts after letter %d", second.ID, second.Attempts, first.ID)
	}
	shop.set(func() { refuse = false })
	r.again(second.ID)
	shop.holds("1 name=Anna", "name")
	r.settled()
	if len(r.letters()) != 0 {
		t.Errorf("letters %+v", r.letters())
	}
}

// A deletion stays one, and a translate letter keeps the ingest sequence under which it came.
func TestDeadLetters_showWhatTheMappingSees(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "bad"}`)
	r.settled()
	l := r.letters()[0]
	v := r.ViewLetter(l)
	if v == nil || v.Field != "emails[0].value" || len(v.Reads) != 1 || v.Reads[0].Path != "mail" || string(v.Reads[0].Value) != `"bad"` || !strings.Contains(string(v.Input), `"name":"Anna"`) {
		t.Errorf("view %+v", v)
	}
	if header := hub.LetterHeader(l); header["touchstone_offset"] != "" {
		t.Errorf("header %v", header)
	}
}
