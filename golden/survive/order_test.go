package survive

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	difference "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
)

// TestSurvive_anyOrderGivesTheSame: values and lineage are a function of the set of records, by any
// rules.
func TestSurvive_anyOrderGivesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules, sources := drawRules(rt), drawSources(rt)
		want := rules.Survive(sources, lower{})
		if diff := difference.Diff(want, rules.Survive(rapid.Permutation(sources).Draw(rt, "order"), lower{})); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// TestSurvive_linesUpValuesAndLineage: every value has its lineage, in order, from a record that
// states it of its own and has a say.
func TestSurvive_linesUpValuesAndLineage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules, sources := drawRules(rt), drawSources(rt)
		result := rules.Survive(sources, lower{})
		hashes := Hashes(&result.Customer, lower{})
		for _, a := range result.Lineage {
			var stated []uint64
			for _, v := range a.Values {
				if v.Hash != 0 {
					stated = append(stated, v.Hash)
				}
				at := slices.IndexFunc(sources, func(s Source) bool { return s.Key == v.Source })
				if s := &sources[at]; v.Hash != 0 && (s.wrote(a.Name, v.Hash) || !slices.Contains(Hashes(s.Customer, lower{})[a.Name], v.Hash)) {
					rt.Fatalf("%s is not %s's own", a.Name, v.Source)
				}
			}
			if diff := difference.Diff(hashes[a.Name], stated); diff != "" {
				rt.Fatalf("%s: %s", a.Name, diff)
			}
			delete(hashes, a.Name)
		}
		if len(hashes) > 0 {
			rt.Fatalf("values without lineage: %v", hashes)
		}
	})
}

// TestSurvive_theLastWordOnAConsentCounts, and of several at the same time the withdrawal, from
// whichever record and in whatever order.
func TestSurvive_theLastWordOnAConsentCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules := Default()
		rules.Priority = rapid.Permutation([]string{"a", "b", "c"}).Draw(rt, "priority")
		var sources []Source
		last := map[string]canonical.Consent{}
		for i := range rapid.IntRange(1, 5).Draw(rt, "records") {
			s := Source{Key: fmt.Sprintf("a/b/%d", i), System: rapid.SampledFrom(rules.Priority).Draw(rt, "system"), Customer: &canonical.Customer{}}
			s.Time = newYear.Add(time.Duration(rapid.IntRange(0, 900).Draw(rt, "business day")) * day)
			for range rapid.IntRange(0, 3).Draw(rt, "consents") {
				consent := drawConsent(rt)
				s.Customer.Consents = append(s.Customer.Consents, consent)
				for _, known := range []canonical.Consent{last[consent.Channel], consent} {
					if o := cmp.Or(cmp.Compare(known.Time, last[consent.Channel].Time), cmp.Compare(known.Status, last[consent.Channel].Status)); o >= 0 {
						last[consent.Channel] = known // "withdrawn" comes after "granted"
					}
				}
			}
			sources = append(sources, s)
		}
		got := map[string]canonical.Consent{}
		for _, c := range rules.Survive(rapid.Permutation(sources).Draw(rt, "order"), lower{}).Customer.Consents {
			if _, twice := got[c.Channel]; twice {
				rt.Fatalf("two statements on %s", c.Channel)
			}
			got[c.Channel] = c
		}
		if diff := difference.Diff(last, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func drawConsent(rt *rapid.T) canonical.Consent {
	return canonical.Consent{
		Channel: rapid.SampledFrom([]string{"mail", "phone"}).Draw(rt, "channel"), Purpose: "news",
		Status: rapid.SampledFrom([]string{"granted", "withdrawn"}).Draw(rt, "status"),
		Time:   newYear.Add(time.Duration(rapid.IntRange(0, 4).Draw(rt, "day")) * day).Format(time.RFC3339),
	}
}

func drawRules(rt *rapid.T) Rules {
	rules := Default()
	rules.Priority = rapid.SampledFrom([][]string{nil, {"a", "b"}, {"c", "a/x"}}).Draw(rt, "priority")
	rules.Trust = []Trusted{{"a", 90, 2 * day}, {"b", 80, 0}, {"b/x", 100, day}}
	names := append(AttributeNames(), DefaultName)
	draw := func(into map[string]Rule) {
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 12, rapid.ID[string]).Draw(rt, "attributes with rules") {
			into[name] = drawRule(rt, name)
		}
	}
	draw(rules.Attributes)
	rules.Default = drawRule(rt, "kind")
	rules.Kinds = map[canonical.Kind]map[string]Rule{canonical.Person: {}}
	draw(rules.Kinds[canonical.Person])
	return rules
}

func drawRule(rt *rapid.T, attribute string) Rule {
	list, groups, _ := IsList(attribute)
	rule := Rule{Name: RuleName(rapid.SampledFrom(RuleNames).Draw(rt, "rule"))}
	rule.Prefer = RuleName(rapid.SampledFrom(append([]string{""}, RuleNames[:len(RuleNames)-1]...)).Draw(rt, "prefer"))
	if list && rule.Name != Union && len(groups) > 0 {
		rule.Group = rapid.SampledFrom(append(groups, "")).Draw(rt, "group")
	}
	rule.Limit = rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, "limit")
	rule.When = rapid.SampledFrom([]string{"", "one", "two"}).Draw(rt, "when")
	return rule
}

func drawSources(rt *rapid.T) []Source {
	sources := make([]Source, rapid.IntRange(1, 5).Draw(rt, "records"))
	for i := range sources {
		s := Source{System: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "system"), Stream: rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "stream")}
		s.Key = fmt.Sprintf("%s/%s/%d", s.System, s.Stream, i)
		s.Customer = drawCustomer(rt)
		s.Customer.Kind = rapid.SampledFrom([]canonical.Kind{"", canonical.Person, canonical.Organisation}).Draw(rt, "kind")
		for range rapid.IntRange(0, 2).Draw(rt, "phones") {
			verified := rapid.Bool().Draw(rt, "verified")
			s.Customer.Phones = append(s.Customer.Phones, canonical.Phone{Value: rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "phone"), Verified: &verified})
		}
		if rapid.Bool().Draw(rt, "dated") {
			s.Time = newYear.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "day")) * day)
			s.Since = map[string]time.Time{"kind": newYear}
		}
		s.Pinned = rapid.IntRange(0, 9).Draw(rt, "pinned") == 0
		for attribute, hashes := range Hashes(s.Customer, lower{}) {
			if len(hashes) > 0 && attribute < "f" && i > 0 {
				s.Written = append(s.Written, Written{attribute, hashes[0]})
			}
		}
		if rapid.Bool().Draw(rt, "silent") {
			s.Silent = map[string]string{"one": "no say"}
		}
		sources[i] = s
	}
	return sources
}
