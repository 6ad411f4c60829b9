package match

import (
	"slices"
)

// Label says of two records, by index, whether they are one customer's: a person knows.
type Label struct {
	A, B int
	Same bool
	// Weight is for how many pairs of its sort the label stands; 1 where it is 0.
	Weight float64
}

// Labelled is what labels did for a training.
type Labelled struct {
	Same, Different int // pairs that were used, by what is known of them
	Keyless         int // of them those that share no key, so that matching alone would not look at them
	// SameAgreed and DifferentAgreed count the pairs of which the parameters say the same.
	SameAgreed, DifferentAgreed int
	// Against are the labels that the parameters contradict most, the worst first.
	Against []Disagreement
}

// Disagreement is a label that the parameters contradict, with the weight that they give the pair.
type Disagreement struct {
	Label
	Weight int32
}

const disagreements = 5 // that are told

// label takes what is known of pairs into learning. A labelled pair no longer counts among those of
// its keys whose class has to be guessed. One of one customer counts as such, in attributes that its
// keys do not decide; where it shares no key, in all. A pair of two customers tells nothing more:
// what strangers have in common is learnt from pairs at random.
func (t *trainer) label(labels []Label) {
	if len(labels) == 0 {
		return
	}
	shared := t.sharedKeys(labels)
	same := make([]map[pattern]float64, len(t.rules.Keys)+1) // by rule; without a key last
	for i := range same {
		same[i] = map[pattern]float64{}
	}
	for i, l := range labels {
		p, weight := t.levels(l.A, l.B, nil), l.weight()
		if len(shared[i]) == 0 {
			t.keyless++
			if l.Same {
				same[len(same)-1][p] += weight
			}
			continue
		}
		t.all[p] = max(0, t.all[p]-1)
		if l.Same {
			t.known++
		}
		for _, c := range t.classes {
			if c.key >= 0 && slices.Contains(shared[i], c.key) {
				c.drop(p)
			}
		}
		if l.Same {
			for _, rule := range shared[i] {
				same[rule][p] += weight
			}
		}
	}
	for rule, patterns := range same {
		c := &class{key: rule, fixed: true, shares: [3]float64{ofMatches: 1}}
		if rule < len(t.rules.Keys) {
			c.without = t.rules.decided(t.rules.Keys[rule])
		}
		if c.take(patterns); c.total > 0 {
			t.classes = append(t.classes, c)
		}
	}
}

func (l *Label) weight() float64 {
	if l.Weight <= 0 {
		return 1
	}
	return l.Weight
}

// drop takes one pair of a pattern out of those whose class is guessed. Where only a part of the
// pairs is compared it may stand for another of the same pattern.
func (c *class) drop(p pattern) {
	at, there := slices.BinarySearchFunc(c.patterns, p, func(a counted, p pattern) int { return slices.Compare(a.levels[:], p[:]) })
	if there {
		n := min(1, c.patterns[at].n)
		c.patterns[at].n -= n
		c.total -= n
	}
}

// sharedKeys lists for each label the rules of the active keys that its records share.
func (t *trainer) sharedKeys(labels []Label) [][]int {
	counts := map[uint64]int{}
	for _, l := range labels {
		for _, k := range t.records[l.A].Features.Keys {
			counts[k.Hash] = 0
		}
	}
	for i := range t.records {
		for _, k := range t.records[i].Features.Keys {
			if n, wanted := counts[k.Hash]; wanted {
				counts[k.Hash] = n + 1
			}
		}
	}
	shared := make([][]int, len(labels))
	for i, l := range labels {
		of := map[uint64]bool{}
		for _, k := range t.records[l.B].Features.Keys {
			of[k.Hash] = true
		}
		for _, k := range t.records[l.A].Features.Keys {
			rule := int(k.Rule)
			if of[k.Hash] && counts[k.Hash] <= t.rules.Limits.Block && !slices.Contains(shared[i], rule) {
				shared[i] = append(shared[i], rule)
			}
		}
	}
	return shared
}

// agreement holds what was learnt against the labels.
func (t *trainer) agreement(out *Training, labels []Label) {
	rules := *t.rules
	rules.Parameters = out.Parameters
	out.Labels.Keyless = t.keyless
	var against []Disagreement
	for _, l := range labels {
		w := rules.Weight(t.records[l.A].Features, t.records[l.B].Features)
		agreed := (w >= rules.Thresholds.Link) == l.Same
		total, good := &out.Labels.Different, &out.Labels.DifferentAgreed
		if l.Same {
			total, good = &out.Labels.Same, &out.Labels.SameAgreed
		}
		*total++
		if agreed {
			*good++
		} else {
			against = append(against, Disagreement{l, w})
		}
	}
	off := func(d Disagreement) int32 { return max(d.Weight-rules.Thresholds.Link, rules.Thresholds.Link-d.Weight) }
	slices.SortStableFunc(against, func(a, b Disagreement) int { return int(off(b)) - int(off(a)) })
	out.Labels.Against = against[:min(len(against), disagreements)]
}
