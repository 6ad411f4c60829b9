package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/evaluate"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// PairExplanation says why two records are one customer or not.
type PairExplanation struct {
	A         string         `json:"a"`
	B         string         `json:"b"`
	Bits      float64        `json:"bits" doc:"weight of the pair: the lesser of the two sums"`
	Strangers float64        `json:"strangers" doc:"the sum of all steps: what speaks against the two being strangers"`
	Relatives float64        `json:"relatives" doc:"the sum of those that count against the two being relatives or colleagues"`
	Link      float64        `json:"link" doc:"bits from which a pair is a reason to join"`
	Review    float64        `json:"review" doc:"bits from which a person is asked"`
	Verdict   string         `json:"verdict" doc:"what the weight says by itself"`
	Conflict  string         `json:"conflict,omitempty" doc:"scheme of unique identifiers that differ: the two never join"`
	Keys      []string       `json:"keys" doc:"the keys that both have"`
	Steps     []PairStep     `json:"steps"`
	Decisions []PairDecision `json:"decisions"`
	Now       string         `json:"now" doc:"whether the two are one customer now"`
}

// PairStep is one summand, in bits.
type PairStep struct {
	What      string  `json:"what" doc:"prior, an attribute, swapped names, kinds"`
	Level     string  `json:"level,omitempty" doc:"how the values compare"`
	Bits      float64 `json:"bits"`
	Frequency float64 `json:"frequency,omitempty" doc:"of the bits, what the value's frequency contributes"`
	Related   bool    `json:"related" doc:"counts against relatives too"`
}

// PairDecision is a person's verdict that names both records.
type PairDecision struct {
	ID       string `json:"id"`
	Verdict  string `json:"verdict"`
	Strength string `json:"strength"`
}

// ExplainPair weighs two records of the store and says how the weight comes about.
func (h *Hub) ExplainPair(ctx context.Context, a, b string) (*PairExplanation, error) {
	if a == b {
		return nil, &RequestError{Field: "b", Found: b, Expected: "another record than a"}
	}
	rules := h.generation().Rules
	out := &PairExplanation{A: a, B: b, Keys: []string{}, Decisions: []PairDecision{}}
	err := h.store.InView(ctx, func(ctx context.Context, v golden.View) error {
		records, err := v.RecordsByKey(ctx, []string{a, b})
		if err != nil {
			return err
		}
		left, right, err := bothOf(records, a, b)
		if err != nil {
			return err
		}
		if err := out.weigh(rules, left, right); err != nil {
			return err
		}
		out.Now = "two customers"
		if left.Entity == right.Entity && left.Entity != 0 {
			out.Now = "one customer"
		}
		decisions, err := v.DecisionsOf(ctx, []string{a})
		for _, d := range decisions {
			if slices.Contains(d.Left, a) && slices.Contains(d.Right, b) || slices.Contains(d.Left, b) && slices.Contains(d.Right, a) {
				out.Decisions = append(out.Decisions, PairDecision{d.ID, string(d.Verdict), string(d.Strength)})
			}
		}
		return err
	})
	return out, err
}

func bothOf(records []golden.SourceRecord, a, b string) (left, right *golden.SourceRecord, err error) {
	for i := range records {
		switch records[i].Key {
		case a:
			left = &records[i]
		case b:
			right = &records[i]
		}
	}
	for key, record := range map[string]*golden.SourceRecord{a: left, b: right} {
		if record == nil || record.Deleted {
			return nil, nil, fmt.Errorf("record %s: %w", key, golden.ErrNotFound)
		}
	}
	return left, right, nil
}

func (p *PairExplanation) weigh(rules *golden.Ruleset, a, b *golden.SourceRecord) error {
	var both [2]match.Record
	for i, record := range []*golden.SourceRecord{a, b} {
		in := golden.Incoming{Record: *record}
		if err := in.Customer.UnmarshalJSON(record.Doc); err != nil {
			return fmt.Errorf("read %s: %w", record.Key, err)
		}
		both[i] = rules.MatchRecord(&in)
	}
	m := rules.MatchRules()
	w := m.Explain(both[0].Features, both[1].Features)
	p.Bits, p.Strangers, p.Relatives = evaluate.Bits(w.Weight), evaluate.Bits(w.Strangers), evaluate.Bits(w.Relatives)
	p.Link, p.Review = evaluate.Bits(m.Thresholds.Link), evaluate.Bits(m.Thresholds.Edge)
	p.Conflict, p.Keys = w.Conflict, append(p.Keys, w.Shared...)
	for _, s := range w.Steps {
		p.Steps = append(p.Steps, PairStep{s.What, s.Level, evaluate.Bits(s.Weight), evaluate.Bits(s.Frequency), s.Related})
	}
	switch {
	case w.Conflict != "":
		p.Verdict = "never one customer: unique identifiers differ"
	case w.Weight >= m.Thresholds.Link:
		p.Verdict = "one customer"
	case w.Weight >= m.Thresholds.Edge:
		p.Verdict = "perhaps one customer: a person is asked"
	default:
		p.Verdict = "two customers"
	}
	return nil
}

