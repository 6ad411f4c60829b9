package population

// ranks draws numbers below a bound with the frequencies of life: the r-th is taken in proportion
// to 1/(r+flat), after Zipf and Mandelbrot. Whole numbers only: the same on every machine.
type ranks struct {
	upTo  []uint64 // cumulated weights
	guide []int32  // for each slice of the total, where to begin looking
}

const guides = 1 << 12

func newRanks(n, flat int) *ranks {
	weights := make([]uint64, n)
	for i := range weights {
		weights[i] = 1_000_000_000 / uint64(i+1+flat)
	}
	return weighted(weights)
}

// weighted draws numbers in proportion to their weights.
func weighted(weights []uint64) *ranks {
	r := &ranks{upTo: make([]uint64, len(weights)), guide: make([]int32, guides)}
	total := uint64(0)
	for i, weight := range weights {
		total += weight
		r.upTo[i] = total
	}
	at := int32(0)
	for g := range r.guide {
		for r.upTo[at] <= total/guides*uint64(g) {
			at++
		}
		r.guide[g] = at
	}
	return r
}

// draw returns a rank, 0 the most frequent.
func (r *ranks) draw(d *dice) int {
	total := r.upTo[len(r.upTo)-1]
	x := d.Uint64N(total)
	at := int(r.guide[min(x/max(total/guides, 1), guides-1)])
	for r.upTo[at] <= x {
		at++
	}
	return at
}
