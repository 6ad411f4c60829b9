package survive_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// plainForms standardise as little as the tests need.
type plainForms struct{}

func (plainForms) Phone(v string) string { return strings.ReplaceAll(v, " ", "") }

func (plainForms) Email(v string) string                                   { return strings.ToLower(v) }
func (plainForms) Address(canonical.Address) string                        { return "" }
func (plainForms) Identifier(id canonical.Identifier) canonical.Identifier { return id }
func (plainForms) Fold(v string) string                                    { return strings.ToLower(v) }

// from is a record: key "system/id", business day (0 for unknown), content.
func from(t testing.TB, key string, day int, content string) survive.Source {
	t.Helper()
	system, _, _ := strings.Cut(key, "/")
	s := survive.Source{Key: key, System: system, Stream: "customers", Customer: &canonical.Customer{}}
	if err := s.Customer.UnmarshalJSON([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if day > 0 {
		s.Time = time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)
	}
	return s
}

func TestRules(t *testing.T) {
	t.Parallel()
	type record struct {
		key     string
		day     int
		content string
	}
	erpFirst := []string{"erp", "shop"}
	for name, c := range map[string]struct {
		rule    survive.Rule
		records []record
		want    string // the golden document
		lost    string // why the first loser lost
	}{
		"source priority takes the first system": {
			survive.Rule{Name: survive.SourcePriority},
			[]record{{"shop/1", 9, `{"language":"en"}`}, {"erp/1", 1, `{"language":"de"}`}},
			`{"language":"de"}`, "source priority: shop comes after erp",
		},
		"an attribute may have a priority of its own": {
			survive.Rule{Name: survive.SourcePriority, Priority: []string{"shop"}},
			[]record{{"shop/1", 1, `{"language":"en"}`}, {"erp/1", 9, `{"language":"de"}`}},
			`{"language":"en"}`, "source priority: erp comes after shop",
		},
		"a system that says nothing is passed over": {
			survive.Rule{Name: survive.SourcePriority},
			[]record{{"shop/1", 1, `{"language":"en"}`}, {"erp/1", 9, `{"gender":"male"}`}},
			`{"gender":"male","language":"en"}`, "",
		},
		"most recent goes by business time": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"erp/1", 1, `{"language":"de"}`}, {"shop/1", 2, `{"language":"en"}`}},
			`{"language":"en"}`, "older: 2026-01-01T00:00:00Z against 2026-01-02T00:00:00Z",
		},
		"an unknown time is older than any": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"erp/1", 0, `{"language":"de"}`}, {"shop/1", 1, `{"language":"en"}`}},
			`{"language":"en"}`, "its time is unknown",
		},
		"equal times go by priority": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"shop/1", 1, `{"language":"en"}`}, {"erp/1", 1, `{"language":"de"}`}},
			`{"language":"de"}`, "source priority: shop comes after erp",
		},
		"and then by key": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"shop/2", 1, `{"language":"en"}`}, {"shop/1", 1, `{"language":"de"}`}},
			`{"language":"de"}`, "equal by the rule; the smaller key wins",
		},
		"most complete counts the parts": {
			survive.Rule{Name: survive.MostComplete},
			[]record{{"erp/1", 9, `{"names":[{"full":"E. Kurz"}]}`}, {"shop/1", 1, `{"names":[{"given":"Eva","family":"Kurz"}]}`}},
			`{"names":[{"given":"Eva","family":"Kurz"}]}`, "less complete: 1 parts against 2",
		},
		"most frequent counts the records": {
			survive.Rule{Name: survive.MostFrequent},
			[]record{{"erp/1", 9, `{"industry":"trade"}`}, {"shop/1", 1, `{"industry":"Machines"}`}, {"crm/1", 1, `{"industry":"machines"}`}},
			`{"industry":"Machines"}`, "less frequent: stated 1 times against 2",
		},
		"longest counts the letters": {
			survive.Rule{Name: survive.Longest},
			[]record{{"erp/1", 9, `{"industry":"机械"}`}, {"shop/1", 1, `{"industry":"机械制造"}`}},
			`{"industry":"机械制造"}`, "shorter: 2 letters against 4",
		},
		"verified first takes the record with a verified item": {
			survive.Rule{Name: survive.VerifiedFirst, Group: "use"},
			[]record{
				{"erp/1", 9, `{"phones":[{"value":"+491","use":"home"},{"value":"+492","use":"work"}]}`},
				{"shop/1", 1, `{"phones":[{"value":"+493","use":"home"},{"value":"+494","use":"home","verified":true}]}`},
			},
			`{"phones":[{"value":"+494","use":"home","verified":true},{"value":"+492","use":"work"},{"value":"+493","use":"home"}]}`, "not verified",
		},
		"verified first goes by priority among the verified": {
			survive.Rule{Name: survive.VerifiedFirst},
			[]record{{"shop/1", 9, `{"emails":[{"value":"a@x","verified":true}]}`}, {"erp/1", 1, `{"emails":[{"value":"b@x","verified":true}]}`}},
			`{"emails":[{"value":"b@x","verified":true}]}`, "source priority: shop comes after erp",
		},
		"a union that prefers verified items lists them first, within the limit": {
			survive.Rule{Name: survive.Union, Prefer: survive.VerifiedFirst, Limit: 2},
			[]record{
				{"erp/1", 9, `{"emails":[{"value":"a@x"},{"value":"b@x","verified":false}]}`},
				{"shop/1", 1, `{"emails":[{"value":"B@x"},{"value":"b@x","verified":true}]}`},
			},
			`{"emails":[{"value":"b@x","verified":true},{"value":"a@x"}]}`, "",
		},
		"a union that prefers verified items leaves unverified ones beyond the limit": {
			survive.Rule{Name: survive.Union, Prefer: survive.VerifiedFirst, Limit: 1},
			[]record{{"erp/1", 9, `{"emails":[{"value":"a@x"}]}`}, {"shop/1", 1, `{"emails":[{"value":"b@x","verified":true}]}`}},
			`{"emails":[{"value":"b@x","verified":true}]}`, "beyond the limit of the list",
		},
		"the only record's verified item comes first too": {
			survive.Rule{Name: survive.Union, Prefer: survive.VerifiedFirst},
			[]record{{"erp/1", 9, `{"emails":[{"value":"a@x"},{"value":"b@x","verified":true}]}`}},
			`{"emails":[{"value":"b@x","verified":true},{"value":"a@x"}]}`, "",
		},
		"a record's own later statement of a consent counts": {
			survive.Rule{Name: survive.Union, Prefer: survive.MostRecent},
			[]record{{"erp/1", 9, `{"consents":[
				{"channel":"mail","purpose":"news","status":"granted","time":"2025-05-01T00:00:00Z"},
				{"channel":"mail","purpose":"news","status":"withdrawn","time":"2025-06-01T00:00:00Z"}]}`}},
			`{"consents":[{"channel":"mail","purpose":"news","status":"withdrawn","time":"2025-06-01T00:00:00Z"}]}`, "",
		},
		"cleared by the most recent": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"erp/1", 1, `{"language":"de"}`}, {"shop/1", 2, `{"language":null}`}},
			`{"language":null}`, "older: 2026-01-01T00:00:00Z against 2026-01-02T00:00:00Z",
		},
		"a value beats being cleared by the most frequent": {
			survive.Rule{Name: survive.MostFrequent},
			[]record{{"erp/1", 1, `{"language":"de"}`}, {"shop/1", 2, `{"language":null}`}},
			`{"language":"de"}`, "",
		},
		"union keeps every item once, the most trusted first": {
			survive.Rule{Name: survive.Union},
			[]record{{"shop/1", 9, `{"phones":[{"value":"+49 1"},{"value":"+493"}]}`}, {"erp/1", 1, `{"phones":[{"value":"+492"},{"value":"+491","use":"work"}]}`}},
			`{"phones":[{"value":"+492"},{"value":"+491","use":"work"},{"value":"+493"}]}`, "",
		},
		"union up to a limit": {
			survive.Rule{Name: survive.Union, Limit: 1},
			[]record{{"shop/1", 9, `{"phones":[{"value":"+491"}]}`}, {"erp/1", 1, `{"phones":[{"value":"+492"}]}`}},
			`{"phones":[{"value":"+492"}]}`, "beyond the limit of the list",
		},
		"a list without union is one record's, whole": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"erp/1", 1, `{"phones":[{"value":"+491"},{"value":"+492"}]}`}, {"shop/1", 2, `{"phones":[{"value":"+493"}]}`}},
			`{"phones":[{"value":"+493"}]}`, "older: 2026-01-01T00:00:00Z against 2026-01-02T00:00:00Z",
		},
		"an address lives or dies as one, by use": {
			survive.Rule{Name: survive.MostRecent, Group: "use"},
			[]record{
				{"erp/1", 1, `{"addresses":[{"use":"billing","locality":"Bonn","postcode":"53111"},{"use":"delivery","locality":"Ulm"}]}`},
				{"shop/1", 2, `{"addresses":[{"use":"billing","locality":"Jena"}]}`},
			},
			`{"addresses":[{"use":"delivery","locality":"Ulm"},{"use":"billing","locality":"Jena"}]}`, "older: 2026-01-01T00:00:00Z against 2026-01-02T00:00:00Z",
		},
		"a record that clears the list clears every group that it wins": {
			survive.Rule{Name: survive.SourcePriority, Group: "use"},
			[]record{{"erp/1", 1, `{"addresses":null}`}, {"shop/1", 2, `{"addresses":[{"use":"billing","locality":"Jena"}]}`}},
			`{"addresses":null}`, "source priority: shop comes after erp",
		},
		"the last statement of a consent counts, withdrawal at the same time": {
			survive.Rule{Name: survive.Union, Prefer: survive.MostRecent},
			[]record{
				{"erp/1", 9, `{"consents":[{"channel":"mail","purpose":"news","status":"granted","time":"2025-05-01T00:00:00Z"}]}`},
				{"shop/1", 1, `{"consents":[{"channel":"mail","purpose":"news","status":"withdrawn","time":"2025-05-01T00:00:00Z"}]}`},
			},
			`{"consents":[{"channel":"mail","purpose":"news","status":"withdrawn","time":"2025-05-01T00:00:00Z"}]}`, "of the same time, and the other goes before",
		},
		"attributes by name survive one by one": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"erp/1", 1, `{"attributes":{"tier":"gold","vip":"yes"}}`}, {"shop/1", 2, `{"attributes":{"tier":"silver"}}`}},
			`{"attributes":{"tier":"silver","vip":"yes"}}`, "older: 2026-01-01T00:00:00Z against 2026-01-02T00:00:00Z",
		},
		"what the model does not know survives too": {
			survive.Rule{Name: survive.MostRecent},
			[]record{{"erp/1", 1, `{"shoeSize":41}`}, {"shop/1", 2, `{"shoeSize":42}`}},
			`{"shoeSize":42}`, "older: 2026-01-01T00:00:00Z against 2026-01-02T00:00:00Z",
		},
		"equal amounts are equal however they are written": {
			survive.Rule{Name: survive.SourcePriority},
			[]record{{"erp/1", 1, `{"creditLimit":{"amount":"100","currency":"EUR"}}`}, {"shop/1", 2, `{"creditLimit":{"amount":"100.00","currency":"EUR"}}`}},
			`{"creditLimit":{"amount":"100","currency":"EUR"}}`, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sources []survive.Source
			for _, r := range c.records {
				sources = append(sources, from(t, r.key, r.day, r.content))
			}
			rules := survive.Rules{Priority: erpFirst, Default: c.rule}
			for range 5 {
				rand.Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
				result := rules.Survive(sources, plainForms{})
				doc, err := json.Marshal(result.Customer)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, string(doc)); diff != "" {
					t.Fatal(diff)
				}
				if diff := cmp.Diff(c.lost, firstLost(result)); diff != "" {
					t.Fatal(diff)
				}
			}
		})
	}
}

