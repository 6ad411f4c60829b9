package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) eraseCommand() *cobra.Command {
	var q hub.EraseRequest
	var yes bool
	c := &cobra.Command{
		Use:   "erase GOLDEN-ID --reason TEXT",
		Short: "Remove a person everywhere, and keep them from coming back",
		Long: `Remove a person everywhere: from the store, from targets as their routes say, from compacted
topics at once and from the others as their retention ends. No replay and no system that sends the
records again brings them back. What is kept says when, by whom and why somebody was removed, and not
who. It cannot be undone; --dry-run shows what would go.`,
		Example: `  touchstone erase G069… --reason "request 2026-17" --dry-run
  touchstone erase G069… --reason "request 2026-17" --identities`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q.Customer = args[0]
			switch {
			case q.DryRun:
			case q.Reason == "":
				return misuse(c, errors.New("say why: --reason TEXT"))
			case !yes && !typed(c.InOrStdin()):
				return misuse(c, errors.New("there is nobody to ask: --yes erases without asking, --dry-run shows what would go"))
			}
			q.Author = operator()
			return a.with(c, func(cl *client) error { return a.erase(c, cl, q, yes) })
		},
	}
	c.Flags().StringVar(&q.Reason, "reason", "", "why; it is kept for good and must not name the person")
	c.Flags().StringSliceVar(&q.Records, "record", nil, "only this source record, SYSTEM/STREAM/ID; may be given several times")
	c.Flags().StringVar(&q.Orders, "orders", "strip", "strip: orders stay without the person; delete: they go")
	c.Flags().BoolVar(&q.Identities, "identities", false, "keep away also whoever comes with one of the mail addresses, phones or unique identifiers")
	c.Flags().BoolVar(&q.DryRun, "dry-run", false, "show what would go, and change nothing")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.AddCommand(a.eraseStatus(), a.eraseList(), a.eraseLift(), a.eraseClose())
	return c
}

// operator is who types the command, for the record.
func operator() string {
	who, err := user.Current()
	if err != nil {
		return ""
	}
	return who.Username
}

// erase shows what would go and has it confirmed.
func (a *app) erase(c *cobra.Command, cl *client, q hub.EraseRequest, yes bool) error {
	if !q.DryRun && !yes {
		trial := q
		trial.DryRun = true
		var would hub.Erasure
		if err := cl.post(c.Context(), "/v1/privacy/erasures", trial, &would); err != nil {
			return err
		}
		if err := printErasure(c.ErrOrStderr(), would); err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "\nThis cannot be undone. Type %s to erase: ", q.Customer)
		typed, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
		if strings.TrimSpace(typed) != q.Customer {
			return errors.Join(errors.New("not confirmed, nothing was erased"), ignoreEOF(err))
		}
	}
	var e hub.Erasure
	if err := cl.post(c.Context(), "/v1/privacy/erasures", q, &e); err != nil {
		return err
	}
	return a.print(c, e, func(w io.Writer) error { return printErasure(w, e) })
}

// typed says whether somebody can answer: input comes from a terminal.
func typed(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (a *app) eraseStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status ERASURE-ID",
		Short: "Show what an erasure removed, and what became of it in targets",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var e hub.Erasure
			if err := a.ask(c, "/v1/privacy/erasures/"+url.PathEscape(args[0]), nil, &e); err != nil {
				return err
			}
			return a.print(c, e, func(w io.Writer) error { return printErasure(w, e) })
		},
	}
}

