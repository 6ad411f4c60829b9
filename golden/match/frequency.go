package match

import (
	"math"
	"slices"
)

// frequencyKey is that of the hashes of values.
const frequencyKey = 0x746f756368

// frequencies counts the values of the comparisons that ask for it, on all cores.
func (r *Rules) frequencies(records []Record) []*Frequencies {
	list := make([]*Frequencies, len(r.Comparisons))
	parallel(len(list), 1, func(_, i int) {
		if c := &r.Comparisons[i]; c.Frequency {
			list[i] = r.frequency(i, records)
		}
	})
	return list
}

func (r *Rules) frequency(at int, records []Record) *Frequencies {
	c := &r.Comparisons[at]
	f := &Frequencies{
		Key: frequencyKey + uint64(at), Counts: map[uint64]int64{},
		Mean: make([]int32, len(c.Levels)+1), Totals: make([]int64, len(c.Levels)+1),
	}
	var rare, seen int64
	counted := map[string]bool{} // sorts of values, such as postcodes
	for l := range c.Levels {
		sort := c.Levels[l].sort()
		if !c.Levels[l].frequent() || counted[sort] {
			continue
		}
		counted[sort] = true
		total, squares := int64(0), 0.0
		eachCount(r.hashesOf(at, sort, records), func(hash uint64, n int64) {
			total += n
			squares += float64(n) * float64(n)
			if n >= FrequentFrom {
				f.Counts[f.hash(hash)] = n
			} else {
				rare += n * n
				seen += n
			}
		})
		if total == 0 {
			continue
		}
		for k := l; k < len(c.Levels); k++ {
			if c.Levels[k].frequent() && c.Levels[k].sort() == sort {
				f.Totals[k+1] = total
				f.Mean[k+1] = inBits(math.Log2(squares / float64(total) / float64(total)))
			}
		}
	}
	f.Rare = 1
	if seen > 0 {
		f.Rare = max(1, int64(math.Round(float64(rare)/float64(seen))))
	}
	return f
}

// hashesOf lists the hashes of all values of one sort of a comparison.
func (r *Rules) hashesOf(at int, sort string, records []Record) []uint64 {
	hashes := make([]uint64, 0, len(records))
	for i := range records {
		values := r.valuesOf(at, records[i].Features)
		for j := range values {
			if hash := sortOf(sort, &values[j]); hash != 0 {
				hashes = append(hashes, hash)
			}
		}
	}
	return hashes
}

// eachCount calls do with every hash, in order, and how often it is there.
func eachCount(hashes []uint64, do func(hash uint64, n int64)) {
	slices.Sort(hashes)
	for from := 0; from < len(hashes); {
		to := from + 1
		for to < len(hashes) && hashes[to] == hashes[from] {
			to++
		}
		do(hashes[from], int64(to-from))
		from = to
	}
}

// valuesOf are a record's values as the frequency of a comparison counts them.
func (r *Rules) valuesOf(at int, f *Features) []Value {
	if at != r.given && at != r.family {
		return f.of(at)
	}
	for i := range f.People {
		p := &f.People[i]
		switch {
		case !p.Usual:
			continue
		case at == r.given && p.Given.known():
			return []Value{p.Given}
		case at == r.family && p.Family.known():
			return []Value{p.Family}
		}
		return nil
	}
	return nil
}
