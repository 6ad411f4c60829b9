package golden

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Planning is what a plan tries beside the rules of its resolver. The zero value tries nothing.
type Planning struct {
	// Again: every live record is resolved again, as a sweep does.
	Again bool
	// Records are taken in first, as a batch is: of each record the newest version only.
	Records []Incoming
	// Then looks at what has come of it, in the transaction, before that is taken back; it may write.
	// It may run again with the transaction.
	Then func(ctx context.Context, tx Tx, e Effects) error
}

// Plan tells what something would do: which customers would merge, split or change, and which
// targets would have to look at them. It is done in one transaction that is taken back, so that it
// tells what a sweep or a replay comes to, all decisions and links included; no other batch settles
// meanwhile.
func (r *Resolver) Plan(ctx context.Context, p Planning) (Effects, error) {
	var keys []string
	if p.Again {
		if _, err := r.store.Snapshot(ctx, func(g GoldenRecord) error { keys = append(keys, g.Sources...); return nil }); err != nil {
			return Effects{}, fmt.Errorf("list customers: %w", err)
		}
	}
	prepared := r.prepare(p.Records)
	var effects Effects
	var a *acting
	var within context.Context
	_, err := r.settledThen(ctx, "", func(ctx context.Context, s *settling) error {
		a = &acting{settling: s, Act: Act{DryRun: true}, marks: &marking{Tx: s.tx}}
		s.tx, s.newID, within = a.marks, provisional(), ctx
		if err := s.takeIn(ctx, prepared); err != nil {
			return err
		}
		// what changed by itself is looked at anyway
		rest := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return s.byKey[key] != nil && s.byKey[key].changed })
		return s.again(ctx, rest, causePlan)
	}, func() error {
		effects = a.effects()
		if p.Then != nil {
			if err := p.Then(within, a.marks.Tx, effects); err != nil {
				return err
			}
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return effects, err
}

// causePlan is the cause of changes that are only planned.
const causePlan = "plan"

// Difference lists what differs between two canonical documents beside where they come from. No
// document is one that says nothing.
func Difference(before, after []byte) ([]PathChange, error) {
	var plain [2][]byte
	for i, doc := range [][]byte{before, after} {
		members := map[string]json.RawMessage{}
		if len(doc) > 0 {
			if err := json.Unmarshal(doc, &members); err != nil {
				return nil, fmt.Errorf("read a document: %w", err)
			}
		}
		delete(members, "source")
		plain[i], _ = json.Marshal(members) // of JSON just read
	}
	return diff(plain[0], plain[1], nil)
}
