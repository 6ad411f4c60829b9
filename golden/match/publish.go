package match

import (
	"math"
	"slices"
)

// result turns what was learnt into parameters.
func (t *trainer) result() *Training {
	out := &Training{Parameters: &Parameters{}, Records: len(t.records), Pairs: t.pairs}
	for i := range t.m {
		out.Levels = append(out.Levels, learnt(t.m[i], t.u[i]))
		out.Parameters.Weights = append(out.Parameters.Weights, weights(t.m[i], t.u[i]))
	}
	for _, c := range t.classes[1:] {
		out.Keys = append(out.Keys, KeyShares{Pairs: int(c.total), Matches: c.shares[match3], Relatives: c.shares[relative3], Strangers: c.shares[stranger3]})
	}
	t.frequencies(out.Parameters)
	t.priors(out)
	return out
}

func learnt(m, u []float64) []Learnt {
	list := make([]Learnt, len(m))
	for l := range m {
		list[l] = Learnt{m[l], u[l]}
	}
	return list
}

// weights are log2(m/u) by level in 1/1024 bit, none heavier than one that is more alike: where the
// data say otherwise, neighbours are taken together (pooled adjacent violators).
func weights(m, u []float64) []int32 {
	type pool struct {
		m, u float64
		n    int
	}
	var pools []pool
	for l := 1; l < len(m); l++ {
		pools = append(pools, pool{m[l], u[l], 1})
		for k := len(pools) - 1; k > 0 && pools[k].m*pools[k-1].u > pools[k-1].m*pools[k].u; k-- {
			pools[k-1].m += pools[k].m
			pools[k-1].u += pools[k].u
			pools[k-1].n += pools[k].n
			pools = pools[:k]
		}
	}
	list := []int32{0}
	for _, p := range pools {
		w := inBits(math.Log2(p.m / p.u))
		for range p.n {
			list = append(list, w)
		}
	}
	return list
}

// inBits rounds to whole 1/1024 bit, within bounds.
func inBits(x float64) int32 {
	return int32(math.Round(min(max(x*Bit, weightLeast), weightMost)))
}

// frequencies counts the values of the comparisons that ask for it.
func (t *trainer) frequencies(p *Parameters) {
	for i := range t.rules.Comparisons {
		c := &t.rules.Comparisons[i]
		if !c.Frequency {
			p.Frequencies = append(p.Frequencies, nil)
			continue
		}
		p.Frequencies = append(p.Frequencies, t.frequency(i, c))
	}
}

func (t *trainer) frequency(at int, c *Comparison) *Frequencies {
	f := &Frequencies{Key: frequencyKey + uint64(at), Counts: map[uint64]int64{}}
	counts := make([]map[string]int64, len(c.Levels)+1)
	kinds := map[string]map[string]int64{} // values of one sort, such as postcodes, by sort
	for l := range c.Levels {
		if c.Levels[l].frequent() {
			sort := c.Levels[l].sort()
			if kinds[sort] == nil {
				kinds[sort] = map[string]int64{}
			}
			counts[l+1] = kinds[sort]
		}
	}
	for _, record := range t.records {
		for _, value := range t.rules.valuesOf(at, record.Features) {
			for sort, of := range kinds {
				if v := sortOf(sort, value); v != "" {
					of[v]++
				}
			}
		}
	}
	rare, seen := 0.0, 0.0
	for _, of := range kinds {
		for value, n := range of {
			if n >= FrequentFrom {
				f.Counts[f.hash(value)] = n
			} else {
				rare += float64(n) * float64(n)
				seen += float64(n)
			}
		}
	}
	f.Rare = 1
	if seen > 0 {
		f.Rare = max(1, int64(math.Round(rare/seen)))
	}
	f.Mean, f.Totals = make([]int32, len(c.Levels)+1), make([]int64, len(c.Levels)+1)
	for l, of := range counts {
		total, squares := 0.0, 0.0
		for _, n := range of {
			total += float64(n)
			squares += float64(n) * float64(n)
		}
		if total > 0 {
			f.Totals[l] = int64(total)
			f.Mean[l] = inBits(math.Log2(squares / total / total))
		}
	}
	return f
}

const frequencyKey = 0x746f756368 // of the hashes of values

// valuesOf are a record's values as the frequency of a comparison counts them.
func (r *Rules) valuesOf(at int, f *Features) []string {
	if at != r.given && at != r.family {
		return f.Values[at]
	}
	for _, p := range f.People {
		if !p.Usual {
			continue
		}
		if at == r.given {
			return []string{p.Given}
		}
		return []string{p.Family}
	}
	return nil
}

// priors finds how many of all pairs are of one customer, and how many of relatives, from what the
// candidates say: whoever shares no key is taken for a stranger.
func (t *trainer) priors(out *Training) {
	every := float64(len(t.records)) * float64(len(t.records)-1) / 2
	open := &class{}
	open.take(t.all)
	open.shares = [3]float64{open.total / 4 / every, open.total / 8 / every, 1}
	for range 200 {
		var sums [3]float64
		for i := range open.patterns {
			l := t.likelihood(&open.patterns[i].levels, open)
			all := l[0] + l[1] + l[2]
			for k := range l {
				sums[k] += open.patterns[i].n * l[k] / all
			}
		}
		before := open.shares
		open.shares = [3]float64{max(sums[match3]/every, 1e-15), max(sums[relative3]/every, 1e-15), 1}
		if math.Abs(before[0]-open.shares[0]) < 1e-9*open.shares[0] {
			break
		}
	}
	out.Matches, out.Relatives = open.shares[match3]*every, open.shares[relative3]*every
	out.Parameters.Prior = int32(math.Round(max(math.Log2(open.shares[match3]), -60) * Bit))
	out.Parameters.Related = int32(math.Round(min(math.Log2(open.shares[match3]/open.shares[relative3]), 40) * Bit))
	slices.Sort(out.Warnings)
}
