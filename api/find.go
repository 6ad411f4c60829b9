package api

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// Conditions are how customers are found: all that are given must hold.
type Conditions struct {
	Q string `query:"q" example:"smith leeds 055" doc:"what is known, in any order: words of names and towns, a postcode, the beginning or end of a phone number, a birth date (1980-05-17 or 17.5.1980), a whole phone number that begins with +, a mail address, scheme:value. Every word must be found; it may be a beginning"`

	Phone      string `query:"phone" doc:"telephone number in any form; without a country it is read in the hub's region"`
	Email      string `query:"email" doc:"mail address"`
	Identifier string `query:"identifier" doc:"scheme:value, such as gln:4012345000009" example:"gln:4012345000009"`
	Name       string `query:"name" doc:"words of the name in any order; they may be beginnings"`
	Source     string `query:"source" doc:"system/stream/id of a source record"`
}

// search is what the conditions ask for, in standardised form.
func (a *API) search(c Conditions) (q golden.Search, err error) {
	rules := a.hub.Folder().Rules
	switch {
	case c.Q != "" && c.Name != "":
		return q, invalid("name", c.Name, "no name beside q, which takes names too")
	case c.Q != "":
		if q, err = rules.Search(c.Q); err != nil {
			return q, invalid("q", c.Q, err.Error())
		}
	case c.Name != "":
		if q, err = rules.SearchNames(c.Name); err != nil {
			return q, invalid("name", c.Name, err.Error())
		}
	}
	keys, err := a.keys(c)
	if q.Lookups = append(q.Lookups, keys...); err == nil && len(q.Lookups)+len(q.Words) == 0 {
		err = huma.Error400BadRequest("say whom to find: q, phone, email, identifier, name or source")
	}
	if len(q.Words) > mostWords {
		err = invalid("q", c.Q+c.Name, "at most "+strconv.Itoa(mostWords)+" words")
	}
	return q, err
}

// mostWords bounds what one search compares.
const mostWords = 12

// keys are the conditions that name a value as a whole.
func (a *API) keys(c Conditions) (found []golden.Lookup, err error) {
	add := func(kind golden.LookupKind, value string) {
		found = append(found, golden.Lookup{Kind: kind, Value: value})
	}
	if c.Phone != "" {
		v, ok := a.standard.Phone(c.Phone)
		if !ok {
			return nil, invalid("phone", c.Phone, "a telephone number")
		}
		add(golden.LookupPhone, v)
	}
	if c.Email != "" {
		v, ok := a.standard.Email(c.Email)
		if !ok {
			return nil, invalid("email", c.Email, "a mail address")
		}
		add(golden.LookupEmail, v)
	}
	if c.Identifier != "" {
		scheme, value, ok := strings.Cut(c.Identifier, ":")
		if !ok {
			return nil, invalid("identifier", c.Identifier, "scheme:value")
		}
		scheme, value, _ = a.standard.Identifier(canonical.Identifier{Scheme: scheme, Value: value})
		add(golden.LookupIdentifier, scheme+":"+value)
	}
	if c.Source != "" {
		add(golden.LookupRecord, c.Source)
	}
	return found, nil
}

type findInput struct {
	Conditions
	Page
	Fields []string `query:"fields" doc:"top-level attributes to show, separated by commas"`
}

type listOutput[T any] struct{ Body List[T] }

func (a *API) findCustomers(ctx context.Context, in *findInput) (*listOutput[Customer], error) {
	q, err := a.search(in.Conditions)
	if err != nil {
		return nil, err
	}
	if len(q.Words) > 0 {
		return a.byWords(ctx, in, q)
	}
	after, err := in.after(1)
	if err != nil {
		return nil, err
	}
	records, err := a.store.FindCustomers(ctx, golden.Query{Lookups: q.Lookups, After: after[0], Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	customers := make([]Customer, len(records))
	for i, r := range records {
		if customers[i], err = customerOf(r, in.Fields); err != nil {
			return nil, err
		}
	}
	return &listOutput[Customer]{page(customers, in.Limit, func(c Customer) string { return cursor(c.ID) })}, nil
}

// byWords answers a search by words. The place of a hit is its cursor.
func (a *API) byWords(ctx context.Context, in *findInput, q golden.Search) (*listOutput[Customer], error) {
	var err error
	if q.After, err = in.place(); err != nil {
		return nil, err
	}
	q.Limit = in.Limit + 1
	hits, err := a.store.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	shown := page(hits, in.Limit, func(h golden.Hit) string {
		p := h.Place
		return cursor(strconv.Itoa(p.Tier), strconv.Itoa(p.Class), p.Value, strconv.FormatInt(int64(p.Entity), 10))
	})
	list := List[Customer]{Items: make([]Customer, len(shown.Items)), Next: shown.Next}
	for i, h := range shown.Items {
		if list.Items[i], err = customerOf(h.GoldenRecord, in.Fields); err != nil {
			return nil, err
		}
	}
	return &listOutput[Customer]{list}, nil
}

// place reads the cursor of a search by words.
func (p Page) place() (*golden.Place, error) {
	if p.Cursor == "" {
		return nil, nil
	}
	parts, err := p.after(4)
	if err != nil {
		return nil, err
	}
	tier, err1 := strconv.Atoi(parts[0])
	class, err2 := strconv.Atoi(parts[1])
	no, err3 := strconv.ParseInt(parts[3], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || !utf8.ValidString(parts[2]) || strings.ContainsRune(parts[2], 0) {
		return nil, invalid("cursor", p.Cursor, "the next of an earlier answer to the same question")
	}
	return &golden.Place{Tier: tier, Class: class, Value: parts[2], Entity: golden.EntityNo(no)}, nil
}
