package survive

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
)

// election is one run of Survive: attributes are elected one after the other into result.
type election struct {
	rules   *Prepared
	sources []Source
	forms   Forms
	result  Result
	table   []Rule // of the customer's kind
	at      int    // place of the attribute that is elected
	elected bool   // also where there is one source: tests compare the two ways
	latest  *int64 // see newest
	// items and hashes hold those of candidates.
	items  []int
	hashes []uint64
}

// candidate is what one record states for one attribute, or for one group of a list.
type candidate struct {
	source   *Source
	hash     uint64
	time     time.Time
	items    []int    // of a list: the items, by index in the record's list
	hashes   []uint64 // of the items
	rank     int32
	filled   int32 // parts filled in
	length   int32 // letters
	count    int32 // records that state the same
	worth    int32 // trust that is left, in thousandths
	tie      int8  // among statements of the same time the lower wins: a withdrawal before a grant
	empty    bool  // the record states that there is no value
	verified bool  // the source says so of an item
	silent   bool  // the record has no say
}

// lostKept bounds the losers that the lineage of one value keeps.
const lostKept = 8

// criterion is one step of a rule: negative where a wins over b.
type criterion struct {
	compare func(a, b *candidate) int
	why     func(winner, loser *candidate) string
}

var (
	byPin = criterion{
		func(a, b *candidate) int { return cmp.Compare(place(b.source.Pinned), place(a.source.Pinned)) },
		func(_, _ *candidate) string { return "a person pinned the other value" },
	}
	byPriority = criterion{
		func(a, b *candidate) int { return cmp.Compare(a.rank, b.rank) },
		func(w, l *candidate) string {
			return "source priority: " + l.source.System + " comes after " + w.source.System
		},
	}
	byTime = criterion{
		func(a, b *candidate) int { return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.tie, b.tie)) },
		func(w, l *candidate) string {
			switch {
			case l.time.IsZero():
				return "its time is unknown"
			case l.time.Equal(w.time):
				return "of the same time, and the other goes before"
			}
			return "older: " + l.time.Format(time.RFC3339) + " against " + w.time.Format(time.RFC3339)
		},
	}
	byCompleteness = criterion{
		func(a, b *candidate) int { return cmp.Compare(b.filled, a.filled) },
		func(w, l *candidate) string {
			return fmt.Sprintf("less complete: %d parts against %d", l.filled, w.filled)
		},
	}
	byFrequency = criterion{
		func(a, b *candidate) int { return cmp.Compare(b.count, a.count) },
		func(w, l *candidate) string {
			return fmt.Sprintf("less frequent: stated %d times against %d", l.count, w.count)
		},
	}
	byLength = criterion{
		func(a, b *candidate) int { return cmp.Compare(b.length, a.length) },
		func(w, l *candidate) string { return fmt.Sprintf("shorter: %d letters against %d", l.length, w.length) },
	}
	byVerification = criterion{
		func(a, b *candidate) int { return cmp.Compare(place(b.verified), place(a.verified)) },
		func(_, _ *candidate) string { return "not verified" },
	}
	byTrust = criterion{
		func(a, b *candidate) int { return cmp.Compare(b.worth, a.worth) },
		func(w, l *candidate) string {
			return "less trusted: " + thousandths(l.worth) + " against " + thousandths(w.worth)
		},
	}
	byKey = criterion{
		func(a, b *candidate) int { return compareText(a.source.Key, b.source.Key) },
		func(_, _ *candidate) string { return "equal by the rule; the smaller key wins" },
	}
)

// criteria are the steps of each rule. The last is the key, so that there is always one winner.
var criteria = map[RuleName][]criterion{
	SourcePriority: {byPin, byPriority, byTime, byKey},
	MostRecent:     {byPin, byTime, byPriority, byKey},
	MostComplete:   {byPin, byCompleteness, byPriority, byTime, byKey},
	MostFrequent:   {byPin, byFrequency, byPriority, byTime, byKey},
	Longest:        {byPin, byLength, byPriority, byTime, byKey},
	VerifiedFirst:  {byPin, byVerification, byPriority, byTime, byKey},
	Trust:          {byPin, byTrust, byPriority, byTime, byKey},
}

// stands gives what a record's statement of an attribute stands for election with, its value aside.
func (s *Source) stands(rule *Rule, attribute string) candidate {
	c := candidate{source: s, rank: rank(rule.Priority, s), time: s.stated(attribute)}
	if s.Silent != nil && !s.Pinned {
		_, c.silent = s.Silent[rule.When]
	}
	return c
}

// elect returns the winner by a rule among candidates, which are not empty. Where the rule is a
// union, by is its preference.
func (e *election) elect(rule *Rule, by RuleName, candidates []candidate) *candidate {
	switch by {
	case MostFrequent:
		tally(candidates)
	case Trust:
		e.weigh(rule.Trust, candidates)
	}
	return best(by, candidates)
}

// tally counts for each candidate how many state the same.
func tally(candidates []candidate) {
	for i := range candidates {
		for j := range candidates {
			if candidates[i].hash == candidates[j].hash {
				candidates[i].count++
			}
		}
	}
}

func best(rule RuleName, candidates []candidate) *candidate {
	winner := &candidates[0]
	if len(candidates) == 1 {
		return winner
	}
	steps := criteria[rule]
	for i := range candidates[1:] {
		if c := &candidates[i+1]; inOrder(steps, c, winner) < 0 {
			winner = c
		}
	}
	return winner
}

func order(rule RuleName, a, b *candidate) int { return inOrder(criteria[rule], a, b) }

func inOrder(steps []criterion, a, b *candidate) int {
	for i := range steps {
		if o := steps[i].compare(a, b); o != 0 {
			return o
		}
	}
	return 0
}

func whyLost(rule RuleName, winner, loser *candidate) string {
	for _, step := range criteria[rule] {
		if step.compare(winner, loser) != 0 {
			return step.why(winner, loser)
		}
	}
	return ""
}

// value is the lineage of a winner by the rule among candidates; silent are those that had no say. encode gives
// a loser's value as JSON.
func (e *election) value(rule *Rule, winner *candidate, candidates, silent []candidate, hash uint64, encode func(*candidate) []byte) Value {
	v := Value{Source: winner.source.Key, Rule: string(rule.Name), Time: winner.time, Hash: hash}
	if winner.source.Pinned {
		v.Rule = "pinned"
	}
	for i := range candidates {
		c := &candidates[i]
		switch {
		case c == winner:
		case c.hash == winner.hash && c.empty == winner.empty:
			v.Also = append(v.Also, c.source.Key)
		case len(v.Lost) < lostKept:
			v.Lost = append(v.Lost, Lost{Source: c.source.Key, Value: encode(c), Why: whyLost(rule.by(), winner, c)})
		}
	}
	v.loses(rule, silent, encode)
	return v
}

func (e *election) add(name string, values []Value) {
	e.result.Lineage = append(e.result.Lineage, Attribute{Name: name, Values: values})
}

// cleared notes that the attribute is known to be empty.
func (e *election) cleared(name string, v Value) {
	v.Hash = 0
	e.result.Customer.Cleared = append(e.result.Customer.Cleared, name)
	e.add(name, []Value{v})
}

// hash of a standardised value; never 0, which stands for "no value".
func hash(text string) uint64 { return max(xxhash.Sum64String(text), 1) }

func place(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareText(a, b string) int { return cmp.Compare(a, b) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
