package golden_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
)

func sorted(list []string) []string { slices.Sort(list); return list }

// manyKeys are so many keys that all differ.
func manyKeys(n int) string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("[attributes.a%02d]", i))
	}
	return strings.Join(keys, ", ")
}

func TestLoadRuleset_tellsEverythingWrong(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string][]string{
		"match: {keys: [[emial]]}":                                                   {`golden.yaml:1:17: unknown part of a key "emial"; expected one of identifier, email, phone, name, family, given, organisation, birthDate, postcode, token, sound, birthYear, area, local, sounds, place, locality, region, street, house, address, coordinates, gender, language, industry; did you mean "email"?`},
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
		"rulset: x":                                          {`golden.yaml:1:1: unknown key "rulset"; expected one of ruleset, match, survive; did you mean "ruleset"?`},
		"match: {keys: [[email, email]]}":                    {`golden.yaml:1:24: email stands in this key already; expected every part once`},
		"match: {keys: [[attributes.a, attributes.a]]}":      {`golden.yaml:1:31: attributes.a stands in this key already; expected every part once`},
		"match: {keys: [[email], []]}":                       {`golden.yaml:1:25: a key without parts; expected at least one, such as email`},
		"match: {keys: [[email, name], [name, email]]}":      {`golden.yaml:1:31: this key stands in line 1 already; expected every key once; the order of its parts makes no difference`},
		"match: {keys: [" + manyKeys(65) + "]}":              {`golden.yaml:1:1168: more than 64 keys; expected fewer, finer ones included; touchstone match blocking shows which bring nothing`},
		"match: {unique: [gln, ILN]}":                        {`golden.yaml:1:23: gln stands here already; expected every scheme once, under one of its names`},
		"match: {unique: [vta, customer-number]}":            {`golden.yaml:1:18: warning: "vta" is no scheme with a known form; expected a scheme that mappings give, of which nothing but its name is known; did you mean "vat"?`},
		"match: {compare: [{attribute: given, levels: []}]}": {`golden.yaml:1:31: given has no levels; expected at least one, such as exact; without ` + "`levels:`" + ` it has its usual ones`},
		"match: {compare: [{attribute: given, levels: [{jaro_winkler: 0.85}, exact, {jaro_winkler: 0.92}]}]}": {
			`golden.yaml:1:69: level exact never holds: jaro_winkler 850, which stands before it, holds wherever it does; expected the strongest level first, each once`,
			`golden.yaml:1:76: level jaro_winkler 920 never holds: jaro_winkler 850, which stands before it, holds wherever it does; expected the strongest level first, each once`,
		},
		"match: {compare: [{attribute: birthDate, levels: [exact, {edits: 2}, one_digit]}]}":                          {`golden.yaml:1:70: level one_digit never holds: edits 2, which stands before it, holds wherever it does; expected the strongest level first, each once`},
		"match: {compare: [{attribute: given, levels: [{exact: , weight: 3}, {edits: 1, weight: 4}], otherwise: 5}]}": {`golden.yaml:1:69: level edits 1 weighs 4 bits, more than exact with 3; expected no level to weigh more than a stronger one`, `golden.yaml:1:104: otherwise weighs 5 bits, more than edits 1 with 4; expected values that differ to weigh no more than values that are alike`},
		"match: {rules: person, thresholds: {review: -30}}":                                                           {`golden.yaml:1:45: warning: review is -30 bits, no more than what a pair weighs of which nothing is known (prior, -18): every pair that shares a key would be shown to a person; expected review above the prior`},
		"match: {compare: [{attribute: given}], prior: -2}":                                                           {`golden.yaml:1:47: warning: review is -4 bits, no more than what a pair weighs of which nothing is known (prior, -2): every pair that shares a key would be shown to a person; expected review above the prior`},
		"match: {compare: [{attribute: given, levels: [{exact: , weight: 9}]}], prior: -10, thresholds: {link: 4}}":   {`golden.yaml:1:103: warning: link is 4 bits, and until parameters are trained no pair weighs more than -1; expected a threshold that pairs can reach`},
		"match: {placeholders: {names: ['.'], emails: [kasse], phones: [12]}}": {
			`golden.yaml:1:32: found "." in quotes; expected a name or a part of one, such as unknown`,
			`golden.yaml:1:47: found "kasse"; expected a mail address, or @DOMAIN`,
			`golden.yaml:1:64: found "12"; expected a telephone number, national as dialled in the hub's region or with its calling code`,
		},
		"match: {keys: [[phone]]}":                                                  {`golden.yaml:1:17: warning: the key phone alone joins customers that only share it, such as a household; expected another part beside it, such as name`},
		"match: {limits: {block: 1}}":                                               {`golden.yaml:1:25: block is "1"; expected an integer from 2 to 10000`},
		"match: {unique: [' ']}":                                                    {`golden.yaml:1:18: an empty scheme; expected an identifier scheme such as vat, gln or customer-number`},
		"survive: {priority: [epr]}":                                                {`golden.yaml:1:22: unknown system "epr"; expected one of erp, shop; did you mean "erp"?`},
		"survive: {attributes: {phnes: union}}":                                     {`golden.yaml:1:24: unknown key "phnes"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …; did you mean "phones"?`},
		"survive: {attributes: {phones: unoin}}":                                    {`golden.yaml:1:32: unknown rule "unoin"; expected one of source_priority, most_recent, most_complete, most_frequent, longest, verified_first, trust, union; did you mean "union"?`},
		"survive: {attributes: {language: union}}":                                  {`golden.yaml:1:34: union for language, which is no list; expected one of source_priority, most_recent, most_complete, most_frequent, longest, trust`},
		"survive: {attributes: {default: union}}":                                   {`golden.yaml:1:33: union for default, which is no list; expected one of source_priority, most_recent, most_complete, most_frequent, longest, trust`},
		"survive:\n  attributes:\n    phones:\n":                                    {`golden.yaml:3:5: phones has no rule; expected one of source_priority, most_recent, most_complete, most_frequent, longest, verified_first, trust, union`},
		"survive: {attributes: {phones: {limit: 3}}}":                               {`golden.yaml:1:32: phones has no rule; expected one of source_priority, most_recent, most_complete, most_frequent, longest, verified_first, trust, union`},
		"survive: {attributes: {phones: {rule: most_recent, prefer: longest}}}":     {`golden.yaml:1:60: prefer without union; expected it only beside rule: union`},
		"survive: {attributes: {addresses: {rule: union, group: use}}}":             {`golden.yaml:1:56: group beside union; expected a rule that chooses between records; a union keeps every item anyway`},
		"survive: {attributes: {addresses: {rule: most_recent, group: us}}}":        {`golden.yaml:1:62: unknown group of addresses "us"; expected one of use; did you mean "use"?`},
		"survive: {attributes: {gender: {rule: most_recent, limit: 2}}}":            {`golden.yaml:1:59: limit for gender, which is no list; expected no limit here`},
		"survive: {attributes: {language: verified_first}}":                         {`golden.yaml:1:34: verified_first for language, which no source states to be verified; expected one of source_priority, most_recent, most_complete, most_frequent, longest, trust`},
		"survive: {attributes: {addresses: {rule: union, prefer: verified_first}}}": {`golden.yaml:1:57: unknown rule "verified_first"; expected one of source_priority, most_recent, most_complete, most_frequent, longest, trust`},
		"survive: {trust: {epr: 90}, attributes: {default: trust}}":                 {`golden.yaml:1:19: unknown system "epr"; expected one of erp, shop; did you mean "erp"?`},
		"survive: {trust: {erp: high}, attributes: {default: trust}}":               {`golden.yaml:1:24: found "high"; expected a score from 0 to 100, or a mapping such as {score: 90, half_life: 365d}`},
		"survive: {trust: {erp: 101}, attributes: {default: trust}}":                {`golden.yaml:1:24: found "101"; expected a score from 0 to 100, or a mapping such as {score: 90, half_life: 365d}`},
		"survive: {trust: {erp: {score: 101}}, attributes: {default: trust}}":       {`golden.yaml:1:32: score is "101"; expected an integer from 0 to 100`},
		"survive: {trust: {erp: {half_live: 1d}}, attributes: {default: trust}}": {
			`golden.yaml:1:24: "score" is missing; expected an integer from 0 to 100`,
			`golden.yaml:1:25: unknown key "half_live"; expected one of score, half_life; did you mean "half_life"?`,
		},
		"survive: {trust: {erp: {score: 1, half_life: 1y}}, attributes: {default: trust}}":                            {`golden.yaml:1:46: half_life is "1y"; expected a duration such as 15s, 2h or 7d, at least 1h`},
		"survive: {trust: {erp: {score: 1, half_life: 5m}}, attributes: {default: trust}}":                            {`golden.yaml:1:46: half_life is "5m"; expected a duration such as 15s, 2h or 7d, at least 1h`},
		"match: {keys: [{key: [phone, name], refine: [[name]]}]}":                                                     {`golden.yaml:1:47: name stands in this key already; expected every part once`},
		"match: {keys: [{key: [phone, name], most: 1}]}":                                                              {`golden.yaml:1:43: most is "1"; expected an integer from 2 to 10000`},
		"match: {keys: [{refine: [[name]]}]}":                                                                         {`golden.yaml:1:16: "key" is missing; expected a list`},
		"match: {keys: [[email], [email]]}":                                                                           {`golden.yaml:1:25: this key stands in line 1 already; expected every key once; the order of its parts makes no difference`},
		"match: {keys: [[email], {key: [name], refin: [[area]]}]}":                                                    {`golden.yaml:1:39: unknown key "refin"; expected one of key, most, refine; did you mean "refine"?`},
		"survive: {trust: {erp: 90}}":                                                                                 {`golden.yaml:1:19: warning: no rule goes by this trust; expected rule: trust or prefer: trust for some attribute`},
		"survive: {attributes: {language: trust}}":                                                                    {`golden.yaml:1:34: trust without a score for any system; expected trust: {SYSTEM: SCORE} under survive or beside the rule`},
		"survive: {attributes: {phones: {rule: union, prefer: trust}}}":                                               {`golden.yaml:1:54: trust without a score for any system; expected trust: {SYSTEM: SCORE} under survive or beside the rule`},
		"survive: {attributes: {language: {rule: longest, trust: {erp: 9}}}}":                                         {`golden.yaml:1:58: trust beside longest; expected it only beside rule: trust or prefer: trust`},
		"survive: {kinds: {organization: {attributes: {names: longest}}}}":                                            {`golden.yaml:1:19: unknown key "organization"; expected one of person, organisation; did you mean "organisation"?`},
		"survive: {kinds: {person: {}}}":                                                                              {`golden.yaml:1:19: person has no rules; expected attributes: {ATTRIBUTE: RULE}`},
		"survive: {kinds: {person: {attributesx: {names: longest}}}}":                                                 {`golden.yaml:1:28: unknown key "attributesx"; expected attributes; did you mean "attributes"?`},
		"survive: {kinds: {person: {attributes: {kind: longest}}}}":                                                   {`golden.yaml:1:41: the kind by a rule of its own kind; expected kind under survive.attributes, for all customers`},
		"survive: {kinds: {person: {attributes: {nmes: longest}}}}":                                                   {`golden.yaml:1:41: unknown key "nmes"; expected one of identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, addresses, …; did you mean "names"?`},
		"survive: {kinds: {person: {attributes: {names: longst}}}}":                                                   {`golden.yaml:1:48: unknown rule "longst"; expected one of source_priority, most_recent, most_complete, most_frequent, longest, trust, union; did you mean "longest"?`},
		"survive: {attributes: {names: {rule: longest, when: 'source.systm == \"erp\"'}}}":                            {`golden.yaml:1:61: unknown field "systm"; expected one of system, stream, id; did you mean "system"?`},
		"survive: {attributes: {names: {rule: longest, when: 'source.system == \"epr\"'}}}":                           {`golden.yaml:1:71: unknown system "epr"; expected one of erp, shop; did you mean "erp"?`},
		"survive: {attributes: {names: {rule: longest, when: 'source.system in [\"erp\", \"shp\"]'}}}":                {`golden.yaml:1:79: unknown system "shp"; expected one of erp, shop; did you mean "shop"?`},
		"survive: {attributes: {names: {rule: longest, when: 'customer.source.version == 1'}}}":                       {`golden.yaml:1:63: unknown field "source"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …`},
		"survive: {attributes: {names: {rule: longest, when: 'customer.emials'}}}":                                    {`golden.yaml:1:63: unknown field "emials"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …; did you mean "emails"?`},
		"survive: {attributes: {names: {rule: longest, when: 'len(customer.emails)'}}}":                               {"golden.yaml:1:53: the expression gives a number; expected true or false"},
		"survive: {attributes: {names: {rule: longest, when: 'customer.kind == \"persn\"'}}}":                         {`golden.yaml:1:71: "persn" is never the value of this field; expected one of person, organisation; did you mean "person"?`},
		"survive: {attributes: {names: {rule: longest, when: '1 +'}}}":                                                {"golden.yaml:1:56: unexpected end; expected an expression"},
		"survive: {attributes: {names: {rule: longest, when: 'false'}}}":                                              {"golden.yaml:1:54: warning: the condition can never hold: it asks for false"},
		"survive: {attributes: {names: {rule: longest, when: [a]}}}":                                                  {"golden.yaml:1:53: found a list; expected an expression"},
		"survive: {attributes: {names: {rule: longest, when: 'lookup(\"x\", source.id) == \"1\"'}}}":                  {`golden.yaml:1:54: there are no lookup tables here; expected a condition without lookup`},
		"survive: {attributes: {names: {rule: longest, when: 'lower(1, 2) == \"1\" && upcase(source.id) == \"A\"'}}}": {"golden.yaml:1:54: lower has 2 arguments; expected lower(text) text", "golden.yaml:1:76: unknown function upcase; expected a built-in function"},
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
  trust: {erp: {score: 90, half_life: 365d}, webshop: 60}
  attributes:
    names: {rule: source_priority}
    phones: {rule: union, limit: 10, prefer: most_recent}
    emails: verified_first
    addresses: {group: use, rule: most_recent}
    creditLimit: {rule: source_priority, priority: [erp], when: 'source.system != "callcenter" && !empty(customer.emails)'}
    default: most_recent
  kinds:
    organisation:
      attributes:
        names: trust
        phones: {rule: union, prefer: trust, trust: {callcenter: 10}}
`
	rules := ruleset(t, full)
	if rules.Name != "acme" || rules.Version == "" || rules.Version == ruleset(t, "").Version || rules.Version != ruleset(t, full).Version {
		t.Errorf("name %s, version %s", rules.Name, rules.Version)
	}
}

// TestRuleset_versionIsOfEverythingThatDecides: two rulesets have one version only if they decide
// equally.
func TestRuleset_versionIsOfEverythingThatDecides(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, yaml := range []string{
		"survive: {trust: {erp: 90, shop: 60}, attributes: {language: trust}}",
		"survive: {trust: {erp: 91, shop: 60}, attributes: {language: trust}}",
		"survive: {trust: {erp: {score: 90, half_life: 365d}, shop: 60}, attributes: {language: trust}}",
		"survive: {trust: {erp: {score: 90, half_life: 366d}, shop: 60}, attributes: {language: trust}}",
		"survive: {attributes: {language: {rule: trust, trust: {erp: 90, shop: 60}}}}",
		"survive: {attributes: {language: longest}}",
		"survive: {attributes: {language: {rule: longest, when: 'source.system == \"erp\"'}}}",
		"survive: {attributes: {language: {rule: longest, when: 'source.system != \"erp\"'}}}",
		"survive: {attributes: {gender: {rule: longest, when: 'source.system != \"erp\"'}}}",
		"survive: {kinds: {person: {attributes: {language: longest}}}}",
		"survive: {kinds: {organisation: {attributes: {language: longest}}}}",
		"survive: {kinds: {organisation: {attributes: {default: longest}}}}",
	} {
		version := ruleset(t, yaml).Version
		if other := seen[version]; other != "" {
			t.Errorf("one version for\n%s\n%s", other, yaml)
		}
		seen[version] = yaml
	}
	a := ruleset(t, "survive: {trust: {erp: 90, shop: 60}, attributes: {language: trust, gender: {rule: longest, when: 'true'}}}")
	b := ruleset(t, "survive: {attributes: {gender: {when: 'true', rule: longest}, language: trust}, trust: {shop: 60, erp: 90}}")
	if a.Version != b.Version {
		t.Error("the order in the file makes another version")
	}
}

func TestRuleset_lookups(t *testing.T) {
	t.Parallel()
	rules := ruleset(t, "")
	var c canonical.Customer
	doc := `{"names":[{"full":"王小明"}],"phones":[{"value":"+8613912345678"},{"value":"030 1234567"}],"emails":[{"value":"Li@Example.COM"}],"identifiers":[{"scheme":"GLN","value":"4012345000009"}],"birthDate":"1980-05-17","addresses":[{"locality":"Bad Ems","postcode":"D-56130","country":"DE"},{"locality":"深圳市"}]}`
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
		golden.LookupPlace:      {"56130", "bad", "ems", "深圳"},
		golden.LookupBorn:       {"1980-05-17"},
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
