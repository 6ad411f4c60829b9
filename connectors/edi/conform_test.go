package edi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/connectors/edi"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/all"
)

// load opens a connector file as a hub does.
func load(t testing.TB, folder, yaml string) connectors.Connector {
	t.Helper()
	var ps config.Problems
	n := config.Parse("connectors/partners.yaml", []byte(yaml), nil, &ps)
	c := connectors.Load(n, "partners", connectors.LoadOptions{Kinds: []connectors.Kind{edi.Kind}, Formats: all.Kinds(), Folder: folder}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return c.Connector
}

// x12Partner is a partner that sends and gets purchase orders; documents leave at once.
const x12Partner = `
kind: edi
settings:
  us: {id: "0011223344", qualifier: "01"}
  partners:
    acme:
      standard: x12
      id: ACME
      in: {settle: 1ms}
      collect: {after: 0s}
streams:
  orders: {sets: ["850"], format: edi.x12}
`

// x12Target is what goes to the partner.
const x12Target = `
target:
  orders: {partner: acme, set: "850"}
`

// run does the work of a connector beside its streams until ctx ends.
func run(ctx context.Context, c connectors.Connector, env connectors.Env) error {
	return c.(connectors.Worker).Work(ctx, connectors.WorkEnv{Env: env, Well: func() {}, Trouble: func(error) {}})
}

// both is a source with the work that it gets its frames from, as the hub runs them side by side.
type both struct {
	connectors.Source
	c   connectors.Connector
	env connectors.Env
}

func (b both) Run(ctx context.Context, emit connectors.Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var failed error
	group.Go(func() {
		defer cancel()
		failed = run(ctx, b.c, b.env)
	})
	err := b.Source.Run(ctx, emit)
	group.Wait()
	if err == nil {
		err = failed
	}
	return err
}

func quiet(env connectors.Env) connectors.Env {
	env.Log = slog.New(slog.DiscardHandler)
	return env
}

// x12 is an interchange of sets, each the segments between ST and SE.
func x12(control int, sets ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*ACME           *01*0011223344     *260102*0304*U*00401*%09d*0*P*>~GS*PO*ACME*0011223344*20260102*0304*%d*X*004010~", control, control)
	for i, set := range sets {
		fmt.Fprintf(&b, "ST*850*%04d~%sSE*%d*%04d~", i+1, set, strings.Count(set, "~")+2, i+1)
	}
	fmt.Fprintf(&b, "GE*%d*%d~IEA*1*%09d~", len(sets), control, control)
	return b.Bytes()
}

// order is a purchase order; the quantity is the record's value.
func order(key string, value int) string {
	return fmt.Sprintf("BEG*00*NE*%s**20260102~PO1*1*%d*EA*9.5**VC*LX-100~CTT*1~", key, value)
}

// drop puts a file into a folder, whole.
func drop(t testing.TB, folder, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".tmp", content, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

var ordered = regexp.MustCompile(`BEG\*00\*NE\*([^*]+)\*.*~PO1\*1\*(\d+)\*`)

// readOrder finds key and value in an order.
func readOrder(set []byte) (connectortest.Record, error) {
	found := ordered.FindSubmatch(set)
	if found == nil {
		return connectortest.Record{}, fmt.Errorf("no order in %q", set)
	}
	value, err := strconv.Atoi(string(found[2]))
	return connectortest.Record{Key: string(found[1]), Value: value}, err
}

func partnerSends(t *testing.T) connectortest.SourceSystem {
	dir := t.TempDir()
	n := 0
	put := func(t *testing.T, content []byte) {
		drop(t, filepath.Join(dir, "in", "acme"), fmt.Sprintf("%03d.edi", n), content)
	}
	return connectortest.SourceSystem{
		Open: func(env connectors.Env) (connectors.Source, error) {
			c := load(t, dir, x12Partner)
			s, err := c.Source("orders", quiet(env))
			return both{s, c, quiet(env)}, err
		},
		Put: func(t *testing.T, records ...connectortest.Record) {
			var sets []string
			for _, r := range records {
				sets = append(sets, order(r.Key, r.Value))
			}
			n++
			put(t, x12(n, sets...))
		},
		PutBad: func(t *testing.T) {
			n++
			put(t, bytes.Replace(x12(n, order("bad", 1)), []byte("SE*5"), []byte("SE*9"), 1))
		},
		Record: func(f formats.Frame) (connectortest.Record, error) { return readOrder(f.Bytes) },
	}
}

func TestPartnerThatSends_keepsTheContract(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Package: "github.com/touchstone-hub/touchstone/connectors/edi", Source: partnerSends})
}

