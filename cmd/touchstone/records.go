package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

// recordsAsked is the command's flags.
type recordsAsked struct {
	limit     int
	since     string
	offset    string
	oldest    bool
	translate bool
}

func (a *app) recordsCommand() *cobra.Command {
	asked := &recordsAsked{}
	c := &cobra.Command{
		Use:   "records SYSTEM[/STREAM[/KEY]]",
		Short: "Show what came in: records as a system wrote them, newest first",
		Example: "  touchstone records erp\n" +
			"  touchstone records erp/customers/4711 --translate\n" +
			"  touchstone records webshop/orders --since 2h --oldest\n" +
			"  touchstone records scm --offset 0:403 --limit 1",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			query, err := asked.query(args[0], time.Now())
			if err != nil {
				return misuse(c, err)
			}
			found, err := a.askRecords(c, query, asked.limit)
			if err != nil {
				return err
			}
			return a.print(c, found, func(w io.Writer) error { return printRecords(w, found) })
		},
	}
	c.Flags().IntVar(&asked.limit, "limit", 10, "most records to show")
	c.Flags().StringVar(&asked.since, "since", "", "only what came in since: a time such as 2026-01-31T08:00:00Z, a day, or how long ago, such as 90m")
	c.Flags().StringVar(&asked.offset, "offset", "", "oldest first from this offset on, [PARTITION:]OFFSET")
	c.Flags().BoolVar(&asked.oldest, "oldest", false, "oldest first")
	c.Flags().BoolVar(&asked.translate, "translate", false, "show what today's mapping makes of each record")
	return c
}

func (r *recordsAsked) query(what string, now time.Time) (url.Values, error) {
	parts := strings.SplitN(what, "/", 3)
	q := url.Values{"system": {parts[0]}}
	for i, name := range []string{"stream", "key"} {
		if len(parts) > i+1 && parts[i+1] != "" {
			q.Set(name, parts[i+1])
		}
	}
	if r.limit < 1 {
		return nil, fmt.Errorf("--limit is %d; expected 1 or more", r.limit)
	}
	if r.since != "" {
		at, err := moment(r.since, now)
		if err != nil {
			return nil, err
		}
		q.Set("since", at.UTC().Format(time.RFC3339Nano))
	}
	if r.offset != "" {
		q.Set("offset", r.offset)
	}
	if r.oldest {
		q.Set("order", "oldest")
	}
	if r.translate {
		q.Set("translate", "true")
	}
	return q, nil
}

// moment reads a time, a day in the local time zone, or a duration before now.
func moment(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("--since is %q; expected a time such as 2026-01-31T08:00:00Z, a day, or how long ago, such as 90m", text)
}

// askRecords reads page after page until there are enough: one page may find few where a filter
// leaves out many.
func (a *app) askRecords(c *cobra.Command, query url.Values, limit int) (found api.List[api.Record], err error) {
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
	defer func() { err = errors.Join(err, cl.close()) }()
	found.Items = []api.Record{}
	for {
		query.Set("limit", fmt.Sprint(min(limit-len(found.Items), 500)))
		var page api.List[api.Record]
		if err := cl.get(c.Context(), "/v1/records", query, &page); err != nil {
			return found, err
		}
		found.Items = append(found.Items, page.Items...)
		found.Next = page.Next
		if page.Next == "" || len(found.Items) >= limit {
			return found, nil
		}
		query.Set("cursor", page.Next)
	}
}

func printRecords(w io.Writer, found api.List[api.Record]) error {
	if len(found.Items) == 0 {
		fmt.Fprintln(w, "no records")
		return nil
	}
	for _, r := range found.Items {
		printRecord(w, r)
		if err := printRecordTranslation(w, r.Translation); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	if found.Next != "" {
		fmt.Fprintln(w, "there are more: --limit, --since, --offset")
	}
	return nil
}

func printRecord(w io.Writer, r api.Record) {
	what := strings.TrimSuffix(r.System+"/"+r.Stream+"/"+r.Key, "/")
	if r.Deleted {
		what += ", deleted"
	}
	fmt.Fprintf(w, "── %s  %s\n", what, r.Time.Local().Format("2006-01-02 15:04:05.000"))
	fmt.Fprintf(w, "   from        %s\n", r.Position)
	fmt.Fprintf(w, "   raw.%s  partition %d, offset %d, %d bytes\n", r.System, r.Partition, r.Offset, r.Size)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, "   %s: %s\n", name, r.Header[name])
	}
	text := r.Text
	if len(r.Bytes) > 0 {
		text = fmt.Sprintf("%q", r.Bytes)
	}
	fmt.Fprintln(w, strings.TrimRight(text, "\r\n"))
}

func printRecordTranslation(w io.Writer, t *api.Translation) error {
	switch {
	case t == nil:
		return nil
	case t.Error != "":
		fmt.Fprintf(w, "✗ %s\n", t.Error)
		return nil
	case t.Entity == "":
		fmt.Fprintln(w, "· the stream has no mapping")
		return nil
	case len(t.Document) == 0:
		fmt.Fprintln(w, "· left out by when")
		return nil
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, t.Document, "", "  "); err != nil {
		return fmt.Errorf("read the translation: %w", err)
	}
	fmt.Fprintf(w, "▶ %s %s\n", t.Entity, pretty.Bytes())
	return nil
}
