package match

import (
	"errors"
	"fmt"
	"math"
)

// Training is what parameters were learnt from, and how that went.
type Training struct {
	Parameters *Parameters
	Records    int
	Pairs      int         // that share a key and were compared: of very many a part, the same each time
	Rounds     int         // until nothing changed any more
	Matches    float64     // pairs of one customer that are expected among the candidates
	Relatives  float64     // pairs of relatives and colleagues
	Levels     [][]Learnt  // by comparison and level, "different" last
	Keys       []KeyShares // by rule
	Labels     Labelled
	// Refusals say why the parameters should not be used; none where nothing speaks against it.
	Refusals []string
}

// Learnt is what was learnt of one level: how often pairs of one customer are of it, and pairs at
// random.
type Learnt struct{ M, U float64 }

// KeyShares are the shares of the pairs that share a key of one rule.
type KeyShares struct {
	Key                           int // index of the rule
	Pairs                         int
	Matches, Relatives, Strangers float64
}

// ErrUntrainable: the records tell too little.
var ErrUntrainable = errors.New("no parameters can be learnt from these records")

const (
	randomPairs = 600_000 // compared to learn what strangers have in common
	trainPairs  = 800_000 // that share a key, of which about so many are compared
	// TrainRounds bounds the rounds of one run.
	TrainRounds = 200
	settledAt   = 1e-5 // the largest change of a share in a round
	weightMost  = 20 * Bit
	weightLeast = -14 * Bit
)

// Train learns parameters from records without labels, by expectation maximisation over three
// classes of pairs: of one customer, of relatives and colleagues, and of strangers (Fellegi and
// Sunter 1969; Winkler 1988 for EM).
//
// What strangers have in common is learnt from pairs at random. What records of one customer have in
// common is learnt from pairs that share a key, by each key only for attributes that are not in
// it. Relatives are as likely as one customer's records to be alike in shared attributes, and as
// unlike as strangers in all others: without that class a household's records, alike in all
// but the given name, pass for one customer's.
//
// progress, where given, is called after each round with the largest change of a share.
func (r *Rules) Train(records []Record, progress func(round int, change float64)) (*Training, error) {
	return r.TrainBlocks(r.Block(records), nil, progress)
}

// TrainBlocks is Train of records that are sorted by their keys already, with pairs of which is known
// whether they are one customer's.
func (r *Rules) TrainBlocks(b *Blocks, labels []Label, progress func(round int, change float64)) (*Training, error) {
	records := b.records
	if len(records) < 2 || len(r.Comparisons) == 0 {
		return nil, fmt.Errorf("%w: %d records, %d comparisons", ErrUntrainable, len(records), len(r.Comparisons))
	}
	t := newTrainer(r, records)
	t.frequencies = r.frequencies(records)
	t.random()
	pairs := t.candidates(b)
	if pairs == 0 {
		return nil, fmt.Errorf("%w: no two of %d share a key", ErrUntrainable, len(records))
	}
	t.label(b, labels)
	rounds := t.learn(0.7, progress)
	out := t.result()
	out.Rounds = rounds
	t.agreement(out, labels)
	t.refuse(out)
	for _, start := range []float64{0.5, 0.9} {
		t.learn(start, nil)
		if other := t.result(); !agree(out, other) {
			out.Refusals = append(out.Refusals, fmt.Sprintf("from another start it comes to %.0f matches instead of %.0f, or to other weights: the data do not tell enough", other.Matches, out.Matches))
			break
		}
	}
	return out, nil
}

// learn runs from a start, which is the share of the strongest level among pairs of one customer.
func (t *trainer) learn(start float64, progress func(round int, change float64)) (rounds int) {
	t.begin(start)
	for change := 1.0; rounds < TrainRounds && change > settledAt; rounds++ {
		change = t.round()
		if progress != nil {
			progress(rounds+1, change)
		}
	}
	return rounds
}

// pattern is the levels of a pair.
type pattern [maxComparisons]uint8

// counted is a pattern with how many pairs are of it.
type counted struct {
	levels pattern
	n      float64
}

// class is the pairs from one source: at random, or that share a key of one rule.
type class struct {
	patterns []counted
	total    float64
	without  [maxComparisons]bool // comparisons that the key itself decides
	shares   [3]float64           // of matches, relatives, strangers
	key      int                  // index of the rule; -1 at random
	fixed    bool                 // the shares are known: its pairs are labelled
}

const (
	ofMatches = iota
	ofRelatives
	ofStrangers
)

type trainer struct {
	rules   *Rules
	records []Record
	classes []*class
	m, u    [][]float64 // by comparison and level, level 0 unused

	frequencies []*Frequencies
	all         map[pattern]float64
	pairs       int
	known       float64 // pairs that share a key and are labelled as one customer's
	keyless     int     // labelled pairs that share no key
}

