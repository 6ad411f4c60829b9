package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/touchstone-hub/touchstone/golden"
)

// printEffects tells what an act did, or would do.
func printEffects(w io.Writer, e golden.Effects) error {
	if len(e.Customers) == 0 {
		fmt.Fprintln(w, "no customer changes")
	}
	for _, c := range e.Customers {
		printEffect(w, c)
	}
	for _, t := range e.Targets {
		fmt.Fprintf(w, "%s looks at %s\n", t.Target, strings.Join(t.Customers, ", "))
	}
	for _, id := range e.Open {
		fmt.Fprintf(w, "open: touchstone review show %s\n", id)
	}
	switch {
	case e.DryRun:
		fmt.Fprintln(w, "a dry run: nothing was changed")
	case e.Act != "":
		fmt.Fprintf(w, "decision %s; touchstone undo %s takes it back\n", e.Act, e.Act)
	default:
		fmt.Fprintf(w, "undone: %s\n", idsOf(e.Decisions))
	}
	return nil
}

func idsOf(decisions []golden.Decision) string {
	ids := make([]string, len(decisions))
	for i, d := range decisions {
		ids[i] = d.ID
	}
	return strings.Join(ids, ", ")
}

func printEffect(w io.Writer, c golden.CustomerEffect) {
	what := string(c.Type)
	switch {
	case c.Into != "":
		what = "merged into " + c.Into
	case c.Type == golden.MergedT:
		what = "takes in " + strings.Join(c.From, ", ")
	case c.Type == golden.Split:
		what = "split from " + strings.Join(c.From, ", ")
	}
	if c.Revived {
		what += ", in use again"
	}
	fmt.Fprintf(w, "%s  %s\n", c.ID, what)
	before := 0
	if c.Before != nil && c.Before.State == golden.Live {
		before = len(c.Before.Sources)
	}
	if c.After != nil && c.After.State == golden.Live {
		fmt.Fprintf(w, "  version %d, source records: %d before, then %d: %s\n", c.After.Version, before, len(c.After.Sources), strings.Join(c.After.Sources, ", "))
	}
	for _, p := range c.Changed {
		fmt.Fprintf(w, "  %s  %s → %s\n", p.Path, orNothing(p.Old), orNothing(p.New))
	}
}

func orNothing(value []byte) string {
	if len(value) == 0 {
		return "(nothing)"
	}
	return string(value)
}