func (a *app) eraseList() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List erasures, newest first",
		RunE: func(c *cobra.Command, _ []string) error {
			var found api.List[hub.Erasure]
			if err := a.ask(c, "/v1/privacy/erasures", url.Values{"limit": {strconv.Itoa(limit)}}, &found); err != nil {
				return err
			}
			return a.print(c, found, func(w io.Writer) error {
				if len(found.Items) == 0 {
					_, err := fmt.Fprintln(w, "no erasures")
					return err
				}
				var rows [][]any
				for _, e := range found.Items {
					rows = append(rows, []any{e.ID, e.At.Local().Format(time.DateTime), e.Customer, e.State, e.Author, e.Reason})
				}
				return table(w, "ID\tTIME\tCUSTOMER\tSTATE\tBY\tREASON", rows)
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 50, "most erasures to show")
	return c
}

func (a *app) eraseLift() *cobra.Command {
	var q hub.LiftRequest
	c := &cobra.Command{
		Use:   "lift ERASURE-ID RECORD --reason TEXT",
		Short: "Let a person in again who comes back by consent",
		Long: `Let a person in again: RECORD is the SYSTEM/STREAM/ID of a source record, or email:…, phone:…,
identifier:SCHEME:VALUE where the erasure keeps identities away. The next time that its system sends
the record, it is taken in, as a new customer.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if q.Reason == "" {
				return misuse(c, errors.New("say why: --reason TEXT"))
			}
			q.Record, q.Author = args[1], operator()
			return a.with(c, func(cl *client) error {
				var e hub.Erasure
				if err := cl.post(c.Context(), "/v1/privacy/erasures/"+url.PathEscape(args[0])+"/lift", q, &e); err != nil {
					return err
				}
				return a.print(c, e, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "%s is let in again when its system sends it\n", args[1])
					return err
				})
			})
		},
	}
	c.Flags().StringVar(&q.Reason, "reason", "", "why, such as consent; it is kept and must not name the person")
	return c
}

func (a *app) eraseClose() *cobra.Command {
	var q hub.CloseReceiptRequest
	c := &cobra.Command{
		Use:   "close ERASURE-ID SYSTEM.STREAM [RECORD] --reason TEXT",
		Short: "Close a receipt after looking in the target",
		Long: `Close a receipt of which nobody but a person can say what became of it: one in state review (a create was
under way) or refused (the target will not). Look in the target first, and remove there what is left. RECORD is
the hash that erase status shows; it may be left out where the target has one such receipt.`,
		Args: cobra.RangeArgs(2, 3),
		RunE: func(c *cobra.Command, args []string) error {
			if q.Reason == "" {
				return misuse(c, errors.New("say what was found: --reason TEXT"))
			}
			q.Target, q.Author = args[1], operator()
			if len(args) == 3 {
				remote, err := strconv.ParseUint(args[2], 16, 64)
				if err != nil {
					return misuse(c, fmt.Errorf("%q is no record of a receipt; erase status shows them", args[2]))
				}
				q.Remote = strconv.FormatUint(remote, 10)
			}
			return a.with(c, func(cl *client) error {
				var e hub.Erasure
				if err := cl.post(c.Context(), "/v1/privacy/erasures/"+url.PathEscape(args[0])+"/receipts/close", q, &e); err != nil {
					return err
				}
				return a.print(c, e, func(w io.Writer) error { return printErasure(w, e) })
			})
		},
	}
	c.Flags().StringVar(&q.Reason, "reason", "", "what was found in the target; it is kept and must not name the person")
	return c
}

func printErasure(w io.Writer, e hub.Erasure) error {
	fmt.Fprintf(w, "%s  %s\n  customer %s", e.ID, e.State, e.Customer)
	if len(e.Merged) > 0 {
		fmt.Fprintf(w, ", with %s", strings.Join(e.Merged, ", "))
	}
	if !e.Whole {
		fmt.Fprint(w, ", only some records")
	}
	fmt.Fprintf(w, "\n  %s, by %s: %s\n", e.At.Local().Format(time.DateTime), e.Author, e.Reason)
	for _, list := range []struct {
		what string
		of   []string
	}{{"record", e.Records}, {"removed", e.Removed}, {"stripped", e.Stripped}} {
		for _, one := range list.of {
			fmt.Fprintf(w, "  %-9s %s\n", list.what, one)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(e.Counts)) {
		fmt.Fprintf(w, "  %6d %s\n", e.Counts[what], what)
	}
	fmt.Fprintf(w, "  %d suppressions, %d lifted", len(e.Suppressions), len(e.Lifted))
	if e.Shared > 0 {
		fmt.Fprintf(w, "; %d values that others have too are not suppressed", e.Shared)
	}
	fmt.Fprintln(w)
	if e.Warning != "" {
		fmt.Fprintf(w, "  %s\n", e.Warning)
	}
	for _, h := range e.Held {
		fmt.Fprintf(w, "  still held at its source: %s, %d records; the hub deletes nothing there\n", h.Stream, h.Records)
	}
	for _, one := range e.Closed {
		fmt.Fprintf(w, "  %s %016x was %s and closed on %s by %s: %s\n", one.Target, one.Remote, one.Was, one.At.Local().Format(time.DateTime), one.Author, one.Reason)
	}
	return errors.Join(printReceipts(w, e), printTopics(w, e))
}

func printReceipts(w io.Writer, e hub.Erasure) error {
	if len(e.Receipts) == 0 {
		return nil
	}
	var rows [][]any
	for _, r := range e.Receipts {
		rows = append(rows, []any{r.Target, fmt.Sprintf("%016x", r.Remote), r.Operation, r.Status, r.At.Local().Format(time.DateTime), r.Reason})
	}
	fmt.Fprintln(w)
	return table(w, "TARGET\tRECORD\tOPERATION\tSTATUS\tTIME\tREASON", rows)
}

func printTopics(w io.Writer, e hub.Erasure) error {
	if len(e.Topics) == 0 {
		return nil
	}
	var rows [][]any
	for _, t := range e.Topics {
		until := "no date"
		if !t.Until.IsZero() {
			until = t.Until.Local().Format(time.DateTime)
		}
		rows = append(rows, []any{t.Topic, until, t.Note})
	}
	fmt.Fprintln(w)
	return table(w, "TOPIC\tBYTES GONE BY\tNOTE", rows)
}
