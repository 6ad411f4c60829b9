package golden_test

import (
	"slices"
	"sync"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// The rulesets between which histories change. The limits are small, so that keys become generic and
// components are cut all the time.
const (
	tight = `
match:
  unique: [member]
  keys: [[identifier], [email], [phone, name], [name, birthDate]]
  limits: {block: 3, component: 5}
survive:
  priority: [erp, shop, crm]
  attributes:
    names: {rule: source_priority}
    phones: {rule: union, limit: 3, prefer: verified_first}
    language: {rule: most_frequent, when: 'source.system != "crm" || !empty(customer.emails)'}
    industry: longest
`
	// Others than tight in everything that can differ.
	loose = `
match:
  unique: []
  keys: [[phone], [email, name], [birthDate]]
  limits: {block: 6, component: 9}
survive:
  priority: [crm, erp]
  trust: {erp: {score: 90, half_life: 2d}, shop: 60, crm: {score: 100, half_life: 1d}}
  attributes:
    names: {rule: most_complete}
    phones: {rule: most_recent}
    default: source_priority
    language: trust
  kinds:
    organisation:
      attributes: {names: trust, default: longest}
`
	// As tight, with the other limits alone.
	wide = `
match:
  unique: [member]
  keys: [[identifier], [email], [phone, name], [name, birthDate]]
  limits: {block: 4, component: 6}
survive:
  priority: [erp, shop, crm]
`
	// Pairs are weighed by what they say, not by the keys that they share.
	scored = `
match:
  rules: person
  unique: [member]
  limits: {block: 3, component: 5}
survive:
  priority: [erp, shop, crm]
`
	// The same with other thresholds and limits.
	strict = `
match:
  rules: person
  thresholds: {link: 6, review: -2}
  limits: {block: 4, component: 6}
survive:
  priority: [shop]
`
	lenient = `
match:
  rules: person
  unique: [member]
  keys: [[email], [phone], [family, given], [birthDate, token], [attributes.tier]]
  thresholds: {link: -4, review: -12}
  limits: {block: 5, component: 4}
`
	// scored with parameters that are not its own.
	trained = scored + "# trained\n"
)

var allRules = []string{tight, loose, wide, scored, strict, lenient, trained}

// known keeps the rulesets, which are never changed once loaded.
var known struct {
	sync.Mutex
	rules map[string]*golden.Ruleset
}

// rulesOf loads a ruleset once.
func rulesOf(t fataler, yaml string) *golden.Ruleset {
	t.Helper()
	known.Lock()
	defer known.Unlock()
	if r := known.rules[yaml]; r != nil {
		return r
	}
	if known.rules == nil {
		known.rules = map[string]*golden.Ruleset{}
	}
	r := ruleset(t, yaml)
	if yaml == trained {
		r = r.WithParameters(otherParameters(r.MatchRules()))
	}
	known.rules[yaml] = r
	return r
}

// otherParameters are as training might give them: the levels in the same order, with other weights.
func otherParameters(r *match.Rules) *match.Parameters {
	p := &match.Parameters{Prior: -12 * match.Bit, Related: -2 * match.Bit}
	for _, c := range r.Comparisons {
		weights := []int32{0}
		for _, l := range c.Levels {
			weights = append(weights, l.Weight*3/4)
		}
		p.Weights = append(p.Weights, append(weights, c.Otherwise/2))
		p.Frequencies = append(p.Frequencies, nil)
	}
	return p
}

// weighs says whether pairs are weighed by a ruleset, rather than joined by keys alone.
func weighs(yaml string) bool {
	return slices.Contains([]string{scored, strict, lenient, trained}, yaml)
}
