package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/examples/company"
)

// demoJourney is the way of a phone number from the ERP to everywhere else.
type demoJourney struct {
	Old   string     `json:"old"`
	New   string     `json:"new"`
	Steps []demoStep `json:"steps"`
	// Writes are what the hub sent to each target since the change, Echoes the webhooks that the
	// shop sent in return.
	Writes map[string]int `json:"writes"`
	Echoes int            `json:"echoes"`
	Left   map[string]int `json:"oldNumberLeft"` // where the old number still stands
}

// demoStep is where the number had arrived, and when.
type demoStep struct {
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

const (
	writtenInERP = "0171 39 20 043"
	newNumber    = "+491713920043"
)

// follow changes the number in the ERP's file and follows it to the shop and the newsletter tool.
func (d *demo) follow(ctx context.Context, r *demoResult) error {
	who := d.company.Customers[0]
	j := &r.Journey
	j.Old, j.New = who.Mobile, newNumber
	no := strings.TrimPrefix(who.Records[0], "erp/customers/")
	written, err := d.company.ERP.Mobile(ctx, no)
	if err != nil {
		return err
	}
	read, err := d.readFromERP(ctx)
	if err != nil {
		return err
	}
	shopBefore, newsBefore, hooksBefore := len(d.company.Shop.Writes()), len(d.company.Newsletter.Writes()), d.company.Shop.Hooks()
	changed, err := d.company.ERP.ChangeMobile(ctx, no, writtenInERP)
	if err != nil {
		return fmt.Errorf("change the number in the ERP: %w", err)
	}
	j.Steps = append(j.Steps, demoStep{"changed in the ERP's database", changed})
	seen, err := d.arrival(ctx, "the hub to read it", func() (at time.Time, err error) {
		now, err := d.readFromERP(ctx)
		if now > read {
			at = time.Now()
		}
		return at, err
	})
	if err != nil {
		return err
	}
	j.Steps = append(j.Steps, demoStep{"read by the hub, on Kafka", seen})
	for _, step := range []struct {
		what string
		look func() (time.Time, error)
	}{
		{"in the golden record", func() (time.Time, error) { return d.goldenSince(ctx, r.View.ID, changed) }},
		{"in the shop", func() (time.Time, error) { return carried(d.company.Shop.Writes()[shopBefore:]), nil }},
		{"in the newsletter tool", func() (time.Time, error) { return carried(d.company.Newsletter.Writes()[newsBefore:]), nil }},
	} {
		at, err := d.arrival(ctx, "it to be "+step.what, step.look)
		if err != nil {
			return err
		}
		j.Steps = append(j.Steps, demoStep{step.what, at})
	}
	if err := d.rest(ctx, func(*api.Status) bool { return true }); err != nil {
		return err
	}
	j.Writes = map[string]int{
		"webshop.customers":      len(d.company.Shop.Writes()) - shopBefore,
		"newsletter.subscribers": len(d.company.Newsletter.Writes()) - newsBefore,
	}
	j.Echoes = d.company.Shop.Hooks() - hooksBefore
	for target, n := range j.Writes {
		r.must(n == 1, "expected one write to %s for one changed number, and there were %d", target, n)
	}
	r.must(j.Echoes == 1, "expected one webhook of the shop in return, and there were %d", j.Echoes)
	return d.gone(ctx, r, who.Mobile, written)
}

// arrival waits until look gives a time.
func (d *demo) arrival(ctx context.Context, what string, look func() (time.Time, error)) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for range every(ctx, 5*time.Millisecond) {
		if at, err := look(); err != nil || !at.IsZero() {
			return at, err
		}
	}
	return time.Time{}, fmt.Errorf("waited up to %s for %s: %w", patience, what, context.Cause(ctx))
}

// readFromERP is how many records the hub has read from the ERP, as its metrics say.
func (d *demo) readFromERP(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://hub/metrics", nil)
	if err != nil {
		return "", err
	}
	answer, err := d.hub.do(r)
	if err != nil {
		return "", fmt.Errorf("read the hub's metrics: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(name, "touchstone_ingest_records_total{") && strings.Contains(name, `result="ok"`) &&
			strings.Contains(name, `stream="customers"`) && strings.Contains(name, `system="erp"`) {
			return value, nil
		}
	}
	return "", lines.Err()
}

// goldenSince is when the golden record was given the new number.
func (d *demo) goldenSince(ctx context.Context, id string, since time.Time) (at time.Time, err error) {
	var history api.List[api.Change]
	query := url.Values{"limit": {"500"}}
	if err := d.hub.get(ctx, "/v1/customers/"+id+"/history", query, &history); err != nil {
		return at, err
	}
	for _, change := range history.Items {
		text, err := json.Marshal(change.Changed)
		if err == nil && change.Time.After(since) && strings.Contains(string(text), newNumber) {
			return change.Time, nil
		}
	}
	return at, nil
}

// carried is when a write brought the new number.
func carried(writes []company.Call) (at time.Time) {
	for _, w := range writes {
		if strings.Contains(w.Body, newNumber) && w.Status/100 == 2 {
			return w.At
		}
	}
	return at
}

// gone asks everybody for the old number, and the ERP for how it was written there.
func (d *demo) gone(ctx context.Context, r *demoResult, old, written string) error {
	left := map[string]int{}
	inERP, err := d.company.ERP.Holding(ctx, written)
	if err != nil {
		return fmt.Errorf("look for the old number in the ERP: %w", err)
	}
	left["erp"] = inERP
	var found api.List[json.RawMessage]
	if err := d.hub.get(ctx, "/v1/customers", url.Values{"phone": {old}}, &found); err != nil {
		return err
	}
	left["golden records"] = len(found.Items)
	left["webshop"], left["newsletter"] = 0, 0
	arrived := map[string]bool{}
	for _, a := range d.company.Shop.Accounts() {
		if a.Phone != nil && *a.Phone == old {
			left["webshop"]++
		}
		arrived["webshop"] = arrived["webshop"] || a.Phone != nil && *a.Phone == newNumber
	}
	for _, s := range d.company.Newsletter.Subscribers() {
		if s.Mobile == old {
			left["newsletter"]++
		}
		arrived["newsletter"] = arrived["newsletter"] || s.Mobile == newNumber
	}
	r.Journey.Left = left
	for where, n := range left {
		r.must(n == 0, "expected the old number to be gone from %s, and it is there %d times", where, n)
	}
	for _, where := range []string{"webshop", "newsletter"} {
		r.must(arrived[where], "expected the new number in %s, and it is not there", where)
	}
	return nil
}