func firstLost(r survive.Result) string {
	for _, a := range r.Lineage {
		for _, v := range a.Values {
			if len(v.Lost) > 0 {
				return v.Lost[0].Why
			}
		}
	}
	return ""
}

func TestSurvive_showsLosingEmptinessAsNull(t *testing.T) {
	t.Parallel()
	for _, attribute := range []string{`"language":%`, `"addresses":%`, `"attributes":%`} {
		name := strings.Split(attribute, `"`)[1]
		value := map[string]string{"language": `"de"`, "addresses": `[{"use":"home","locality":"Ulm"}]`, "attributes": `{"vip":"yes"}`}[name]
		rules := survive.Rules{Default: survive.Rule{Name: survive.MostRecent}}
		result := rules.Survive([]survive.Source{
			from(t, "erp/1", 1, "{"+strings.Replace(attribute, "%", "null", 1)+"}"),
			from(t, "shop/1", 2, "{"+strings.Replace(attribute, "%", value, 1)+"}"),
		}, plainForms{})
		if lost := result.Lineage[0].Values[0].Lost; len(lost) != 1 || string(lost[0].Value) != "null" || lost[0].Source != "erp/1" {
			t.Errorf("%s: %+v", name, lost)
		}
	}
}

func TestSurvive_pinnedBeatsEverything(t *testing.T) {
	t.Parallel()
	pin := from(t, "pin/1", 0, `{"language":"fr"}`)
	pin.Pinned = true
	rules := survive.Default()
	result := rules.Survive([]survive.Source{from(t, "erp/1", 9, `{"language":"de"}`), pin}, plainForms{})
	if result.Customer.Language != "fr" || result.Lineage[0].Values[0].Rule != "pinned" {
		t.Errorf("%s by %s", result.Customer.Language, result.Lineage[0].Values[0].Rule)
	}
}

