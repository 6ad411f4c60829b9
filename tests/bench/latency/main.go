// Command latency measures how long a change takes from one system to the other on the embedded
// default, every write durable: from the moment at which the source begins its webhook to the moment
// at which the target has received the write. It runs the hub as users do and stands in for both
// systems. Half of the records are new customers, half change one that came in before.
//
//	latency -touchstone bin/touchstone -hub tests/bench/latency/hub -rates 500,1000 -for 20s
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/tests/bench/process"
)

func main() {
	binary := flag.String("touchstone", "bin/touchstone", "the program")
	folder := flag.String("hub", "tests/bench/latency/hub", "the hub folder")
	rates := flag.String("rates", "500,1000", "records a second, one run each")
	length := flag.Duration("for", 20*time.Second, "length of each run")
	warm := flag.Duration("warm", 3*time.Second, "of the first rate, not counted")
	flag.Parse()
	if err := run(*binary, *folder, *rates, *length, *warm); err != nil {
		log.Fatal(err)
	}
}

func run(binary, folder, rates string, length, warm time.Duration) error {
	b := &bench{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}, Timeout: 30 * time.Second}}
	target := httptest.NewServer(b)
	defer target.Close()
	hub, err := process.Start(binary, folder, "SHOP="+target.URL, "TOKEN="+token)
	if err != nil {
		return err
	}
	defer hub.Stop()
	b.hub = hub
	for i, text := range strings.Split(rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil || rate < 1 {
			return fmt.Errorf("rate %q is not a number of records a second", text)
		}
		if i == 0 && warm > 0 {
			if _, err := b.measure(rate, warm); err != nil {
				return err
			}
		}
		line, err := b.measure(rate, length)
		if err != nil {
			return err
		}
		fmt.Println(line)
	}
	return nil
}

// senders is how many webhooks are under way at most; a source that waits longer than that falls
// behind, which is reported.
const senders = 256

// token is what the source shows with its webhooks.
const token = "of-the-stand-in"

// longest is how long after the last webhook a change may arrive.
const longest = 20 * time.Second

// bench is both systems. Records are numbered from 0 over all runs; the number travels in the street.
type bench struct {
	hub    *process.Hub
	client *http.Client
	first  int // number of the run's first record
	seen   atomic.Pointer[journeys]
}

// journeys are the times of one run's records, in Unix nanoseconds; 0 for what has not happened.
type journeys struct {
	first         int
	sent, arrived []atomic.Int64
	accepted      []time.Duration
	count, failed atomic.Int64
}

func (b *bench) measure(rate int, length time.Duration) (string, error) {
	n := int(float64(rate) * length.Seconds())
	j := &journeys{first: b.first, sent: make([]atomic.Int64, n), arrived: make([]atomic.Int64, n), accepted: make([]time.Duration, n)}
	b.first += n
	b.seen.Store(j)
	cpu, memory := b.hub.Processor(), b.watchMemory()
	calls, late := process.Load(context.Background(), rate, length, senders, func(ctx context.Context, i int) { b.send(ctx, j, i) })
	deadline := time.Now().Add(longest)
	for j.count.Load() < int64(calls) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	cpu = b.hub.Processor() - cpu
	var times process.Times
	for i := range n {
		if at := j.arrived[i].Load(); at > 0 {
			times = append(times, time.Duration(at-j.sent[i].Load()))
		}
	}
	if failed := j.failed.Load(); failed > 0 {
		return "", fmt.Errorf("%d of %d webhooks were not accepted", failed, calls)
	}
	lost := calls - len(times)
	line := fmt.Sprintf("%5d/s  accepted: %s\n         at the target: %s; %d of %d seen there\n", rate,
		process.Times(j.accepted).Quantiles(), times.Quantiles(), len(times), calls)
	line += fmt.Sprintf("         %d MB resident at most, %v of processor time a record, last webhook %v late", memory()>>10,
		(cpu / time.Duration(calls)).Round(time.Microsecond), late.Round(time.Millisecond))
	// a change that a later one overtook is not sent, so a few may be missing, not many
	if lost > calls/20 {
		return line, errors.New(line + fmt.Sprintf("\n%d changes did not arrive", lost))
	}
	return line, nil
}

// watchMemory gives what the hub held at most between the two calls, in KiB.
func (b *bench) watchMemory() (stop func() int64) {
	done, most := make(chan struct{}), make(chan int64)
	go func() {
		var peak int64
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, b.hub.Memory("VmRSS"))
			select {
			case <-tick.C:
			case <-done:
				most <- peak
				return
			}
		}
	}()
	return func() int64 { close(done); return <-most }
}

// send is the source: one webhook. Odd records change the customer whom the record before the one
// 1,000 earlier made, by its street.
func (b *bench) send(ctx context.Context, j *journeys, i int) {
	no := j.first + i
	id, revision := no, 0
	if no%2 == 1 && no > 1000 {
		id, revision = no-1001, no
	}
	names := []string{"Schmidt", "Nguyen", "Müller", "Garcia", "Rossi", "Novak", "Wang", "Okafor", "Larsen", "Dubois", "Yilmaz"}
	body := fmt.Sprintf(`{"id":%d,"revision":%d,"first":"Anna %c","last":%q,"mail":"c%d@example.com","phone":"+4930%08d","street":"Hauptstraße %d","city":"Berlin","zip":"%05d","country":"DE"}`,
		id, revision, 'A'+id%26, names[id%len(names)], id, id, no, 10000+id%89999)
	began := time.Now()
	j.sent[i].Store(began.UnixNano())
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.hub.Intake+"/in/crm/customers", strings.NewReader(body))
	if err == nil {
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Authorization", "Bearer "+token)
		var answer *http.Response
		if answer, err = b.client.Do(q); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode >= http.StatusBadRequest {
				err = errors.New(answer.Status)
			}
		}
	}
	if err != nil && j.failed.Add(1) == 1 {
		log.Printf("webhook %d: %v", no, err)
	}
	j.accepted[i] = time.Since(began)
}

// ServeHTTP is the target.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	no := number(body)
	if j := b.seen.Load(); j != nil && no >= j.first && no < j.first+len(j.arrived) {
		if j.arrived[no-j.first].CompareAndSwap(0, now.UnixNano()) {
			j.count.Add(1)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id": "S%d"}`, no)
}

// number is that of the record that a payload was made from; -1 where it has none.
func number(body []byte) int {
	_, after, _ := bytes.Cut(body, []byte("Hauptstraße "))
	digits, _, _ := bytes.Cut(after, []byte(`"`))
	no, err := strconv.Atoi(string(digits))
	if err != nil {
		return -1
	}
	return no
}
