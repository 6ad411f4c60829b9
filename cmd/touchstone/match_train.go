package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/evaluate"
	"github.com/touchstone-hub/touchstone/golden/match"
	"github.com/touchstone-hub/touchstone/hub"
)

// trained is a training with what it was learnt from.
type trained struct {
	*match.Training
	data  string
	known *golden.Known
}

func plainRecords(records []evaluate.Labelled) []match.Record {
	list := make([]match.Record, len(records))
	for i := range records {
		list[i] = records[i].Record
	}
	return list
}

func (a *app) matchTrainCommand() *cobra.Command {
	s := &sampleFile{app: a}
	var out, labels string
	var weight float64
	var force bool
	c := &cobra.Command{
		Use:   "train [FILE --mapping NAME] [--labels FILE]",
		Short: "Learn the weights of comparisons from records, with labels or without, and write golden.params",
		Long: "Learn the weights of match.compare from records: those of the hub's store, with what people have decided of them, or of a file. " +
			"--labels names a file that says of pairs whether they are one customer's: CSV with the columns a, b, verdict (same or different) or record, cluster. Records are named by their keys, system/stream/id; those of a FILE are file/records/ID. " +
			"The parameters are written beside golden.yaml, where a running hub takes them with its next reload. " +
			"They are not written where something speaks against them, unless --force is given.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var t hub.TrainingReport
			q, err := trainRequest(labels, weight)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				err := a.with(c, func(cl *client) error { return cl.post(c.Context(), "/v1/match/training", q, &t) })
				if err != nil {
					return err
				}
			} else {
				s.name = args[0]
				if err := s.trainOn(c, q, &t); err != nil {
					return err
				}
			}
			if err := a.print(c, t, func(w io.Writer) error { return printTraining(w, &t) }); err != nil {
				return err
			}
			if len(t.Refusals) > 0 && !force {
				return errors.New("the parameters were not written; --force writes them all the same")
			}
			return a.writeParams(c, out, t.Params)
		},
	}
	s.flags(c)
	c.Flags().StringVarP(&out, "out", "o", "", "file to write; golden.params in the hub folder where absent, - for none")
	c.Flags().StringVar(&labels, "labels", "", "CSV file with pairs (a,b,verdict) or clusters (record,cluster) that are known")
	c.Flags().Float64Var(&weight, "label-weight", golden.LabelWeight, "for how many pairs each label of the file stands")
	c.Flags().BoolVar(&force, "force", false, "write the parameters whatever speaks against them")
	return c
}

// trainRequest asks for training with the labels of a file; "" for none.
func trainRequest(labels string, weight float64) (hub.TrainRequest, error) {
	q := hub.TrainRequest{Name: labels, Weight: weight}
	if labels == "" {
		return q, nil
	}
	text, err := os.ReadFile(labels)
	if err != nil {
		return q, err
	}
	q.Labels = string(text)
	_, err = golden.ReadLabels(labels, text)
	return q, err
}

// writeParams writes parameters: beside golden.yaml where out is "", nowhere where it is -.
func (a *app) writeParams(c *cobra.Command, out, params string) error {
	switch out {
	case "-":
		return nil
	case "":
		out = filepath.Join(a.folder, golden.ParamsFile)
	}
	if err := writeFile(out, []byte(params)); err != nil {
		return err
	}
	fmt.Fprintln(c.ErrOrStderr(), "written:", out)
	return nil
}

func (s *sampleFile) trainOn(c *cobra.Command, q hub.TrainRequest, report *hub.TrainingReport) error {
	if s.mapping == "" {
		return misuse(c, errors.New("say which mapping reads the file: --mapping NAME"))
	}
	rules, records, err := s.read(c)
	if err != nil {
		return err
	}
	_, t, err := train(c, rules, records, q)
	if err != nil {
		return err
	}
	*report, err = hub.NewTrainingReport(rules, plainRecords(records), t.known, t.Training, t.data, time.Now())
	return err
}

