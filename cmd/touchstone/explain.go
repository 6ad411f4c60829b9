package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain GOLDEN-ID | SYSTEM/STREAM/ID",
		Short: "Show where every value of a customer comes from, and what lost against it",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			cl, err := a.connectBy(c, openWithMappings)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, cl.close()) }()
			id := args[0]
			if parts := strings.SplitN(id, "/", 3); len(parts) == 3 {
				var found view
				path := "/v1/sources/" + url.PathEscape(parts[0]) + "/" + url.PathEscape(parts[1]) + "/" + url.PathEscape(parts[2])
				if err := cl.get(c.Context(), path, nil, &found); err != nil {
					return err
				}
				id = found.ID
			}
			var e golden.Explanation
			if err := cl.get(c.Context(), "/v1/customers/"+url.PathEscape(id)+"/explain", nil, &e); err != nil {
				return err
			}
			return a.print(c, e, func(w io.Writer) error { return printExplanation(w, e) })
		},
	}
}

// openWithMappings also compiles the mappings, which say from which fields values are made. Those
// with errors are told of by check, and explain nothing here.
func openWithMappings(ctx context.Context, f *hub.Folder, o hub.Options) (*hub.Hub, error) {
	f.Mappings, _ = hub.LoadMappings(f.Root, os.LookupEnv)
	return hub.OpenStore(ctx, f, o)
}

func printExplanation(w io.Writer, e golden.Explanation) error {
	fmt.Fprintf(w, "%s  version %d, %s\n", e.ID, e.Version, e.State)
	for _, attribute := range e.Attributes {
		fmt.Fprintf(w, "\n%s\n", attribute.Attribute)
		for _, v := range attribute.Values {
			printValue(w, v)
		}
		for _, l := range attribute.Unheard {
			printLost(w, "  not", l)
		}
	}
	fmt.Fprintln(w, "\nsources")
	for _, s := range e.Sources {
		state := ""
		if s.Deleted {
			state = " (deleted)"
		}
		fmt.Fprintf(w, "  %s%s\n    from %s, mapping %s, %s partition %d offset %d\n", s.Key, state, s.Where, s.Mapping,
			s.Ingest.Topic, s.Ingest.Partition, s.Ingest.Offset)
		if len(s.Written) > 0 {
			fmt.Fprintf(w, "    written by the hub: %s\n", strings.Join(s.Written, ", "))
		}
	}
	if len(e.Decisions) > 0 {
		fmt.Fprintln(w, "\ndecisions")
		return printDecisions(w, e.Decisions)
	}
	return nil
}

func printValue(w io.Writer, v golden.ValueExplanation) {
	fmt.Fprintf(w, "  %s\n    from %s by %s", v.Value, v.Source, v.Rule)
	if v.Time != "" {
		fmt.Fprintf(w, ", of %s", v.Time)
	}
	if v.Where != "" {
		fmt.Fprintf(w, ", at %s", v.Where)
	}
	fmt.Fprintln(w)
	if len(v.Inputs) > 0 {
		fmt.Fprintf(w, "    made of %s\n", strings.Join(v.Inputs, ", "))
	}
	if p := v.Pinned; p != nil {
		fmt.Fprintf(w, "    pinned by %s: %s (decision %s)\n", p.Author, p.Reason, p.ID)
	}
	if len(v.Also) > 0 {
		fmt.Fprintf(w, "    also in %s\n", strings.Join(v.Also, ", "))
	}
	for _, l := range v.Lost {
		printLost(w, "    over", l)
	}
}

func printLost(w io.Writer, word string, l golden.LostExplanation) {
	fmt.Fprintf(w, "%s %s from %s", word, l.Value, l.Source)
	if l.Where != "" {
		fmt.Fprintf(w, ", at %s", l.Where)
	}
	fmt.Fprintf(w, ": %s\n", l.Why)
}
