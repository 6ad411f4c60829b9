// Command endtoend measures the whole path on the embedded default, every write durable: an NDJSON
// file dropped into a folder, through Kafka, matching and survivorship into the golden store, and
// out into an NDJSON file. It runs the hub as users do, watches it through its socket, and prints
// when each stage was done, the rate, the processor time and the memory.
//
//	endtoend -touchstone bin/touchstone -hub tests/bench/endtoend/hub -records 100000
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("touchstone", "bin/touchstone", "the program")
	template := flag.String("hub", "tests/bench/endtoend/hub", "the hub folder")
	input := flag.String("input", "", "NDJSON file of customers")
	records := flag.Int64("records", 100_000, "records in the input")
	limit := flag.Duration("limit", 10*time.Minute, "give up after this time")
	flag.Parse()
	if err := run(*binary, *template, *input, *records, *limit); err != nil {
		log.Fatal(err)
	}
}

func run(binary, template, input string, records int64, limit time.Duration) error {
	folder, err := os.MkdirTemp("", "endtoend")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.CopyFS(folder, os.DirFS(template)); err != nil {
		return err
	}
	in := filepath.Join(folder, "in")
	if err := os.Mkdir(in, 0o750); err != nil {
		return err
	}
	h, err := start(binary, folder)
	if err != nil {
		return err
	}
	defer h.stop()
	idle := h.memory("VmRSS")
	// dropped in one step: a file that is renamed into the folder is complete
	if err := copyFile(input, filepath.Join(folder, "incoming")); err != nil {
		return err
	}
	began := time.Now()
	if err := os.Rename(filepath.Join(folder, "incoming"), filepath.Join(in, "customers.ndjson")); err != nil {
		return err
	}
	customers, err := h.watch(records, began, limit)
	if err != nil {
		return err
	}
	took := time.Since(began)
	lines, err := countLines(filepath.Join(folder, "out.ndjson"))
	if err != nil {
		return err
	}
	fmt.Printf("%d records in, %d golden customers, %d lines out in %v: %.0f records/s\n", records, customers, lines, took.Round(10*time.Millisecond), float64(records)/took.Seconds())
	fmt.Printf("resident memory: %d MB before, %d MB at the end, %d MB at most\n", idle>>10, h.memory("VmRSS")>>10, h.memory("VmHWM")>>10)
	h.stop()
	cpu := h.command.ProcessState.UserTime() + h.command.ProcessState.SystemTime()
	fmt.Printf("processor time: %v, %v a record\n", cpu.Round(10*time.Millisecond), (cpu / time.Duration(records)).Round(time.Microsecond))
	if lines < customers {
		return fmt.Errorf("of %d customers only %d lines came out", customers, lines)
	}
	return nil
}

type hub struct {
	command *exec.Cmd
	client  *http.Client
}

func start(binary, folder string) (*hub, error) {
	c := exec.Command(binary, "run", folder, "--log-level", "warn")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	socket := filepath.Join(folder, ".touchstone", "touchstone.sock")
	h := &hub{command: c, client: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}
	for range 200 {
		if _, err := h.status(); err == nil {
			return h, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	h.stop()
	return nil, errors.New("the hub does not answer")
}

func (h *hub) stop() {
	if h.command.ProcessState == nil {
		_ = h.command.Process.Signal(syscall.SIGTERM)
		_ = h.command.Wait()
	}
}

type status struct {
	Customers  int64
	Records    map[string]int64
	Deliveries map[string]map[string]int64
	Dirty      map[string]int64
	Lag        map[string]int64
	Outbox     int64
}

func (h *hub) status() (s status, err error) {
	answer, err := h.client.Get("http://hub/v1/status")
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	return s, json.NewDecoder(answer.Body).Decode(&s)
}

// watch prints when each stage was done, and returns when all are.
func (h *hub) watch(records int64, began time.Time, limit time.Duration) (customers int64, err error) {
	stages := []struct {
		name string
		done func(status) bool
		at   time.Duration
	}{
		{name: "resolved", done: func(s status) bool { return s.Records["crm/customers"] == records }},
		{name: "published", done: func(s status) bool { return s.Records["crm/customers"] == records && s.Outbox == 0 }},
		{name: "delivered", done: func(s status) bool {
			return s.Records["crm/customers"] == records && s.Outbox == 0 &&
				s.Deliveries["mirror.customers"]["settled"] >= s.Customers && s.Dirty["mirror.customers"] == 0
		}},
	}
	left := len(stages)
	for left > 0 {
		s, err := h.status()
		if err != nil {
			return 0, err
		}
		if time.Since(began) > limit {
			return 0, fmt.Errorf("not done after %v: %+v", limit, s)
		}
		customers = s.Customers
		for i := range stages {
			if st := &stages[i]; st.at == 0 && st.done(s) {
				st.at = time.Since(began)
				left--
				fmt.Printf("%-10s %8v  %.0f records/s\n", st.name, st.at.Round(10*time.Millisecond), float64(records)/st.at.Seconds())
			}
		}
		time.Sleep(time.Second)
	}
	return customers, nil
}

// memory is a figure of /proc/PID/status in KiB.
func (h *hub) memory(name string) int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", h.command.Process.Pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err == nil {
				return n
			}
		}
	}
	return 0
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func countLines(path string) (n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		n++
	}
	return n, lines.Err()
}
