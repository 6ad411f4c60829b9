// Package evaluate says how well a ruleset finds who is one customer.
//
// In come records whose customers are known, and how a ruleset divides them; out go precision,
// recall and what they hide: the worst mistakes with their reasons, what every key brings, what
// other thresholds would do. The package never decides anything.
package evaluate

import (
	"cmp"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// Labelled is a record whose customer is known.
type Labelled struct {
	match.Record
	Truth string // the customer
	Shown string // the record as people read it
}

// Report is how well the records were divided. All measures are from 0 to 1.
type Report struct {
	Records   int `json:"records"`
	Customers int `json:"customers"` // true ones
	Clusters  int `json:"clusters"`  // found ones
	Scores
	Exact     float64     `json:"exactClusters"` // share of the true customers that were found as they are
	BCubed    Measure     `json:"bCubed"`        // by record (Bagga and Baldwin 1998)
	Pairs     int         `json:"candidatePairs"`
	Reach     float64     `json:"candidateRecall"` // share of the true pairs that share a key
	Largest   int         `json:"largestComponent"`
	Tasks     int         `json:"tasks"`
	Seconds   Seconds     `json:"seconds"`
	Sweep     []Threshold `json:"sweep,omitempty"`
	Merged    []Mistake   `json:"falseMerges,omitempty"` // the worst
	Missed    []Mistake   `json:"misses,omitempty"`
	histogram *Histogram
}

// Seconds are how long the steps took, by the clock.
type Seconds struct {
	Read    float64 `json:"read"`    // reading, mapping and standardising the records
	Train   float64 `json:"train"`   // learning parameters; 0 where they were given
	Resolve float64 `json:"resolve"` // from keys to customers
}

// Scores are those of pairs after clustering: a pair is found where both records are in one cluster.
type Scores struct {
	True  int64 `json:"truePositives"`
	False int64 `json:"falsePositives"`
	Lost  int64 `json:"falseNegatives"`
	Measure
}

// Measure is precision, recall and their harmonic mean.
type Measure struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Threshold is what the measures would be with another threshold for joining.
type Threshold struct {
	Link float64 `json:"link"` // bits
	Scores
}

// Mistake is a pair that was joined wrongly, or should have been.
type Mistake struct {
	A, B      string          `json:"-"`
	Records   [2]string       `json:"records"`
	Shown     [2]string       `json:"shown"`
	Bits      float64         `json:"bits"`
	Waterfall match.Waterfall `json:"-"`
	Steps     []Step          `json:"steps"`
	Keys      []string        `json:"keys"` // that both share
}

// Step is one summand of a pair's weight, in bits.
type Step struct {
	What  string  `json:"what"`
	Level string  `json:"level,omitempty"`
	Bits  float64 `json:"bits"`
}

// Options say how much is worked out.
type Options struct {
	Mistakes int       // of each sort that are shown
	Links    []float64 // thresholds of the sweep, in bits
	Chart    bool      // the distribution of weights, for WriteSVG
}

// Evaluate divides labelled records by the rules and compares that with their labels.
func Evaluate(rules *match.Rules, records []Labelled, o Options) *Report {
	plain := make([]match.Record, len(records))
	for i := range records {
		plain[i] = records[i].Record
	}
	began := time.Now()
	blocks := rules.Block(plain)
	found := rules.ResolveBlocks(blocks)
	r := &Report{Seconds: Seconds{Resolve: time.Since(began).Seconds()}, Records: len(records), Pairs: found.Pairs, Largest: found.Largest, Tasks: len(found.Findings)}
	truth := byTruth(records)
	r.Customers, r.Clusters = len(truth), len(found.Clusters)
	r.Scores = scores(records, truth, found.Clusters)
	r.Exact, r.BCubed = clusters(records, truth, found.Clusters)
	r.Reach = reach(blocks, truth)
	if o.Mistakes > 0 {
		r.mistakes(rules, records, truth, found.Clusters, o.Mistakes)
	}
	for _, link := range o.Links {
		other := *rules
		other.Thresholds.Link = int32(link * match.Bit)
		other.Thresholds.Edge = min(other.Thresholds.Edge, other.Thresholds.Link)
		r.Sweep = append(r.Sweep, Threshold{link, scores(records, truth, other.ResolveBlocks(blocks).Clusters)})
	}
	if o.Chart {
		r.histogram = newHistogram(rules, records)
	}
	return r
}

// byTruth are the records of every customer.
func byTruth(records []Labelled) map[string][]int {
	truth := map[string][]int{}
	for i := range records {
		truth[records[i].Truth] = append(truth[records[i].Truth], i)
	}
	return truth
}

func pairsOf(n int) int64 { return int64(n) * int64(n-1) / 2 }

// scores counts pairs without listing them.
func scores(records []Labelled, truth map[string][]int, clusters [][]int) (s Scores) {
	var all, found int64
	for _, members := range truth {
		all += pairsOf(len(members))
	}
	for _, members := range clusters {
		found += pairsOf(len(members))
		of := map[string]int{}
		for _, i := range members {
			of[records[i].Truth]++
		}
		for _, n := range of {
			s.True += pairsOf(n)
		}
	}
	s.False, s.Lost = found-s.True, all-s.True
	s.Measure = measure(ratio(s.True, found), ratio(s.True, all))
	return s
}

func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func measure(precision, recall float64) Measure {
	m := Measure{Precision: precision, Recall: recall}
	if precision+recall > 0 {
		m.F1 = 2 * precision * recall / (precision + recall)
	}
	return m
}

// clusters compares whole clusters, and record by record the clusters that it is in.
func clusters(records []Labelled, truth map[string][]int, found [][]int) (exact float64, b Measure) {
	same := 0
	precision, recall := 0.0, 0.0
	for _, members := range found {
		of := map[string]int{}
		for _, i := range members {
			of[records[i].Truth]++
		}
		for name, n := range of {
			precision += float64(n) * float64(n) / float64(len(members))
			recall += float64(n) * float64(n) / float64(len(truth[name]))
			if n == len(members) && n == len(truth[name]) {
				same++
			}
		}
	}
	if len(records) == 0 {
		return 1, measure(1, 1)
	}
	return float64(same) / float64(len(truth)), measure(precision/float64(len(records)), recall/float64(len(records)))
}

// reach is the share of true pairs that a key brings together.
func reach(blocks *match.Blocks, truth map[string][]int) float64 {
	var all, together int64
	for _, members := range truth {
		all += pairsOf(len(members))
		for x := range members {
			for y := range x {
				if blocks.Together(members[x], members[y]) {
					together++
				}
			}
		}
	}
	return ratio(together, all)
}

func features(records []Labelled) []match.Record {
	list := make([]match.Record, len(records))
	for i := range records {
		list[i] = records[i].Record
	}
	return list
}

// mistakes finds the pairs that were joined wrongly with the most weight, and those that were not
// joined with the most.
func (r *Report) mistakes(rules *match.Rules, records []Labelled, truth map[string][]int, found [][]int, most int) {
	cluster := make([]int, len(records))
	for c, members := range found {
		for _, i := range members {
			cluster[i] = c
		}
	}
	merged, missed := &worst{most: most}, &worst{most: most}
	for _, members := range found {
		eachPair(members, func(a, b int) {
			if records[a].Truth != records[b].Truth {
				merged.add(rules, records, a, b)
			}
		})
	}
	for _, members := range truth {
		eachPair(members, func(a, b int) {
			if cluster[a] != cluster[b] {
				missed.add(rules, records, a, b)
			}
		})
	}
	r.Merged, r.Missed = merged.list(rules, records), missed.list(rules, records)
}

func eachPair(members []int, do func(a, b int)) {
	for x := range members {
		for y := range x {
			do(members[y], members[x])
		}
	}
}

// worst keeps the pairs of the greatest weight, of each record one.
type worst struct {
	most  int
	pairs []weighed
}

type weighed struct {
	a, b   int
	weight int32
}

func heavier(x, y weighed) int {
	return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
}

func (w *worst) add(rules *match.Rules, records []Labelled, a, b int) {
	w.pairs = append(w.pairs, weighed{a, b, rules.Weight(records[a].Features, records[b].Features)})
	if len(w.pairs) > 4096 {
		w.cut()
	}
}

func (w *worst) cut() {
	slices.SortFunc(w.pairs, heavier)
	said := map[int]bool{}
	kept := w.pairs[:0]
	for _, p := range w.pairs {
		if !said[p.a] && !said[p.b] && len(kept) < w.most {
			said[p.a], said[p.b] = true, true
			kept = append(kept, p)
		}
	}
	w.pairs = kept
}

func (w *worst) list(rules *match.Rules, records []Labelled) (list []Mistake) {
	w.cut()
	for _, p := range w.pairs {
		a, b := &records[p.a], &records[p.b]
		fall := rules.Explain(a.Features, b.Features)
		list = append(list, Mistake{
			A: a.Key, B: b.Key, Records: [2]string{a.Key, b.Key}, Shown: [2]string{a.Shown, b.Shown}, Bits: Bits(p.weight),
			Waterfall: fall, Steps: Steps(fall), Keys: fall.Shared,
		})
	}
	return list
}

// Bits of a weight.
func Bits(weight int32) float64 { return float64(weight) / match.Bit }

// Steps of a waterfall in bits.
func Steps(w match.Waterfall) []Step {
	list := make([]Step, len(w.Steps))
	for i, s := range w.Steps {
		list[i] = Step{s.What, s.Level, Bits(s.Weight)}
	}
	return list
}
