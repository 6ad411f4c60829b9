package match

import (
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// labelsOf are what is known of a share of the pairs that share a key.
func labelsOf(records []Record, truth []int, rules *Rules, share float64) (labels []Label) {
	random := rand.New(rand.NewPCG(5, 6))
	byKey := map[uint64][]int{}
	seen := map[[2]int]bool{}
	for i := range records {
		for _, k := range records[i].Features.Keys {
			for _, j := range byKey[k.Hash] {
				if pair := [2]int{j, i}; !seen[pair] && random.Float64() < share {
					labels = append(labels, Label{A: j, B: i, Same: truth[i] == truth[j]})
				}
				seen[[2]int{j, i}] = true
			}
			byKey[k.Hash] = append(byKey[k.Hash], i)
		}
	}
	return labels
}

// What is known of pairs corrects what a few records tell by themselves.
func TestTrainBlocks_labelsMendWhatFewRecordsTell(t *testing.T) {
	t.Parallel()
	rules := people()
	records, truth := made(rules, 80, 3)
	f1 := func(labels []Label) (float64, *Training) {
		trained, err := rules.TrainBlocks(rules.Block(records), labels, nil)
		if err != nil {
			t.Fatal(err)
		}
		with := *rules
		with.Parameters = trained.Parameters
		p, r := pairScores(with.Resolve(records).Clusters, truth)
		return 2 * p * r / (p + r), trained
	}
	without, _ := f1(nil)
	labels := labelsOf(records, truth, rules, 0.2)
	for i := range labels {
		labels[i].Weight = 10
	}
	with, trained := f1(labels)
	t.Logf("F1 %.4f without labels, %.4f with %+v", without, with, trained.Labels)
	if with <= without {
		t.Errorf("F1 %.4f without labels, %.4f with %d", without, with, len(labels))
	}
	l := trained.Labels
	if l.Same+l.Different != len(labels) || l.SameAgreed*100 < l.Same*90 || l.DifferentAgreed*100 < l.Different*90 {
		t.Errorf("labels %+v", l)
	}
	wrong := l.Same - l.SameAgreed + l.Different - l.DifferentAgreed
	if len(l.Against) != min(wrong, disagreements) {
		t.Errorf("%d labels are contradicted, %d told", wrong, len(l.Against))
	}
}

// Labels that say the opposite of the truth are seen to be against the parameters.
func TestTrainBlocks_tellsOfLabelsThatAreWrong(t *testing.T) {
	t.Parallel()
	rules := people()
	records, truth := made(rules, 400, 3)
	labels := labelsOf(records, truth, rules, 0.02)
	at := slices.IndexFunc(labels, func(l Label) bool { return l.Same })
	labels[at].Same = false
	trained, err := rules.TrainBlocks(rules.Block(records), labels, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(trained.Labels.Against, func(d Disagreement) bool { return d.Label == labels[at] && d.Weight > 0 }) {
		t.Errorf("not told of: %+v", trained.Labels)
	}
}

// A label that stands for nothing, and none, come to the same.
func TestTrainBlocks_noLabelsIsTrain(t *testing.T) {
	t.Parallel()
	rules := people()
	records, truth := made(rules, 300, 4)
	first, err := rules.Train(records, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := rules.TrainBlocks(rules.Block(records), labelsOf(records, truth, rules, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

// What the pairs of a key hold in all stays the same, whatever is known of them.
func TestTrainBlocks_aLabelledPairIsNotGuessedAgain(t *testing.T) {
	t.Parallel()
	rules := people()
	records, truth := made(rules, 100, 5)
	labels := labelsOf(records, truth, rules, 0.3)
	total := func(labels []Label) (all float64) {
		tr := newTrainer(rules, records)
		b := rules.Block(records)
		tr.random()
		tr.candidates(b)
		tr.label(b, labels)
		for _, c := range tr.classes[1:] {
			all += c.total
		}
		return all
	}
	different := slices.DeleteFunc(slices.Clone(labels), func(l Label) bool { return l.Same })
	same := slices.DeleteFunc(slices.Clone(labels), func(l Label) bool { return !l.Same })
	if a, b := total(nil), total(same); a != b {
		t.Errorf("%g pairs by key, %g with labels", a, b)
	}
	if a, b := total(nil), total(different); a <= b {
		t.Errorf("%g pairs by key to guess about, %g with labels", a, b)
	}
}