// TrainingReport is what was learnt, with the parameters as a file.
type TrainingReport struct {
	Records   int             `json:"records"`
	Pairs     int             `json:"pairs" doc:"that share a key"`
	Rounds    int             `json:"rounds"`
	Matches   float64         `json:"matches" doc:"expected pairs of one customer"`
	Relatives float64         `json:"relatives" doc:"expected pairs of relatives and colleagues"`
	Prior     float64         `json:"prior" doc:"bits against strangers of a pair of which nothing is known"`
	Related   float64         `json:"related" doc:"bits against relatives likewise"`
	Levels    []TrainingLevel `json:"levels"`
	Keys      []TrainingKey   `json:"keys"`
	Refusals  []string        `json:"refusals,omitempty" doc:"what speaks against the parameters"`
	Labels    TrainingLabels  `json:"labels"`
	Params    string          `json:"params" doc:"content of golden.params"`
}

// TrainingLevel is what was learnt of one level of a comparison.
type TrainingLevel struct {
	Attribute string  `json:"attribute"`
	Level     string  `json:"level"`
	M         float64 `json:"m" doc:"share of the pairs of one customer"`
	U         float64 `json:"u" doc:"share of pairs at random"`
	Bits      float64 `json:"bits"`
}

// TrainingKey is what the pairs are that share a key of one rule.
type TrainingKey struct {
	Key       string  `json:"key"`
	Pairs     int     `json:"pairs"`
	Matches   float64 `json:"matches" doc:"share"`
	Relatives float64 `json:"relatives" doc:"share"`
	Strangers float64 `json:"strangers" doc:"share"`
}

// NewTrainingReport describes a training of the ruleset on records with what was known of them; data
// names what it was learnt from.
func NewTrainingReport(rules *golden.Ruleset, records []match.Record, known *golden.Known, t *match.Training, data string, at time.Time) (TrainingReport, error) {
	params, err := rules.WriteParams(t, data, at)
	if err != nil {
		return TrainingReport{}, err
	}
	out := TrainingReport{
		Records: t.Records, Pairs: t.Pairs, Rounds: t.Rounds, Matches: t.Matches, Relatives: t.Relatives,
		Prior: evaluate.Bits(t.Parameters.Prior), Related: evaluate.Bits(t.Parameters.Related), Refusals: t.Refusals, Params: string(params),
	}
	m := rules.MatchRules()
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		for level := 1; level < len(t.Levels[i]); level++ {
			l := t.Levels[i][level]
			out.Levels = append(out.Levels, TrainingLevel{c.Attribute, c.LevelName(uint8(level)), l.M, l.U, evaluate.Bits(t.Parameters.Weights[i][level])})
		}
	}
	for _, k := range t.Keys {
		out.Keys = append(out.Keys, TrainingKey{m.Keys[k.Key].Name(), k.Pairs, k.Matches, k.Relatives, k.Strangers})
	}
	out.Labels = labelReport(records, known, &t.Labels)
	return out, nil
}

// TrainingLabels say what labels did for a training.
type TrainingLabels struct {
	Decisions       int                  `json:"decisions" doc:"pairs that people's decisions tell of"`
	File            int                  `json:"file" doc:"pairs that the file tells of"`
	Missing         int                  `json:"missing" doc:"records that the file names and that are not there"`
	Overruled       int                  `json:"overruled" doc:"decisions that others contradict, and that were not used"`
	Keyless         int                  `json:"keyless" doc:"pairs that share no key: matching would not look at them by itself"`
	Same            int                  `json:"same" doc:"pairs of one customer"`
	SameAgreed      int                  `json:"sameAgreed" doc:"of them those of which the parameters say so"`
	Different       int                  `json:"different" doc:"pairs of two customers"`
	DifferentAgreed int                  `json:"differentAgreed" doc:"of them those of which the parameters say so"`
	Against         []TrainingLabelWrong `json:"against,omitempty" doc:"labels that the parameters contradict most"`
}

// TrainingLabelWrong is a label that the parameters contradict.
type TrainingLabelWrong struct {
	A    string  `json:"a"`
	B    string  `json:"b"`
	Same bool    `json:"same" doc:"what the label says"`
	Bits float64 `json:"bits" doc:"what the parameters say"`
}

func labelReport(records []match.Record, known *golden.Known, l *match.Labelled) TrainingLabels {
	out := TrainingLabels{
		Decisions: known.Decisions, File: known.File, Missing: known.Missing, Overruled: known.Overruled, Keyless: l.Keyless,
		Same: l.Same, SameAgreed: l.SameAgreed, Different: l.Different, DifferentAgreed: l.DifferentAgreed,
	}
	for _, d := range l.Against {
		out.Against = append(out.Against, TrainingLabelWrong{records[d.A].Key, records[d.B].Key, d.Same, evaluate.Bits(d.Weight)})
	}
	return out
}

// TrainRequest says what is known of pairs of records beside what people have decided.
type TrainRequest struct {
	Labels string  `json:"labels,omitempty" doc:"CSV with the columns a, b, verdict or record, cluster"`
	Name   string  `json:"name,omitempty" doc:"of the file that it is, for what is wrong with it"`
	Weight float64 `json:"weight,omitempty" minimum:"0" doc:"for how many pairs each of them stands; 0: as shipped"`
}

