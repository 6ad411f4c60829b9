package hubtest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/hub"
)

// child is set in the environment of a test process that is to run a hub.
const child = "TOUCHSTONE_HUBTEST_PROCESS"

// Main is the body of TestMain in packages that use Spawn: it runs the tests, or a hub where Spawn
// has started the process.
func Main(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// job is what a process is told on its standard input.
type job struct {
	Folder string
	Env    map[string]string
}

// serve runs a hub until its standard input ends, which it does with the process that started it.
func serve(in io.Reader, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	lines := bufio.NewReader(in)
	text, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	var j job
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		stop()
	}()
	f, problems := load(j.Folder, j.Env)
	if f == nil {
		return problems.Err()
	}
	h, err := hub.Open(ctx, f, hub.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), RetryFirst: retryFirst, RetryMost: retryMost})
	if err != nil {
		return fmt.Errorf("open the hub: %w", err)
	}
	defer h.Close() //nolint:errcheck // the process ends
	fmt.Fprintln(out, h.IntakeAddress())
	return h.Run(ctx)
}

// Process is a hub in a process of its own, which can be killed.
type Process struct {
	t      testing.TB
	intake string
	cmd    *exec.Cmd
	log    *buffer
	ended  chan struct{}
}

// Spawn runs the hub in folder in a process of its own, until the test ends or Kill is called. The
// package's TestMain has to call Main.
func Spawn(t testing.TB, folder string, env map[string]string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(os.Args[0]), log: &buffer{}, ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), child+"=1")
	p.cmd.Stderr = p.log
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start a hub's process: %v", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		select {
		case <-p.ended:
		case <-time.After(90 * time.Second):
			t.Error("a hub's process did not end within 90 s")
			p.Kill()
		}
		if t.Failed() {
			t.Logf("the log of a hub's process:\n%s", p.log.text())
		}
	})
	if err := json.NewEncoder(in).Encode(job{folder, env}); err != nil {
		t.Fatalf("tell a hub's process what to do: %v", err)
	}
	lines := bufio.NewReader(out)
	p.intake, err = lines.ReadString('\n')
	go func() {
		defer close(p.ended)
		_, _ = io.Copy(io.Discard, lines)
		_ = p.cmd.Wait() // how it ended is the test's own doing
	}()
	if p.intake = strings.TrimSpace(p.intake); err != nil || p.intake == "" {
		t.Fatalf("a hub's process did not start: %v", err)
	}
	return p
}

// Kill ends the process as a crash does, and returns when it is gone.
func (p *Process) Kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Errorf("kill a hub's process: %v", err)
	}
	<-p.ended
}

// Post sends a webhook to the process; the error is that nobody answered. See [Hub.Post].
func (p *Process) Post(stream string, header map[string]string, body []byte) (status int, answer string, err error) {
	p.t.Helper()
	return post(p.t, p.intake, stream, header, body)
}

// Address is where the process takes webhooks, host:port.
func (p *Process) Address() string { return p.intake }

// Signal sends the process a signal, such as SIGSTOP and SIGCONT.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Errorf("send a hub's process %s: %v", s, err)
	}
}
