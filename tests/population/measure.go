package population

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// BlockLimit is the most records with which a value still brings candidates: more are noise.
const BlockLimit = 100

// Candidates counts which pairs of records blocking would bring together.
type Candidates struct {
	Records int
	True    int // pairs of records of one person
	Keys    []KeyPairs
	Pairs   int // different pairs that share a key of at most BlockLimit records
	Found   int // those among True
}

// KeyPairs is what one key brings.
type KeyPairs struct {
	Key     string
	Pairs   int // pairs of records that share a value
	Within  int // those that share one of at most BlockLimit records
	Largest int // records that share one value
}

// PerRecord is how many other records a record shares a key with, on average.
func (c *Candidates) PerRecord() float64 {
	if c.Records == 0 {
		return 0
	}
	return 2 * float64(c.Pairs) / float64(c.Records)
}

// keyed gives the values of one key; an empty part makes no value.
type keyed struct {
	name  string
	parts func(r *Record) []string
}

var keys = []keyed{
	{"surname + outward postcode", func(r *Record) []string { return []string{standard.Fold(r.Surname), outward(r.Postcode)} }},
	{"phone", func(r *Record) []string { return []string{national(r.Phone)} }},
	{"mobile", func(r *Record) []string { return []string{national(r.Mobile)} }},
	{"email", func(r *Record) []string { return []string{r.Email} }},
	{"birth date + given name", func(r *Record) []string { return []string{r.BirthDate, standard.Fold(r.GivenName)} }},
	{"given name + surname", func(r *Record) []string { return []string{standard.Fold(r.GivenName), standard.Fold(r.Surname)} }},
	{"company + outward postcode", func(r *Record) []string { return []string{standard.Fold(r.Company), outward(r.Postcode)} }},
}

// Measure counts the candidates of the records.
func Measure(records iter.Seq[Record]) Candidates {
	var c Candidates
	blocks := make([][]entry, len(keys))
	clusters := map[int]int{}
	of := []int{0} // cluster by record
	for r := range records {
		c.Records++
		of = append(of, r.Cluster)
		c.True += clusters[r.Cluster]
		clusters[r.Cluster]++
		for k := range keys {
			if parts := keys[k].parts(&r); !slices.Contains(parts, "") {
				blocks[k] = append(blocks[k], entry{xxhash.Sum64String(strings.Join(parts, "\x00")), int32(len(of) - 1)})
			}
		}
	}
	var pairs []uint64
	for k := range keys {
		var of KeyPairs
		of, pairs = block(keys[k].name, blocks[k], pairs)
		blocks[k] = nil
		c.Keys = append(c.Keys, of)
	}
	slices.Sort(pairs)
	pairs = slices.Compact(pairs)
	c.Pairs = len(pairs)
	for _, pair := range pairs {
		if of[pair>>32] == of[pair&(1<<32-1)] {
			c.Found++
		}
	}
	return c
}

// entry is a record under a value.
type entry struct {
	value  uint64
	record int32
}

func block(name string, entries []entry, pairs []uint64) (KeyPairs, []uint64) {
	of := KeyPairs{Key: name}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.record, b.record)) })
	for from := 0; from < len(entries); {
		to := from + 1
		for to < len(entries) && entries[to].value == entries[from].value {
			to++
		}
		n := to - from
		of.Pairs += n * (n - 1) / 2
		of.Largest = max(of.Largest, n)
		if n <= BlockLimit {
			of.Within += n * (n - 1) / 2
			for i := from; i < to; i++ {
				for j := i + 1; j < to; j++ {
					pairs = append(pairs, uint64(entries[i].record)<<32|uint64(entries[j].record))
				}
			}
		}
		from = to
	}
	return of, pairs
}

// outward is the first half of a British postcode.
func outward(postcode string) string {
	bare := strings.ReplaceAll(postcode, " ", "")
	if len(bare) < 5 {
		return ""
	}
	return bare[:len(bare)-3]
}

// national is a number's digits without prefixes.
func national(number string) string {
	bare := strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(number, "+44"), " ", ""), "0")
	return bare
}
