package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
)

func (a *app) lookupCommand() *cobra.Command {
	var limit int
	conditions := map[string]*string{}
	c := &cobra.Command{
		Use:   "lookup [WORD … | GOLDEN-ID]",
		Short: "Find customers by words, phone, mail, identifier or source record",
		Long: "Finds customers by what is known of them, in any order: words of names and towns, a postcode,\n" +
			"the beginning or end of a phone number, a birth date, a mail address, scheme:value.",
		Example: "  touchstone lookup smith leeds 055\n" +
			"  touchstone lookup --phone '+49 30 901820'\n" +
			"  touchstone lookup 王小明\n" +
			"  touchstone lookup --source erp/customers/4711",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			query := url.Values{"limit": {fmt.Sprint(limit)}}
			for name, value := range conditions {
				if *value != "" {
					query.Set(name, *value)
				}
			}
			if len(args) == 1 && goldenID(args[0]) {
				return a.lookupID(c, args[0])
			}
			if len(args) > 0 {
				query.Set("q", strings.Join(args, " "))
			}
			if len(query) == 1 {
				return misuse(c, fmt.Errorf("say whom to find: words, a golden ID, --phone, --email, --identifier or --source"))
			}
			var found api.List[json.RawMessage]
			if err := a.ask(c, "/v1/customers", query, &found); err != nil {
				return err
			}
			return a.print(c, found, func(w io.Writer) error { return printCustomers(w, found.Items, found.Next != "") })
		},
	}
	for name, help := range map[string]string{
		"phone": "telephone number in any form", "email": "mail address",
		"identifier": "scheme:value", "source": "system/stream/id of a source record",
	} {
		conditions[name] = c.Flags().String(name, "", help)
	}
	c.Flags().IntVar(&limit, "limit", 50, "most customers to show")
	return c
}

// goldenID says whether text has the form of a golden ID.
func goldenID(text string) bool {
	return len(text) == 27 && text[0] == 'G' && !strings.ContainsAny(text, " abcdefghijklmnopqrstuvwxyz")
}

func (a *app) lookupID(c *cobra.Command, id string) error {
	var found json.RawMessage
	if err := a.ask(c, "/v1/customers/"+url.PathEscape(id), nil, &found); err != nil {
		return err
	}
	return a.print(c, found, func(w io.Writer) error { return printCustomers(w, []json.RawMessage{found}, false) })
}

// view is what the command line shows of a customer.
type view struct {
	ID       string             `json:"id"`
	Version  int64              `json:"version"`
	State    string             `json:"state"`
	Asked    string             `json:"asked"`
	Systems  []string           `json:"systems"`
	Sources  []string           `json:"sources"`
	Customer canonical.Customer `json:"customer"`
}

func printCustomers(w io.Writer, customers []json.RawMessage, more bool) error {
	if len(customers) == 0 {
		fmt.Fprintln(w, "no customer found")
		return nil
	}
	for i, doc := range customers {
		var v view
		if err := json.Unmarshal(doc, &v); err != nil {
			return fmt.Errorf("read customer: %w", err)
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		printCustomer(w, v)
	}
	if more {
		fmt.Fprintln(w, "\nthere are more: --limit")
	}
	return nil
}

func printCustomer(w io.Writer, v view) {
	fmt.Fprintf(w, "%s  version %d, %s\n", v.ID, v.Version, v.State)
	if v.Asked != "" {
		fmt.Fprintf(w, "  asked       %s, which was merged into it\n", v.Asked)
	}
	line := func(label string, values ...string) {
		values = present(values)
		if len(values) > 0 {
			fmt.Fprintf(w, "  %-11s %s\n", label, strings.Join(values, ", "))
		}
	}
	cust := v.Customer
	for _, n := range cust.Names {
		line("name", nameText(n))
	}
	line("kind", string(cust.Kind))
	line("born", cust.BirthDate)
	for _, e := range cust.Emails {
		line("mail", e.Value)
	}
	for _, p := range cust.Phones {
		line("phone", strings.TrimSpace(p.Value+" "+bracket(p.Use)))
	}
	for _, ad := range cust.Addresses {
		line("address", append(append([]string{}, ad.Lines...), strings.TrimSpace(ad.Postcode+" "+ad.Locality), ad.Region, ad.Country, bracket(ad.Use))...)
	}
	for _, id := range cust.Identifiers {
		line(id.Scheme, id.Value)
	}
	line("sources", v.Sources...)
}

// nameText is a name as it is written: in Han characters the family comes first, and nothing stands
// between.
func nameText(n canonical.Name) string {
	switch {
	case n.Full != "":
		return n.Full
	case han(n.Family) && (n.Given == "" || han(n.Given)):
		return n.Family + n.Given + n.Honorific
	}
	return strings.Join(present([]string{n.Honorific, n.Given, n.Family}), " ")
}

// han says whether text is written in Han characters.
func han(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.Is(unicode.Han, r) })
}

func bracket(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

func present(values []string) []string {
	var found []string
	for _, v := range values {
		if v != "" {
			found = append(found, v)
		}
	}
	return found
}
