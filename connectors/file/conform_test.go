package file_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/connectors/file"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/all"
)

func load(t *testing.T, folder, yaml string) connectors.Connector {
	t.Helper()
	var ps config.Problems
	n := config.Parse("connectors/scm.yaml", []byte(yaml), nil, &ps)
	c := connectors.Load(n, "scm", connectors.LoadOptions{Kinds: []connectors.Kind{file.Kind}, Formats: all.Kinds(), Folder: folder}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return c.Connector
}

type row struct {
	Key   string `json:"key"`
	Value int    `json:"value"`
}

func quiet(env connectors.Env) connectors.Env {
	env.Log = slog.New(slog.DiscardHandler)
	return env
}

func dropFolder(t *testing.T) connectortest.SourceSystem {
	dir := t.TempDir()
	c := load(t, dir, "kind: file\nstreams: {customers: {folder: in, settle: 1ms, poll: \"@every 1s\"}}")
	n := 0
	put := func(t *testing.T, content []byte) {
		n++
		name := filepath.Join(dir, "in", fmt.Sprintf("%03d.json", n))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+".tmp", content, 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".tmp", name); err != nil {
			t.Fatal(err)
		}
	}
	return connectortest.SourceSystem{
		Open: func(env connectors.Env) (connectors.Source, error) { return c.Source("customers", quiet(env)) },
		Put: func(t *testing.T, records ...connectortest.Record) {
			var rows []row
			for _, r := range records {
				rows = append(rows, row{r.Key, r.Value})
			}
			b, err := json.Marshal(rows)
			if err != nil {
				t.Fatal(err)
			}
			put(t, b)
		},
		PutBad: func(t *testing.T) { put(t, []byte(`[{"key": `)) },
		Record: func(f formats.Frame) (connectortest.Record, error) {
			var r row
			err := json.Unmarshal(f.Bytes, &r)
			return connectortest.Record{Key: r.Key, Value: r.Value}, err
		},
	}
}

// outbox is a target; held reads one file into what the harness compares, under the ID of each record.
func outbox(t *testing.T, yaml string, operations ...connectors.Operation) connectortest.TargetSystem {
	dir := t.TempDir()
	c := load(t, dir, "kind: file\ntarget: {customers: {"+yaml+"}}")
	return connectortest.TargetSystem{
		Open:       func(env connectors.Env) (connectors.Target, error) { return c.Target("customers", quiet(env)) },
		Operations: operations,
		Payload: func(r connectortest.Record) []byte {
			b, _ := json.Marshal(row{r.Key, r.Value})
			return b
		},
		Held: func(t *testing.T) map[string]connectortest.Record {
			held := map[string]connectortest.Record{}
			names, _ := filepath.Glob(filepath.Join(dir, "out", "*"))
			for _, name := range names {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
					var r row
					if err := json.Unmarshal([]byte(line), &r); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					id := "G-" + r.Key
					if _, twice := held[id]; twice && r.Value == held[id].Value {
						id = fmt.Sprintf("%s again in line %d", id, i)
					}
					if len(operations) > 2 {
						id = "out/" + filepath.Base(name)
					}
					held[id] = connectortest.Record{Key: r.Key, Value: r.Value}
				}
			}
			return held
		},
	}
}

func TestDropFolder_keepsTheContract(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Package: "github.com/touchstone-hub/touchstone/connectors/file", Source: dropFolder})
}

func TestOutbox_keepsTheContract(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		ops  []connectors.Operation
	}{
		"a file a record":   {`file: "out/{subject}.json"`, []connectors.Operation{connectors.Create, connectors.Update, connectors.Delete}},
		"a file a delivery": {`file: "out/{key}.json"`, []connectors.Operation{connectors.Create}},
		"a file a batch":    {`file: "out/{time}.ndjson"`, []connectors.Operation{connectors.Create}},
		"one growing file":  {`file: out/customers.ndjson, append: true`, []connectors.Operation{connectors.Create, connectors.Update}},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{
				Package: "github.com/touchstone-hub/touchstone/connectors/file",
				Target:  func(t *testing.T) connectortest.TargetSystem { return outbox(t, c.yaml, c.ops...) },
			})
		})
	}
}
