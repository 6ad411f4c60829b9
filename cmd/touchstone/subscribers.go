package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) subscribersCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "subscribers",
		Short: "Show who is told of changes by webhook, and how far they are",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list api.List[hub.Subscriber]
			if err := a.ask(c, "/v1/subscribers", nil, &list); err != nil {
				return err
			}
			return a.print(c, list, func(w io.Writer) error { return printSubscribers(w, list.Items) })
		},
	}
	c.AddCommand(a.subscriberLogCommand(), a.resendCommand())
	return c
}

func printSubscribers(w io.Writer, list []hub.Subscriber) error {
	var rows [][]any
	for _, s := range list {
		last := "never"
		if !s.LastSuccess.IsZero() {
			last = s.LastSuccess.Local().Format(time.DateTime)
		}
		trouble := s.Error
		if trouble == "" {
			trouble = s.HeldFirst
		}
		rows = append(rows, []any{s.Name, s.State, s.Behind, s.Held, last, s.URL, trouble})
	}
	return table(w, "NAME\tSTATE\tBEHIND\tHELD\tLAST SUCCESS\tURL\tERROR", rows)
}

func (a *app) subscriberLogCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "log NAME",
		Short: "Show the last attempts to tell a subscriber, newest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var list api.List[hub.Attempt]
			if err := a.ask(c, "/v1/subscribers/"+url.PathEscape(args[0])+"/log", nil, &list); err != nil {
				return err
			}
			return a.print(c, list, func(w io.Writer) error {
				var rows [][]any
				for _, t := range list.Items {
					rows = append(rows, []any{t.Time.Local().Format(time.DateTime), t.Event, t.Type, t.Status, fmt.Sprint(t.Millis, " ms"), t.Error})
				}
				return table(w, "TIME\tEVENT\tTYPE\tSTATUS\tTOOK\tERROR", rows)
			})
		},
	}
}

func (a *app) resendCommand() *cobra.Command {
	var again api.Resend
	c := &cobra.Command{
		Use:   "resend NAME --from CURSOR|oldest | --id EVENT",
		Short: "Send one event, or all after a cursor, again; takes up a disabled subscriber",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if (again.From == "") == (again.ID == "") {
				return misuse(c, errors.New("say what to send again: --from or --id"))
			}
			cl, err := a.connect(c)
			if err != nil {
				return err
			}
			err = cl.post(c.Context(), "/v1/subscribers/"+url.PathEscape(args[0])+"/resend", again, &again)
			if err = errors.Join(err, cl.close()); err != nil {
				return err
			}
			return a.print(c, again, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s will be sent to again\n", args[0])
				return err
			})
		},
	}
	c.Flags().StringVar(&again.From, "from", "", "everything after this cursor of the feed; oldest for all that is kept")
	c.Flags().StringVar(&again.ID, "id", "", "this event")
	return c
}
