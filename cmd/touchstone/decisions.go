package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
)

func (a *app) decisionsCommand() *cobra.Command {
	texts := map[string]*string{}
	var undone bool
	var limit int
	c := &cobra.Command{
		Use:   "decisions [ID]",
		Short: "Show what people decided, by whom and why, newest first",
		Args:  cobra.MaximumNArgs(1),
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.showDecision(c, args[0])
		}
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		for name, value := range texts {
			if *value != "" {
				query.Set(name, *value)
			}
		}
		if undone {
			query.Set("undone", "true")
		}
		var found api.List[golden.Decision]
		if err := a.ask(c, "/v1/decisions", query, &found); err != nil {
			return err
		}
		return a.print(c, found, func(w io.Writer) error {
			if len(found.Items) == 0 {
				_, err := fmt.Fprintln(w, "no decisions")
				return err
			}
			if err := printDecisions(w, found.Items); err != nil || found.Next == "" {
				return err
			}
			_, err := fmt.Fprintf(w, "there are more: --cursor %s\n", found.Next)
			return err
		})
	}
	for name, help := range map[string]string{
		"record": "only about this source record, SYSTEM/STREAM/ID", "customer": "only about this customer's records",
		"author": "only by this author", "verdict": "same, different or pinned", "cursor": "go on where an earlier list ended",
	} {
		texts[name] = c.Flags().String(name, "", help)
	}
	c.Flags().BoolVar(&undone, "undone", false, "those that were undone too")
	c.Flags().IntVar(&limit, "limit", 50, "most decisions to show")
	return c
}

func (a *app) showDecision(c *cobra.Command, id string) error {
	var d api.DecisionDetail
	if err := a.ask(c, "/v1/decisions/"+url.PathEscape(id), nil, &d); err != nil {
		return err
	}
	return a.print(c, d, func(w io.Writer) error { return printDecisions(w, append([]golden.Decision{d.Decision}, d.With...)) })
}

func printDecisions(w io.Writer, decisions []golden.Decision) error {
	for _, d := range decisions {
		fmt.Fprintf(w, "%s  %s, %s by %s", d.ID, whatOf(d), d.At.Local().Format(time.DateTime), d.Author)
		if d.Reason != "" {
			fmt.Fprintf(w, ": %s", d.Reason)
		}
		fmt.Fprintf(w, "\n  %s\n", strings.Join(d.Left, ", "))
		if len(d.Right) > 0 {
			fmt.Fprintf(w, "  %s\n", strings.Join(d.Right, ", "))
		}
		if d.Act != d.ID {
			fmt.Fprintf(w, "  together with %s\n", d.Act)
		}
		if d.Undone != nil {
			fmt.Fprintf(w, "  undone %s by %s: %s\n", d.Undone.Local().Format(time.DateTime), d.UndoneBy, d.UndoneReason)
		}
	}
	return nil
}

// whatOf is a decision in words.
func whatOf(d golden.Decision) string {
	if d.Verdict == golden.Pinned {
		return fmt.Sprintf("pinned %s = %s", d.Attribute, d.Value)
	}
	return fmt.Sprintf("%s (%s)", d.Verdict, d.Strength)
}

func (a *app) undoCommand() *cobra.Command {
	f := &acting{}
	c := &cobra.Command{
		Use:   "undo DECISION",
		Short: "Undo a decision, with all that was decided together with it",
		Args:  cobra.ExactArgs(1),
	}
	f.flags(c, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.decide(c, f, func(cl *client, into *golden.Effects) error {
			return cl.post(c.Context(), "/v1/decisions/"+url.PathEscape(args[0])+"/undo", f.ActBody, into)
		})
	}
	return c
}
