package golden_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
)

func sorted(list []string) []string { slices.Sort(list); return list }

func TestLoadRuleset_tellsEverythingWrong(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string][]string{
		"rulset: x":                                                                  {`golden.yaml:1:1: unknown key "rulset"; expected one of ruleset, match, survive; did you mean "ruleset"?`},
		"match: {keys: [[emial]]}":                                                   {`golden.yaml:1:17: unknown part of a key "emial"; expected one of identifier, email, phone, name, family, given, organisation, birthDate, postcode, token, sound, birthYear, area, local, place, locality, region, street, house, address, coordinates, gender, language, industry; did you mean "email"?`},
		"match: {keys: [[email, email]]}":                                            {`golden.yaml:1:24: email stands in this key already; expected every part once`},
		"match: {keys: [[phone]]}":                                                   {`golden.yaml:1:17: warning: the key phone alone joins customers that only share it, such as a household; expected another part beside it, such as name`},
		"match: {rules: persn}":                                                      {`golden.yaml:1:16: unknown shipped rules "persn"; expected one of exact, organisation, person-cjk, person; did you mean "person"?`},
		"match: {compare: [{attribute: givn}]}":                                      {`golden.yaml:1:31: unknown attribute "givn"; expected one of given, family, organisation, name, birthDate, email, phone, place, postcode, locality, region, street, house, address, coordinates, gender, language, industry; did you mean "given"?`},
		"match: {compare: [{levels: [exact]}]}":                                      {`golden.yaml:1:19: "attribute" is missing; expected text`},
		"match: {compare: [{attribute: attributes.born, as: birthdate}]}":            {`golden.yaml:1:52: unknown attribute "birthdate"; expected one of given, family, organisation, name, birthDate, email, phone, place, postcode, locality, region, street, house, address, coordinates, gender, language, industry; did you mean "birthDate"?`},
		"match: {compare: [{attribute: given}, {attribute: given}]}":                 {`golden.yaml:1:51: given is compared already; expected every attribute once, with several levels`},
		"match: {compare: [{attribute: given, levels: [exakt]}]}":                    {`golden.yaml:1:47: unknown level "exakt"; expected one of exact, nickname, begins, jaro_winkler, edits, token_set, one_digit, day_month, within_days, same_year, local_part, last_digits, postcode_locality, postcode, area_locality, locality, area, within_share, within_metres; did you mean "exact"?`},
		"match: {compare: [{attribute: given, levels: [edits]}]}":                    {`golden.yaml:1:47: edits has no number; expected {edits: 2}`},
		"match: {compare: [{attribute: given, levels: [{edits: 0.5}]}]}":             {`golden.yaml:1:55: edits is "0.5"; expected a whole number above 0`},
		"match: {compare: [{attribute: given, levels: [{jaro_winkler: 92}]}]}":       {`golden.yaml:1:62: jaro_winkler is "92"; expected a number above 0, at most 1`},
		"match: {compare: [{attribute: given, levels: [{exact: 1}]}]}":               {`golden.yaml:1:55: exact has a number; expected none`},
		"match: {compare: [{attribute: given, levels: [{exact: , weight: heavy}]}]}": {`golden.yaml:1:65: weight is "heavy"; expected bits from -30 to 30`},
		"match: {compare: [{attribute: given, levels: [{edits: 1, begins: }]}]}":     {`golden.yaml:1:58: "begins" beside "edits"; expected one level, and weight`},
		"match: {compare: [{attribute: given}], thresholds: {link: 2, review: 3}}":   {`golden.yaml:1:70: review lies above link; expected pairs to review to weigh no more than those to join`},
		"match: {limits: {block: 1}}":                                                {`golden.yaml:1:25: block is "1"; expected an integer from 2 to 10000`},
		"match: {unique: [' ']}":                                                     {`golden.yaml:1:18: an empty scheme; expected an identifier scheme such as vat, gln or customer-number`},
		"survive: {priority: [epr]}":                                                 {`golden.yaml:1:22: unknown system "epr"; expected one of erp, shop; did you mean "erp"?`},
		"survive: {attributes: {phnes: union}}":                                      {`golden.yaml:1:24: unknown key "phnes"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …; did you mean "phones"?`},
		"survive: {attributes: {phones: unoin}}":                                     {`golden.yaml:1:32: unknown rule "unoin"; expected one of source_priority, most_recent, most_complete, most_frequent, longest, union; did you mean "union"?`},
		"survive: {attributes: {language: union}}":                                   {`golden.yaml:1:34: union for language, which is no list; expected one of source_priority, most_recent, most_complete, most_frequent, longest`},
		"survive: {attributes: {default: union}}":                                    {`golden.yaml:1:33: union for default, which is no list; expected one of source_priority, most_recent, most_complete, most_frequent, longest`},
		"survive:\n  attributes:\n    phones:\n":                                     {`golden.yaml:3:5: phones has no rule; expected one of source_priority, most_recent, most_complete, most_frequent, longest, union`},
		"survive: {attributes: {phones: {limit: 3}}}":                                {`golden.yaml:1:32: phones has no rule; expected one of source_priority, most_recent, most_complete, most_frequent, longest, union`},
		"survive: {attributes: {phones: {rule: most_recent, prefer: longest}}}":      {`golden.yaml:1:60: prefer without union; expected it only beside rule: union`},
		"survive: {attributes: {addresses: {rule: union, group: use}}}":              {`golden.yaml:1:56: group beside union; expected a rule that chooses between records; a union keeps every item anyway`},
		"survive: {attributes: {addresses: {rule: most_recent, group: us}}}":         {`golden.yaml:1:62: unknown group of addresses "us"; expected one of use; did you mean "use"?`},
		"survive: {attributes: {gender: {rule: most_recent, limit: 2}}}":             {`golden.yaml:1:59: limit for gender, which is no list; expected no limit here`},
	} {
		var ps config.Problems
		node := config.Parse("golden.yaml", []byte(yaml), nil, &ps)
		golden.LoadRuleset(node, golden.RulesetOptions{Region: "DE", Systems: []string{"erp", "shop"}}, &ps)
		var got []string
		for _, p := range ps.Sorted() {
			got = append(got, p.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", yaml, diff)
		}
	}
}

