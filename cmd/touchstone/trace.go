package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) traceCommand() *cobra.Command {
	var since string
	var limit int
	c := &cobra.Command{
		Use:   "trace ID",
		Short: "Show the journey of a customer, a record or a message, from first byte to last delivery",
		Long: "Show the journey of a customer (golden ID), a record (SYSTEM/STREAM/ID) or a message (correlation ID)\n" +
			"through all stages, with times, as far as records are retained.",
		Example: "  touchstone trace erp/customers/4711\n" +
			"  touchstone trace webshop/orders/1001 --since 2h --json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			query := url.Values{"id": {args[0]}, "limit": {fmt.Sprint(limit)}}
			if since != "" {
				at, err := moment(since, time.Now())
				if err != nil {
					return misuse(c, err)
				}
				query.Set("since", at.UTC().Format(time.RFC3339Nano))
			}
			found, err := a.askTrace(c, query)
			if err != nil {
				return err
			}
			return a.print(c, found, func(w io.Writer) error { return printTrace(w, found) })
		},
	}
	c.Flags().StringVar(&since, "since", "", "only what came in since: a time such as 2026-01-31T08:00:00Z, a day, or how long ago, such as 90m")
	c.Flags().IntVar(&limit, "limit", 10, "most versions of a record, and changes of a customer, newest first")
	return c
}

func (a *app) askTrace(c *cobra.Command, query url.Values) (found hub.Trace, err error) {
	cl, err := a.connectBy(c, func(ctx context.Context, _ *hub.Folder, o hub.Options) (*hub.Hub, error) {
		folder, err := a.load(c) // streams and mappings, not settings alone
		if err != nil {
			return nil, err
		}
		return hub.OpenIdle(ctx, folder, o)
	})
	if err != nil {
		return found, err
	}
	return found, errors.Join(cl.get(c.Context(), "/v1/trace", query, &found), cl.close())
}

func printTrace(w io.Writer, t hub.Trace) error {
	fmt.Fprintf(w, "%s %s\n", t.Kind, t.ID)
	others := func(label string, all []string) {
		if len(all) > 1 || len(all) == 1 && all[0] != t.ID {
			fmt.Fprintf(w, "  %-11s %s\n", label, strings.Join(all, ", "))
		}
	}
	others("records", t.Records)
	others("customers", t.Customers)
	fmt.Fprintln(w)
	var rows [][]any
	var before time.Time
	for _, s := range t.Steps {
		rows = append(rows, []any{s.Time.Local().Format("2006-01-02 15:04:05.000"), elapsed(before, s.Time), s.Stage, s.What, stepText(s)})
		before = s.Time
	}
	if err := table(w, "TIME\tAFTER\tSTAGE\tWHAT\t", rows); err != nil {
		return err
	}
	if t.Cut {
		fmt.Fprintln(w, "\nthere may be more: --since, --limit")
	}
	return nil
}

// elapsed is how long a step came after the one before; "" for the first.
func elapsed(before, at time.Time) string {
	if before.IsZero() {
		return ""
	}
	d := at.Sub(before)
	switch {
	case d < time.Second:
		d = d.Round(time.Millisecond)
	case d < time.Minute:
		d = d.Round(10 * time.Millisecond)
	default:
		d = d.Round(time.Second)
	}
	return "+" + d.String()
}

// stepText is what there is to say of a step beside its columns.
func stepText(s hub.TraceStep) string {
	var parts []string
	add := func(format string, value any, given bool) {
		if given {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("record %s", s.RemoteID, s.RemoteID != "")
	add("number %d", s.Letter, s.Letter > 0)
	add("version %d", s.Version, s.Version > 0)
	add("%s", s.Status, s.Status != "")
	add("%s", s.Detail, s.Detail != "")
	add("by %s", s.Cause, s.Cause != "")
	add("feed %d", s.Feed, s.Feed > 0)
	add("attempts %d", s.Attempts, s.Attempts > 0)
	add("%s", s.Error, s.Error != "")
	add("from %s", s.Position, s.Position != "")
	if s.At != nil {
		parts = append(parts, fmt.Sprintf("%s %d:%d", s.At.Topic, s.At.Partition, s.At.Offset))
	}
	add("%d bytes", s.Bytes, s.Bytes > 0)
	return strings.Join(parts, ", ")
}
