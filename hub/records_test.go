package hub_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/hub"
)

// recordKeys are the records of all pages: "stream/key offset".
func (r *rig) recordKeys(q hub.RecordQuery) (keys []string, pages int) {
	r.t.Helper()
	for {
		page, err := r.Records(r.t.Context(), q)
		if err != nil {
			r.t.Fatal(err)
		}
		pages++
		for _, f := range page.Found {
			keys = append(keys, f.Stream+"/"+f.Key+" "+strconv.FormatInt(f.At.Offset, 10))
		}
		if page.Next == nil {
			return keys, pages
		}
		q.From = page.Next
	}
}

func TestRecords_arePagedFilteredAndOrderedFromBothEnds(t *testing.T) {
	t.Parallel()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	for i := range 5 {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "a%d@post.example"}`, i, i))
		r.send("erp/orders", fmt.Sprintf(`{"id": %d, "v": 1, "mail": "a@post.example"}`, i))
	}
	since := time.Now()
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna B", "mail": "a1@post.example"}`)
	for _, c := range []struct {
		name  string
		query hub.RecordQuery
		want  string
		pages int
	}{
		{"newest first, in pages", hub.RecordQuery{Stream: "customers", Limit: 2}, "customers/1 10,customers/4 8,customers/3 6,customers/2 4,customers/1 2,customers/0 0", 3},
		{"oldest first, in pages", hub.RecordQuery{Stream: "orders", Oldest: true, Limit: 3}, "orders/0 1,orders/1 3,orders/2 5,orders/3 7,orders/4 9", 2},
		{"one record", hub.RecordQuery{Stream: "customers", Key: "1", Limit: 9}, "customers/1 10,customers/1 2", 1},
		{"from an offset", hub.RecordQuery{Oldest: true, From: map[int]int64{0: 8}, Limit: 9}, "customers/4 8,orders/4 9,customers/1 10", 1},
		{"since a time", hub.RecordQuery{Since: since, Limit: 9}, "customers/1 10", 1},
		{"since a time, oldest first", hub.RecordQuery{Since: since, Oldest: true, Limit: 9}, "customers/1 10", 1},
		{"partitions that are not named", hub.RecordQuery{From: map[int]int64{7: 0}, Limit: 9}, "", 1},
	} {
		c.query.System = "erp"
		got, pages := r.recordKeys(c.query)
		if diff := cmp.Diff(c.want, strings.Join(got, ",")); diff != "" || pages != c.pages {
			t.Errorf("%s: %d pages, expected %d (-want +got):\n%s", c.name, pages, c.pages, diff)
		}
	}
	var unknown *hub.UnknownError
	if _, err := r.Records(t.Context(), hub.RecordQuery{System: "crm", Limit: 1}); !errors.As(err, &unknown) || strings.Join(unknown.Known, ",") != "erp,shop" {
		t.Errorf("a system that is not there: %v", err)
	}
	if _, err := r.Records(t.Context(), hub.RecordQuery{System: "erp", Stream: "custmers", Limit: 1}); !errors.As(err, &unknown) || unknown.What != "stream" {
		t.Errorf("a stream that is not there: %v", err)
	}
	if found, _ := r.recordKeys(hub.RecordQuery{System: "shop", Limit: 1}); found != nil {
		t.Errorf("a system that wrote nothing: %v", found)
	}
}

func TestRecords_areShownAsTheyCameWithWhatTheMappingMakesOfThem(t *testing.T) {
	t.Parallel()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	good := `{ "id":1,"v": 1, "name": "王小明", "mail": "w@post.example" }`
	bad := `{"id": 2, "v": 1, "name": "Bad", "mail": "no address"}`
	r.send("erp/customers", good)
	r.send("erp/customers", bad)
	r.send("erp/customers", `{"id": 1, "v": 2}`, "deleted")
	r.settled()
	page, err := r.Records(t.Context(), hub.RecordQuery{System: "erp", Oldest: true, Translate: true, Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Found) != 3 || string(page.Found[0].Bytes) != good || string(page.Found[1].Bytes) != bad {
		t.Fatalf("the records are %+v", page.Found)
	}
	first, second, third := page.Found[0], page.Found[1], page.Found[2]
	if !strings.Contains(string(first.Output), `"full":"王小明"`) || first.TranslationError != nil || first.Entity != "Customer" {
		t.Errorf("the good one becomes %s %s, %v", first.Entity, first.Output, first.TranslationError)
	}
	if letters := r.letters(); len(letters) != 1 || second.TranslationError == nil || second.TranslationError.Error() != letters[0].Error {
		t.Errorf("the bad one says %v, its dead letter %+v", second.TranslationError, letters)
	}
	if !third.Deleted || !strings.Contains(string(third.Output), `"status":"deleted"`) {
		t.Errorf("the deleted one becomes %s", third.Output)
	}
	if n := len(r.letters()); n != 1 {
		t.Errorf("looking made dead letters: %d", n)
	}
}

func TestRecords_goBackBeyondWhatIsReadAtOnce(t *testing.T) {
	t.Parallel()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	const n = 700 // nearly three chunks
	var records []string
	for i := range n {
		records = append(records, fmt.Sprintf(`{"id": %d, "v": 1, "name": "A", "mail": "a@post.example"}`, i))
	}
	if err := hub.PublishRaw(t.Context(), r.Hub, "erp", "customers", records...); err != nil {
		t.Fatal(err)
	}
	keys, _ := r.recordKeys(hub.RecordQuery{System: "erp", Limit: 300})
	for i, key := range keys {
		if want := fmt.Sprintf("customers/ %d", n-1-i); key != want {
			t.Fatalf("record %d is %q, expected %q", i, key, want)
		}
	}
	if len(keys) != n {
		t.Errorf("%d records, expected %d", len(keys), n)
	}
}