func newTrainer(r *Rules, records []Record) *trainer { return &trainer{rules: r, records: records} }

// begin sets the shares to where learning starts.
func (t *trainer) begin(start float64) {
	t.m, t.u = nil, nil
	for i := range t.rules.Comparisons {
		n := len(t.rules.Comparisons[i].Levels) + 2
		m, u := make([]float64, n), make([]float64, n)
		left := 1.0
		for l := 1; l < n; l++ {
			share := left * start
			if l == n-1 {
				share = left
			}
			m[l] = share
			left -= share
			u[l] = 1 / float64(n-1)
		}
		t.m, t.u = append(t.m, m), append(t.u, u)
	}
	for _, c := range t.classes {
		if c.fixed {
			continue
		}
		c.shares = [3]float64{0.3, 0.1, 0.6}
		if c.key < 0 {
			c.shares = [3]float64{0.0001, 0.0001, 0.9998}
		}
	}
}

// decided are the comparisons that a key decides: whoever shares it is alike in them.
func (r *Rules) decided(rule *KeyRule) (without [maxComparisons]bool) {
	about := map[string]bool{}
	for ; rule != nil; rule = r.refined(rule) {
		for _, a := range rule.Attributes {
			about[a] = true
		}
		for _, p := range rule.Parts {
			for _, a := range partAbout[p] {
				about[a] = true
			}
		}
	}
	for i := range r.Comparisons {
		a := r.Comparisons[i].Attribute
		without[i] = about[a] || a == "place" && (about["postcode"] || about["locality"])
	}
	return without
}

// refined is the rule whose keys a rule makes finer.
func (r *Rules) refined(rule *KeyRule) *KeyRule {
	if rule.refines == 0 {
		return nil
	}
	return &r.Keys[rule.refines-1]
}

// partAbout are the attributes that a part of a key decides.
var partAbout = [lastPart][]string{
	Email: {"email"}, Local: {"email"}, Phone: {"phone"}, Name: {"given", "family", "name"}, Family: {"family", "name"},
	Given: {"given", "name"}, Organisation: {"organisation", "name"}, BirthDate: {"birthDate"}, BirthYear: {"birthDate"},
	Postcode: {"postcode", "place"}, Area: {"postcode", "place"}, Token: {"given", "family", "name"}, Sound: {"given", "family", "name"}, Sounds: {"given", "family", "name"},
}

// likelihood of a pattern in the three classes, by what the source of the pairs leaves open.
func (t *trainer) likelihood(p *pattern, c *class) (l [3]float64) {
	l = c.shares
	for i := range t.rules.Comparisons {
		level := p[i]
		if level == nobody || c.without[i] {
			continue
		}
		m, u := t.m[i][level], t.u[i][level]
		l[ofMatches] *= m
		l[ofStrangers] *= u
		if t.rules.Comparisons[i].Shared {
			l[ofRelatives] *= m
		} else {
			l[ofRelatives] *= u
		}
	}
	return l
}

// round does one step of expectation and maximisation, and gives the largest change of a share.
func (t *trainer) round() (change float64) {
	m, u := zeroed(t.m), zeroed(t.u)
	for _, c := range t.classes {
		var sums [3]float64
		for i := range c.patterns {
			p, n := &c.patterns[i].levels, c.patterns[i].n
			l := t.likelihood(p, c)
			all := l[0] + l[1] + l[2]
			if all == 0 {
				continue
			}
			for k := range l {
				l[k] *= n / all
				sums[k] += l[k]
			}
			for i := range t.rules.Comparisons {
				level := p[i]
				if level == nobody || c.without[i] {
					continue
				}
				if c.key < 0 {
					u[i][level] += l[ofStrangers]
					continue
				}
				m[i][level] += l[ofMatches]
			}
		}
		for k := range sums {
			if c.fixed || c.total == 0 {
				break
			}
			share := max(sums[k]/c.total, 1e-12)
			change = max(change, math.Abs(share-c.shares[k]))
			c.shares[k] = share
		}
	}
	for i := range t.m {
		change = max(change, refreshed(t.m[i], m[i], 0.1), refreshed(t.u[i], u[i], 0.1))
	}
	return change
}

// refreshed makes counts the new shares, with a little added so that nothing is impossible.
func refreshed(shares, counts []float64, extra float64) (change float64) {
	sum := 0.0
	for l := 1; l < len(counts); l++ {
		counts[l] += extra
		sum += counts[l]
	}
	for l := 1; l < len(counts); l++ {
		change = max(change, math.Abs(counts[l]/sum-shares[l]))
		shares[l] = counts[l] / sum
	}
	return change
}

func zeroed(like [][]float64) [][]float64 {
	out := make([][]float64, len(like))
	for i := range like {
		out[i] = make([]float64, len(like[i]))
	}
	return out
}
