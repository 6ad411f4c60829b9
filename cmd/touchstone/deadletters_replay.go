package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

// letterFilters are the flags by which dead letters are chosen.
type letterFilters struct {
	texts map[string]*string
	since string
}

func newLetterFilters(c *cobra.Command) *letterFilters {
	f := &letterFilters{texts: map[string]*string{}}
	for name, help := range map[string]string{
		"stage": "ingest, translate, resolve, documents or deliver", "system": "only of this system, or target system",
		"stream": "only of this stream", "key": "only of this record", "cause": "only of this cause",
		"state": "open (default), replayed or dropped",
	} {
		f.texts[name] = c.Flags().String(name, "", help)
	}
	c.Flags().StringVar(&f.since, "since", "", "not older than this: a time, a day, or how long ago, such as 2h")
	return f
}

// after is the time of --since, zero for none.
func (f *letterFilters) after(c *cobra.Command) (time.Time, error) {
	if f.since == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(f.since); err == nil {
		return time.Now().Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, f.since, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, misuse(c, fmt.Errorf("--since is %q; expected a time such as 2026-01-31T12:00:00Z, a day, or how long ago, such as 2h", f.since))
}

func (f *letterFilters) query(c *cobra.Command) (url.Values, error) {
	query := url.Values{}
	for name, value := range f.texts {
		if *value != "" {
			query.Set(name, *value)
		}
	}
	since, err := f.after(c)
	if !since.IsZero() {
		query.Set("since", since.UTC().Format(time.RFC3339Nano))
	}
	return query, err
}

// selection are the letters that arguments and flags name.
func (f *letterFilters) selection(c *cobra.Command, args []string, all bool) (s api.LetterSelection, err error) {
	if all == (len(args) > 0) {
		return s, misuse(c, errors.New("say which: numbers of dead letters, or --all with or without filters"))
	}
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return s, misuse(c, fmt.Errorf("%q is no number of a dead letter", arg))
		}
		s.IDs = append(s.IDs, id)
	}
	text := func(name string) string { return *f.texts[name] }
	s.All = all
	s.LetterFilter = api.LetterFilter{
		Stage: text("stage"), System: text("system"), Stream: text("stream"), Key: text("key"), Cause: text("cause"), State: "open",
	}
	if state := text("state"); state != "" {
		s.State = state
	}
	s.Since, err = f.after(c)
	return s, err
}

func (a *app) deadLettersReplay() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "replay ID... | --all",
		Short: "Process dead letters again, from the stage that failed",
		Args:  cobra.ArbitraryArgs,
	}
	f := newLetterFilters(c)
	c.Flags().BoolVar(&all, "all", false, "all that the filters leave")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := f.selection(c, args, all)
		if err != nil {
			return err
		}
		return a.settleLetters(c, "replayed", func(cl *client, r *hub.LetterResult) error {
			err := cl.post(c.Context(), "/v1/deadletters/replay", s, r)
			s.Before = r.Next
			return err
		})
	}
	return c
}

func (a *app) deadLettersDrop() *cobra.Command {
	var all bool
	var reason string
	c := &cobra.Command{
		Use:   "drop ID... | --all --reason TEXT",
		Short: "Close dead letters that are not needed",
		Args:  cobra.ArbitraryArgs,
	}
	f := newLetterFilters(c)
	c.Flags().BoolVar(&all, "all", false, "all that the filters leave")
	c.Flags().StringVar(&reason, "reason", "", "why they are not needed")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := f.selection(c, args, all)
		if err != nil {
			return err
		}
		if reason == "" {
			return misuse(c, errors.New("say why: --reason TEXT"))
		}
		return a.settleLetters(c, "dropped", func(cl *client, r *hub.LetterResult) error {
			err := cl.post(c.Context(), "/v1/deadletters/drop", struct {
				api.LetterSelection
				Reason string `json:"reason"`
			}{s, reason}, r)
			s.Before = r.Next
			return err
		})
	}
	return c
}

// settleLetters asks until there are no more, and tells what became of them.
func (a *app) settleLetters(c *cobra.Command, what string, ask func(*client, *hub.LetterResult) error) error {
	var sum hub.LetterResult
	err := a.with(c, func(cl *client) error {
		for more := true; more; {
			var r hub.LetterResult
			if err := ask(cl, &r); err != nil {
				return err
			}
			sum.Matched, sum.Done, sum.Failed = sum.Matched+r.Matched, sum.Done+r.Done, sum.Failed+r.Failed
			sum.Errors = append(sum.Errors, r.Errors...)
			if more = r.Next > 0; more {
				fmt.Fprintf(c.ErrOrStderr(), "%d %s\n", sum.Done, what)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = a.print(c, sum, func(w io.Writer) error {
		for _, e := range sum.Errors[:min(10, len(sum.Errors))] {
			fmt.Fprintln(w, e)
		}
		_, err := fmt.Fprintf(w, "%d dead letters: %d %s, %d failed again\n", sum.Matched, sum.Done, what, sum.Failed)
		return err
	})
	if err == nil && sum.Failed > 0 {
		return errReported
	}
	return err
}

func printDeadLetterGroups(w io.Writer, found api.List[api.DeadLetterGroup]) error {
	if len(found.Items) == 0 {
		_, err := fmt.Fprintln(w, "no dead letters")
		return err
	}
	var rows [][]any
	for _, g := range found.Items {
		rows = append(rows, []any{
			g.Count, g.Stage, g.System + "/" + g.Stream, g.Cause, g.Newest.Time.Local().Format(time.DateTime), g.Newest.ID, g.Newest.Error,
		})
	}
	return table(w, "COUNT\tSTAGE\tSTREAM\tCAUSE\tNEWEST\tID\tERROR", rows)
}

// printLetterView shows what today's format and mapping make of a letter.
func printLetterView(w io.Writer, v *hub.LetterView) {
	if v == nil {
		return
	}
	fmt.Fprintf(w, "\nmapping %s, as it is now:\n", v.Mapping)
	for _, f := range [][2]string{{"field", v.Field}, {"expression", v.Expression}, {"at", v.At}} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-11s %s\n", f[0], f[1])
		}
	}
	for _, r := range v.Reads {
		value := string(r.Value)
		if value == "" {
			value = "(nothing)"
		}
		fmt.Fprintf(w, "  %-11s %s = %s\n", "reads", r.Path, value)
	}
	switch {
	case v.Error != "":
		fmt.Fprintf(w, "  %-11s %s\n", "error", v.Error)
	case v.LeftOut:
		fmt.Fprintln(w, "  the record is left out by when")
	default:
		fmt.Fprintf(w, "  %-11s %s\n", "makes", indented(v.Output))
	}
	if len(v.Input) > 0 {
		fmt.Fprintf(w, "  %-11s %s\n", "input", indented(v.Input))
	}
}

// indented is a JSON document for people.
func indented(text []byte) string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, text, "  ", "  ") != nil {
		return string(text)
	}
	return pretty.String()
}
