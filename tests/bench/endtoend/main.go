// Command endtoend measures the whole path on the embedded default, every write durable: an NDJSON
// file dropped into a folder, through Kafka, matching and survivorship into the golden store, and
// out into an NDJSON file. It runs the hub as users do, watches it through its socket, and prints
// when each stage was done, the rate, the processor time and the memory.
//
//	endtoend -touchstone bin/touchstone -hub tests/bench/endtoend/hub -records 100000
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/touchstone-hub/touchstone/tests/bench/process"
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
	h, err := process.Start(binary, template)
	if err != nil {
		return err
	}
	defer h.Stop()
	idle := h.Memory("VmRSS")
	began := time.Now()
	if err := h.Drop(input, "customers.ndjson"); err != nil {
		return err
	}
	customers, err := watch(h, records, began, limit)
	if err != nil {
		return err
	}
	took := time.Since(began)
	lines, err := countLines(filepath.Join(h.Folder, "out.ndjson"))
	if err != nil {
		return err
	}
	fmt.Printf("%d records in, %d golden customers, %d lines out in %v: %.0f records/s\n", records, customers, lines, took.Round(10*time.Millisecond), float64(records)/took.Seconds())
	fmt.Printf("resident memory: %d MB before, %d MB at the end, %d MB at most\n", idle>>10, h.Memory("VmRSS")>>10, h.Memory("VmHWM")>>10)
	h.Stop()
	cpu := h.Processor()
	fmt.Printf("processor time: %v, %v a record\n", cpu.Round(10*time.Millisecond), (cpu / time.Duration(records)).Round(time.Microsecond))
	if lines < customers {
		return fmt.Errorf("of %d customers only %d lines came out", customers, lines)
	}
	return nil
}

// watch prints when each stage was done, and returns when all are.
func watch(h *process.Hub, records int64, began time.Time, limit time.Duration) (customers int64, err error) {
	stages := []struct {
		name string
		done func(process.Status) bool
		at   time.Duration
	}{
		{name: "resolved", done: func(s process.Status) bool { return s.Records["crm/customers"] == records }},
		{name: "published", done: func(s process.Status) bool { return s.Records["crm/customers"] == records && s.Outbox == 0 }},
		{name: "delivered", done: func(s process.Status) bool {
			return s.Records["crm/customers"] == records && s.Outbox == 0 &&
				s.Deliveries["mirror.customers"]["settled"] >= s.Customers && s.Dirty["mirror.customers"] == 0
		}},
	}
	left := len(stages)
	for left > 0 {
		s, err := h.Status()
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