// payload is an order as an outbound mapping writes it.
func payload(r connectortest.Record) []byte {
	b, _ := json.Marshal(map[string]any{
		"BEG": map[string]any{"1": "00", "2": "NE", "3": r.Key, "5": "20260102"},
		"PO1": []any{map[string]any{"1": "1", "2": strconv.Itoa(r.Value), "3": "EA", "4": "9.5", "6": "VC", "7": "LX-100"}},
	})
	return b
}

// partnerTakes is a partner that gets orders. What it holds is what it got last of each.
func partnerTakes(t *testing.T) connectortest.TargetSystem {
	dir := t.TempDir()
	c := load(t, dir, x12Partner+x12Target)
	var lent connectors.Env
	return connectortest.TargetSystem{
		Open: func(env connectors.Env) (connectors.Target, error) {
			lent = quiet(env)
			return c.Target("orders", lent)
		},
		Payload: payload,
		Held: func(t *testing.T) map[string]connectortest.Record {
			send(t, c, lent)
			held := map[string]connectortest.Record{}
			names, _ := filepath.Glob(filepath.Join(dir, "out", "acme", "*.edi"))
			for _, name := range names {
				content, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, set := range bytes.SplitAfter(content, []byte("~SE*")) {
					if r, err := readOrder(set); err == nil {
						id := "G-" + r.Key
						if held[id].Value == r.Value {
							id += " twice"
						}
						held[id] = r
					}
				}
			}
			return held
		},
	}
}

// send has a connector work until nothing is left to send.
func send(t testing.TB, c connectors.Connector, env connectors.Env) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- run(ctx, c, env) }()
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		waiting := 0
		for kind, states := range map[string][]string{"document": {"queued acme", "queued nordlicht"}, "interchange": {"ready"}} {
			rows, err := env.Ledger.List(ctx, connectors.RowQuery{Kind: kind, States: states, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			waiting += len(rows)
		}
		if waiting == 0 {
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestPartnerThatTakes_keepsTheContract(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Package: "github.com/touchstone-hub/touchstone/connectors/edi", Target: partnerTakes})
}

// takeOnce has a connector take one file, and counts what comes out.
func takeOnce(t testing.TB, content []byte) {
	dir := t.TempDir()
	drop(t, filepath.Join(dir, "in", "acme"), "1.edi", content)
	c := load(t, dir, x12Partner)
	env := quiet(connectors.Env{Ledger: &connectortest.Ledger{}, DataFolder: dir})
	s, err := c.Source("orders", env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	taken := 0
	group.Go(func() {
		_ = s.Run(ctx, func(_ context.Context, frames []formats.Frame) error { taken += len(frames); return nil })
	})
	group.Go(func() {
		if err := run(ctx, c, env); err != nil {
			t.Error(err)
		}
	})
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		if kept, _ := filepath.Glob(filepath.Join(dir, "in/acme/archive/*")); len(kept) > 0 {
			break
		}
	}
	cancel()
	group.Wait()
	if taken != bytes.Count(content, []byte("~ST*")) {
		t.Errorf("%d sets were taken of %d", taken, bytes.Count(content, []byte("~ST*")))
	}
}
