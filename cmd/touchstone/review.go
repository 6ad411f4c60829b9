package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func (a *app) reviewCommand() *cobra.Command {
	c := &cobra.Command{Use: "review", Short: "Show and answer questions about customers, the most important first"}
	c.AddCommand(a.reviewList(), a.reviewShow(), a.reviewAnswer(golden.Same, "Answer a question: the records are one customer"),
		a.reviewAnswer(golden.Different, "Answer a question: the records are different customers"))
	return c
}

func (a *app) reviewList() *cobra.Command {
	var kind, record, cursor string
	var closed bool
	var limit int
	c := &cobra.Command{Use: "list", Short: "List questions, the most important first"}
	c.RunE = func(c *cobra.Command, _ []string) error {
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		for name, value := range map[string]string{"kind": kind, "record": record, "cursor": cursor} {
			if value != "" {
				query.Set(name, value)
			}
		}
		if closed {
			query.Set("closed", "true")
		}
		var found api.List[api.Review]
		if err := a.ask(c, "/v1/reviews", query, &found); err != nil {
			return err
		}
		return a.print(c, found, func(w io.Writer) error { return printReviews(w, found) })
	}
	c.Flags().StringVar(&kind, "kind", "", "match, conflict, size, home or outcome")
	c.Flags().StringVar(&record, "record", "", "only about this source record, SYSTEM/STREAM/ID")
	c.Flags().BoolVar(&closed, "closed", false, "those that are settled too")
	c.Flags().StringVar(&cursor, "cursor", "", "go on where an earlier list ended")
	c.Flags().IntVar(&limit, "limit", 50, "most questions to show")
	return c
}

func printReviews(w io.Writer, found api.List[api.Review]) error {
	if len(found.Items) == 0 {
		_, err := fmt.Fprintln(w, "no questions")
		return err
	}
	var rows [][]any
	for _, r := range found.Items {
		rows = append(rows, []any{r.ID, r.Priority, r.Kind, fmt.Sprintf("%.1f", r.Score), strings.Join(r.Records, " ")})
	}
	if err := table(w, "ID\tPRIORITY\tKIND\tBITS\tRECORDS", rows); err != nil {
		return err
	}
	if found.Next != "" {
		fmt.Fprintf(w, "there are more: --cursor %s\n", found.Next)
	}
	return nil
}

func (a *app) reviewShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show a question, its records side by side",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var r api.ReviewDetail
			if err := a.ask(c, "/v1/reviews/"+url.PathEscape(args[0]), nil, &r); err != nil {
				return err
			}
			return a.print(c, r, func(w io.Writer) error { return printReview(w, r) })
		},
	}
}

func printReview(w io.Writer, r api.ReviewDetail) error {
	state := "open"
	if r.Closed != nil {
		state = "settled " + r.Closed.Local().Format(time.DateTime)
	}
	fmt.Fprintf(w, "question %s, %s, %s, priority %d, %.1f bits\n", r.ID, r.Kind, state, r.Priority, r.Score)
	var detail struct{ Why string }
	if err := json.Unmarshal(r.Detail, &detail); err == nil && detail.Why != "" {
		fmt.Fprintf(w, "  %s\n", detail.Why)
	}
	for _, s := range r.Sources {
		if s.Customer == "" {
			fmt.Fprintf(w, "\n%s  deleted\n", s.Key)
			continue
		}
		var c canonical.Customer
		if err := c.UnmarshalJSON(s.Document); err != nil {
			return fmt.Errorf("read %s: %w", s.Key, err)
		}
		fmt.Fprintln(w)
		fmt.Fprintf(w, "%s  of ", s.Key)
		printCustomer(w, view{ID: s.Customer, Version: s.Version, State: string(golden.Live), Customer: c})
	}
	if len(r.Decisions) > 0 {
		fmt.Fprintln(w, "\ndecisions")
		return printDecisions(w, r.Decisions)
	}
	return nil
}

func (a *app) reviewAnswer(verdict golden.Verdict, short string) *cobra.Command {
	f := &acting{}
	var left, right []string
	c := &cobra.Command{
		Use:     string(verdict) + " ID",
		Short:   short,
		Example: "  touchstone review " + string(verdict) + " T625533ba751cca03 --reason 'called them'",
		Args:    cobra.ExactArgs(1),
	}
	f.flags(c, true)
	c.Flags().StringSliceVar(&left, "left", nil, "of a question about more than two records: which of them")
	c.Flags().StringSliceVar(&right, "right", nil, "against which")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.decide(c, f, func(cl *client, into *golden.Effects) error {
			return cl.post(c.Context(), "/v1/reviews/"+url.PathEscape(args[0])+"/answer", judgement{f.ActBody, f.verdict(), verdict, left, right}, into)
		})
	}
	return c
}
