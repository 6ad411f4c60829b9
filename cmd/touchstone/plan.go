package main

import (
	"encoding/json"
	"fmt"
	"io"
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
		Short: "Show what a changed folder would do to records, customers and targets, before anything happens",
		Long: "Show what the folder CHANGED would do if it were the hub's: which canonical records its mappings would make otherwise of the raw records that are kept, which customers would merge, split or change, " +
			"and what would be delivered to which target. What cannot be told is said. " +
			"Nothing is changed. CHANGED is another folder than the hub's, since a running hub takes changes in its own folder at once.",
		Example: "  cp -r acme changed && $EDITOR changed/golden.yaml\n  touchstone plan changed -C acme",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := a.planOf(c, args[0])
			if err != nil {
				return err
			}
			if !lines && !a.json {
				q.Examples = max(1, most)
			}
			var p hub.Plan
			if err := a.withWhole(c, func(cl *client) error { return cl.post(c.Context(), "/v1/plans", q, &p) }); err != nil {
				return err
			}
			if lines {
				return planLines(c.OutOrStdout(), &p)
			}
			return a.print(c, p, func(w io.Writer) error { return printPlan(w, &p, most) })
		},
	}
	c.Flags().BoolVar(&lines, "ndjson", false, "print everything that would change, as a line of JSON each: record, customer, route, delivery, untold")
	c.Flags().IntVar(&most, "examples", 5, "how many to show of each sort")
	return c
}

// planOf checks the changed folder and names it as the hub finds it.
func (a *app) planOf(c *cobra.Command, folder string) (q hub.PlanRequest, err error) {
	_, problems := hub.Load(folder, os.LookupEnv)
	printProblems(c.ErrOrStderr(), problems)
	if problems.HasErrors() {
		return q, errReported
	}
	q.Folder, err = filepath.Abs(folder)
	return q, err
}

// planLines prints all of a plan, each line with the name of what it is.
func planLines(w io.Writer, p *hub.Plan) (err error) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	line := func(name string, one any) {
		if err == nil {
			err = e.Encode(map[string]any{name: one})
		}
	}
	for _, one := range p.Records {
		line("record", one)
	}
	for _, one := range p.Customers {
		line("customer", one)
	}
	for _, one := range p.Routes {
		line("route", one)
	}
	for _, one := range p.Deliveries {
		line("delivery", one)
	}
	for _, one := range p.Untold {
		line("untold", one)
	}
	return err
}

func printPlan(w io.Writer, p *hub.Plan, most int) error {
	if p.Same {
		fmt.Fprintln(w, "the ruleset decides as the one in force")
	}
	printPlannedRecords(w, p, most)
	all := 0
	for _, n := range p.Counts {
		all += n
	}
	fmt.Fprintf(w, "%d customers would change: %d in merges, %d in splits, %d in values or records only\n",
		all, p.Counts[golden.MergedT], p.Counts[golden.Split], p.Counts[golden.Changed])
	for _, one := range []struct {
		sort golden.ChangeType
		as   string
	}{{golden.Created, "new"}, {golden.Emptied, "left without records"}} {
		if n := p.Counts[one.sort]; n > 0 {
			fmt.Fprintf(w, "  %d %s\n", n, one.as)
		}
	}
	for _, sort := range []golden.ChangeType{golden.MergedT, golden.Split, golden.Changed, golden.Created, golden.Emptied} {
		shown := 0
		for i := range p.Customers {
			if e := &p.Customers[i]; e.Type == sort && shown < most {
				if shown++; shown == 1 {
					fmt.Fprintf(w, "\n%s, such as\n", sort)
				}
				printPlanned(w, e)
			}
		}
	}
	printPlannedDeliveries(w, p, most)
	if len(p.Untold) > 0 {
		fmt.Fprintln(w, "\nnot told")
	}
	for _, one := range p.Untold {
		fmt.Fprintf(w, "  %s\n", one)
	}
	return nil
}

// printPlannedRecords says what changed mappings would make of raw records.
func printPlannedRecords(w io.Writer, p *hub.Plan, most int) {
	for _, s := range p.Streams {
		fmt.Fprintf(w, "%s through mapping %s, once replayed: %d raw records read, %d say something else, %d the same, %d older, %d left out, %d fail\n",
			s.Stream, s.Mapping, s.Counts.Read, s.Counts.Changed, s.Counts.Unchanged, s.Counts.Older, s.Counts.LeftOut, s.Counts.Failed)
		shown := map[string]int{}
		for _, r := range p.Records {
			if r.Stream != s.Stream || shown[r.Change] >= most {
				continue
			}
			shown[r.Change]++
			fmt.Fprintf(w, "  %s %s", r.Change, r.Key)
			if r.Error != "" {
				fmt.Fprintf(w, "%s: %s", r.Position, r.Error)
			}
			fmt.Fprintln(w)
			printPaths(w, r.Changed)
		}
	}
}

// printPlannedDeliveries says what would be delivered, and why.
func printPlannedDeliveries(w io.Writer, p *hub.Plan, most int) {
	if len(p.Routes)+len(p.Sent) > 0 {
		fmt.Fprintln(w)
	}
	for _, r := range p.Routes {
		switch r.Change {
		case "gone":
			fmt.Fprintf(w, "route %s to %s is gone: %d records stay there as they are\n", r.Route, r.Target, r.Held)
		case "mapping":
			fmt.Fprintf(w, "route %s to %s has another mapping for what it carries\n", r.Route, r.Target)
		default:
			fmt.Fprintf(w, "route %s to %s is %s\n", r.Route, r.Target, r.Change)
		}
	}
	for _, t := range p.Sent {
		fmt.Fprintf(w, "%s would look at %d customers and documents: %d creates, %d updates, %d deactivated, %d deleted\n",
			t.Target, t.Looked, t.Create, t.Update, t.Deactivate, t.Delete)
		for _, one := range []struct {
			n  int64
			as string
		}{
			{t.Later, "of these only when the customer or document changes next"},
			{t.Review, "creates of unknown outcome, left to a person"},
			{t.Failed, "could not be mapped"},
		} {
			if one.n > 0 {
				fmt.Fprintf(w, "  %d %s\n", one.n, one.as)
			}
		}
		shown := map[string]int{}
		for _, d := range p.Deliveries {
			if d.Target != t.Target || shown[d.Operation] >= most {
				continue
			}
			shown[d.Operation]++
			fmt.Fprintf(w, "  %s %s %s  %s%s\n", d.Operation, d.Subject, d.Remote, d.Payload, d.Error)
		}
	}
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
	printPaths(w, e.Changed)
}

func printPaths(w io.Writer, changes []golden.PathChange) {
	for _, c := range changes {
		fmt.Fprintf(w, "    %s  %s → %s\n", c.Path, orNothing(c.Old), orNothing(c.New))
	}
}
