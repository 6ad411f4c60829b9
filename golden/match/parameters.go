package match

import (
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// Parameters are what was learnt from a hub's own data. They are pinned beside the ruleset: equal
// parameters weigh equally on every machine.
type Parameters struct {
	// Prior is the weight of two records of which nothing is known: log2 of the odds that two at
	// random are one customer.
	Prior int32
	// Related is log2 of the odds that of two records which are more to one another than strangers
	// they are one customer, not two of a household or firm.
	Related int32
	// Weights are log2(m/u) by comparison and level: m is how often records of one customer are of
	// the level, u how often two at random are. Index 0, of what is not known, is 0.
	Weights     [][]int32
	Frequencies []*Frequencies // by comparison; nil where all values weigh the same
}

// Frequencies tell how common values are. Those seen rarely are not listed, and values stand as
// keyed hashes: the table holds nobody's data.
type Frequencies struct {
	Key    uint64           // of the hashes
	Totals []int64          // by level, values counted of its sort
	Counts map[uint64]int64 // of those seen often enough, by hash
	Rare   int64            // how often a value that is not listed is taken to have been seen
	Mean   []int32          // by level, log2 of how common the value is on average that two at random share
}

// FrequentFrom is how often a value has to be seen to be listed.
const FrequentFrom = 20

// hash of a value under the table's key, from the value's own.
func (f *Frequencies) hash(value uint64) uint64 {
	var room [16]byte
	binary.LittleEndian.PutUint64(room[:], f.Key)
	binary.LittleEndian.PutUint64(room[8:], value)
	return xxhash.Sum64(room[:])
}

// adjust is what the frequency of a value adds to the weight of a level: a rare one says more than
// the average one, a common one less.
func (f *Frequencies) adjust(level uint8, value uint64) int32 {
	if f == nil || value == 0 || int(level) >= len(f.Mean) {
		return 0
	}
	n, listed := f.Counts[f.hash(value)]
	if !listed {
		n = f.Rare
	}
	return f.Mean[level] - (log2(uint64(max(n, 1))) - log2(uint64(max(f.Totals[level], 1))))
}

// log2 of a whole number in 1/1024 bit, rounded down, by whole numbers alone: the same on every
// machine. n is at least 1.
func log2(n uint64) int32 {
	exponent := bits.Len64(n) - 1
	mantissa := n << (63 - exponent) >> 32 // 1 to 2, with 31 bits behind the point
	fraction := int32(0)
	for range 10 {
		mantissa = mantissa * mantissa >> 31
		fraction <<= 1
		if mantissa >= 1<<32 {
			mantissa >>= 1
			fraction |= 1
		}
	}
	return int32(exponent)*Bit + fraction
}

// Step is one summand of a pair's weight.
type Step struct {
	What      string // "prior", an attribute, "swapped names", "kinds"
	Level     string // how the values compare; "" where that says nothing
	Weight    int32
	Frequency int32 // of Weight, what the value's frequency contributed
	Related   bool  // it counts also against relatives and colleagues
}

// score weighs a pair: the lesser of what speaks against its being two strangers and against its
// being relatives or colleagues, who share what households and firms share. Steps, where asked
// for, are the summands of the former; those with Related those of the latter, but for the prior.
func (r *Rules) score(p *Pair, steps *[]Step) int32 {
	strangers, relatives := r.prior()
	tell := func(s Step) {
		strangers += s.Weight
		if s.Related {
			relatives += s.Weight
		}
		if steps != nil {
			*steps = append(*steps, s)
		}
	}
	for i := range r.Comparisons {
		level := p.Levels[i]
		if level == nobody {
			continue
		}
		c := &r.Comparisons[i]
		s := Step{What: c.Attribute, Weight: c.untrained(level), Related: !c.Shared}
		if r.Parameters != nil {
			s.Weight = r.Parameters.Weights[i][level]
			s.Frequency = r.Parameters.Frequencies[i].adjust(level, p.Values[i])
			s.Weight += s.Frequency
		}
		if steps != nil {
			s.Level = c.LevelName(level)
		}
		tell(s)
	}
	if p.Swapped {
		tell(Step{What: "swapped names", Weight: -r.Swap, Related: true})
	}
	if p.Kinds {
		tell(Step{What: "kinds", Weight: -otherKind * Bit, Related: true})
	}
	return min(strangers, relatives)
}

// prior gives the weights of a pair before anything is compared: against strangers, and against
// relatives.
func (r *Rules) prior() (strangers, relatives int32) {
	if r.Parameters != nil {
		return r.Parameters.Prior, r.Parameters.Related
	}
	return r.Prior, r.Related
}
