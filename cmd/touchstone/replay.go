package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) replayCommand() *cobra.Command {
	var q hub.ReplayRequest
	var list bool
	c := &cobra.Command{
		Use:   "replay --system SYSTEM",
		Short: "Run raw history again through today's mappings",
		Long: `Run raw history again through today's mappings. What does not change sends nothing, and a
newer version of a record is never overwritten. Ctrl-C stops the replay; --resume goes on. A replay
whose hub ends goes on with the next one.`,
		Example: `  touchstone replay --system erp --stream customers --from 2026-01-01 --dry-run
  touchstone replay --system erp --where 'country == "DE" and empty(vat)'`,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case list:
				return a.listReplays(c)
			case q.System == "" && q.Resume == "":
				return misuse(c, errors.New("say which system: --system SYSTEM"))
			}
			return a.with(c, func(cl *client) error { return a.runReplay(c, cl, q) })
		},
	}
	for flag, to := range map[string]struct {
		value *string
		help  string
	}{
		"system": {&q.System, "whose raw records"}, "stream": {&q.Stream, "only of this stream"},
		"from":  {&q.From, "a time, a day, or an offset; the first record that is retained where absent"},
		"to":    {&q.To, "likewise, not included; the end as it is now where absent"},
		"where": {&q.Where, "only records for which this expression holds"}, "key": {&q.Key, "only of this record"},
		"resume": {&q.Resume, "go on where this replay stopped"},
	} {
		c.Flags().StringVar(to.value, flag, "", to.help)
	}
	c.Flags().BoolVar(&q.DryRun, "dry-run", false, "count what would change, and change nothing")
	c.Flags().BoolVar(&list, "list", false, "show the last replays")
	return c
}

// runReplay starts a replay and tells how far it is, to its end. Ctrl-C stops it.
func (a *app) runReplay(c *cobra.Command, cl *client, q hub.ReplayRequest) error {
	var r hub.Replay
	if err := cl.post(c.Context(), "/v1/replays", q, &r); err != nil {
		return err
	}
	told := newTeller(c.ErrOrStderr())
	if !a.json {
		for _, s := range r.Spans {
			since := "nothing"
			if !s.Since.IsZero() {
				since = fmt.Sprintf("offset %d, %s", s.Retained, s.Since.Local().Format(time.DateTime))
			}
			fmt.Fprintf(c.OutOrStdout(), "%s/%d: retained from %s; to replay: %d to %d\n", r.Topic, s.Partition, since, s.Next, s.To)
		}
	}
	for range every(c.Context(), 100*time.Millisecond) {
		if err := cl.get(c.Context(), "/v1/replays/"+r.ID, nil, &r); err != nil {
			if c.Context().Err() != nil {
				break
			}
			return fmt.Errorf("replay %s goes on with the hub, see touchstone replay --list; asking for it: %w", r.ID, err)
		}
		if r.State != hub.ReplayRunning && r.State != hub.ReplayWaiting {
			break
		}
		told.progress("replay "+r.ID+" "+string(r.State), int(r.Done), int(r.Total))
	}
	if c.Context().Err() != nil {
		if err := stopReplay(cl, &r); err != nil {
			return err
		}
	}
	if err := a.print(c, r, func(w io.Writer) error { return printReplay(w, r) }); err != nil {
		return err
	}
	if r.State != hub.ReplayDone {
		return errReported
	}
	return nil
}

// stopReplay stops a replay after Ctrl-C, and waits for it a moment.
func stopReplay(cl *client, r *hub.Replay) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := cl.post(ctx, "/v1/replays/"+r.ID+"/stop", struct{}{}, r)
	for err == nil && r.State == hub.ReplayRunning { // it notices in a moment
		time.Sleep(20 * time.Millisecond)
		err = cl.get(ctx, "/v1/replays/"+r.ID, nil, r)
	}
	return err
}

func printReplay(w io.Writer, r hub.Replay) error {
	changed := "changed"
	if r.Request.DryRun {
		changed = "would change"
	}
	n := r.Counts
	fmt.Fprintf(w, "replay %s: %s", r.ID, r.State)
	if !r.Ended.IsZero() && !r.Started.IsZero() {
		fmt.Fprintf(w, " after %v", r.Ended.Sub(r.Started).Round(10*time.Millisecond))
	}
	fmt.Fprintln(w)
	for _, row := range []struct {
		what  string
		count int64
	}{
		{"read", n.Read},
		{"not asked for", n.Passed},
		{"left out", n.LeftOut},
		{"erased", n.Erased},
		{changed, n.Changed},
		{"unchanged", n.Unchanged},
		{"older", n.Older},
		{"failed", n.Failed},
	} {
		fmt.Fprintf(w, "  %-14s %d\n", row.what, row.count)
	}
	for _, e := range r.Errors {
		fmt.Fprintf(w, "  error: %s\n", e)
	}
	if r.Error != "" {
		fmt.Fprintf(w, "  %s\n", r.Error)
	}
	if r.State == hub.ReplayStopped || r.State == hub.ReplayFailed {
		for _, s := range r.Spans {
			fmt.Fprintf(w, "  %s/%d stands at offset %d of %d\n", r.Topic, s.Partition, s.Next, s.To)
		}
		fmt.Fprintf(w, "  to go on: touchstone replay --resume %s\n", r.ID)
	}
	return nil
}

func (a *app) listReplays(c *cobra.Command) error {
	var found api.List[hub.Replay]
	if err := a.ask(c, "/v1/replays", nil, &found); err != nil {
		return err
	}
	return a.print(c, found, func(w io.Writer) error {
		if len(found.Items) == 0 {
			_, err := fmt.Fprintln(w, "no replays")
			return err
		}
		var rows [][]any
		for _, r := range found.Items {
			what := r.Topic
			if r.Request.Stream != "" {
				what += "/" + r.Request.Stream
			}
			if r.Request.DryRun {
				what += " (dry run)"
			}
			n := r.Counts
			rows = append(rows, []any{r.ID, r.Asked.Local().Format(time.DateTime), what, r.State, n.Read, n.Changed, n.Unchanged + n.Older, n.Failed})
		}
		return table(w, "ID\tTIME\tWHAT\tSTATE\tREAD\tCHANGED\tUNCHANGED\tFAILED", rows)
	})
}
