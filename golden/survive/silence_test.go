package survive

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
)

const noGuests = `source.stream != "guests"`

// silenced is a record without a say under noGuests.
func silenced(key, content string) Source {
	s := said(key, content)
	s.Silent = map[string]string{noGuests: "no say: a guest"}
	return s
}

func said(key, content string) Source {
	s := Source{Key: key, System: key[:1], Customer: &customer{}}
	if err := s.Customer.UnmarshalJSON([]byte(content)); err != nil {
		panic(err)
	}
	return s
}

func TestSurvive_recordsWithoutASay(t *testing.T) {
	t.Parallel()
	who := Lost{Source: "a/1", Why: "no say: a guest"}
	lost := func(value string) []Lost { return []Lost{{Source: who.Source, Value: []byte(value), Why: who.Why}} }
	for _, c := range []struct {
		name    string
		rule    Rule
		sources []Source
		want    string
		lost    map[string][]Lost // of the last value of an attribute
	}{
		{
			"a value of another record survives",
			Rule{Name: MostFrequent},
			[]Source{silenced("a/1", `{"language":"en"}`), said("b/1", `{"language":"de"}`)},
			`{"language":"de"}`,
			map[string][]Lost{"language": lost(`"en"`)},
		},
		{
			"the same value does not count as stated too",
			Rule{Name: MostFrequent},
			[]Source{silenced("a/1", `{"language":"de"}`), said("b/1", `{"language":"de"}`)},
			`{"language":"de"}`,
			map[string][]Lost{"language": lost(`"de"`)},
		},
		{
			"an only record has none either",
			Rule{Name: MostRecent},
			[]Source{silenced("a/1", `{"language":"en","phones":[{"value":"1"}],"attributes":{"x":"y"},"new":1}`)},
			`{}`,
			map[string][]Lost{"language": lost(`"en"`), "phones": lost(`{"value":"1"}`), "attributes": lost(`{"x":"y"}`), "new": lost(`1`)},
		},
		{
			"nor to clear",
			Rule{Name: MostRecent},
			[]Source{silenced("a/1", `{"language":null,"phones":null,"attributes":null}`), said("b/1", `{"language":"de","phones":[{"value":"2"}],"attributes":{"x":"y"}}`)},
			`{"language":"de","phones":[{"value":"2"}],"attributes":{"x":"y"}}`,
			map[string][]Lost{"language": lost(`null`), "phones": lost(`null`), "attributes": lost(`null`)},
		},
		{
			"items of a union are told with the last that survives",
			Rule{Name: Union, Prefer: SourcePriority},
			[]Source{silenced("a/1", `{"phones":[{"value":"1"},{"value":"3"}]}`), said("b/1", `{"phones":[{"value":"1"},{"value":"2"}]}`)},
			`{"phones":[{"value":"1"},{"value":"2"}]}`,
			map[string][]Lost{"phones": lost(`{"value":"3"}`)},
		},
		{
			"one that others clear is cleared",
			Rule{Name: MostRecent},
			[]Source{silenced("a/1", `{"addresses":[{"locality":"Ulm"}]}`), said("b/1", `{"addresses":null}`)},
			`{"addresses":null}`,
			map[string][]Lost{"addresses": lost(`{"locality":"Ulm"}`)},
		},
	} {
		c.rule.When = noGuests
		rules := Rules{Default: c.rule}
		result := rules.Survive(c.sources, lower{})
		doc, err := json.Marshal(result.Customer)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(canonicalJSON(t, c.want), string(doc)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		got := map[string][]Lost{}
		for _, a := range result.Lineage {
			v := a.Values[len(a.Values)-1]
			got[a.Name] = v.Lost
			if len(v.Also) > 0 {
				t.Errorf("%s: %s is stated by %v too", c.name, a.Name, v.Also)
			}
		}
		if diff := cmp.Diff(c.lost, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func canonicalJSON(t *testing.T, text string) string {
	t.Helper()
	var c canonical.Customer
	if err := c.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestSurvive_otherRulesHearTheRecord(t *testing.T) {
	t.Parallel()
	rules := Rules{Attributes: map[string]Rule{"language": {Name: MostRecent, When: noGuests}}, Default: Rule{Name: MostRecent}}
	got := rules.Survive([]Source{silenced("a/1", `{"language":"en","gender":"male"}`)}, lower{}).Customer
	if got.Language != "" || got.Gender != "male" {
		t.Errorf("language %q, gender %q", got.Language, got.Gender)
	}
}

func TestSurvive_aPersonAlwaysHasASay(t *testing.T) {
	t.Parallel()
	pin := silenced("a/1", `{"language":"fr"}`)
	pin.Pinned = true
	rules := Rules{Default: Rule{Name: MostRecent, When: noGuests}}
	if got := rules.Survive([]Source{pin, said("b/1", `{"language":"de"}`)}, lower{}).Customer.Language; got != "fr" {
		t.Errorf("%q survives over what a person pinned", got)
	}
}

func TestSource_ownLeavesOutWhatTheHubWrote(t *testing.T) {
	t.Parallel()
	s := said("a/1", `{"language":"de","gender":"male","phones":[{"value":"1"},{"value":"2"}],"attributes":{"x":"1","y":"2"},"industry":null,"new":1}`)
	h := Hashes(s.Customer, lower{})
	s.Written = []Written{{"language", h["language"][0]}, {"phones", h["phones"][0]}, {"attributes", h["attributes"][1]}, {"industry", 0}, {"new", h["new"][0]}}
	before, _ := json.Marshal(s.Customer)
	own, err := json.Marshal(s.Own(lower{}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"gender":"male","phones":[{"value":"2"}],"attributes":{"x":"1"}}`, string(own)); diff != "" {
		t.Error(diff)
	}
	if after, _ := json.Marshal(s.Customer); string(after) != string(before) {
		t.Errorf("the record itself became %s", after)
	}
}

func TestSurvive_rulesOfTheCustomersKind(t *testing.T) {
	t.Parallel()
	rules := Rules{
		Priority:   []string{"a", "b"},
		Default:    Rule{Name: SourcePriority},
		Attributes: map[string]Rule{"gender": {Name: Longest}},
		Kinds: map[canonical.Kind]map[string]Rule{
			canonical.Organisation: {"language": {Name: Longest}, DefaultName: {Name: MostComplete}},
		},
	}
	for kind, want := range map[string]map[string]string{
		`"organisation"`: {"kind": "source_priority", "language": "longest", "gender": "longest", "industry": "most_complete", "new": "most_complete"},
		`"person"`:       {"kind": "source_priority", "language": "source_priority", "gender": "longest", "industry": "source_priority", "new": "source_priority"},
		`null`:           {"kind": "source_priority", "language": "source_priority", "gender": "longest", "industry": "source_priority", "new": "source_priority"},
	} {
		for _, others := range [][]Source{nil, {said("b/1", `{"kind":"person","language":"deu"}`)}} {
			sources := append(others, said("a/1", `{"kind":`+kind+`,"language":"de","gender":"x","industry":"y","new":1}`))
			got := map[string]string{}
			for _, a := range rules.Survive(sources, lower{}).Lineage {
				got[a.Name] = a.Values[0].Rule
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s among %d: %s", kind, len(sources), diff)
			}
		}
	}
}
