package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

// exchangeReport is how it stands with partners.
type exchangeReport struct {
	Counts       []hub.ExchangeCount `json:"counts"`
	Interchanges []api.Exchange      `json:"interchanges"`
	Documents    []api.Exchange      `json:"documents"`
}

// ediStatusCommand shows what was exchanged with partners, and what is open.
func (a *app) ediStatusCommand() *cobra.Command {
	var system, partner string
	var open bool
	var limit int
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what was exchanged with partners, what waits for an acknowledgement and what was rejected",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := a.connect(c)
			if err != nil {
				return err
			}
			r, err := readExchanges(c, cl, system, limit)
			if err = errors.Join(err, cl.close()); err != nil {
				return err
			}
			r.filter(partner, open)
			return a.print(c, r, func(w io.Writer) error { return printExchanges(w, r) })
		},
	}
	c.Flags().StringVar(&system, "system", "", "only of this connector")
	c.Flags().StringVar(&partner, "partner", "", "only with this partner")
	c.Flags().BoolVar(&open, "open", false, "only what is queued, waits, is overdue or was rejected")
	c.Flags().IntVar(&limit, "limit", 20, "most rows to show of each connector and sort")
	return c
}

// ediShowCommand prints one interchange or document.
func (a *app) ediShowCommand() *cobra.Command {
	var system, kind string
	c := &cobra.Command{
		Use:   "show KEY",
		Short: "Show one interchange of edi status, with the bytes that were sent",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := a.connect(c)
			if err != nil {
				return err
			}
			found, err := showExchange(c, cl, system, kind, args[0])
			if err = errors.Join(err, cl.close()); err != nil {
				return err
			}
			return a.print(c, found, func(w io.Writer) error { return printExchange(w, found) })
		},
	}
	c.Flags().StringVar(&system, "system", "", "the connector; needed where several have partners")
	c.Flags().StringVar(&kind, "kind", "interchange", "interchange or document")
	return c
}

// ediResendCommand hands an interchange over once more.
func (a *app) ediResendCommand() *cobra.Command {
	var system string
	c := &cobra.Command{
		Use:   "resend KEY",
		Short: "Hand an interchange of edi status over once more, as it was",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			again := api.ResendExchange{System: system, Key: args[0]}
			err := a.with(c, func(cl *client) (err error) {
				if again.System, err = theSystem(c, cl, system); err != nil {
					return err
				}
				return cl.post(c.Context(), "/v1/exchanges/resend", again, &again)
			})
			if err != nil {
				return err
			}
			return a.print(c, again, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s will be handed over again\n", again.Key)
				return err
			})
		},
	}
	c.Flags().StringVar(&system, "system", "", "the connector; needed where several have partners")
	return c
}

func readExchanges(c *cobra.Command, cl *client, system string, limit int) (r exchangeReport, err error) {
	if r.Counts, err = countExchanges(c, cl, system); err != nil {
		return r, err
	}
	for _, system := range systemsOf(r.Counts) {
		for kind, into := range map[string]*[]api.Exchange{"interchange": &r.Interchanges, "document": &r.Documents} {
			var page api.List[api.Exchange]
			query := url.Values{"system": {system}, "kind": {kind}, "limit": {strconv.Itoa(limit)}}
			if err := cl.get(c.Context(), "/v1/exchanges", query, &page); err != nil {
				return r, err
			}
			*into = append(*into, page.Items...)
		}
	}
	return r, nil
}

func countExchanges(c *cobra.Command, cl *client, system string) ([]hub.ExchangeCount, error) {
	var counts struct{ Items []hub.ExchangeCount }
	if err := cl.get(c.Context(), "/v1/exchanges/counts", nil, &counts); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(counts.Items, func(n hub.ExchangeCount) bool {
		return n.Kind != "interchange" && n.Kind != "document" || system != "" && n.System != system
	}), nil
}

func systemsOf(counts []hub.ExchangeCount) (systems []string) {
	for _, n := range counts {
		systems = append(systems, n.System)
	}
	slices.Sort(systems)
	return slices.Compact(systems)
}

// closedStates are those of which nobody expects anything any more.
var closedStates = []string{"accepted", "duplicate", "answers", "done", "acknowledged"}

func (r *exchangeReport) filter(partner string, open bool) {
	unwanted := func(e api.Exchange) bool {
		return partner != "" && e.Detail["partner"] != partner || open && slices.Contains(closedStates, e.State)
	}
	r.Interchanges = slices.DeleteFunc(r.Interchanges, unwanted)
	r.Documents = slices.DeleteFunc(r.Documents, unwanted)
}

