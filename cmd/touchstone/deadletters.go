package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
)

func (a *app) deadLettersCommand() *cobra.Command {
	c := &cobra.Command{Use: "deadletters", Short: "Show, replay and drop records that could not be processed"}
	c.AddCommand(a.deadLettersList(), a.deadLettersShow(), a.deadLettersReplay(), a.deadLettersDrop())
	return c
}

func (a *app) deadLettersList() *cobra.Command {
	var limit int
	var group bool
	c := &cobra.Command{Use: "list", Short: "List dead letters, newest first"}
	f := newLetterFilters(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		query, err := f.query(c)
		if err != nil {
			return err
		}
		if group {
			var found api.List[api.DeadLetterGroup]
			if err := a.ask(c, "/v1/deadletters/groups", query, &found); err != nil {
				return err
			}
			return a.print(c, found, func(w io.Writer) error { return printDeadLetterGroups(w, found) })
		}
		query.Set("limit", strconv.Itoa(limit))
		var found api.List[api.DeadLetter]
		if err := a.ask(c, "/v1/deadletters", query, &found); err != nil {
			return err
		}
		return a.print(c, found, func(w io.Writer) error { return printDeadLetters(w, found) })
	}
	c.Flags().BoolVar(&group, "group", false, "count them by cause")
	c.Flags().IntVar(&limit, "limit", 50, "most letters to show")
	return c
}

func printDeadLetters(w io.Writer, found api.List[api.DeadLetter]) error {
	if len(found.Items) == 0 {
		fmt.Fprintln(w, "no dead letters")
		return nil
	}
	var rows [][]any
	for _, l := range found.Items {
		rows = append(rows, []any{l.ID, l.Time.Local().Format(time.DateTime), l.Stage, l.System + "/" + l.Stream, l.Key, l.Error})
	}
	if err := table(w, "ID\tTIME\tSTAGE\tSTREAM\tKEY\tERROR", rows); err != nil {
		return err
	}
	if found.Next != "" {
		fmt.Fprintln(w, "there are more: --limit")
	}
	return nil
}

func (a *app) deadLettersShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one dead letter with its original bytes",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := strconv.ParseInt(args[0], 10, 64); err != nil {
				return misuse(c, fmt.Errorf("%q is no number of a dead letter", args[0]))
			}
			var l api.DeadLetter
			if err := a.ask(c, "/v1/deadletters/"+args[0], nil, &l); err != nil {
				return err
			}
			return a.print(c, l, func(w io.Writer) error { return printDeadLetter(w, l) })
		},
	}
}

func printDeadLetter(w io.Writer, l api.DeadLetter) error {
	fmt.Fprintf(w, "dead letter %d, %s\n", l.ID, l.State)
	for _, f := range [][2]string{
		{"time", l.Time.Local().Format(time.DateTime)},
		{"stage", l.Stage},
		{"stream", l.System + "/" + l.Stream},
		{"key", l.Key},
		{"cause", l.Cause},
		{"error", l.Error},
		{"position", l.Position},
		{"attempts", strconv.Itoa(l.Attempts)},
		{"resolution", l.Resolution},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-11s %s\n", f[0], f[1])
		}
	}
	text := []byte(l.Text)
	if len(text) == 0 {
		text = l.Bytes
	}
	fmt.Fprintf(w, "  bytes       %d\n\n", len(text))
	if _, err := w.Write(text); err != nil {
		return err
	}
	fmt.Fprintln(w)
	printLetterView(w, l.View)
	return nil
}
