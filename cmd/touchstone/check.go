package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FOLDER]",
		Short: "Check a hub folder and print every problem with its place",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a.use(args)
			folder, problems := hub.Load(a.folder, os.LookupEnv)
			err := a.print(c, checkResult(problems), func(w io.Writer) error {
				printProblems(w, problems)
				if folder == nil {
					return nil
				}
				_, err := fmt.Fprintf(w, "%s: %d connectors, %d mappings, %d routes: no errors\n",
					a.folder, len(folder.Connectors), len(folder.Mappings), len(folder.Routes))
				return err
			})
			if err == nil && folder == nil {
				return errReported
			}
			return err
		},
	}
}

// checkReport is what `check --json` prints.
type checkReport struct {
	OK       bool           `json:"ok"`
	Problems []checkProblem `json:"problems"`
}

type checkProblem struct {
	Severity config.Severity `json:"severity"`
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Column   int             `json:"column"`
	What     string          `json:"what"`
	Expected string          `json:"expected,omitempty"`
	Hint     string          `json:"hint,omitempty"`
}

func checkResult(ps *config.Problems) checkReport {
	r := checkReport{OK: !ps.HasErrors(), Problems: []checkProblem{}}
	for _, p := range ps.Sorted() {
		r.Problems = append(r.Problems, checkProblem{
			Severity: p.Severity, File: p.File, Line: p.Line, Column: p.Column, What: p.What, Expected: p.Expected, Hint: p.Hint,
		})
	}
	return r
}
