package hubtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// Golden is one live golden record without what differs between two hubs that took in the same:
// IDs, versions and the hub's own times.
type Golden struct {
	Sources  []string         // keys of its source records, sorted
	Customer map[string]any   // the document
	Lineage  map[string][]Won // by attribute, one for each value
}

// Won says where a value comes from.
type Won struct {
	Source string   `json:"source"`
	Rule   string   `json:"rule"`
	Time   string   `json:"time"` // in the business
	Also   []string `json:"also"`
	Lost   []Lost   `json:"lost"`
}

// Lost is a value that lost.
type Lost struct {
	Source string `json:"source"`
	Value  any    `json:"value"`
	Why    string `json:"why"`
}

// Dump is every live golden record, in order of its first source record.
func (h *Hub) Dump() []Golden {
	h.t.Helper()
	var all []Golden
	_, err := h.Store().Snapshot(h.t.Context(), func(r golden.GoldenRecord) error {
		g := Golden{Sources: slices.Sorted(slices.Values(r.Sources))}
		if err := json.Unmarshal(r.Doc, &g.Customer); err != nil {
			return err
		}
		lineage, err := golden.ReadLineage(r)
		if err != nil {
			return err
		}
		text, err := json.Marshal(lineage)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &g.Lineage); err != nil {
			return err
		}
		all = append(all, g)
		return nil
	})
	if err != nil {
		h.t.Fatalf("read all golden records: %v", err)
	}
	slices.SortFunc(all, func(a, b Golden) int {
		return strings.Compare(strings.Join(a.Sources, "\n"), strings.Join(b.Sources, "\n"))
	})
	return all
}

// DeadLetters are what the hub could not process, in words.
func (h *Hub) DeadLetters() []string {
	h.t.Helper()
	letters, err := h.Store().DeadLetters(h.t.Context(), golden.DeadLetterQuery{Limit: 1000})
	if err != nil {
		h.t.Fatalf("read the dead letters: %v", err)
	}
	var all []string
	for _, l := range letters {
		all = append(all, l.Stage+" "+l.System+"/"+l.Stream+"/"+l.Key+": "+l.Error)
	}
	slices.Sort(all)
	return all
}

// Typed is the document as the model has it.
func (g Golden) Typed(t testing.TB) canonical.Customer {
	t.Helper()
	text, err := json.Marshal(g.Customer)
	if err != nil {
		t.Fatal(err)
	}
	var c canonical.Customer
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("read the golden record of %v: %v", g.Sources, err)
	}
	return c
}
