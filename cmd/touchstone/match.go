package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/evaluate"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) matchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "match",
		Short: "Learn, measure and explain how records of one customer are found",
	}
	c.AddCommand(a.matchEvalCommand(), a.matchTrainCommand(), a.matchBlockingCommand(), a.matchExplainCommand(), a.matchReportCommand())
	return c
}

// train learns parameters from records, with a line or a bar of progress on standard error.
func train(c *cobra.Command, rules *golden.Ruleset, records []evaluate.Labelled, q hub.TrainRequest) (*golden.Ruleset, *trained, error) {
	told := newTeller(c.ErrOrStderr())
	plain := plainRecords(records)
	var labels *golden.Labels
	if q.Labels != "" {
		var err error
		if labels, err = golden.ReadLabels(q.Name, []byte(q.Labels)); err != nil {
			return nil, nil, err
		}
	}
	known, err := golden.Know(plain, nil, labels, rules.MatchRules().Limits, q.Weight)
	if err != nil {
		return nil, nil, err
	}
	out, err := golden.Train(rules, plain, known.Labels, func(round int, change float64) {
		told.progress(fmt.Sprintf("learning, the largest change is %.6f", change), round, golden.TrainRounds)
	})
	if err != nil {
		return nil, nil, err
	}
	told.step(fmt.Sprintf("learnt from %d records and %d pairs in %d rounds", out.Records, out.Pairs, out.Rounds))
	return rules.WithParameters(out.Parameters), &trained{out, fingerprint(records), known}, nil
}

// fingerprint of the records, in the order in which they came.
func fingerprint(records []evaluate.Labelled) string {
	d := xxhash.New()
	for i := range records {
		_, _ = d.WriteString(records[i].Shown)
	}
	return fmt.Sprintf("%d records, %016x", len(records), d.Sum64())
}

func (a *app) matchBlockingCommand() *cobra.Command {
	s := &sampleFile{app: a}
	c := &cobra.Command{
		Use:   "blocking FILE --mapping NAME [--truth EXPR]",
		Short: "Show what every key brings together, what it alone brings, and which are generic",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s.name = args[0]
			rules, records, err := s.read(c)
			if err != nil {
				return err
			}
			b := evaluate.Block(rules.MatchRules(), records, s.truth != "")
			return a.print(c, b, func(w io.Writer) error { return printBlocking(w, b) })
		},
	}
	s.flags(c)
	return c
}

func printBlocking(w io.Writer, b *evaluate.Blocking) error {
	fmt.Fprintf(w, "%d records, %d pairs that share a key", b.Records, b.Pairs)
	if b.Recall != nil {
		fmt.Fprintf(w, ", %.2f%% of the true pairs", 100**b.Recall)
	}
	fmt.Fprint(w, "\n\n")
	var rows [][]any
	for _, k := range b.Keys {
		recall, brings := "", ""
		if k.Recall != nil {
			recall, brings = fmt.Sprintf("%.2f%%", 100**k.Recall), fmt.Sprint(*k.Brings)
		}
		rows = append(rows, []any{k.Key, k.Values, k.Pairs, k.Alone, recall, brings, k.Generic})
	}
	if err := table(w, "KEY\tVALUES\tPAIRS\tALONE\tTRUE PAIRS\tONLY BY IT\tGENERIC", rows); err != nil {
		return err
	}
	for i, g := range b.Generic {
		if i == 0 {
			fmt.Fprintln(w, "\nthe most common generic keys")
		}
		fmt.Fprintf(w, "  %s: %d records, such as %s\n", g.Key, g.Records, g.Example)
	}
	return nil
}

// writeFile replaces a file as a whole or not at all.
func writeFile(name string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (a *app) matchExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain SYSTEM/STREAM/ID SYSTEM/STREAM/ID",
		Short: "Show why two records are one customer or not: each summand of the pair's weight",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var v hub.PairExplanation
			if err := a.ask(c, "/v1/match/explain", map[string][]string{"a": {args[0]}, "b": {args[1]}}, &v); err != nil {
				return err
			}
			return a.print(c, v, func(w io.Writer) error { return printPair(w, &v) })
		},
	}
}

func (a *app) matchReportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report",
		Short: "Show how matching does on the live store: weak links, sizes, tasks, generic keys",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var r hub.MatchReport
			if err := a.ask(c, "/v1/match/report", nil, &r); err != nil {
				return err
			}
			return a.print(c, r, func(w io.Writer) error { return printMatchReport(w, &r) })
		},
	}
}
