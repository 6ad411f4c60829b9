// Command lookup measures how long a call center waits for a customer's record: GET
// /v1/customers?phone=… over HTTP at a constant rate, with as many customers in the hub as the input
// has, random known values, several connections; and likewise by mail address, identifier and name.
// It runs the hub as users do, on the embedded default, and loads it through the file connector. With
// -keep the store is one in that folder, which is filled directly where it is empty, and stays.
//
//	lookup -touchstone bin/touchstone -hub tests/bench/lookup/hub -keep /var/tmp/million -store postgres -n 1000000
//	lookup -touchstone bin/touchstone -hub tests/bench/lookup/hub -input people.ndjson -by phone,name -rate 1000 -for 10s
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/touchstone-hub/touchstone/tests/bench/process"
)

type settings struct {
	binary, folder, input string
	keep, store           string
	n                     int
	by                    []string
	rate, connections     int
	length, limit         time.Duration
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "touchstone", "bin/touchstone", "the program")
	flag.StringVar(&s.folder, "hub", "tests/bench/lookup/hub", "the hub folder")
	flag.StringVar(&s.input, "input", "", "NDJSON file of customers, as tests/population/generate writes it")
	flag.StringVar(&s.keep, "keep", "", "folder of a store that stays, instead of -input")
	flag.StringVar(&s.store, "store", "postgres", "what is kept there: postgres or sqlite")
	flag.IntVar(&s.n, "n", 1_000_000, "customers in the store that is kept")
	by := flag.String("by", "phone,email,identifier,name,q", "what is asked for, one after another")
	flag.IntVar(&s.rate, "rate", 1000, "requests a second")
	flag.DurationVar(&s.length, "for", 10*time.Second, "how long")
	flag.IntVar(&s.connections, "connections", 16, "requests under way at most")
	flag.DurationVar(&s.limit, "limit", 10*time.Minute, "give up loading after this time")
	flag.Parse()
	s.by = strings.Split(*by, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, s settings) error {
	known, records, err := readQuestions(s)
	if err != nil {
		return err
	}
	hub, err := start(ctx, s, records)
	if err != nil {
		return err
	}
	defer hub.Stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: s.connections}, Timeout: 10 * time.Second}
	// What the machine adds by itself, which is much where it has other work to do.
	fmt.Println((&asker{hub: hub, by: "nothing", client: client}).measure(ctx, s.rate, min(s.length, 5*time.Second), s.connections))
	for i, what := range s.by {
		asker := &asker{hub: hub, by: what, questions: known[i], client: client}
		asker.measure(ctx, s.rate, min(s.length, 2*time.Second), s.connections) // connections, caches
		asker.failed.Store(0)
		asker.empty.Store(0)
		asker.bytes.Store(0)
		fmt.Println(asker.measure(ctx, s.rate, s.length, s.connections))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failed := asker.failed.Load(); failed > 0 {
			return fmt.Errorf("%d lookups failed", failed)
		}
	}
	fmt.Printf("%d MB resident (%d at most, loading included)\n", hub.Memory("VmRSS")>>10, hub.Memory("VmHWM")>>10)
	return nil
}

// start runs the hub with all customers in its store.
func start(ctx context.Context, s settings, records int) (*process.Hub, error) {
	if s.keep != "" {
		k, err := openKept(ctx, s.keep, s.store, s.n)
		if err != nil {
			return nil, err
		}
		return process.Start(s.binary, s.folder, k.env()...)
	}
	hub, err := process.Start(s.binary, s.folder)
	if err != nil {
		return nil, err
	}
	if err := load(hub, s.input, records, s.limit); err != nil {
		hub.Stop()
		return nil, err
	}
	return hub, nil
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
		if len(s.DeadLetters) > 0 {
			return fmt.Errorf("records became dead letters: %v", s.DeadLetters)
		}
		if time.Since(began) > limit {
			return fmt.Errorf("not loaded after %v: %+v", limit, s)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// asker is the call center.
type asker struct {
	hub       *process.Hub
	by        string
	questions []string
	client    *http.Client
	failed    atomic.Int64
	empty     atomic.Int64 // answers without a customer
	bytes     atomic.Int64 // of all answers
}

func (a *asker) measure(ctx context.Context, rate int, length time.Duration, connections int) string {
	times := make(process.Times, int(float64(rate)*length.Seconds()))
	cpu := a.hub.Processor()
	calls, late := process.Load(ctx, rate, length, connections, func(ctx context.Context, i int) {
		began := time.Now()
		if err := a.one(ctx); err != nil && a.failed.Add(1) == 1 {
			log.Print(err)
		}
		times[i] = time.Since(began)
	})
	cpu = a.hub.Processor() - cpu
	return fmt.Sprintf("%d lookups by %s at %d/s over %d connections: %s\n%d failed, %d found nobody, %d bytes each, last one %v late, %v of the hub's processor time each",
		calls, a.by, rate, connections, times.Quantiles(), a.failed.Load(), a.empty.Load(), a.bytes.Load()/int64(max(calls, 1)), late.Round(time.Millisecond),
		(cpu / time.Duration(max(calls, 1))).Round(time.Microsecond))
}

// one asks a question at random, or none: for the hub's health, which it tells without its store.
func (a *asker) one(ctx context.Context) error {
	if len(a.questions) > 0 {
		return a.ask(ctx, a.questions[rand.IntN(len(a.questions))])
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.hub.API+"/healthz", nil)
	if err != nil {
		return err
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

// ask looks one value up. Not to find it is an error, but for a name: of a customer's names in
// several systems one survives.
func (a *asker) ask(ctx context.Context, value string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.hub.API+"/v1/customers?"+a.by+"="+url.QueryEscape(value), nil)
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
	a.bytes.Add(int64(len(text)))
	var found struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(text, &found); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %.200s", a.by, value, answer.Status, text)
	}
	if len(found.Items) == 0 {
		a.empty.Add(1)
		if a.by != "name" && a.by != "q" {
			return fmt.Errorf("%s %s: found nobody", a.by, value)
		}
	}
	return nil
}
