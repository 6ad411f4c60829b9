// Package outage holds hubs against systems that fail: a target that is down for a while, senders
// that lie or never stop, files cut off in the middle, a disk that is full.
//
// In come a load and a fault; out go what the store holds, what the targets were asked for, and
// what the hub said. The tests never mend the fault by hand: whatever goes on afterwards has to do
// so by itself.
package outage

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

func TestMain(m *testing.M) { hubtest.Main(m) }

const patience = 2 * time.Minute

// TOUCHSTONE_LONG=1 makes the loads ten times as large.
var long = os.Getenv("TOUCHSTONE_LONG") == "1"

var base = map[string]string{
	"hub.yaml": `
name: outage
region: DE
data: "${DATA:.touchstone}"
api: {listen: "127.0.0.1:0"}
intake: {listen: "127.0.0.1:0"}
limits: {free_disk: "${FREE_DISK:1MB}"}
`,
	"golden.yaml": `
match:
  keys: [[identifier]]
`,
	"connectors/crm.yaml": `
kind: http
streams:
  contacts:
    key: id
    mapping: contact
    verify:
      hmac: {secret: "${SECRET}", header: X-Signature, encoding: base64}
`,
	"connectors/erp.yaml": `
kind: file
streams:
  customers: {folder: drop/csv, pattern: "*.csv", format: csv, key: id, mapping: row, settle: 50ms, poll: "@every 1s"}
  lists: {folder: drop/json, pattern: "*.json", format: json, key: id, mapping: contact, settle: 50ms, poll: "@every 1s"}
`,
	"mappings/contact.yaml": contactMapping,
	"mappings/row.yaml": `
mapping: row
to: Customer
format: csv
id: id
version: {integer: number(v)}
fields:
  kind: '"person"'
  names: [{full: name}]
`,
}

const contactMapping = `
mapping: contact
to: Customer
input: [id, v, name]
id: string(id)
version: {integer: v}
fields:
  kind: '"person"'
  names: [{full: name}]
`

const secret = "s3cret-s3cret-s3cret"

// folder writes the base, with files replaced or added, into a folder of the test's own.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for _, set := range []map[string]string{base, files} {
		for name, text := range set {
			put(t, filepath.Join(root, name), []byte(text))
		}
	}
	return root
}

// put writes a file whole.
func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".part", content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		t.Fatal(err)
	}
}

func contact(id, v int) []byte {
	return fmt.Appendf(nil, `{"id": %d, "v": %d, "name": "Anna %d 王 %d"}`, id, v, id, v)
}

// ask posts a body to the hub once.
func ask(t *testing.T, address, stream string, header map[string]string, body io.Reader) (status int, answer string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/in/"+stream, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		q.Header.Set(name, value)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err.Error()
	}
	defer a.Body.Close()
	text, _ := io.ReadAll(a.Body)
	return a.StatusCode, string(bytes.TrimSpace(text))
}

func signed(body []byte) map[string]string {
	return map[string]string{"X-Signature": hubtest.Sign(secret, body)}
}