func TestSurvive_writtenValuesAreNotTheRecordsOwn(t *testing.T) {
	t.Parallel()
	rules := survive.Default()
	content := `{"language":"de","phones":[{"value":"+491"}],"attributes":{"vip":"yes"},"gender":null}`
	shop := from(t, "shop/1", 9, content)
	for attribute, hashes := range survive.Hashes(shop.Customer, plainForms{}) {
		for _, h := range hashes {
			shop.Written = append(shop.Written, survive.Written{Attribute: attribute, Hash: h})
		}
	}
	shop.Written = append(shop.Written, survive.Written{Attribute: "gender"})
	result := rules.Survive([]survive.Source{shop}, plainForms{})
	if doc, _ := json.Marshal(result.Customer); string(doc) != "{}" {
		t.Errorf("the hub's own values live on: %s", doc)
	}
	erp := from(t, "erp/1", 1, `{"language":"de","phones":[{"value":"+491"}],"gender":"female"}`)
	result = rules.Survive([]survive.Source{shop, erp}, plainForms{})
	if doc, _ := json.Marshal(result.Customer); string(doc) != `{"gender":"female","language":"de","phones":[{"value":"+491"}]}` {
		t.Errorf("got %s", doc)
	}
	for _, a := range result.Lineage {
		if v := a.Values[0]; v.Source != "erp/1" || len(v.Also) != 0 {
			t.Errorf("%s comes from %s, also %v", a.Name, v.Source, v.Also)
		}
	}
}

