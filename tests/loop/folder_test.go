//go:build long

package loop

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

const connector = `
kind: http
settings: {base_url: "${%[1]s}"}
retry: {backoff: 20ms, max_backoff: 100ms}
concurrency: 4
streams:
  customers: {verify: none, format: json, key: id, mapping: from-%[1]s}
target:
  customers:
    %[2]s
    create: {path: /customers, remote_id: id}
    update: {path: "/customers/{id}"}
    deactivate: {path: "/customers/{id}/off"}
    delete: {path: "/customers/{id}"}
`

// inbound reads what a system reports. What it calls a use is its own: it says delivery of every
// address, also of those that were written as others.
const inbound = `
mapping: from-%s
to: Customer
input: [id, at, name, mail, phone, street, off]
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
  addresses:
    - {when: '!empty(street)', fields: {use: '"%s"', lines: '[street]', country: '"DE"'}}
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

const route = `
route: customers
from: golden.customer
to: [a.customers, b.customers, c.customers]
mapping: account
on: {merged: keep}
`

const ruleset = `
match:
  keys: [[email]]
survive:
  priority: [a, b, c]
  attributes:
    default: most_recent
    names: most_recent
    phones: most_recent
    addresses: most_recent
    emails: union
`

var uses = map[string]string{"a": "billing", "b": "visiting", "c": "delivery"}

// company are three systems and a hub that keeps them in step.
type company struct {
	*hubtest.Hub
	t       *testing.T
	systems []*system
}

// found builds the company; files replace those of its hub folder.
func found(t *testing.T, systems []*system, files map[string]string) *company {
	t.Helper()
	all := map[string]string{
		"hub.yaml":    "name: loop\nregion: DE\napi: {listen: \"127.0.0.1:0\"}\nintake: {listen: \"127.0.0.1:0\"}\n",
		"golden.yaml": ruleset, "mappings/account.yaml": outbound, "routes/customers.yaml": route,
	}
	env := map[string]string{}
	for _, s := range systems {
		all["connectors/"+s.name+".yaml"] = fmt.Sprintf(connector, s.name, "idempotency: Idempotency-Key")
		all["mappings/from-"+s.name+".yaml"] = fmt.Sprintf(inbound, s.name, uses[s.name])
		env[s.name] = s.url
	}
	maps.Copy(all, files)
	folder := t.TempDir()
	for name, text := range all {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := &company{Hub: hubtest.Start(t, folder, env), t: t, systems: systems}
	for _, s := range systems {
		s.set(func() { s.hub = c.IntakeAddress() })
	}
	return c
}

func (c *company) writes() (n int64) {
	for _, s := range c.systems {
		n += s.writes.Load()
	}
	return n
}

// rest waits until no report is on its way and the hub has nothing left to do, and stays so.
func (c *company) rest(patience time.Duration) {
	c.t.Helper()
	c.Rest(patience, missing(c.systems))
}