func TestLoadRuleset_shippedRulesHaveNoProblems(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, name := range golden.ShippedRules() {
		rules := ruleset(t, "match: {rules: "+name+"}")
		if before, twice := seen[rules.Version]; twice {
			t.Errorf("%s decides as %s", name, before)
		}
		seen[rules.Version] = name
		if compares := len(rules.MatchRules().Comparisons) > 0; compares != (name != "exact") || len(rules.MatchRules().Keys) == 0 {
			t.Errorf("%s: %d comparisons, %d keys", name, len(rules.MatchRules().Comparisons), len(rules.MatchRules().Keys))
		}
	}
}

func TestLoadRuleset_takesTheWholeLanguage(t *testing.T) {
	t.Parallel()
	const full = `
ruleset: acme
match:
  unique: [vat, gln, customer-number]
  keys:
    - [identifier]
    - [email]
    - [phone, name]
    - [name, birthDate]
    - [organisation, postcode]
  limits: {block: 50, component: 100}
survive:
  priority: [erp, webshop, callcenter/customers]
  attributes:
    names: {rule: source_priority}
    phones: {rule: union, limit: 10, prefer: most_recent}
    addresses: {group: use, rule: most_recent}
    creditLimit: {rule: source_priority, priority: [erp]}
    default: most_recent
`
	rules := ruleset(t, full)
	if rules.Name != "acme" || rules.Version == "" || rules.Version == ruleset(t, "").Version || rules.Version != ruleset(t, full).Version {
		t.Errorf("name %s, version %s", rules.Name, rules.Version)
	}
}

func TestRuleset_lookups(t *testing.T) {
	t.Parallel()
	rules := ruleset(t, "")
	var c canonical.Customer
	doc := `{"names":[{"full":"王小明"}],"phones":[{"value":"+8613912345678"},{"value":"030 1234567"}],"emails":[{"value":"Li@Example.COM"}],"identifiers":[{"scheme":"GLN","value":"4012345000009"}]}`
	if err := c.UnmarshalJSON([]byte(doc)); err != nil {
		t.Fatal(err)
	}
	got := map[golden.LookupKind][]string{}
	for _, l := range rules.Lookups(&c) {
		got[l.Kind] = append(got[l.Kind], l.Value)
	}
	want := map[golden.LookupKind][]string{
		golden.LookupPhone:      {"+49301234567", "+8613912345678", "13912345678", "301234567"},
		golden.LookupEmail:      {"li@example.com"},
		golden.LookupIdentifier: {"gln:4012345000009"},
		golden.LookupName:       {"wang", "xiaomeng", "xiaoming", "yu", "小明", "王", "王小明"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewID_sortsAndReads(t *testing.T) {
	t.Parallel()
	last := ""
	for range 1000 {
		id := golden.NewID()
		if len(id) != 27 || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}
