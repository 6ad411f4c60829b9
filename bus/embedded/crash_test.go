package embedded_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/bus/embedded"
	"github.com/touchstone-hub/touchstone/tests/ports"
)

// childFolder names the folder on which this test binary is to run as a broker
// instead of running tests.
const childFolder = "TOUCHSTONE_TEST_BROKER_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		serve(folder, os.Args[1])
		return
	}
	os.Exit(m.Run())
}

// serve runs a broker until standard input ends, and prints how to reach it.
func serve(folder, addr string) {
	broker, err := embedded.Start(context.Background(), embedded.Config{Folder: folder, Addr: addr})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	cfg := broker.Config()
	_ = json.NewEncoder(os.Stdout).Encode(reach{cfg.Brokers, cfg.SASL})
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = broker.Close()
}

// reach is the part of a bus.Config that another process needs.
type reach struct {
	Brokers []string
	SASL    bus.SASLConfig
}

// child is a broker in a process of its own.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	cfg   reach
}

func startChild(t *testing.T, folder, addr string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], addr)
	cmd.Env = append(os.Environ(), childFolder+"="+folder)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, stdin: stdin}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || json.Unmarshal([]byte(line), &c.cfg) != nil {
		t.Fatalf("broker process said %q, %v", line, err)
	}
	return c
}

// kill is kill -9: nothing is closed, nothing flushed.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

func TestKill9_losesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	broker := startChild(t, folder, ports.Address(t))
	b, err := bus.Open(t.Context(), bus.Config{
		Brokers: broker.cfg.Brokers, SASL: broker.cfg.SASL, Owned: true,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.EnsureTopics(t.Context(), []bus.Topic{{Name: "t", Partitions: 2}}); err != nil {
		t.Fatal(err)
	}
	const writers = 6
	acknowledged := make(chan int, 1000)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	last := make([]int, writers) // number of the last acknowledged record
	for w := range writers {
		wg.Go(func() { last[w] = write(ctx, t, b, w, acknowledged) })
	}
	for range 3 {
		await(t, acknowledged, 400)
		broker.kill()
		broker = startChild(t, folder, broker.cfg.Brokers[0])
	}
	await(t, acknowledged, 100)
	stop()
	wg.Wait()
	broker.kill()
	tear(t, folder)
	startChild(t, folder, broker.cfg.Brokers[0])
	check(t, b, last)
}

// write publishes its own numbers one after the other and gives the last that
// was acknowledged.
func write(ctx context.Context, t *testing.T, b *bus.Bus, writer int, acknowledged chan<- int) int {
	last := -1
	for i := 0; ; i++ {
		m := message.NewMessage("", fmt.Appendf(nil, "%d %d %s", writer, i, strings.Repeat("x", 300)))
		m.Metadata[bus.KeyMetadata] = fmt.Sprint("writer ", writer)
		if err := b.Publish(ctx, "t", m); err != nil {
			if ctx.Err() == nil {
				t.Errorf("writer %d: %v", writer, err)
			}
			return last
		}
		last = i
		select {
		case acknowledged <- i:
		case <-ctx.Done():
			return last
		}
	}
}

func await(t *testing.T, acknowledged <-chan int, n int) {
	t.Helper()
	late := time.After(90 * time.Second)
	for i := range n {
		select {
		case <-acknowledged:
		case <-late:
			t.Fatalf("%d of %d records were acknowledged in time", i, n)
		}
	}
}

// tear leaves half a record at the end of each segment, as a crash in the
// middle of a write does.
func tear(t *testing.T, folder string) {
	t.Helper()
	torn := 0
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".dat") {
			return err
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		torn++
		_, err = f.Write([]byte{0, 0, 0, 0, 0, 0, 9, 9, 0, 0, 1, 44, 0, 0, 0, 0, 2, 77, 77})
		return err
	})
	if err != nil || torn == 0 {
		t.Fatalf("tore %d segments: %v", torn, err)
	}
}

// check reads everything back: each writer's records from 0 to its last
// acknowledged one, in order.
func check(t *testing.T, b *bus.Bus, last []int) {
	t.Helper()
	next := make([]int, len(last))
	twice := 0
	for p := range 2 {
		for m, err := range b.Read(t.Context(), "t", p, 0, -1) {
			if err != nil {
				t.Fatal(err)
			}
			var writer, i int
			if _, err := fmt.Sscan(string(m.Payload), &writer, &i); err != nil {
				t.Fatal(err)
			}
			switch {
			case i == next[writer]:
				next[writer]++
			case i < next[writer]:
				twice++
			default:
				t.Fatalf("writer %d: %d follows %d", writer, i, next[writer]-1)
			}
		}
	}
	for w, n := range last {
		if next[w] <= n {
			t.Errorf("writer %d: acknowledged up to %d, but only %d are there", w, n, next[w])
		}
	}
	// A killed broker forgets which batches it has seen: the few that it had
	// written but not acknowledged may stand twice.
	if twice > 3*len(last) {
		t.Errorf("%d records stand twice, more than were on their way", twice)
	}
	t.Logf("acknowledged up to %v, %d twice", last, twice)
}
