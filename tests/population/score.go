package population

// Pairs says how well a partition of labelled records agrees with the labels, pair by pair: two
// records are a pair where they belong together.
type Pairs struct {
	Found int `json:"found"` // pairs in the partition
	Real  int `json:"real"`  // pairs by the labels
	Both  int `json:"both"`
}

// Score counts the pairs. Record i belongs to parts[i] by the partition and to labels[i] in truth.
func Score[P, L comparable](parts []P, labels []L) Pairs {
	type both struct {
		part  P
		label L
	}
	found, real, right := map[P]int{}, map[L]int{}, map[both]int{}
	var pairs Pairs
	for i := range parts {
		pairs.Found += found[parts[i]]
		found[parts[i]]++
		pairs.Real += real[labels[i]]
		real[labels[i]]++
		pairs.Both += right[both{parts[i], labels[i]}]
		right[both{parts[i], labels[i]}]++
	}
	return pairs
}

// Precision is the share of the pairs found that are real ones; 1 where none was found.
func (p Pairs) Precision() float64 { return share(p.Both, p.Found) }

// Recall is the share of the real pairs that were found; 1 where there are none.
func (p Pairs) Recall() float64 { return share(p.Both, p.Real) }

// F1 is the harmonic mean of precision and recall.
func (p Pairs) F1() float64 { return share(2*p.Both, p.Found+p.Real) }

func share(part, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(part) / float64(of)
}
