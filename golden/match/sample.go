package match

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// random compares pairs at random, or all pairs where there are no more than that.
func (t *trainer) random() {
	n := len(t.records)
	pairs := make([][2]int32, 0, randomPairs)
	if n*(n-1)/2 <= randomPairs {
		for i := range n {
			for j := range i {
				pairs = append(pairs, [2]int32{int32(j), int32(i)})
			}
		}
	} else {
		random := rand.New(rand.NewPCG(1, 2)) // the same pairs each time
		for range randomPairs {
			i, j := random.IntN(n), random.IntN(n-1)
			if j >= i {
				j++
			}
			pairs = append(pairs, [2]int32{int32(i), int32(j)})
		}
	}
	parts, caches := make([]map[pattern]float64, workers()), caches()
	for i := range parts {
		parts[i] = map[pattern]float64{}
	}
	parallel(len(pairs), 1024, func(worker, i int) {
		parts[worker][t.levels(int(pairs[i][0]), int(pairs[i][1]), caches[worker])]++
	})
	for _, part := range parts[1:] {
		merge(parts[0], part)
	}
	c := &class{key: -1}
	c.take(parts[0])
	t.classes = append(t.classes, c)
}

func (t *trainer) levels(i, j int, cache cached) pattern {
	var p Pair
	t.rules.compare(t.records[i].Features, t.records[j].Features, &p, cache)
	return p.Levels
}

// take puts patterns in one order, so that sums are the same each time.
func (c *class) take(patterns map[pattern]float64) {
	for p, n := range patterns {
		c.patterns = append(c.patterns, counted{p, n})
		c.total += n
	}
	slices.SortFunc(c.patterns, func(a, b counted) int { return slices.Compare(a.levels[:], b.levels[:]) })
}

// candidates compares the pairs that share a key, and keeps what they come to by rule, and in all.
func (t *trainer) candidates(b *Blocks) (pairs int) {
	each := b.sample(trainPairs)
	type found struct {
		all   map[pattern]float64
		rules []map[pattern]float64
		n     int
	}
	parts, caches := make([]found, workers()), caches()
	for i := range parts {
		parts[i].all, parts[i].rules = map[pattern]float64{}, make([]map[pattern]float64, len(t.rules.Keys))
		for k := range parts[i].rules {
			parts[i].rules[k] = map[pattern]float64{}
		}
	}
	b.pairs(func(worker int, x, y int32) {
		if each > 1 && (uint64(x)<<32|uint64(y))*0x9e3779b97f4a7c15>>32%each != 0 {
			return
		}
		f, p := &parts[worker], t.levels(int(x), int(y), caches[worker])
		f.n++
		f.all[p]++
		for rules := b.shared(x, y); rules != 0; rules &= rules - 1 {
			f.rules[bits.TrailingZeros64(rules)][p]++
		}
	})
	t.all = map[pattern]float64{}
	for _, f := range parts {
		merge(t.all, f.all)
		t.pairs += f.n
	}
	for p := range t.all {
		t.all[p] *= float64(each) // stands for the pairs that were passed over
	}
	for k := range t.rules.Keys {
		patterns := map[pattern]float64{}
		for _, f := range parts {
			merge(patterns, f.rules[k])
		}
		c := &class{key: k, without: t.rules.decided(&t.rules.Keys[k])}
		if c.take(patterns); c.total > 0 {
			t.classes = append(t.classes, c)
		}
	}
	return t.pairs
}

func merge(into, from map[pattern]float64) {
	for p, n := range from {
		into[p] += n
	}
}
