package golden

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// TrainRounds is how many rounds training takes at most.
const TrainRounds = match.TrainRounds

// Train learns parameters for the ruleset from records, of which labels may say some pairs. progress, where given, is
// called after each round with the largest change of a share.
func Train(r *Ruleset, records []match.Record, labels []match.Label, progress func(round int, change float64)) (*match.Training, error) {
	untrained := r.match
	untrained.Parameters = nil
	if len(untrained.Comparisons) == 0 {
		return nil, fmt.Errorf("%w: the ruleset has no match.compare, its keys alone decide; start from match: {rules: person}", match.ErrUntrainable)
	}
	return untrained.TrainBlocks(untrained.Block(records), labels, progress)
}

// Population is all live records of a store as matching sees them, with what was said of them.
type Population struct {
	Records   []match.Record // by key
	links     map[string]Link
	decisions map[string]Decision
}

// ReadPopulation reads all live records, with the links and decisions between them, customer by customer.
func ReadPopulation(ctx context.Context, store Store, r *Ruleset) (*Population, error) {
	const page = 500
	var nos []EntityNo
	if _, err := store.Snapshot(ctx, func(g GoldenRecord) error { nos = append(nos, g.No); return nil }); err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	l := &Population{links: map[string]Link{}, decisions: map[string]Decision{}}
	for part := range slices.Chunk(nos, page) {
		err := store.InView(ctx, func(ctx context.Context, v View) error { return l.read(ctx, v, r, part) })
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(l.Records, func(a, b match.Record) int { return strings.Compare(a.Key, b.Key) })
	return l, nil
}

func (l *Population) read(ctx context.Context, v View, r *Ruleset, customers []EntityNo) error {
	sources, err := v.RecordsOf(ctx, customers)
	if err != nil {
		return err
	}
	var keys []string
	var live []Incoming
	for _, s := range sources {
		if s.Deleted {
			continue
		}
		in := Incoming{Record: s}
		if err := in.Customer.UnmarshalJSON(s.Doc); err != nil {
			return fmt.Errorf("read %s: %w", s.Key, err)
		}
		live, keys = append(live, in), append(keys, s.Key)
	}
	at := len(l.Records)
	l.Records = append(l.Records, make([]match.Record, len(live))...)
	onAllCores(len(live), func(i int) { l.Records[at+i] = r.MatchRecord(&live[i]) })
	links, err := v.LinksOf(ctx, keys)
	if err != nil {
		return err
	}
	for _, one := range links {
		l.links[one.Remote+"\x00"+one.Origin] = one
	}
	decisions, err := v.DecisionsOf(ctx, keys)
	for _, d := range decisions {
		l.decisions[d.ID] = d
	}
	return err
}

// Decisions are what people have decided of the records.
func (l *Population) Decisions() (list []Decision) {
	for _, d := range l.decisions {
		list = append(list, d)
	}
	return list
}

// Statements are what people and the hub itself have said of the records, by index.
func (l *Population) Statements() (list []match.Statement) {
	at := make(map[string]int, len(l.Records))
	for i := range l.Records {
		at[l.Records[i].Key] = i
	}
	places := func(keys ...string) (found []int) {
		for _, key := range keys {
			if i, live := at[key]; live {
				found = append(found, i)
			}
		}
		return found
	}
	add := func(s match.Statement) {
		if len(s.Left) > 0 && len(s.Right) > 0 {
			list = append(list, s)
		}
	}
	for id, link := range l.links {
		add(match.Statement{ID: id, Strength: match.Creation, Left: places(link.Remote), Right: places(link.Origin)})
	}
	for _, d := range l.decisions {
		if d.Verdict == Same || d.Verdict == Different {
			add(match.Statement{
				ID: d.ID, Different: d.Verdict == Different, Strength: strengths[d.Strength], At: d.At,
				Left: places(d.Left...), Right: places(d.Right...),
			})
		}
	}
	slices.SortFunc(list, func(a, b match.Statement) int { return strings.Compare(a.ID, b.ID) })
	return list
}