func printTraining(w io.Writer, t *hub.TrainingReport) error {
	fmt.Fprintf(w, "learnt from %d records and %d pairs that share a key, in %d rounds\n", t.Records, t.Pairs, t.Rounds)
	fmt.Fprintf(w, "expected: %.0f pairs of one customer, %.0f of relatives and colleagues\n", t.Matches, t.Relatives)
	fmt.Fprintf(w, "of a pair of which nothing is known: %.2f bits against strangers, %.2f against relatives\n\n", t.Prior, t.Related)
	printLabels(w, &t.Labels)
	var rows [][]any
	for _, l := range t.Levels {
		rows = append(rows, []any{l.Attribute, l.Level, fmt.Sprintf("%.5f", l.M), fmt.Sprintf("%.7f", l.U), fmt.Sprintf("%+.2f", l.Bits)})
	}
	if err := table(w, "ATTRIBUTE\tLEVEL\tM\tU\tBITS", rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	rows = nil
	for _, k := range t.Keys {
		rows = append(rows, []any{k.Key, k.Pairs, fmt.Sprintf("%.1f%%", 100*k.Matches), fmt.Sprintf("%.1f%%", 100*k.Relatives), fmt.Sprintf("%.1f%%", 100*k.Strangers)})
	}
	if err := table(w, "KEY\tPAIRS\tMATCHES\tRELATIVES\tSTRANGERS", rows); err != nil {
		return err
	}
	for i, r := range t.Refusals {
		if i == 0 {
			fmt.Fprintln(w, "\nthis speaks against the parameters:")
		}
		fmt.Fprintln(w, "  "+r)
	}
	return nil
}

// printLabels says what labels were used and how far the parameters agree with them.
func printLabels(w io.Writer, l *hub.TrainingLabels) {
	if l.Decisions+l.File > 0 {
		fmt.Fprintf(w, "known: %d pairs by people's decisions, %d by the file; %d of them share no key\n", l.Decisions, l.File, l.Keyless)
		fmt.Fprintf(w, "the parameters agree with %d of %d that are one customer's and %d of %d that are not\n", l.SameAgreed, l.Same, l.DifferentAgreed, l.Different)
		for _, one := range l.Against {
			verdict := "different"
			if one.Same {
				verdict = "same"
			}
			fmt.Fprintf(w, "  against: %s and %s are %s, but weigh %+.2f bits\n", one.A, one.B, verdict, one.Bits)
		}
	}
	if l.Missing > 0 {
		fmt.Fprintf(w, "%d records that the file names are not there\n", l.Missing)
	}
	if l.Overruled > 0 {
		fmt.Fprintf(w, "%d decisions are contradicted by stronger or newer ones and were not used\n", l.Overruled)
	}
	if l.Decisions+l.File+l.Missing+l.Overruled > 0 {
		fmt.Fprintln(w)
	}
}

func (a *app) matchEvalCommand() *cobra.Command {
	s := &sampleFile{app: a}
	var chart string
	var mistakes int
	var sweep bool
	c := &cobra.Command{
		Use:   "eval FILE --mapping NAME --truth EXPR",
		Short: "Resolve a labelled file in an empty store and measure how well that goes",
		Long: "Resolve a labelled file and compare with the labels. Parameters are trained on the file itself, without its labels, " +
			"unless --params names some. The truth is an expression over a raw record, such as cluster or split(rec_id, \"-\")[1].",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s.name = args[0]
			if s.mapping == "" || s.truth == "" {
				return misuse(c, errors.New("say how to read the file and whose its records are: --mapping NAME --truth EXPR"))
			}
			began := time.Now()
			rules, records, err := s.read(c)
			if err != nil {
				return err
			}
			read := time.Now()
			if s.params == "" && len(rules.MatchRules().Comparisons) > 0 {
				if rules, _, err = train(c, rules, records, hub.TrainRequest{}); err != nil {
					return err
				}
			}
			trained := time.Now()
			o := evaluate.Options{Mistakes: mistakes, Chart: chart != ""}
			if sweep {
				o.Links = []float64{-6, -4, -2, 0, 2, 4, 8, 12}
			}
			r := evaluate.Evaluate(rules.MatchRules(), records, o)
			r.Seconds.Read, r.Seconds.Train = read.Sub(began).Seconds(), trained.Sub(read).Seconds()
			if chart != "" {
				if err := drawChart(chart, r); err != nil {
					return err
				}
			}
			return a.print(c, r, func(w io.Writer) error { return printEvaluation(w, r) })
		},
	}
	s.flags(c)
	c.Flags().StringVar(&s.params, "params", "", "file of trained parameters; without it they are trained on FILE")
	c.Flags().StringVar(&chart, "chart", "", "write the distribution of weights as SVG to this file")
	c.Flags().IntVar(&mistakes, "mistakes", 3, "how many of the worst false merges and misses to show")
	c.Flags().BoolVar(&sweep, "sweep", true, "show what other thresholds would do")
	return c
}

func drawChart(name string, r *evaluate.Report) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return r.WriteSVG(f)
}

