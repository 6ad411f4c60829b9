package match

// Waterfall is how the weight of a pair comes about.
type Waterfall struct {
	Weight    int32 // of the pair, in 1/1024 bit: the lesser of the two sums
	Strangers int32 // the sum of Steps: against the two being strangers
	Relatives int32 // the sum of those that count against the two being relatives or colleagues
	Steps     []Step
	Conflict  string   // the scheme of unique identifiers that differ: the two never join
	Shared    []string // the keys that both have, by the names of their rules
}

// Explain weighs a pair and says how.
func (r *Rules) Explain(a, b *Features) Waterfall {
	w := Waterfall{Weight: r.Weight(a, b), Conflict: a.Unique.conflict(b.Unique), Shared: r.sharedKeys(a, b)}
	if len(r.Comparisons) == 0 {
		w.Steps = r.explainKeys(a, b)
		w.Strangers, w.Relatives = w.Weight, w.Weight
		return w
	}
	var p Pair
	r.Compare(a, b, &p)
	w.Strangers, w.Relatives = r.prior()
	w.Steps = []Step{{What: "prior", Weight: w.Strangers}}
	var steps []Step
	r.score(&p, &steps)
	for _, s := range steps {
		w.Strangers += s.Weight
		if s.Related {
			w.Relatives += s.Weight
		}
	}
	w.Steps = append(w.Steps, steps...)
	return w
}

// explainKeys are the steps where the keys themselves decide.
func (r *Rules) explainKeys(a, b *Features) (steps []Step) {
	strongest := Step{What: "keys"}
	r.eachShared(a, b, func(rule int) {
		if k := &r.Keys[rule]; k.Weight > strongest.Weight {
			strongest = Step{What: k.name, Level: "equal", Weight: k.Weight, Related: true}
		}
	})
	steps = append(steps, strongest)
	for _, c := range r.contradictions(a, b) {
		steps = append(steps, Step{What: c.what, Level: "different", Weight: -c.bits * Bit, Related: true})
	}
	return steps
}

// sharedKeys names the rules of which both records have an equal key.
func (r *Rules) sharedKeys(a, b *Features) (names []string) {
	said := map[int]bool{}
	r.eachShared(a, b, func(rule int) {
		if !said[rule] {
			said[rule] = true
			names = append(names, r.Keys[rule].name)
		}
	})
	return names
}

// Name of the rule: its parts, joined by a plus sign.
func (k *KeyRule) Name() string { return k.name }
