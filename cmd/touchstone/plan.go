package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) planCommand() *cobra.Command {
	var lines bool
	var most int
	c := &cobra.Command{
		Use:   "plan CHANGED",
		Short: "Show what a changed ruleset would do to the customers, before anything happens",
		Long: "Show which customers would merge, split or change, and which targets would have to look at them, if golden.yaml and golden.params of the folder CHANGED were in force. " +
			"Nothing is changed. CHANGED is another folder than the hub's, since a running hub takes changes in its own folder at once.",
		Example: "  cp -r acme changed && $EDITOR changed/golden.yaml\n  touchstone plan changed -C acme",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := a.planOf(c, args[0])
			if err != nil {
				return err
			}
			var p hub.Plan
			if err := a.withWhole(c, func(cl *client) error { return cl.post(c.Context(), "/v1/plans", q, &p) }); err != nil {
				return err
			}
			if lines {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetEscapeHTML(false)
				for _, one := range p.Customers {
					if err := e.Encode(one); err != nil {
						return err
					}
				}
				return nil
			}
			return a.print(c, p, func(w io.Writer) error { return printPlan(w, &p, most) })
		},
	}
	c.Flags().BoolVar(&lines, "ndjson", false, "print every customer that would change, as a line of JSON each")
	c.Flags().IntVar(&most, "examples", 5, "how many customers to show of each sort")
	return c
}

// planOf reads the changed ruleset, and checks its folder.
func (a *app) planOf(c *cobra.Command, folder string) (q hub.PlanRequest, err error) {
	_, problems := hub.Load(folder, os.LookupEnv)
	printProblems(c.ErrOrStderr(), problems)
	if problems.HasErrors() {
		return q, errReported
	}
	for name, into := range map[string]*string{"golden.yaml": &q.Ruleset, golden.ParamsFile: &q.Params} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return q, err
		}
		*into = string(text)
	}
	return q, nil
}

func printPlan(w io.Writer, p *hub.Plan, most int) error {
	counts := map[golden.ChangeType]int{}
	for _, e := range p.Customers {
		counts[e.Type]++
	}
	if p.Same {
		fmt.Fprintln(w, "the ruleset decides as the one in force")
	}
	fmt.Fprintf(w, "%d customers would change: %d in merges, %d in splits, %d in values or records only\n",
		len(p.Customers), counts[golden.MergedT], counts[golden.Split], counts[golden.Changed])
	for _, t := range p.Targets {
		fmt.Fprintf(w, "%s would have to look at %d customers\n", t.Target, len(t.Customers))
	}
	for _, sort := range []golden.ChangeType{golden.MergedT, golden.Split, golden.Changed} {
		shown := golden.Effects{DryRun: true}
		for _, e := range p.Customers {
			if e.Type == sort && len(shown.Customers) < most {
				shown.Customers = append(shown.Customers, e)
			}
		}
		if len(shown.Customers) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s, such as\n", sort)
		for i := range shown.Customers {
			printPlanned(w, &shown.Customers[i])
		}
	}
	return nil
}

func printPlanned(w io.Writer, e *golden.CustomerEffect) {
	fmt.Fprintf(w, "  %s", e.ID)
	if e.Into != "" {
		fmt.Fprintf(w, " into %s", e.Into)
	}
	if len(e.From) > 0 {
		fmt.Fprintf(w, " from %v", e.From)
	}
	fmt.Fprintln(w)
	for _, key := range e.Records {
		fmt.Fprintf(w, "    %s\n", key)
	}
	for _, c := range e.Changed {
		fmt.Fprintf(w, "    %s  %s → %s\n", c.Path, orNothing(c.Old), orNothing(c.New))
	}
}