func printEvaluation(w io.Writer, r *evaluate.Report) error {
	fmt.Fprintf(w, "records %d, customers %d, clusters found %d, tasks %d, largest component %d\n", r.Records, r.Customers, r.Clusters, r.Tasks, r.Largest)
	fmt.Fprintf(w, "read in %.1f s, trained in %.1f s, resolved in %.1f s\n", r.Seconds.Read, r.Seconds.Train, r.Seconds.Resolve)
	fmt.Fprintf(w, "candidate pairs %d, which hold %.2f%% of the true pairs\n\n", r.Pairs, 100*r.Reach)
	rows := [][]any{
		{"pairs after clustering", fmt.Sprintf("%.5f", r.Precision), fmt.Sprintf("%.5f", r.Recall), fmt.Sprintf("%.5f", r.F1), fmt.Sprintf("%d true, %d false, %d missed", r.True, r.False, r.Lost)},
		{"B³", fmt.Sprintf("%.5f", r.BCubed.Precision), fmt.Sprintf("%.5f", r.BCubed.Recall), fmt.Sprintf("%.5f", r.BCubed.F1), ""},
		{"exact clusters", "", fmt.Sprintf("%.5f", r.Exact), "", ""},
	}
	if err := table(w, "\tPRECISION\tRECALL\tF1\t", rows); err != nil {
		return err
	}
	if len(r.Sweep) > 0 {
		fmt.Fprintln(w)
		rows = nil
		for _, t := range r.Sweep {
			rows = append(rows, []any{fmt.Sprintf("%+.0f bits", t.Link), fmt.Sprintf("%.5f", t.Precision), fmt.Sprintf("%.5f", t.Recall), fmt.Sprintf("%.5f", t.F1)})
		}
		if err := table(w, "LINK FROM\tPRECISION\tRECALL\tF1", rows); err != nil {
			return err
		}
	}
	printMistakes(w, "joined wrongly", r.Merged)
	printMistakes(w, "not joined", r.Missed)
	return nil
}

func printMistakes(w io.Writer, what string, list []evaluate.Mistake) {
	for _, m := range list {
		fmt.Fprintf(w, "\n%s, %+.2f bits\n  %s\n  %s\n", what, m.Bits, m.Shown[0], m.Shown[1])
		for _, s := range m.Steps {
			fmt.Fprintf(w, "    %+7.2f  %s %s\n", s.Bits, s.What, s.Level)
		}
		if len(m.Keys) == 0 {
			fmt.Fprintln(w, "    they share no key")
		}
	}
}

func printPair(w io.Writer, v *hub.PairExplanation) error {
	fmt.Fprintf(w, "%s\n%s\n\n", v.A, v.B)
	for _, s := range v.Steps {
		also := ""
		if s.Related {
			also = "also against relatives"
		}
		fmt.Fprintf(w, "  %+7.2f  %-18s %-22s %s\n", s.Bits, s.What, s.Level, also)
		if s.Frequency != 0 {
			fmt.Fprintf(w, "           of that %+.2f because of how common the value is\n", s.Frequency)
		}
	}
	fmt.Fprintf(w, "  %+7.2f  in all, against strangers\n  %+7.2f  in all, against relatives and colleagues\n\n", v.Strangers, v.Relatives)
	fmt.Fprintf(w, "weight %+.2f bits: %s (they join from %+.2f, a person is asked from %+.2f)\n", v.Bits, v.Verdict, v.Link, v.Review)
	if len(v.Keys) == 0 {
		fmt.Fprintln(w, "they share no key, so that nothing but their other records brings them together")
	}
	for _, d := range v.Decisions {
		fmt.Fprintf(w, "decision %s: %s, %s\n", d.ID, d.Verdict, d.Strength)
	}
	fmt.Fprintf(w, "now: %s\n", v.Now)
	return nil
}

func printMatchReport(w io.Writer, r *hub.MatchReport) error {
	fmt.Fprintf(w, "ruleset %s (%s)\nrecords %d, customers %d with more than one record\n", r.Ruleset, r.Version, r.Records, r.Joined)
	fmt.Fprintf(w, "weak links: %.2f%% of the pairs that join weigh less than 4 bits more than they must\n", 100*r.Weak)
	fmt.Fprintf(w, "pairs for review: %d; largest component %d records\n\n", r.Review, r.Largest)
	var rows [][]any
	for _, s := range r.Sizes {
		rows = append(rows, []any{s.Records, s.Customers})
	}
	if err := table(w, "RECORDS OF ONE CUSTOMER\tCUSTOMERS", rows); err != nil {
		return err
	}
	for i, g := range r.Generic {
		if i == 0 {
			fmt.Fprintln(w, "\nthe most common generic keys, which bring nobody together")
		}
		fmt.Fprintf(w, "  %s: %d records, such as %s\n", g.Key, g.Records, g.Example)
	}
	return nil
}
