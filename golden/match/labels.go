package match

import (
	"math/bits"
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
func (t *trainer) label(b *Blocks, labels []Label) {
	if len(labels) == 0 {
		return
	}
	same := make([]map[pattern]float64, len(t.rules.Keys)+1) // by rule; without a key last
	for i := range same {
		same[i] = map[pattern]float64{}
	}
	for _, l := range labels {
		p, weight, shared := t.levels(l.A, l.B, nil), l.weight(), b.shared(int32(l.A), int32(l.B))
		if shared == 0 {
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
			if c.key >= 0 && shared&(1<<c.key) != 0 {
				c.drop(p)
			}
		}
		if l.Same {
			for ; shared != 0; shared &= shared - 1 {
				same[bits.TrailingZeros64(shared)][p] += weight
			}
		}
	}
	for rule, patterns := range same {
		c := &class{key: rule, fixed: true, shares: [3]float64{ofMatches: 1}}
		if rule < len(t.rules.Keys) {
			c.without = t.rules.decided(&t.rules.Keys[rule])
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
