package golden

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden/match"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// Ruleset is everything by which the partition of records into customers and their values are
// decided. It is never changed once loaded.
type Ruleset struct {
	Name     string
	Version  string // fingerprint of the rules and the standardisers: equal versions decide equally
	match    match.Rules
	params   string // fingerprint of the trained parameters; "" without
	stamped  uint64 // fingerprint of what features depend on
	survive  survive.Rules
	standard *standard.Standardiser
	// placeholders are values by which no two records are compared.
	placeholders *standard.Placeholders
	surviving    *survive.Prepared // survive, in order
	// conditions are those of the survivorship rules.
	conditions conditions
}

// RulesetOptions are what a ruleset takes from the rest of the hub folder.
type RulesetOptions struct {
	Region string // ISO 3166-1 alpha-2 of the hub, from which national phone numbers are read
	// Systems are the systems of the hub. Where given, priorities may name no others.
	Systems []string
}

// LoadRuleset reads golden.yaml. Everything wrong becomes a problem; the ruleset is usable if
// there are none. A nil or empty node gives the shipped rules.
func LoadRuleset(node *config.Node, o RulesetOptions, ps *config.Problems) *Ruleset {
	r := &Ruleset{
		Name: "default", match: match.Default(), survive: survive.Default(),
		standard: &standard.Standardiser{Region: o.Region}, placeholders: standard.ShippedPlaceholders(), conditions: conditions{region: o.Region},
	}
	var file rulesetFile
	if node.IsSet() {
		node.Decode(&file, ps)
		l := rulesetLoader{ruleset: r, file: &file, problems: ps, systems: o.Systems}
		if file.Ruleset != "" {
			r.Name = file.Ruleset
		}
		l.match(&file.Match)
		l.survive(&file.Survive)
	}
	r.surviving = r.survive.Prepare()
	r.stamped, r.Version = r.stamp(), r.fingerprint()
	return r
}

// Ranks tells whether some priority or trust of the ruleset names a system or one of its streams.
func (r *Ruleset) Ranks(system string) bool {
	return slices.ContainsFunc(r.survive.Names(), func(name string) bool {
		of, _, _ := strings.Cut(name, "/")
		return of == system
	})
}

func (r *Ruleset) fingerprint() string {
	rules := r.match
	rules.Parameters = nil // they have a fingerprint of their own
	text := fmt.Sprintf("%s|%s|%+v|%s|%#v|%s", standard.Version, r.standard.Region, rules, r.params, r.survive, r.placeholders)
	return fmt.Sprintf("%016x", xxhash.Sum64String(text))
}

// features derives the standardised forms of a customer, and what matching compares of them: all but
// placeholders.
func (r *Ruleset) features(c *canonical.Customer) (*standard.Standard, *match.Features) {
	forms := r.standard.Customer(c)
	return &forms, r.match.Features(c, r.placeholders.Without(&forms))
}

// forms gives survivorship its standardised forms.
type forms struct{ *standard.Standardiser }

func (f forms) Phone(value string) string {
	e164, _ := f.Standardiser.Phone(value)
	return e164
}

func (f forms) Email(value string) string {
	address, ok := f.Standardiser.Email(value)
	if !ok {
		return ""
	}
	return address
}

func (f forms) Identifier(id canonical.Identifier) canonical.Identifier {
	scheme, value, _ := f.Standardiser.Identifier(id)
	form := canonical.Identifier{Scheme: scheme, Value: value, Issuer: f.Fold(id.Issuer)}
	if scheme == "vat" {
		form.Issuer = "" // its country, which a standardised VAT number begins with
	}
	return form
}

// Address takes an address without a country for one in the hub's region, as phone numbers are.
func (f forms) Address(a canonical.Address) string {
	form := f.Standardiser.Address(a)
	return form.Key(f.Region)
}

func (f forms) Fold(text string) string {
	folded := standard.Fold(text)
	if evenlySpaced(folded) {
		return folded
	}
	return strings.Join(strings.Fields(folded), " ")
}

// evenlySpaced tells whether text is ASCII words with one blank between them, as most is.
func evenlySpaced(text string) bool {
	blank := true
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf || c < ' ' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return !blank || text == ""
}

// scheme is the one name of an identifier scheme, as standardised identifiers have it.
func (r *Ruleset) scheme(name string) string {
	scheme, _, _ := r.standard.Identifier(canonical.Identifier{Scheme: name, Value: "0"})
	return scheme
}
