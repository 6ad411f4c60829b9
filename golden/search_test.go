package golden_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
)

// What a person types becomes words, the last of which ranks the hits, and keys.
func TestRuleset_searchReadsWhatAPersonTypes(t *testing.T) {
	t.Parallel()
	rules := ruleset(t, "")
	for text, want := range map[string]string{
		"Smith, John":                   "smith john",
		"Müller":                        "muller",
		"  Dr. John   SMITH ":           "john smith",
		"Müller Maschinenbau GmbH":      "muller maschinenbau",
		"smith LS1 4DY":                 "ls1 4dy smith", // numbers stand before words
		"LS1 4DY":                       "ls14dy",        // without a word they are one
		"01752 764 055":                 "01752764055",
		"smith 055":                     "055 smith",
		"Smith 1980-05-17":              "1980-05-17 smith",
		"Smith 17.5.1980":               "1980-05-17 smith",
		"Smith 1900-01-01":              "1900 01 smith", // nobody's birth date
		"Smith 31.12.80":                "31 12 80 smith",
		"+49 (30) 90 18-20 anna":        "anna phone:+4930901820",
		"anna +49":                      "49 anna",
		"Anna@Post.example":             "email:anna@post.example",
		"anna @home":                    "anna home",
		"GLN:4012345000009 4711":        "4711 identifier:gln:4012345000009",
		"王小明 深圳市":                       "王小明 深圳市=深圳",
		"王 小明":                          "王 小明",
		"anna ANNA lee":                 "anna lee",
		"anna lee anna":                 "lee anna",
		strings.Repeat("ü", 300) + " x": strings.Repeat("u", 256) + " x",
	} {
		q, err := rules.Search(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []string
		for _, w := range q.Words {
			if w.Place != "" {
				w.Text += "=" + w.Place
			}
			got = append(got, w.Text)
		}
		for _, l := range q.Lookups {
			got = append(got, string(l.Kind)+":"+l.Value)
		}
		if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
	for text, want := range map[string]string{
		"": "letters or digits", "+": "letters or digits", ", .": "letters or digits",
		"17.5.1980": "a name, town, postcode or phone number beside the birth date",
	} {
		if _, err := rules.Search(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	q, err := rules.SearchNames("Studio 54")
	if d := cmp.Diff(golden.Search{Names: true, Words: []golden.Word{{Text: "studio"}, {Text: "54"}}}, q); err != nil || d != "" {
		t.Errorf("a name with a number: %v (-want +got):\n%s", err, d)
	}
}

// Everybody is found by every word of what Lookups lists, alone and two by two, whatever the script.
func TestRuleset_searchFindsWhatIsLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(
		w.record("crm/1", 1, `{"kind":"person","birthDate":"1980-05-17","names":[{"given":"Łukasz","family":"von Müller-Lüdenscheidt"}],"phones":[{"value":"+4930901820"}],"addresses":[{"locality":"Bad Ems","postcode":"56130","country":"DE"}]}`),
		w.record("crm/2", 1, `{"kind":"person","names":[{"full":"欧阳修"}],"addresses":[{"locality":"深圳市","postcode":"518000","country":"CN"}]}`),
		w.record("crm/3", 1, `{"kind":"organisation","names":[{"full":"3M Deutschland GmbH"}],"addresses":[{"locality":"Neuss","postcode":"41453","country":"DE"}]}`),
	)
	for text, want := range map[string]string{
		"Lukasz Müller": "crm/1", "muller luk": "crm/1", "ludenscheidt ems 56130": "crm/1", "von 1820 bad": "crm/1", "030901820": "crm/1",
		"müller 17.05.1980": "crm/1", "56130": "crm/1", "ouyang xiu": "crm/2", "修 深圳": "crm/2", "欧阳 深圳市": "crm/2", "歐陽修": "crm/2",
		"3m": "crm/3", "3M Deutschland GmbH": "crm/3", "deutschland neuss": "crm/3", "41453 3m deu": "crm/3",
	} {
		q, err := w.rules.Search(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		hits, err := w.store.Search(t.Context(), q)
		if err != nil || len(hits) != 1 || !strings.HasSuffix(strings.Replace(hits[0].Sources[0], "/customers", "", 1), want) {
			t.Errorf("%q finds %d customers, %v: %+v", text, len(hits), err, hits)
		}
	}
}
