package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
)

// deliveriesReport is what targets hold and lack.
type deliveriesReport struct {
	Deliveries api.List[api.Delivery] `json:"deliveries"`
	Pending    api.List[api.Pending]  `json:"pending"`
}

func (a *app) deliveriesCommand() *cobra.Command {
	var target, subject, status string
	var limit int
	c := &cobra.Command{
		Use:   "deliveries",
		Short: "Show what targets hold, what they lack and why",
		RunE: func(c *cobra.Command, _ []string) error {
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			for name, value := range map[string]string{"target": target, "subject": subject, "status": status} {
				if value != "" {
					query.Set(name, value)
				}
			}
			cl, err := a.connect(c)
			if err != nil {
				return err
			}
			var r deliveriesReport
			err = cl.get(c.Context(), "/v1/deliveries", query, &r.Deliveries)
			if err == nil {
				err = cl.get(c.Context(), "/v1/deliveries/pending", query, &r.Pending)
			}
			if err = errors.Join(err, cl.close()); err != nil {
				return err
			}
			return a.print(c, r, func(w io.Writer) error { return printDeliveries(w, r) })
		},
	}
	c.Flags().StringVar(&target, "target", "", "only of this target, system.stream")
	c.Flags().StringVar(&subject, "subject", "", "only of this golden ID or document")
	c.Flags().StringVar(&status, "status", "", "settled, failing, refused, review, inactive or gone")
	c.Flags().IntVar(&limit, "limit", 50, "most rows to show of each")
	return c
}

func printDeliveries(w io.Writer, r deliveriesReport) error {
	var rows [][]any
	for _, d := range r.Deliveries.Items {
		rows = append(rows, []any{d.Target, d.Subject, d.RemoteID, d.Status, d.Version, d.Time.Local().Format(time.DateTime), d.Error})
	}
	if err := table(w, "TARGET\tSUBJECT\tREMOTE ID\tSTATUS\tVERSION\tTIME\tERROR", rows); err != nil {
		return err
	}
	if len(r.Pending.Items) == 0 {
		_, err := fmt.Fprintln(w, "\nnothing to deliver")
		return err
	}
	fmt.Fprintln(w, "\nto deliver:")
	rows = nil
	for _, p := range r.Pending.Items {
		next := "now"
		if !p.Next.IsZero() {
			next = p.Next.Local().Format(time.DateTime)
		}
		rows = append(rows, []any{p.Target, p.Subject, p.Since.Local().Format(time.DateTime), p.Attempts, next, p.Error})
	}
	return table(w, "TARGET\tSUBJECT\tSINCE\tATTEMPTS\tNEXT\tERROR", rows)
}
