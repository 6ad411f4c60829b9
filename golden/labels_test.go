package golden_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/match"
)

func TestReadLabels_saysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         `l.csv:1: found no header; expected a,b,verdict or record,cluster`,
		"a,b\n":                    `l.csv:1: found "a,b"; expected a,b,verdict or record,cluster`,
		"a,b,verdict\n":            `l.csv:1: found no labels; expected at least one line after the header`,
		"a,b,verdict\nx,y\n":       `l.csv:2: found a line that cannot be read: wrong number of fields; expected 3 fields`,
		"a,b,verdict\nx,y,maybe\n": `l.csv:2: found verdict "maybe"; expected same or different`,
		"a,b,verdict\n\nx,x,same":  `l.csv:3: found "x" twice; expected two records`,
		"a,b,verdict\n,x,same":     `l.csv:2: found no record; expected the key of a record, system/stream/id`,
		"record,cluster\nx,\n":     `l.csv:2: found no record or no cluster; expected the key of a record, system/stream/id, and the name of its cluster`,
	} {
		if _, err := golden.ReadLabels("l.csv", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

// five are records that all share a key.
func five() (records []match.Record) {
	for _, id := range "12345" {
		records = append(records, match.Record{Key: "crm/c/" + string(id), Features: &match.Features{Keys: []match.Key{{Hash: 7}}}})
	}
	return records
}

func knownOf(t *testing.T, decisions []golden.Decision, text string) (*golden.Known, error) {
	t.Helper()
	var file *golden.Labels
	if text != "" {
		var err error
		if file, err = golden.ReadLabels("l.csv", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return golden.Know(five(), decisions, file, match.Limits{Block: 100}, 10)
}

func decided(id string, verdict golden.Verdict, strength golden.Strength, at int, left, right string) golden.Decision {
	return golden.Decision{
		ID: id, Verdict: verdict, Strength: strength, At: time.Unix(int64(at), 0),
		Left: strings.Fields(left), Right: strings.Fields(right),
	}
}

func shown(k *golden.Known) (list []string) {
	for _, l := range k.Labels {
		list = append(list, fmt.Sprintf("%d %d %t %g", l.A+1, l.B+1, l.Same, l.Weight))
	}
	return list
}

func TestKnow_takesDecisionsByPrecedence(t *testing.T) {
	t.Parallel()
	undone := decided("D9", golden.Same, golden.Lock, 9, "crm/c/4", "crm/c/5")
	at := time.Unix(10, 0)
	undone.Undone = &at
	k, err := knownOf(t, []golden.Decision{
		decided("D1", golden.Same, golden.Suggest, 5, "crm/c/1", "crm/c/3"), // contradicts D2 and D3
		decided("D2", golden.Same, golden.Lock, 1, "crm/c/1", "crm/c/2"),
		decided("D3", golden.Different, golden.Lock, 2, "crm/c/2", "crm/c/3 crm/c/gone"),
		decided("D4", golden.Same, golden.Auto, 9, "crm/c/4", "crm/c/5"), // a program's hint
		{ID: "D5", Verdict: golden.Pinned},
		undone,
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2 3 false 1", "1 2 true 1"}, shown(k)); diff != "" {
		t.Error(diff)
	}
	if k.Overruled != 1 || k.Decisions != 2 || k.File != 0 {
		t.Errorf("%+v", k)
	}
}

func TestKnow_readsPairsAndClusters(t *testing.T) {
	t.Parallel()
	k, err := knownOf(t, nil, "a,b,verdict\ncrm/c/1,crm/c/2,Same\ncrm/c/2,crm/c/1,same\ncrm/c/1,crm/c/3,different\ncrm/c/1,crm/c/none,same\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 2 true 10", "1 3 false 10"}, shown(k)); diff != "" || k.Missing != 1 || k.File != 2 {
		t.Errorf("%+v %s", k, diff)
	}
	k, err = knownOf(t, nil, "record,cluster\ncrm/c/1,A\ncrm/c/2,A\ncrm/c/5,A\ncrm/c/4,B\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1 2 true 10", "1 5 true 10", "2 5 true 10", "1 4 false 10", "2 4 false 10", "4 5 false 10"}
	if diff := cmp.Diff(want, shown(k)); diff != "" {
		t.Error(diff)
	}
}

func TestKnow_refusesLabelsThatContradict(t *testing.T) {
	t.Parallel()
	decision := []golden.Decision{decided("D1", golden.Different, golden.Lock, 1, "crm/c/1", "crm/c/2")}
	both := []golden.Decision{decided("D1", golden.Same, golden.Lock, 1, "crm/c/1", "crm/c/2")}
	for _, one := range []struct {
		decisions []golden.Decision
		text      string
		want      string
	}{
		{
			nil, "a,b,verdict\ncrm/c/1,crm/c/2,same\ncrm/c/3,crm/c/2,same\ncrm/c/4,crm/c/5,same\ncrm/c/1,crm/c/3,different\n",
			"l.csv:5: found crm/c/1 and crm/c/3 different, while line 2 with line 3 says that they are one customer's; expected labels that do not contradict",
		},
		{
			nil, "a,b,verdict\ncrm/c/1,crm/c/2,different\ncrm/c/2,crm/c/3,same\ncrm/c/4,crm/c/3,same\ncrm/c/1,crm/c/4,same\n",
			"l.csv:5: found crm/c/1 and crm/c/4 same, while line 2 says that they are two customers'; expected labels that do not contradict",
		},
		{
			decision, "record,cluster\ncrm/c/1,A\ncrm/c/2,A\n",
			"l.csv:3: found crm/c/1 and crm/c/2 same, while decision D1 says that they are two customers'; expected labels that do not contradict",
		},
		{
			both, "record,cluster\ncrm/c/1,A\ncrm/c/2,B\n",
			"l.csv:3: found crm/c/1 and crm/c/2 different, while decision D1 says that they are one customer's; expected labels that do not contradict",
		},
		{
			nil, "record,cluster\ncrm/c/1,A\ncrm/c/1,B\n",
			`l.csv:3: found crm/c/1 in cluster "B", while line 2 has it in "A"; expected each record in one cluster`,
		},
		{
			nil, "record,cluster\nshop/c/1,A\nshop/c/2,A\n",
			"l.csv:1: found no pair of which both records are there; expected keys of live records, system/stream/id",
		},
	} {
		if _, err := knownOf(t, one.decisions, one.text); err == nil || err.Error() != one.want {
			t.Errorf("%v\nwant %s", err, one.want)
		}
	}
}

// What people decided in the store is known when the store is trained on.
func TestKnow_theStoreGivesDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byMail)
	w.resolve(
		w.record("erp/1", 1, `{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}]}`),
		w.record("shop/1", 1, `{"kind":"person","names":[{"given":"Ana","family":"Schmitt"}]}`),
	)
	a, b := w.entity("erp/1"), w.entity("shop/1")
	if _, err := w.resolver.Act(t.Context(), golden.Act{Do: golden.Merge(a.ID, b.ID)}); err != nil {
		t.Fatal(err)
	}
	live, err := golden.ReadPopulation(t.Context(), w.store, w.rules)
	if err != nil {
		t.Fatal(err)
	}
	k, err := golden.Know(live.Records, live.Decisions(), nil, match.Limits{Block: 100}, 1)
	if err != nil || len(k.Labels) != 1 || !k.Labels[0].Same || k.Decisions != 1 {
		t.Errorf("%+v, %v", k, err)
	}
}
