package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/mappings"
)

func (a *app) testCommand() *cobra.Command {
	var run string
	c := &cobra.Command{
		Use:   "test [FOLDER]",
		Short: "Run the tests that stand in the mappings",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a.use(args)
			options := mappings.TestOptions{}
			if run != "" {
				chosen, err := regexp.Compile(run)
				if err != nil {
					return misuse(c, fmt.Errorf("--run: %w", err))
				}
				options.Run = chosen
			}
			folder, err := a.load(c)
			if err != nil {
				return err
			}
			reports := runMappingTests(c.Context(), folder.Mappings, options)
			if err := a.print(c, reports, func(w io.Writer) error { return printTests(w, reports, run == "") }); err != nil {
				return err
			}
			if slices.ContainsFunc(reports, mappings.TestReport.Failed) {
				return errReported
			}
			return c.Context().Err()
		},
	}
	c.Flags().StringVar(&run, "run", "", "only tests whose mapping/name matches this regular expression")
	return c
}

func runMappingTests(ctx context.Context, all map[string]*mappings.Mapping, o mappings.TestOptions) []mappings.TestReport {
	reports := []mappings.TestReport{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		reports = append(reports, mappings.RunTests(ctx, all[name], o))
	}
	return reports
}

// printTests shows what failed, then a line a mapping, then the sum.
func printTests(w io.Writer, reports []mappings.TestReport, whole bool) error {
	count := map[mappings.TestStatus]int{}
	var rows [][]any
	for _, r := range reports {
		here := map[mappings.TestStatus]int{}
		for _, t := range r.Results {
			count[t.Status]++
			here[t.Status]++
			printTest(w, r.Mapping, t)
		}
		row := []any{r.Mapping, here[mappings.Passed], here[mappings.Failed], here[mappings.Skipped]}
		if whole {
			row = append(row, fmt.Sprintf("%.0f%%", 100*r.Coverage()), strings.Join(uncovered(r.Fields), ", "))
		}
		rows = append(rows, row)
	}
	head := "MAPPING\tPASSED\tFAILED\tSKIPPED"
	if whole {
		head += "\tFIELDS\tWITHOUT A TEST"
	}
	if err := table(w, head, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", count[mappings.Passed], count[mappings.Failed], count[mappings.Skipped])
	return err
}

func printTest(w io.Writer, mapping string, t mappings.TestResult) {
	if t.Status == mappings.Passed {
		return
	}
	fmt.Fprintf(w, "%s: %s/%s %s", t.Position, mapping, t.Name, t.Status)
	if t.Message != "" {
		fmt.Fprintf(w, ": %s", t.Message)
	}
	fmt.Fprintln(w)
	if t.Diff != "" {
		fmt.Fprintln(w, t.Diff)
	}
}

func uncovered(fields []mappings.Covered) []string {
	var names []string
	for _, f := range fields {
		if !f.Covered {
			names = append(names, f.Name)
		}
	}
	return names
}
