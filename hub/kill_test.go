package hub_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// childFolder names the hub folder that this test binary is to run instead of tests.
const childFolder = "TOUCHSTONE_TEST_HUB_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		serve(folder)
		return
	}
	flag.Parse()
	// most of these tests wait most of the time
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(m.Run())
}

// serve runs the hub until it is killed, and prints where webhooks arrive.
func serve(root string) {
	folder, problems := hub.Load(root, os.LookupEnv)
	if folder == nil {
		fmt.Println(problems.Err())
		os.Exit(1)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if step := os.Getenv(childLoad); step != "" {
		log = slog.New(onStep{log.Handler(), step, killSelf})
	}
	h, err := hub.Open(context.Background(), folder, hub.Options{Log: log, RetryFirst: 20 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(h.IntakeAddress())
	if n, err := strconv.ParseInt(os.Getenv(childReplay), 10, 64); err == nil {
		go killAt(h, n)
	}
	fmt.Println(h.Run(context.Background()))
}

// childReplay has the child start a replay of all, and kill itself when so many records are done.
const childReplay = "TOUCHSTONE_TEST_REPLAY"

// childLoad has the child kill itself after a step of its first load.
const childLoad = "TOUCHSTONE_TEST_LOAD"

// onStep is a log that calls do when a step of the first load is logged.
type onStep struct {
	slog.Handler
	step string
	do   func()
}

func (o onStep) Enabled(context.Context, slog.Level) bool { return true }

func (o onStep) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "step" && a.Value.String() == o.step {
			o.do()
		}
		return true
	})
	if !o.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return o.Handler.Handle(ctx, r)
}

func killSelf() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }

// child is a hub in a process of its own.
type child struct {
	cmd     *exec.Cmd
	address string
}

func startChild(t *testing.T, root string, env ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(append(os.Environ(), childFolder+"="+root), env...)
	c.cmd.Stderr = t.Output()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "127.0.0.1:") {
		t.Fatalf("the hub's process said %q, %v", line, err)
	}
	c.address = strings.TrimSpace(line)
	return c
}

// ended waits until the process has ended by itself.
func (c *child) ended(t *testing.T) {
	t.Helper()
	late := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	if _ = c.cmd.Wait(); !late.Stop() {
		t.Fatal("the process does not end")
	}
}

// kill is kill -9: nothing is closed, nothing flushed.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// Promise 1: nothing acknowledged is lost, and each has its effect once.
func TestNothingLost_throughKill9(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	root := t.TempDir()
	write(t, root, base)
	var address atomic.Value
	running := startChild(t, root, "SHOP="+shop.URL)
	address.Store(running.address)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const senders = 4
	var wg sync.WaitGroup
	var acknowledged [senders][]int
	for s := range senders {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				record := fmt.Sprintf(`{"id": "%d-%d", "v": 1, "name": "Anna", "mail": "a%d.%d@post.example"}`, s, n, s, n)
				for ctx.Err() == nil {
					if status, _ := post(t, "http://"+address.Load().(string)+"/in/erp/customers", record); status == http.StatusOK {
						acknowledged[s] = append(acknowledged[s], n)
						break
					}
					time.Sleep(2 * time.Millisecond)
				}
			}
		})
	}
	for _, life := range []time.Duration{900, 400, 700} {
		time.Sleep(life * time.Millisecond)
		running.kill()
		running = startChild(t, root, "SHOP="+shop.URL)
		address.Store(running.address)
	}
	time.Sleep(500 * time.Millisecond)
	stop()
	wg.Wait()
	running.kill()
	r := &rig{t: t, root: root, env: map[string]string{"SHOP": shop.URL}}
	r.start()
	defer r.stop()
	total := 0
	for s := range senders {
		total += len(acknowledged[s])
	}
	await(t, "everything acknowledged is in the store", func() error {
		if n := r.stats().Records["erp/customers"]; n < int64(total) {
			return fmt.Errorf("%d records of %d", n, total)
		}
		return nil
	})
	for s := range senders {
		for _, n := range acknowledged[s] {
			if _, ok := r.customer(fmt.Sprintf("erp/customers/%d-%d", s, n)); !ok {
				t.Fatalf("record %d-%d was acknowledged and is not in the store", s, n)
			}
		}
	}
	// a webhook that was stored but not acknowledged was sent again: its effect is there once
	s := r.stats()
	if s.Customers != s.Records["erp/customers"] || s.Records["erp/customers"] > int64(total+senders) {
		t.Errorf("%d customers of %v records, %d acknowledged", s.Customers, s.Records, total)
	}
	if len(r.letters()) > 0 {
		t.Errorf("dead letters: %v", r.letters()[0].Error)
	}
	created := map[string]bool{}
	for _, d := range r.deliveries() {
		if d.Status == golden.Settled && created[d.Subject] {
			t.Errorf("%s has two records in the shop", d.Subject)
		}
		created[d.Subject] = true
	}
	t.Logf("%d acknowledged through 4 kills; the shop holds %d", total, len(shop.done()))
}
