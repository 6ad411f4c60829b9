// Package erase removes a person from a running company and looks whether anything is left.
//
// In come systems that know the person, some of which the hub writes to; out go what they hold after
// the erasure, the receipts, and every byte of the store. What is looked for are texts that stand
// nowhere else.
package erase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

const patience = time.Minute

const target = `
kind: http
settings: {base_url: "${%[1]s}", timeout: 2s}
retry: {backoff: 20ms, max_backoff: 100ms}
streams:
  customers: {verify: none, format: json, key: id, mapping: from-%[1]s, deleted_when: {header: X-Event, equals: deleted}}
target:
  customers:
    idempotency: Idempotency-Key
    create: {path: /customers, remote_id: id}
    update: {path: "/customers/{id}"}
    deactivate: {path: "/customers/{id}/off"}
    delete: {path: "/customers/{id}"}
`

// The ERP and the shop only report. The ERP's keys are known only to its mapping.
const (
	erp = `
kind: http
streams:
  customers: {verify: none, format: json, mapping: from-erp}
`
	shop = `
kind: http
streams:
  orders: {verify: none, format: json, key: no, mapping: shop-order}
  calls: {verify: none, format: json, key: no, mapping: shop-call}
`
	orders = `
mapping: shop-order
to: Order
id: string(no)
version: {integer: rev}
fields:
  number: string(no)
  note: note
  parties: '[{role: "buyer", record: "erp/customers/" + string(customer), name: name, email: mail}]'
  totals: '[{role: "gross", amount: {amount: "19.90", currency: "EUR"}}]'
`
	calls = `
mapping: shop-call
to: Interaction
id: string(no)
fields:
  channel: '"phone"'
  time: at
  subject: subject
  parties: '[{role: "caller", phone: phone(phone)}]'
`
	inbound = `
mapping: from-%[1]s
to: Customer
input: [id, at, name, mail, phone, off]
id: string(id)
version: {time: at}
businessTime: at
fields:
  kind: '"person"'
  names:
    - {when: '!empty(name)', fields: {full: name}}
  emails:
    - {when: '!empty(mail)', fields: {value: mail}}
  phones: 'empty(phone) ? nil : [{value: phone(phone)}]'
`
	outbound = `
mapping: account
from: Customer
fields:
  name: customer.names[0].full
  mail: customer.emails[0].value
  phone: customer.phones[0].value ?? nil
`
	ruleset = `
match: {keys: [[email]]}
survive: {attributes: {default: most_recent, names: most_recent, emails: union, phones: union}}
`
)

// company is a hub with three systems in step, each of which the route treats in a way of its own.
type company struct {
	*systems.Company
	t       *testing.T
	a, b, c *systems.System
}

// found starts a company on a store; more are lines of hub.yaml.
func found(t *testing.T, more string) *company {
	t.Helper()
	c := &company{t: t}
	clock := &systems.Clock{}
	c.a, c.b, c.c = systems.New(t, "a", systems.Options{Clock: clock}), systems.New(t, "b", systems.Options{Clock: clock}), systems.New(t, "c", systems.Options{Clock: clock})
	files := map[string]string{
		"hub.yaml":                 "name: erase\nregion: DE\napi: {listen: \"127.0.0.1:0\"}\nintake: {listen: \"127.0.0.1:0\"}\n" + more,
		"golden.yaml":              ruleset,
		"connectors/erp.yaml":      erp,
		"connectors/shop.yaml":     shop,
		"mappings/from-erp.yaml":   fmt.Sprintf(inbound, "erp"),
		"mappings/shop-order.yaml": orders,
		"mappings/shop-call.yaml":  calls,
		"mappings/account.yaml":    outbound,
	}
	for _, s := range []struct {
		*systems.System
		erased string
	}{{c.a, "delete"}, {c.b, "deactivate"}, {c.c, "keep"}} {
		files["connectors/"+s.Name+".yaml"] = fmt.Sprintf(target, s.Name)
		files["mappings/from-"+s.Name+".yaml"] = fmt.Sprintf(inbound, s.Name)
		files["routes/"+s.Name+".yaml"] = fmt.Sprintf("route: %[1]s\nfrom: golden.customer\nto: [%[1]s.customers]\nmapping: account\non: {erased: %[2]s}\n", s.Name, s.erased)
	}
	c.Company = systems.Found(t, files, c.a, c.b, c.c)
	return c
}

func (c *company) start() {
	c.t.Helper()
	c.Start(c.t)
}

// report sends what a system reports.
func (c *company) report(stream, record string) {
	c.t.Helper()
	if status, answer := c.Post(stream, nil, []byte(record)); status != http.StatusOK {
		c.t.Errorf("a report of %s was answered %d %s", stream, status, answer)
	}
}

func (c *company) rest(counts hubtest.Counts) {
	c.t.Helper()
	c.SettleWith(counts)
}

// send posts to the API.
func (c *company) send(path string, body, into any) error {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.Post(c.URL+path, "application/json", bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s was answered %s: %s", path, answer.Status, got)
	}
	if err := json.Unmarshal(got, into); err != nil {
		c.t.Fatalf("read the answer to %s: %v\n%s", path, err, got)
	}
	return nil
}

func (c *company) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// receipts are what became of the person in the targets: "a.customers delete done; …".
func receipts(e hub.Erasure) string {
	var all []string
	for _, r := range e.Receipts {
		all = append(all, fmt.Sprintf("%s %s %s", r.Target, r.Operation, r.Status))
	}
	return strings.Join(all, "; ")
}
