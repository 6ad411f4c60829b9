package match

import (
	"fmt"
	"math"
)

// result turns what was learnt into parameters.
func (t *trainer) result() *Training {
	out := &Training{Parameters: &Parameters{}, Records: len(t.records), Pairs: t.pairs}
	for i := range t.m {
		out.Levels = append(out.Levels, learnt(t.m[i], t.u[i]))
		out.Parameters.Weights = append(out.Parameters.Weights, weights(t.m[i], t.u[i]))
	}
	for _, c := range t.classes[1:] {
		if c.fixed {
			continue
		}
		out.Keys = append(out.Keys, KeyShares{Key: c.key, Pairs: int(c.total), Matches: c.shares[ofMatches], Relatives: c.shares[ofRelatives], Strangers: c.shares[ofStrangers]})
	}
	out.Parameters.Frequencies = t.frequencies
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

// priors finds how many of all pairs are of one customer, and how many of relatives, from what the
// candidates say: whoever shares no key is taken for a stranger.
func (t *trainer) priors(out *Training) {
	every := float64(len(t.records)) * float64(len(t.records)-1) / 2
	open := &class{}
	open.take(t.all)
	open.shares = [3]float64{open.total / 4 / every, open.total / 8 / every, 1}
	for range 200 {
		sums := [3]float64{ofMatches: t.known}
		for i := range open.patterns {
			l := t.likelihood(&open.patterns[i].levels, open)
			all := l[0] + l[1] + l[2]
			for k := range l {
				sums[k] += open.patterns[i].n * l[k] / all
			}
		}
		before := open.shares
		open.shares = [3]float64{max(sums[ofMatches]/every, 1e-15), max(sums[ofRelatives]/every, 1e-15), 1}
		if math.Abs(before[0]-open.shares[0]) < 1e-9*open.shares[0] {
			break
		}
	}
	out.Matches, out.Relatives = open.shares[ofMatches]*every, open.shares[ofRelatives]*every
	out.Parameters.Prior = int32(math.Round(max(math.Log2(open.shares[ofMatches]), -60) * Bit))
	out.Parameters.Related = int32(math.Round(min(math.Log2(open.shares[ofMatches]/open.shares[ofRelatives]), 40) * Bit))
}

// refuse finds reasons not to use what was learnt.
func (t *trainer) refuse(out *Training) {
	say := func(format string, args ...any) { out.Refusals = append(out.Refusals, fmt.Sprintf(format, args...)) }
	if each := 2 * out.Matches / float64(out.Records); each > float64(t.rules.Limits.Component-1) {
		say("%.0f matches are expected of each record, more than a customer of %d records can have", each, t.rules.Limits.Component)
	}
	for i := range t.rules.Comparisons {
		c := &t.rules.Comparisons[i]
		seen := t.seen(i)
		if len(seen) == 0 {
			say("%s: no two records that share a key have one", c.Attribute)
			continue
		}
		for level := 1; level <= len(c.Levels); level++ {
			switch {
			case !seen[uint8(level)]:
				say("%s: no pair is of the level %s: leave it out", c.Attribute, c.LevelName(uint8(level)))
			case level == 1 && t.m[i][1] < t.u[i][1]:
				say("%s: records of one customer are less often of the level %s than records at random", c.Attribute, c.LevelName(1))
			}
		}
	}
}

// seen are the levels of a comparison that any pair is of.
func (t *trainer) seen(at int) map[uint8]bool {
	seen := map[uint8]bool{}
	note := func(p *pattern) {
		if p[at] != nobody {
			seen[p[at]] = true
		}
	}
	for p := range t.all {
		note(&p)
	}
	for _, c := range t.classes {
		for i := range c.patterns {
			note(&c.patterns[i].levels)
		}
	}
	return seen
}

// agree says whether two runs came to the same, but for what hardly any pair is concerned by.
func agree(a, b *Training) bool {
	if math.Abs(a.Matches-b.Matches) > 0.02*math.Max(a.Matches, b.Matches)+1 {
		return false
	}
	for i := range a.Levels {
		for l := 1; l < len(a.Levels[i]); l++ {
			often := math.Max(a.Levels[i][l].M, b.Levels[i][l].M) > 0.01
			if often && math.Abs(float64(a.Parameters.Weights[i][l]-b.Parameters.Weights[i][l])) > Bit {
				return false
			}
		}
	}
	return true
}
