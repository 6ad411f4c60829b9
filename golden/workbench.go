package golden

import (
	"github.com/touchstone-hub/touchstone/golden/match"
)

// MatchRules are the rules by which pairs are weighed and customers formed. They must not be changed.
func (r *Ruleset) MatchRules() *match.Rules { return &r.match }

// Trained says whether parameters were trained for the ruleset.
func (r *Ruleset) Trained() bool { return r.match.Parameters != nil }

// WithParameters is the ruleset with other parameters, to try what they do; nil for none.
func (r *Ruleset) WithParameters(p *match.Parameters) *Ruleset {
	other := *r
	other.match.Parameters = p
	return &other
}

// MatchRecord gives what matching knows of a canonical customer.
func (r *Ruleset) MatchRecord(in *Incoming) match.Record {
	_, features := r.features(&in.Customer)
	return match.Record{Key: in.Key(), Features: features}
}
