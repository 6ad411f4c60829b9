package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/evaluate"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/mappings"
)

func (a *app) matchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "match",
		Short: "Learn, measure and explain how records of one customer are found",
	}
	c.AddCommand(a.matchEvalCommand(), a.matchTrainCommand(), a.matchBlockingCommand(), a.matchExplainCommand(), a.matchReportCommand())
	return c
}

// sampleFile is a file of records, of which the customers may be known.
type sampleFile struct {
	app     *app
	mapping string
	truth   string
	params  string
	name    string
}

func (s *sampleFile) flags(c *cobra.Command) {
	c.Flags().StringVarP(&s.mapping, "mapping", "m", "", "the mapping that reads the file's records")
	c.Flags().StringVar(&s.truth, "truth", "", "expression over a raw record that names its customer, such as cluster")
}

// read gives the file's records as matching sees them, and the ruleset of the folder.
func (s *sampleFile) read(c *cobra.Command) (*golden.Ruleset, []evaluate.Labelled, error) {
	folder, err := s.app.load(c)
	if err != nil {
		return nil, nil, err
	}
	m := folder.Mappings[s.mapping]
	if m == nil {
		text := fmt.Sprintf("mapping %q is not defined in %s", s.mapping, s.app.folder)
		if near := config.Nearest(s.mapping, slices.Sorted(maps.Keys(folder.Mappings))); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return nil, nil, errors.New(text)
	}
	if m.Outbound() || m.Entity() != canonical.EntityCustomer {
		return nil, nil, fmt.Errorf("mapping %q makes no customers of records; expected one with `to: Customer`", s.mapping)
	}
	rules, err := s.rules(c, folder)
	if err != nil {
		return nil, nil, err
	}
	t := &translation{app: s.app, file: s.name}
	f, err := t.openFormat(m)
	if err != nil {
		return nil, nil, misuse(c, err)
	}
	in, closeIn, err := t.open(c)
	if err != nil {
		return nil, nil, err
	}
	defer closeIn()
	records, err := s.records(c, rules, m, f, in, t.origin())
	return rules, records, err
}

// rules are those of the folder, with the parameters that --params names.
func (s *sampleFile) rules(c *cobra.Command, folder *hub.Folder) (*golden.Ruleset, error) {
	if s.params == "" {
		return folder.Rules, nil
	}
	text, err := os.ReadFile(s.params)
	if err != nil {
		return nil, err
	}
	ps := &config.Problems{}
	folder.Rules.UseParams(s.params, text, ps)
	if ps.HasErrors() {
		printProblems(c.ErrOrStderr(), ps)
		return nil, errReported
	}
	return folder.Rules, nil
}

// records maps the file. A record that cannot be mapped is told and left out.
func (s *sampleFile) records(c *cobra.Command, rules *golden.Ruleset, m *mappings.Mapping, f formats.Format, in io.Reader, origin string) ([]evaluate.Labelled, error) {
	var label *mappings.Extract
	if s.truth != "" {
		var err error
		if label, err = mappings.NewExtract("--truth", s.truth, mappings.Options{Folder: s.app.folder}); err != nil {
			return nil, err
		}
	}
	var list []evaluate.Labelled
	var doc formats.Doc
	bad := 0
	source := mappings.Input{Source: canonical.Source{System: "file", Stream: "records"}}
	for tr, err := range m.Translate(c.Context(), f, in, origin, source) {
		if err != nil {
			return nil, err
		}
		one := evaluate.Labelled{Shown: strings.TrimSpace(string(tr.Frame.Bytes))}
		var incoming golden.Incoming
		failed := tr.Err
		if failed == nil && tr.Output.Skip {
			continue
		}
		if failed == nil {
			incoming, failed = golden.ParseIncoming(tr.Output.Bytes)
		}
		if failed == nil && label != nil {
			if failed = f.Decode(&doc, tr.Frame, label.Shape()); failed == nil {
				one.Truth, failed = label.Text(mappings.Input{Root: &doc.Root})
			}
			if failed == nil && one.Truth == "" {
				failed = errors.New("--truth is unknown for this record")
			}
		}
		if failed != nil {
			if bad++; bad <= 10 {
				fmt.Fprintf(c.ErrOrStderr(), "%s: %v\n", tr.Frame.Position, failed)
			}
			continue
		}
		one.Record = rules.MatchRecord(&incoming)
		list = append(list, one)
	}
	if bad > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "%d records of %d were left out: they cannot be mapped\n", bad, bad+len(list))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s holds no record that can be mapped", s.name)
	}
	return list, c.Context().Err()
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
