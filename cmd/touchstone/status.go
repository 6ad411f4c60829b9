package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
)

func (a *app) statusCommand() *cobra.Command {
	var once bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what the hub does, holds, lacks and cannot reach; on a terminal until Ctrl-C",
		RunE: func(c *cobra.Command, _ []string) error {
			if !once && !a.json && terminal(c.OutOrStdout()) {
				return a.watchStatus(c)
			}
			var s api.Status
			if err := a.ask(c, "/v1/status", nil, &s); err != nil {
				return err
			}
			return a.print(c, s, func(w io.Writer) error {
				if err := printStatus(w, s); err != nil {
					return err
				}
				fmt.Fprintln(w)
				return printStages(w, s.Stages, nil, 0)
			})
		},
	}
	c.Flags().BoolVar(&once, "once", false, "print once, on a terminal too")
	return c
}

func printStatus(w io.Writer, s api.Status) error {
	fmt.Fprintf(w, "hub %s: %d customers, %d merged IDs\n", s.Name, s.Customers, s.Merged)
	var rows [][]any
	add := func(what string, counts map[string]int64) {
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			rows = append(rows, []any{what, name, counts[name]})
		}
	}
	add("records", s.Records)
	add("deleted records", s.Deleted)
	add("documents", s.Documents)
	for _, target := range slices.Sorted(maps.Keys(s.Deliveries)) {
		for _, state := range slices.Sorted(maps.Keys(s.Deliveries[target])) {
			rows = append(rows, []any{"delivered, " + state, target, s.Deliveries[target][state]})
		}
	}
	add("to deliver", s.Dirty)
	add("to review", s.Reviews)
	add("dead letters", s.DeadLetters)
	add("lag", s.Lag)
	rows = append(rows, []any{"to publish", "golden.customer", s.Outbox})
	if err := table(w, "WHAT\tWHERE\tCOUNT", rows); err != nil {
		return err
	}
	for _, one := range s.Sweeps {
		fmt.Fprintf(w, "sweeping: %s: %d of %d\n", one.Name, one.Done, one.Total)
	}
	if s.Refused != "" {
		fmt.Fprintf(w, "changed folder not taken, generation %d runs on: %s\n", s.Generation, s.Refused)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Failing)) {
		fmt.Fprintf(w, "failing: %s: %s\n", name, s.Failing[name].Error)
	}
	for _, part := range slices.Sorted(maps.Keys(s.NotReady)) {
		fmt.Fprintf(w, "not ready: %s: %s\n", part, s.NotReady[part])
	}
	return nil
}
