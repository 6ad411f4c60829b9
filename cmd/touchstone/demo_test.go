package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/ports"
)

// output is a buffer that may be read while a command writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func touchstone(t *testing.T, ctx context.Context, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr output
	code = Main(ctx, args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestInit_runsAtOnce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "hub")
	if code, _, errs := touchstone(t, t.Context(), "init", folder); code != exitOK {
		t.Fatal(errs)
	}
	t.Setenv("STARTER_API", ports.Address(t))
	t.Setenv("STARTER_INTAKE", ports.Address(t))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	var log output
	go func() { ended <- Main(ctx, []string{"run", folder}, strings.NewReader(""), io.Discard, &log) }()

	lines := map[string]bool{}
	wait, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for range every(wait, 50*time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(folder, "out", "customers.ndjson"))
		for line := range strings.Lines(string(text)) {
			var record struct {
				Name    string
				KnownAs []string `json:"known_as"`
			}
			if err := json.Unmarshal([]byte(line), &record); err != nil {
				continue // the end of a line that is being written
			}
			lines[record.Name+" "+strings.Join(record.KnownAs, " ")] = true
		}
		if len(lines) >= 3 {
			break
		}
	}
	for _, want := range []string{
		"Anna Schmidt crm/customers/1 crm/customers/2", "Xiaoming Wang crm/customers/3 crm/customers/4", "Oliver Smith crm/customers/5",
	} {
		if !lines[want] {
			t.Errorf("no line %q in %v\n%s", want, lines, log.String())
		}
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d\n%s", code, log.String())
	}
}

func TestDemo_endsInStepAndNothingComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes several seconds")
	}
	folder := t.TempDir()
	code, out, errs := touchstone(t, t.Context(), "demo", "--json", "--no-hold", "--folder", folder, "--customers", "60")
	if code != exitOK {
		log, _ := os.ReadFile(filepath.Join(folder, "hub.log"))
		t.Fatalf("exit code %d\n%s\n%s\n%s", code, errs, out, log)
	}
	var r demoResult
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Real != 60 || r.Customers < 60 || r.Customers > 70 || r.Whole < 50 || r.Mixed > 0 || r.Created == 0 || r.Linked != r.Created || len(r.DeadLetters) != 1 || len(r.View.Systems) != 3 {
		t.Errorf("%d real customers, %d golden ones, %d accounts made, %d linked, %d dead letters, traveller in %v",
			r.Real, r.Customers, r.Created, r.Linked, len(r.DeadLetters), r.View.Systems)
	}
	if d := r.DeadLetters[0]; !strings.Contains(d.Position, "partners-de-0001.csv:") || !strings.Contains(d.Text, "Atlantis") {
		t.Errorf("dead letter at %q with %q", d.Position, d.Text)
	}
	for i, s := range r.Journey.Steps[1:] {
		if s.At.IsZero() || s.At.Sub(r.Journey.Steps[0].At) > 2*time.Minute {
			t.Errorf("step %d, %s, at %s", i+1, s.What, s.At)
		}
	}
	if len(r.Journey.Steps) != 5 || r.Journey.Echoes != 1 {
		t.Errorf("journey %+v", r.Journey)
	}
	explainsAsBefore(t, filepath.Join(folder, "acme"), "erp/customers/K10007")
}
