package golden

import (
	"strings"
	"sync"

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

// MatchRecord gives what matching knows of a canonical customer. It holds nothing of the record's
// document.
func (r *Ruleset) MatchRecord(in *Incoming) match.Record {
	_, features := r.features(&in.Customer)
	features.BirthDate = strings.Clone(features.BirthDate)
	return match.Record{Key: in.Key(), Features: features}
}

// ReadMatchRecord is MatchRecord of a canonical Customer as ParseIncoming reads it. doc may be
// written over afterwards.
func (r *Ruleset) ReadMatchRecord(doc []byte) (match.Record, error) {
	in := incomings.Get().(*Incoming)
	defer incomings.Put(in)
	if err := in.read(doc); err != nil {
		return match.Record{}, err
	}
	return r.MatchRecord(in), nil
}

var incomings = sync.Pool{New: func() any { return new(Incoming) }}
