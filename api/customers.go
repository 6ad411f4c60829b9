package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// Customer is a golden record.
type Customer struct {
	ID       string                       `json:"id" doc:"golden ID; it always resolves"`
	Version  int64                        `json:"version"`
	State    golden.EntityState           `json:"state" enum:"live,merged,empty,erased"`
	Customer Document[canonical.Customer] `json:"customer"`
	Systems  []string                     `json:"systems" doc:"systems that hold the customer"`
	Sources  []string                     `json:"sources" doc:"keys of the source records, system/stream/id"`
	Asked    string                       `json:"asked,omitempty" doc:"the ID that was asked for, where it was merged into this one"`
	Updated  time.Time                    `json:"updated"`
}

func (a *API) registerCustomers(api huma.API) {
	get(a, api, "/v1/customers", "find-customers", "customers", "Find customers by words, phone, mail, identifier, name or source record", a.findCustomers)
	get(a, api, "/v1/customers/{id}", "get-customer", "customers", "The single view of one customer", a.customer)
	get(a, api, "/v1/customers/{id}/sources", "list-sources", "customers", "The source records of a customer", a.sources)
	get(a, api, "/v1/customers/{id}/explain", "explain-customer", "customers", "Where every value of a customer comes from", a.explain)
	get(a, api, "/v1/sources/{system}/{stream}/{id}", "get-customer-by-source", "customers", "The customer that a source record belongs to", a.bySource)
}

func customerOf(r golden.GoldenRecord, fields []string) (Customer, error) {
	doc, err := choose(r.Doc, canonical.EntityCustomer, fields)
	c := Customer{
		ID: r.ID, Version: r.Version, State: r.State, Customer: doc, Systems: []string{}, Sources: r.Sources, Updated: r.UpdatedAt,
	}
	if c.Sources == nil {
		c.Sources = []string{}
	}
	for _, key := range r.Sources {
		system, _, _ := strings.Cut(key, "/")
		if n := len(c.Systems); n == 0 || c.Systems[n-1] != system {
			c.Systems = append(c.Systems, system)
		}
	}
	return c, err
}

type customerInput struct {
	ID     string   `path:"id" doc:"golden ID"`
	Fields []string `query:"fields" doc:"top-level attributes to show, separated by commas"`
	Match  string   `header:"If-None-Match" doc:"ETag of an earlier answer"`
}

type customerOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   *Customer
}

func (a *API) customer(ctx context.Context, in *customerInput) (*customerOutput, error) {
	record, asked, err := a.store.Customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.show(record, asked.ID, in)
}

func (a *API) show(record golden.GoldenRecord, asked string, in *customerInput) (*customerOutput, error) {
	out := &customerOutput{Status: 200, ETag: fmt.Sprintf(`"%s-%d"`, record.ID, record.Version)}
	if matches(in.Match, out.ETag) {
		out.Status = 304
		return out, nil
	}
	c, err := customerOf(record, in.Fields)
	if asked != record.ID {
		c.Asked = asked
	}
	out.Body = &c
	return out, err
}

// matches says whether an If-None-Match names the tag (RFC 9110, 13.1.2: compared weakly).
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

type sourceInput struct {
	System string `path:"system"`
	Stream string `path:"stream"`
	ID     string `path:"id" doc:"escaped where it has a slash or the like: A%2F1"`

	Fields []string `query:"fields" doc:"top-level attributes to show, separated by commas"`
	Match  string   `header:"If-None-Match" doc:"ETag of an earlier answer"`
}

func (a *API) bySource(ctx context.Context, in *sourceInput) (*customerOutput, error) {
	key := in.System + "/" + in.Stream + "/" + in.ID
	found, err := a.store.FindCustomers(ctx, golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: key}}, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("source record %s", key)
	}
	return a.show(found[0], found[0].ID, &customerInput{Fields: in.Fields, Match: in.Match})
}

// Source is one system's record of a customer.
type Source struct {
	Key      string                       `json:"key" doc:"system/stream/id"`
	Deleted  bool                         `json:"deleted,omitempty" doc:"the system holds it no more"`
	Document Document[canonical.Customer] `json:"document"`
	Received time.Time                    `json:"received" doc:"when its last version reached the hub"`
}

func (a *API) sources(ctx context.Context, in *customerInput) (*listOutput[Source], error) {
	record, _, err := a.store.Customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	records, err := a.store.SourcesOf(ctx, record.No)
	if err != nil {
		return nil, err
	}
	list := List[Source]{Items: []Source{}}
	for _, r := range records {
		list.Items = append(list.Items, Source{Key: r.Key, Deleted: r.Deleted, Document: r.Doc, Received: r.ReceivedAt})
	}
	return &listOutput[Source]{list}, nil
}

// explainedDecisions bounds the decisions that an explanation tells of: there are GET /v1/decisions for all.
const explainedDecisions = 200

type explainOutput struct{ Body golden.Explanation }

func (a *API) explain(ctx context.Context, in *customerInput) (*explainOutput, error) {
	record, _, err := a.store.Customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	sources, err := a.store.SourcesOf(ctx, record.No)
	if err != nil {
		return nil, err
	}
	explanation, err := golden.Explain(record, sources)
	if err != nil {
		return nil, err
	}
	keys, err := a.keysOf(ctx, record)
	if err != nil {
		return nil, err
	}
	decisions, err := a.store.Decisions(ctx, golden.DecisionQuery{Records: keys, Undone: true, Limit: explainedDecisions})
	explanation.Decided(decisions)
	explanation.Locate(a.inputs)
	if err == nil {
		err = a.hub.Elements(ctx, &explanation)
	}
	return &explainOutput{explanation}, err
}

// inputs lists the paths of a record from which a mapping makes an attribute; none where the mapping
// is no longer there.
func (a *API) inputs(mapping, attribute string) []string {
	if m := a.hub.Folder().Mapping(mapping); m != nil {
		return m.Inputs(attribute)
	}
	return nil
}
