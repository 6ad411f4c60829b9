// Package mistakes holds hubs against what integration tools are known to get wrong: records made
// twice, echoes taken for news, old versions that win, deletions that come back.
//
// In come systems of record with a state of their own, and what people do there; out go what every
// system then holds, how often it was written to, and what the hub holds true. Each test is named
// after one mistake.
package mistakes

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

const patience = time.Minute

// connector is a system that reports and is written to. %[1]s is its name, %[2]s how a create is
// made and may be repeated.
const connector = `
kind: http
settings: {base_url: "${%[1]s}", timeout: 300ms}
retry: {backoff: 20ms, max_backoff: 100ms}
concurrency: 4
streams:
  customers: {verify: none, format: json, key: id, mapping: from-%[1]s, deleted_when: {header: X-Event, equals: deleted}}
target:
  customers:
%[2]s
    update: {path: "/customers/{id}"}
    deactivate: {path: "/customers/{id}/off"}
    delete: {path: "/customers/{id}"}
`

// The ways in which a create may be repeated.
const (
	byKey    = "    idempotency: Idempotency-Key\n" + byNobody
	byUpsert = "    create: {method: PUT, path: \"/new/{subject}\", remote_id: \"{subject}\"}"
	byFind   = "    find: {path: \"/customers?mail={payload.mail}\", in: $, match: {mail: \"{payload.mail}\"}, remote_id: id}\n" + byNobody
	byNobody = "    create: {path: /customers, remote_id: id}"
)

// source is a system that only reports: its records come from the test, not from a system that
// keeps them.
const source = `
kind: http
streams:
  customers: {verify: none, format: json, key: id, mapping: from-%s, deleted_when: {header: X-Event, equals: deleted}}
`

// inbound reads what a system reports. %[2]s is its kind of version.
const inbound = `
mapping: from-%[1]s
to: Customer
input: [id, v, at, name, mail, phone, street, off]
id: string(id)
version: {%[2]s}
businessTime: at
fields:
  kind: '"person"'
  names:
    - {when: '!empty(name)', fields: {full: name}}
  emails:
    - {when: '!empty(mail)', fields: {value: mail}}
  phones: 'empty(phone) ? nil : [{value: phone(phone)}]'
  addresses:
    - {when: '!empty(street)', fields: {lines: '[street]', country: '"DE"'}}
`

const outbound = `
mapping: account
from: Customer
fields:
  name: customer.names[0].full
  mail: customer.emails[0].value
  phone: customer.phones[0].value ?? nil
  street: customer.addresses[0].lines[0]
`

const ruleset = `
match:
  keys: [[email]]
survive:
  priority: [erp]
  attributes:
    default: most_recent
    names: most_recent
    emails: most_recent
    phones: most_recent
    addresses: most_recent
`

// company is a hub, the systems that it keeps in step, and an ERP that only reports.
type company struct {
	*systems.Company
	t *testing.T
}

// found starts a company; files replace those of its hub folder, or, empty, leave them out.
func found(t *testing.T, files map[string]string, all ...*systems.System) *company {
	t.Helper()
	var targets []string
	folder := map[string]string{
		"hub.yaml":               "name: mistakes\nregion: DE\napi: {listen: \"127.0.0.1:0\"}\nintake: {listen: \"127.0.0.1:0\"}\n",
		"golden.yaml":            ruleset,
		"connectors/erp.yaml":    fmt.Sprintf(source, "erp"),
		"mappings/from-erp.yaml": fmt.Sprintf(inbound, "erp", "time: at"),
		"mappings/account.yaml":  outbound,
	}
	for _, s := range all {
		folder["connectors/"+s.Name+".yaml"] = fmt.Sprintf(connector, s.Name, byKey)
		folder["mappings/from-"+s.Name+".yaml"] = fmt.Sprintf(inbound, s.Name, "time: at")
		targets = append(targets, s.Name+".customers")
	}
	folder["routes/customers.yaml"] = route(targets, "")
	maps.Copy(folder, files)
	return &company{systems.Found(t, folder, all...), t}
}

// route leads to the targets and has lines of its own.
func route(targets []string, more string) string {
	return "route: customers\nfrom: golden.customer\nto: [" + strings.Join(targets, ", ") + "]\nmapping: account\n" + more
}

// start runs the hub on the company's folder, again after a stop.
func (c *company) start() {
	c.t.Helper()
	c.Start(c.t)
}

// report sends what the ERP reports.
func (c *company) report(record string, event ...string) {
	c.t.Helper()
	c.reportTo("erp", record, event...)
}

// reportTo sends a report in the name of a system.
func (c *company) reportTo(system, record string, event ...string) {
	c.t.Helper()
	header := map[string]string{}
	if len(event) > 0 {
		header["X-Event"] = event[0]
	}
	if status, answer := c.Post(system+"/customers", header, []byte(record)); status != 200 {
		c.t.Errorf("a report of %s was answered %d %s", system, status, answer)
	}
}

// rest waits until no report is on its way and the hub has nothing left to do.
func (c *company) rest() {
	c.t.Helper()
	c.Settle()
}

// restWith waits for that, and for so many records to be in the store.
func (c *company) restWith(counts hubtest.Counts) {
	c.t.Helper()
	c.SettleWith(counts)
}

// until looks again and again until check finds nothing to say.
func (c *company) until(check func() (lacks string)) {
	c.t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		lacks := check()
		if lacks == "" {
			return
		}
		if time.Now().After(late) {
			c.t.Fatal(lacks)
		}
	}
}

// holds fails unless a system holds what is given, in these fields.
func (c *company) holds(s *systems.System, want string, fields ...string) {
	c.t.Helper()
	if got := s.Show(fields...); got != want {
		c.t.Errorf("%s holds %q, expected %q", s.Name, got, want)
	}
}

// wrote fails unless the hub's writes to a system, apart by commas, are those given.
func (c *company) wrote(s *systems.System, want string) {
	c.t.Helper()
	if got := strings.Join(s.Writes(), ", "); got != want {
		c.t.Errorf("writes to %s: %q, expected %q", s.Name, got, want)
	}
}

// customers fails unless the golden records are those of the sources given: one text a record, its
// sources apart by spaces.
func (c *company) customers(want ...string) {
	c.t.Helper()
	var got []string
	for _, g := range c.Dump() {
		got = append(got, strings.Join(g.Sources, " "))
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		c.t.Errorf("the customers are %q, expected %q", got, want)
	}
}

// quiet fails if anything became a dead letter.
func (c *company) quiet() {
	c.t.Helper()
	if letters := c.DeadLetters(); len(letters) > 0 {
		c.t.Errorf("dead letters: %v", letters)
	}
}

// tasks are the open tasks of a kind.
func (c *company) tasks(kind golden.TaskKind) []golden.Task {
	c.t.Helper()
	list, err := c.Store().Tasks(c.t.Context(), golden.TaskQuery{Kind: kind, Limit: 100})
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// decide takes a person's verdict between two sets of records, as a lock.
func (c *company) decide(verdict golden.Verdict, left, right []string) {
	c.t.Helper()
	_, err := c.Resolver().Decide(c.t.Context(), golden.Decision{
		Verdict: verdict, Strength: golden.Lock, Author: "steward", Reason: "asked them", Left: left, Right: right,
	})
	if err != nil {
		c.t.Fatalf("decide: %v", err)
	}
}