func showExchange(c *cobra.Command, cl *client, system, kind, key string) (found api.Exchange, err error) {
	if system, err = theSystem(c, cl, system); err != nil {
		return found, err
	}
	err = cl.get(c.Context(), "/v1/exchanges/one", url.Values{"system": {system}, "kind": {kind}, "key": {key}}, &found)
	return found, err
}

// theSystem is the connector that is meant: the one that is named, or the only one with partners.
func theSystem(c *cobra.Command, cl *client, system string) (string, error) {
	if system != "" {
		return system, nil
	}
	counts, err := countExchanges(c, cl, "")
	if err != nil {
		return "", err
	}
	systems := systemsOf(counts)
	if len(systems) == 0 {
		return "", errors.New("nothing was exchanged with partners yet")
	}
	if len(systems) > 1 {
		return "", fmt.Errorf("several connectors have partners; expected --system with one of %s", strings.Join(systems, ", "))
	}
	return systems[0], nil
}

func printExchanges(w io.Writer, r exchangeReport) error {
	var rows [][]any
	for _, n := range r.Counts {
		rows = append(rows, []any{n.System, n.Kind, n.State, n.Count})
	}
	if err := table(w, "SYSTEM\tWHAT\tSTATE\tCOUNT", rows); err != nil {
		return err
	}
	rows = nil
	for _, e := range r.Interchanges {
		rows = append(rows, []any{e.Key, e.State, e.Time.Local().Format(time.DateTime), dueText(e), number(e.Detail["sets"]), number(e.Detail["rejected"]), detail(e, "answer", "acknowledges"), firstProblem(e)})
	}
	fmt.Fprintln(w)
	if err := table(w, "INTERCHANGE\tSTATE\tTIME\tDUE\tSETS\tREJECTED\tANSWER\tPROBLEM", rows); err != nil {
		return err
	}
	rows = nil
	for _, e := range r.Documents {
		rows = append(rows, []any{detail(e, "partner"), detail(e, "type"), detail(e, "subject"), e.State, detail(e, "interchange"), detail(e, "set"), detail(e, "note")})
	}
	fmt.Fprintln(w)
	return table(w, "PARTNER\tDOCUMENT\tSUBJECT\tSTATE\tINTERCHANGE\tSET\tNOTE", rows)
}

func dueText(e api.Exchange) string {
	if e.Due.IsZero() || e.State != "sent" && e.State != "overdue" {
		return ""
	}
	return e.Due.Local().Format(time.DateTime)
}

// number is a count as JSON brings it, 0 where it is left out.
func number(v any) int64 {
	n, _ := v.(float64)
	return int64(n)
}

// detail is the first of the values that there is.
func detail(e api.Exchange, names ...string) string {
	var found string
	for _, name := range names {
		text, _ := e.Detail[name].(string)
		found = cmp.Or(found, text)
	}
	return found
}

func firstProblem(e api.Exchange) string {
	list, _ := e.Detail["problems"].([]any)
	if len(list) == 0 {
		return ""
	}
	first := fmt.Sprint(list[0])
	if len(list) > 1 {
		first += fmt.Sprintf(" (and %d more)", len(list)-1)
	}
	return first
}

func printExchange(w io.Writer, e api.Exchange) error {
	fmt.Fprintf(w, "%s %s of %s: %s, %s\n", e.Kind, e.Key, e.System, e.State, e.Time.Local().Format(time.DateTime))
	for _, name := range []string{"partner", "standard", "name", "kept", "answer", "acknowledges", "type", "subject", "note"} {
		if v := detail(e, name); v != "" {
			fmt.Fprintf(w, "  %-12s %s\n", name, v)
		}
	}
	list, _ := e.Detail["problems"].([]any)
	for _, p := range list {
		fmt.Fprintf(w, "  %-12s %v\n", "problem", p)
	}
	documents, _ := e.Detail["documents"].([]any)
	for _, d := range documents {
		one, _ := d.(map[string]any)
		fmt.Fprintf(w, "  %-12s %v %v, %v: %v %v\n", "document", one["type"], one["set"], one["subject"], cmp.Or(fmt.Sprint(one["state"]), "open"), one["note"])
	}
	if e.Text != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimRight(e.Text, "\n"))
	}
	return nil
}