func TestSurvive_alsoNamesRecordsThatStateTheSame(t *testing.T) {
	t.Parallel()
	rules := survive.Default()
	result := rules.Survive([]survive.Source{
		from(t, "a/1", 1, `{"names":[{"full":"Eva"},{"full":"Ada"}]}`),
		from(t, "b/1", 2, `{"names":[{"full":"Ida"},{"full":"EVA"}]}`),
	}, plainForms{})
	names := result.Lineage[slices.IndexFunc(result.Lineage, func(a survive.Attribute) bool { return a.Name == "names" })].Values
	if len(names) != 2 || names[0].Also != nil || !slices.Equal(names[1].Also, []string{"a/1"}) {
		t.Errorf("%+v", names)
	}
}

// TestAttributes holds the table against the model: a new field must be given a place in it.
func TestAttributes_coverTheModel(t *testing.T) {
	t.Parallel()
	var want []string
	for _, field := range canonical.SchemaOf(canonical.EntityCustomer).Fields {
		if field.Name != "source" {
			want = append(want, field.Name)
			if list, _, known := survive.IsList(field.Name); !known || list != (field.Type == canonical.List) {
				t.Errorf("%s: list %v, known %v", field.Name, list, known)
			}
		}
	}
	if diff := cmp.Diff(want, survive.AttributeNames()); diff != "" {
		t.Error(diff)
	}
}

// TestSurvive_oneRecordSurvivesWhole: whatever a single record states is the golden record.
func TestSurvive_oneRecordSurvivesWhole(t *testing.T) {
	t.Parallel()
	var c canonical.Customer
	fill(reflect.ValueOf(&c).Elem(), 0)
	c.Source, c.Cleared, c.Extra = nil, nil, nil
	for _, rules := range []survive.Rules{survive.Default(), {Default: survive.Rule{Name: survive.MostComplete}}} {
		result := rules.Survive([]survive.Source{{Key: "erp/1", System: "erp", Customer: &c}}, plainForms{})
		if diff := cmp.Diff(c, result.Customer); diff != "" {
			t.Error(diff)
		}
		hashes := survive.Hashes(&c, plainForms{})
		for _, a := range result.Lineage {
			for i, v := range a.Values {
				if v.Hash == 0 || v.Hash != hashes[a.Name][i] {
					t.Errorf("%s/%d: hash %d, want %d", a.Name, i, v.Hash, hashes[a.Name][i])
				}
			}
		}
	}
}

// fill sets every field to something.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("1")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	case reflect.Slice:
		if depth < 4 && v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), depth+1)
		}
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf(map[string]string{"a": "1", "b": "2"}))
		}
	}
}
