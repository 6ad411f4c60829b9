package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// printDemo shows the result to a person.
func printDemo(w io.Writer, r *demoResult) error {
	fmt.Fprintf(w, "\nWHAT THE SYSTEMS HOLD, AND WHAT THE HUB HAS OF IT\n\n")
	if err := table(w, "SYSTEM\tWHAT\tIN THE SYSTEM\tIN THE HUB", demoRows(r.Systems)); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d records of customers are %d golden customers; of the %d real ones %d were found with all their records, and %d golden ones mix several\n",
		r.Records, r.Customers, r.Real, r.Whole, r.Mixed)
	fmt.Fprintf(w, "\nWHAT THE HUB DELIVERED\n\n")
	if err := table(w, "TARGET\tWHAT\tIN THE TARGET\tIN STEP", demoRows(r.Deliveries)); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d accounts in the shop were made by the hub; the shop told of them, and %d are linked, none twice\n", r.Created, r.Linked)
	fmt.Fprintf(w, "\nEXCHANGED WITH TRADING PARTNERS, BY EDI\n\n")
	var exchanged [][]any
	for _, n := range r.Exchanges {
		exchanged = append(exchanged, []any{n.Kind, n.State, n.Count})
	}
	if err := table(w, "WHAT\tSTATE\tCOUNT", exchanged); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nDEAD LETTERS: %d\n\n", len(r.DeadLetters))
	for _, l := range r.DeadLetters {
		fmt.Fprintf(w, "  %s/%s %s, %s\n    %s\n    %s\n", l.System, l.Stream, l.Key, l.Position, l.Error, strings.TrimSpace(l.Text))
	}
	fmt.Fprintf(w, "\nONE CUSTOMER, IN %d SYSTEMS\n\n", len(r.View.Systems))
	if err := printView(w, r); err != nil {
		return err
	}
	printJourney(w, r)
	for _, wrong := range r.Wrong {
		fmt.Fprintf(w, "  WRONG: %s\n", wrong)
	}
	kept := ""
	if r.Temporary {
		kept = " (removed at the end; --folder DIR keeps it)"
	}
	fmt.Fprintf(w, `
OPEN, AS LONG AS THE DEMO IS UP

  %[1]s/v1/customers/%[2]s
  %[1]s/v1/customers?name=%[3]s
  %[1]s/openapi.json
  %[1]s/metrics
  touchstone -C %[4]s status

the hub folder is %[4]s%[6]s; all took %.0[5]f s
`, r.API, r.View.ID, "Wang", r.Folder, r.Seconds, kept)
	return nil
}

// explained are the attributes that the demo explains; there are more.
var explained = []string{"names", "emails", "phones", "addresses", "consents"}

func printView(w io.Writer, r *demoResult) error {
	printCustomer(w, r.View)
	for _, e := range r.Timeline {
		fmt.Fprintf(w, "  %-11s %s, %s\n", strings.ToLower(e.Entity), e.Key, e.Time.Local().Format(time.DateTime))
	}
	fmt.Fprintf(w, "\nAS EACH SYSTEM HAS IT\n\n")
	var rows [][]any
	for _, s := range r.Sources {
		row := []any{s.Key, "", "", ""}
		if len(s.Document.Names) > 0 {
			row[1] = nameText(s.Document.Names[0])
		}
		if len(s.Document.Phones) > 0 {
			row[2] = s.Document.Phones[0].Value
		}
		if len(s.Document.Emails) > 0 {
			row[3] = s.Document.Emails[0].Value
		}
		rows = append(rows, row)
	}
	if err := table(w, "SOURCE\tNAME\tPHONE\tMAIL", rows); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWHERE ITS VALUES COME FROM (all of them: touchstone explain %s)\n\n", r.View.ID)
	some := r.Explanation
	some.Attributes = slices.DeleteFunc(slices.Clone(some.Attributes), func(a golden.AttributeExplanation) bool { return !slices.Contains(explained, a.Attribute) })
	return printExplanation(w, some)
}

func demoRows(from []demoRow) (rows [][]any) {
	for _, r := range from {
		rows = append(rows, []any{r.System, r.What, r.There, r.Here})
	}
	return rows
}

func printJourney(w io.Writer, r *demoResult) {
	j := r.Journey
	fmt.Fprintf(w, "\nA PHONE NUMBER TRAVELS: %s BECOMES %s\n\n", j.Old, j.New)
	for _, s := range j.Steps {
		fmt.Fprintf(w, "  %s  %+8.0f ms  %s\n", s.At.Local().Format("15:04:05.000"), float64(s.At.Sub(j.Steps[0].At).Microseconds())/1000, s.What)
	}
	fmt.Fprintf(w, "\n  the old number is left in")
	for i, where := range slices.Sorted(maps.Keys(j.Left)) {
		separator := ","
		if i == 0 {
			separator = ""
		}
		fmt.Fprintf(w, "%s %s %d times", separator, where, j.Left[where])
	}
	fmt.Fprintf(w, "\n  written to the shop %d time, to the newsletter tool %d time; the shop told of it by %d webhook, and nothing came back\n",
		j.Writes["webshop.customers"], j.Writes["newsletter.subscribers"], j.Echoes)
}
