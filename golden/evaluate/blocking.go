package evaluate

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// Blocking is what the keys of a ruleset bring together.
type Blocking struct {
	Records int        `json:"records"`
	Pairs   int        `json:"pairs"`            // that share at least one key
	Recall  *float64   `json:"recall,omitempty"` // share of the true pairs among them, where labels are known
	Keys    []KeyBrief `json:"keys"`
	Generic []Generic  `json:"generic,omitempty"` // the most common keys
}

// KeyBrief is what one rule brings.
type KeyBrief struct {
	Key     string   `json:"key"`
	Values  int      `json:"values"` // keys of the rule that two or more records share
	Pairs   int      `json:"pairs"`
	Alone   int      `json:"alone"`            // pairs that share no key of another rule
	Recall  *float64 `json:"recall,omitempty"` // share of the true pairs
	Brings  *int     `json:"brings,omitempty"` // true pairs that no other rule brings
	Generic int      `json:"generic"`          // keys that too many share
}

// Generic is a key that too many records share.
type Generic struct {
	Key     string `json:"key"`
	Records int    `json:"records"`
	Example string `json:"example"` // a record that has it
}

// Block reports what the keys bring. truth may be empty labels: then recall is left out.
func Block(rules *match.Rules, records []Labelled, labels bool) *Blocking {
	out := &Blocking{Records: len(records), Keys: make([]KeyBrief, len(rules.Keys))}
	plain := features(records)
	for i := range rules.Keys {
		out.Keys[i].Key = rules.Keys[i].Name()
	}
	var truePairs, all int64
	hits := make([]int, len(rules.Keys))
	brings := make([]int, len(rules.Keys))
	values, generic := rules.EachCandidate(plain, func(a, b int, shared uint64) {
		out.Pairs++
		same := labels && records[a].Truth == records[b].Truth
		if same {
			truePairs++
		}
		for left := shared; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			out.Keys[k].Pairs++
			if same {
				hits[k]++
			}
			if shared&(shared-1) == 0 {
				out.Keys[k].Alone++
				if same {
					brings[k]++
				}
			}
		}
	})
	for i, n := range values {
		out.Keys[i].Values = n
	}
	for _, g := range generic {
		out.Keys[g.Rule].Generic++
	}
	slices.SortFunc(generic, func(a, b match.GenericKey) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Hash, b.Hash))
	})
	for _, g := range generic[:min(len(generic), 10)] {
		out.Generic = append(out.Generic, Generic{rules.Keys[g.Rule].Name(), g.Records, records[g.Of].Key})
	}
	if !labels {
		return out
	}
	for _, members := range byTruth(records) {
		all += pairsOf(len(members))
	}
	recall := ratio(truePairs, all)
	out.Recall = &recall
	for i := range out.Keys {
		of := ratio(int64(hits[i]), all)
		out.Keys[i].Recall, out.Keys[i].Brings = &of, &brings[i]
	}
	return out
}
