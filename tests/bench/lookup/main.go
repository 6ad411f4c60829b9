// Command lookup measures how long a call center waits for a customer's record: GET
// /v1/customers?phone=… over HTTP at a constant rate, with as many customers in the hub as the input
// has, random known numbers, several connections. It runs the hub as users do, on the embedded
// default, and loads it through the file connector.
//
//	lookup -touchstone bin/touchstone -hub tests/bench/endtoend/hub -input customers.ndjson -rate 1000 -for 10s
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/tests/bench/process"
)

func main() {
	binary := flag.String("touchstone", "bin/touchstone", "the program")
	folder := flag.String("hub", "tests/bench/endtoend/hub", "the hub folder")
	input := flag.String("input", "", "NDJSON file of customers, as tests/bench/records writes it")
	rate := flag.Int("rate", 1000, "requests a second")
	length := flag.Duration("for", 10*time.Second, "how long")
	connections := flag.Int("connections", 16, "requests under way at most")
	limit := flag.Duration("limit", 10*time.Minute, "give up loading after this time")
	flag.Parse()
	if err := run(*binary, *folder, *input, *rate, *connections, *length, *limit); err != nil {
		log.Fatal(err)
	}
}

func run(binary, folder, input string, rate, connections int, length, limit time.Duration) error {
	phones, err := readPhones(input)
	if err != nil {
		return err
	}
	hub, err := process.Start(binary, folder)
	if err != nil {
		return err
	}
	defer hub.Stop()
	if err := load(hub, input, len(phones), limit); err != nil {
		return err
	}
	asker := &asker{
		hub: hub, phones: phones,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: 10 * time.Second},
	}
	asker.measure(rate, min(length, time.Second), connections) // connections, caches
	asker.failed.Store(0)
	fmt.Println(asker.measure(rate, length, connections))
	if failed := asker.failed.Load(); failed > 0 {
		return fmt.Errorf("%d lookups failed", failed)
	}
	return nil
}

// load gives the hub the file and waits until all stages are done with it.
func load(hub *process.Hub, input string, records int, limit time.Duration) error {
	if err := hub.Drop(input, "customers.ndjson"); err != nil {
		return err
	}
	began := time.Now()
	for {
		s, err := hub.Status()
		if err != nil {
			return err
		}
		if s.Records["crm/customers"] == int64(records) && s.Outbox == 0 && s.Dirty["mirror.customers"] == 0 {
			fmt.Printf("%d customers, loaded in %v\n", s.Customers, time.Since(began).Round(time.Second))
			return nil
		}
		if time.Since(began) > limit {
			return fmt.Errorf("not loaded after %v: %+v", limit, s)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// asker is the call center.
type asker struct {
	hub    *process.Hub
	phones []string
	client *http.Client
	failed atomic.Int64
}

func (a *asker) measure(rate int, length time.Duration, connections int) string {
	times := make(process.Times, int(float64(rate)*length.Seconds()))
	cpu := a.hub.Processor()
	calls, late := process.Load(context.Background(), rate, length, connections, func(ctx context.Context, i int) {
		began := time.Now()
		if err := a.ask(ctx, a.phones[rand.IntN(len(a.phones))]); err != nil && a.failed.Add(1) == 1 {
			log.Print(err)
		}
		times[i] = time.Since(began)
	})
	cpu = a.hub.Processor() - cpu
	return fmt.Sprintf("%d lookups at %d/s over %d connections: %s\n%d failed, last one %v late, %v of processor time each, %d MB resident (%d at most, loading included)",
		calls, rate, connections, times.Quantiles(), a.failed.Load(), late.Round(time.Millisecond),
		(cpu / time.Duration(max(calls, 1))).Round(time.Microsecond), a.hub.Memory("VmRSS")>>10, a.hub.Memory("VmHWM")>>10)
}

// ask looks one number up; not to find it is an error.
func (a *asker) ask(ctx context.Context, phone string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.hub.API+"/v1/customers?phone="+url.QueryEscape(phone), nil)
	if err != nil {
		return err
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var found struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(text, &found); err != nil || answer.StatusCode != http.StatusOK || len(found.Items) == 0 {
		return fmt.Errorf("phone %s: %s: %.200s", phone, answer.Status, text)
	}
	return nil
}

func readPhones(path string) (phones []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r struct{ Phone string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		phones = append(phones, r.Phone)
	}
	if len(phones) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("%s has no records", path)
	}
	return phones, lines.Err()
}
