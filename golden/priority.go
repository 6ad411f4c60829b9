package golden

import (
	"context"
	"encoding/json"
	"math/bits"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// hangs is what hangs on a question: what the customers that it is about hold together.
type hangs struct {
	Records int `json:"records"` // source records
	Remotes int `json:"remotes"` // records in targets
	Orders  int `json:"orders"`  // that name them
}

// Points of the parts of a priority. A number counts by its length in bits: twice as many is one step
// more, so that one customer of a thousand orders does not push all others away for good.
const (
	scoreBits    = 15 // the score counts from −15 to 15 bits, a point each
	recordPoints = 2
	remotePoints = 3
	orderPoints  = 3
)

// priority of a question: what is most likely to be one customer comes first, and of what is alike
// that on which most hangs.
func priority(score int32, h hangs) int32 {
	likely := min(max(score/match.Bit, -scoreBits), scoreBits) + scoreBits
	return likely + int32(recordPoints*bits.Len(uint(h.Records))+remotePoints*bits.Len(uint(h.Remotes))+orderPoints*bits.Len(uint(h.Orders)))
}

// prioritise sets the priority of tasks by what hangs on the customers that their records belong to
// by now.
func (s *settling) prioritise(ctx context.Context, tasks []Task, homes map[string]*GoldenRecord) error {
	var entities []Entity
	seen := map[EntityNo]bool{}
	for _, t := range tasks {
		for _, key := range t.Records {
			if home := homes[key]; home != nil && !seen[home.No] {
				seen[home.No] = true
				entities = append(entities, home.Entity)
			}
		}
	}
	stakes, err := s.tx.StakesOf(ctx, entities)
	if err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		var h hangs
		counted := map[EntityNo]bool{}
		for _, key := range t.Records {
			home := homes[key]
			if home == nil || counted[home.No] {
				continue
			}
			counted[home.No] = true
			h.Records += len(home.Sources)
			h.Remotes += stakes[home.No].Remotes
			h.Orders += stakes[home.No].Orders
		}
		t.Priority = priority(t.Score, h)
		var detail taskDetail
		if err := json.Unmarshal(t.Detail, &detail); err != nil {
			return err
		}
		detail.Hangs = &h
		t.Detail = detail.text()
	}
	return nil
}
