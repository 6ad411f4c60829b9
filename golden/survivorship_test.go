package golden_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func TestCondition_onlyRecordsThatMeetItHaveASay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `survive: {attributes: {language: {rule: most_recent, when: 'source.system != "callcenter" && !empty(customer.phones)'}}}`)
	w.resolve(w.record("erp/1", 1, `{`+eva+`"language":"de","phones":[{"value":"+49301111111"}]}`))
	w.resolve(w.record("callcenter/1", 2, `{`+eva+`"language":"en","phones":[{"value":"+49301111111"}],"gender":"female"}`))
	w.resolve(w.record("shop/1", 3, `{`+eva+`"language":"fr"}`))
	if c := w.doc("erp/1"); c.Language != "de" || c.Gender != "female" {
		t.Errorf("language %q, gender %q", c.Language, c.Gender)
	}
	const why = `no say: not so that source.system != "callcenter" && !empty(customer.phones)`
	want := []golden.LostVal{
		{Source: "callcenter/customers/1", Value: []byte(`"en"`), Why: why},
		{Source: "shop/customers/1", Value: []byte(`"fr"`), Why: why},
	}
	if diff := cmp.Diff(want, w.lineage("erp/1")["language"][0].Lost); diff != "" {
		t.Error(diff)
	}
	w.resolve(w.record("shop/1", 4, `{`+eva+`"language":"fr","phones":[{"value":"+49302222222"}]}`))
	if got := w.doc("erp/1").Language; got != "fr" {
		t.Errorf("language %q although the condition holds now", got)
	}
}

// TestCondition_thatCannotBeEvaluatedSilencesTheRecord and says so in the lineage; nothing else
// comes to harm.
func TestCondition_thatCannotBeEvaluatedSilencesTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `survive: {attributes: {creditLimit: {rule: most_recent, when: 'number(customer.attributes.score) > 5'}}}`)
	var wrong []string
	w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{
		OnConditionError: func(system, condition string, err error) { wrong = append(wrong, system+": "+condition) },
	})
	w.resolve(
		w.record("erp/1", 1, `{`+eva+`"creditLimit":{"amount":"100","currency":"EUR"},"attributes":{"score":"7"}}`),
		w.record("shop/1", 2, `{`+eva+`"creditLimit":{"amount":"900","currency":"EUR"},"attributes":{"score":"high"}}`),
	)
	c := w.doc("erp/1")
	if c.CreditLimit == nil || c.CreditLimit.Amount != "100" || c.Attributes["score"] != "high" {
		t.Errorf("%+v, %v", c.CreditLimit, c.Attributes)
	}
	if diff := cmp.Diff([]string{"shop: number(customer.attributes.score) > 5"}, wrong); diff != "" {
		t.Error(diff)
	}
	lost := w.lineage("erp/1")["creditLimit"][0].Lost
	if len(lost) != 1 || !strings.HasPrefix(lost[0].Why, "no say: number(customer.attributes.score) > 5: ") || !strings.Contains(lost[0].Why, "high") {
		t.Errorf("%+v", lost)
	}
}

// TestCondition_beyondItsBudgetSilencesTheRecord: the budget is counted in steps, so that every run
// ends alike.
func TestCondition_beyondItsBudgetSilencesTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `survive: {attributes: {language: {rule: most_recent, when: 'all(customer.needs, all(customer.needs, all(customer.needs, all(customer.needs, true)))) || source.system == "a" || source.system == "b"'}}}`)
	needs := strings.Repeat(`{"subject":"x"},`, 60)
	w.resolve(w.record("erp/1", 1, `{`+eva+`"language":"de","needs":[`+needs[:len(needs)-1]+`]}`), w.record("shop/1", 0, `{`+eva+`"language":"en"}`))
	if got := w.doc("erp/1").Language; got != "en" {
		t.Errorf("language %q", got)
	}
	if why := w.lineage("erp/1")["language"][0].Lost[0].Why; !strings.HasSuffix(why, "…: the expression took more than 100000 steps") {
		t.Errorf("%s", why)
	}
}

// TestNoLoops_aWriteGivesARecordNoSay: conditions do not see what the hub wrote.
func TestNoLoops_aWriteGivesARecordNoSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `survive: {attributes: {language: {rule: most_recent, when: '!empty(customer.phones)'}}}`)
	w.resolve(
		w.record("erp/1", 1, `{`+eva+`"language":"de","phones":[{"value":"+49301111111"}]}`),
		w.record("shop/1", 2, `{`+eva+`"language":"en"}`),
	)
	w.deliver("erp/1", "shop/1", nil, w.record("shop/1", 3, `{`+eva+`"language":"en","phones":[{"value":"+49 30 1111111"}]}`))
	if got := w.doc("erp/1").Language; got != "de" {
		t.Errorf("language %q: the hub's own phone number gave the shop a say", got)
	}
	// what records without a say state is explained, and is no value of the golden record
	w.resolve(w.deleted("erp/1", 4))
	g := w.entity("shop/1")
	sources, err := w.store.SourcesOf(t.Context(), g.No)
	if err != nil {
		t.Fatal(err)
	}
	e, err := golden.Explain(g, sources)
	if err != nil {
		t.Fatal(err)
	}
	var unheard []golden.LostExplanation
	for _, a := range e.Attributes {
		if a.Attribute == "language" && len(a.Values) == 0 {
			unheard = a.Unheard
		}
	}
	want := []golden.LostExplanation{{Value: []byte(`"en"`), Source: "shop/customers/1", Why: "no say: not so that !empty(customer.phones)", Where: "shop.csv, line 3"}}
	if diff := cmp.Diff(want, unheard); diff != "" {
		t.Error(diff)
	}
	if values, listed := w.lineage("shop/1")["language"]; listed {
		t.Errorf("lineage %+v of a value that there is not", values)
	}
	written, err := w.rules.Written(g, "crm/customers/1", nil, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range written {
		if v.Attribute == "language" {
			t.Errorf("a write clears the language: %+v", v)
		}
	}
}

func TestTrust_decaysAgainstTheNewestRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `survive: {trust: {erp: {score: 90, half_life: 10d}, shop: 60}, attributes: {language: trust}}`)
	w.resolve(w.record("erp/1", 1, `{`+eva+`"language":"de"}`), w.record("shop/1", 1, `{`+eva+`"language":"en"}`))
	if got := w.lineage("erp/1")["language"][0]; got.Source != "erp/customers/1" || got.Rule != "trust" || got.Lost[0].Why != "less trusted: 60.000 against 90.000" {
		t.Errorf("%+v", got)
	}
	w.resolve(w.record("shop/1", 11, `{`+eva+`"language":"en","gender":"female"}`))
	if got := w.lineage("erp/1")["language"][0]; got.Source != "shop/customers/1" || got.Lost[0].Why != "less trusted: 45.000 against 60.000" {
		t.Errorf("%+v", got)
	}
	// a technical re-send of the shop's record makes nothing older
	w.resolve(w.record("erp/1", 12, `{`+eva+`"language":"it"}`), w.record("shop/1", 200, `{`+eva+`"language":"en","gender":"female"}`))
	if got := w.lineage("erp/1")["language"][0]; got.Source != "erp/customers/1" {
		t.Errorf("%+v", got)
	}
}

// TestLists_mergeByStandardisedValue: two notations of one thing are one item.
func TestLists_mergeByStandardisedValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `survive: {priority: [erp, shop], attributes: {addresses: union}}`)
	w.resolve(w.record("shop/1", 5, `{`+eva+`
		"identifiers":[{"scheme":"VAT ID","value":"de 136 695 976"},{"scheme":"Customer Number","value":"k 17"},{"scheme":"customer-number","value":"K18","issuer":"north"}],
		"addresses":[{"use":"home","lines":["Ringstr. 12 a"],"locality":"BERLIN","postcode":"D-10115","country":"DE"},{"use":"home","lines":["Ringstraße 12b"],"locality":"Berlin","postcode":"10115"},{"use":"billing","lines":["Ringstraße 12a"],"locality":"Berlin","postcode":"10115"}],
		"consents":[{"channel":"MAIL","purpose":"news","status":"withdrawn","time":"2025-06-01T00:00:00Z"}],
		"phones":[{"value":"030 1234567"}],"emails":[{"value":"Eva@Example.com"}]}`))
	w.resolve(w.record("erp/1", 1, `{`+eva+`
		"identifiers":[{"scheme":"vat","value":"136695976","issuer":"DE"},{"scheme":"customer_number","value":"K 17"},{"scheme":"customer-number","value":"K18","issuer":"south"}],
		"addresses":[{"use":"home","lines":["Ringstraße 12a"],"locality":"Berlin","postcode":"10115"}],
		"consents":[{"channel":"mail","purpose":"News","status":"granted","time":"2025-06-01T01:00:00+01:00"}],
		"phones":[{"value":"+49301234567"}]}`))
	got := map[string][]string{}
	for name, values := range w.lineage("erp/1") {
		for _, v := range values {
			got[name] = append(got[name], strings.Join(append([]string{v.Source}, v.Also...), " = "))
		}
	}
	const erp, shop = "erp/customers/1", "shop/customers/1"
	want := map[string][]string{
		"names": {shop}, "emails": {erp + " = " + shop}, "phones": {erp + " = " + shop},
		"identifiers": {erp + " = " + shop, erp + " = " + shop, erp, shop},
		"addresses":   {erp, shop, shop},
		"consents":    {shop},
	}
	want["names"] = []string{shop + " = " + erp}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c := w.doc("erp/1"); len(c.Consents) != 1 || c.Consents[0].Status != "withdrawn" {
		t.Errorf("consents %+v", c.Consents)
	}
	if lost := w.lineage("erp/1")["addresses"][0].Lost; len(lost) != 1 || lost[0].Source != shop {
		t.Errorf("the other notation of the address: %+v", lost)
	}
}

func TestKinds_haveRulesOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
survive:
  priority: [erp, shop]
  attributes: {default: most_recent}
  kinds:
    organisation: {attributes: {language: source_priority}}`)
	for _, kind := range []canonical.Kind{canonical.Person, canonical.Organisation} {
		mail := `"kind":"` + string(kind) + `","emails":[{"value":"` + string(kind) + `@example.com"}],`
		w.resolve(
			w.record("erp/"+string(kind), 1, `{`+mail+`"language":"de","gender":"x"}`),
			w.record("shop/"+string(kind), 2, `{`+mail+`"language":"en","gender":"y"}`),
		)
	}
	if person, firm := w.doc("erp/person"), w.doc("erp/organisation"); person.Language != "en" || firm.Language != "de" || firm.Gender != "y" {
		t.Errorf("person %q, organisation %q, %q", person.Language, firm.Language, firm.Gender)
	}
}