// Train learns parameters from all live records of the store, and what people have decided of them.
// Nothing is changed: the parameters count once they stand in the folder.
func (h *Hub) Train(ctx context.Context, q TrainRequest) (TrainingReport, error) {
	rules := h.generation().Rules
	labels, err := q.read()
	if err != nil {
		return TrainingReport{}, err
	}
	live, err := golden.ReadPopulation(ctx, h.store, rules)
	if err != nil {
		return TrainingReport{}, err
	}
	known, err := golden.Know(live.Records, live.Decisions(), labels, rules.MatchRules().Limits, q.Weight)
	if err != nil {
		return TrainingReport{}, wrongLabels(err)
	}
	t, err := golden.Train(rules, live.Records, known.Labels, nil)
	if err != nil {
		return TrainingReport{}, err
	}
	return NewTrainingReport(rules, live.Records, known, t, fmt.Sprintf("%d records of the store", len(live.Records)), time.Now())
}

func (q *TrainRequest) read() (*golden.Labels, error) {
	if q.Labels == "" {
		return nil, nil
	}
	if q.Weight == 0 {
		q.Weight = golden.LabelWeight
	}
	labels, err := golden.ReadLabels(cmp.Or(q.Name, "labels"), []byte(q.Labels))
	return labels, wrongLabels(err)
}

// wrongLabels is the error of who sent labels that are wrong.
func wrongLabels(err error) error {
	if wrong, ok := errors.AsType[*golden.LabelError](err); ok {
		return &RequestError{Field: "labels", Found: fmt.Sprintf("%s:%d: %s", wrong.File, wrong.Line, wrong.Found), Expected: wrong.Expected}
	}
	return err
}

// MatchReport says how matching does on the live store.
type MatchReport struct {
	Ruleset string             `json:"ruleset"`
	Version string             `json:"version"`
	Trained bool               `json:"trained"`
	Records int                `json:"records"`
	Joined  int                `json:"joined" doc:"customers of more than one record"`
	Pairs   int                `json:"pairs" doc:"that share a key"`
	Weak    float64            `json:"weak" doc:"share of the pairs that join which weigh less than 4 bits more than they must"`
	Review  int                `json:"review" doc:"pairs that people are asked about"`
	Largest int                `json:"largest" doc:"records in the largest component"`
	Sizes   []CustomerSize     `json:"sizes"`
	Generic []evaluate.Generic `json:"generic,omitempty" doc:"keys that too many records share"`
}

// CustomerSize counts customers by how many records they have.
type CustomerSize struct {
	Records   string `json:"records" doc:"1, 2, 3-5, …"`
	Customers int    `json:"customers"`
}

// MatchReport resolves the store's live records in memory, as they stand, and reports on that.
func (h *Hub) MatchReport(ctx context.Context) (*MatchReport, error) {
	rules := h.generation().Rules
	live, err := golden.ReadPopulation(ctx, h.store, rules)
	if err != nil {
		return nil, err
	}
	m, records := rules.MatchRules(), live.Records
	found := m.Resolve(records, live.Statements()...)
	out := &MatchReport{
		Ruleset: rules.Name, Version: rules.Version, Trained: rules.Trained(), Records: len(records), Pairs: found.Pairs,
		Review: len(found.Findings), Largest: found.Largest,
	}
	out.weak(m, found)
	out.sizes(found)
	slices.SortFunc(found.Generic, func(a, b match.GenericKey) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Hash, b.Hash))
	})
	for _, g := range found.Generic[:min(len(found.Generic), 10)] {
		out.Generic = append(out.Generic, evaluate.Generic{Key: m.Keys[g.Rule].Name(), Records: g.Records, Example: records[g.Of].Key})
	}
	return out, nil
}

func (r *MatchReport) weak(m *match.Rules, found *match.Resolved) {
	cluster := map[int]int{}
	for c, members := range found.Clusters {
		for _, i := range members {
			cluster[i] = c
		}
	}
	all, weak := 0, 0
	for _, e := range found.Edges {
		if e.Weight >= m.Thresholds.Link && cluster[e.A] == cluster[e.B] {
			all++
			if e.Weight < m.Thresholds.Link+4*match.Bit {
				weak++
			}
		}
	}
	if all > 0 {
		r.Weak = float64(weak) / float64(all)
	}
}

func (r *MatchReport) sizes(found *match.Resolved) {
	bounds := []struct {
		most int
		name string
	}{{1, "1"}, {2, "2"}, {5, "3-5"}, {10, "6-10"}, {50, "11-50"}, {1 << 30, "51 and more"}}
	counts := make([]int, len(bounds))
	for _, members := range found.Clusters {
		if len(members) > 1 {
			r.Joined++
		}
		counts[slices.IndexFunc(bounds, func(b struct {
			most int
			name string
		},
		) bool {
			return len(members) <= b.most
		})]++
	}
	for i, n := range counts {
		if n > 0 {
			r.Sizes = append(r.Sizes, CustomerSize{bounds[i].name, n})
		}
	}
}
