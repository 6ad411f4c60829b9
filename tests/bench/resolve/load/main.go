// Command load measures the first load of a golden store: all records of a population at once into
// an empty PostgreSQL or SQLite that syncs what it commits, survivorship included. It tells the seconds
// of each step, where the memory is, and how right the customers are.
//
//	load -store postgres -n 1000000 -ruleset tests/bench/resolve/hub/golden.yaml
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/bench/process"
	"github.com/touchstone-hub/touchstone/tests/bench/resolve/rig"
	"github.com/touchstone-hub/touchstone/tests/population"
)

type settings struct {
	store   string
	n       int
	seed    uint64
	ruleset string
	params  string
	profile string
	most    time.Duration
}

func main() {
	log.SetFlags(0)
	var s settings
	flag.StringVar(&s.store, "store", "postgres", "postgres (a private server, or TOUCHSTONE_POSTGRES) or sqlite")
	flag.IntVar(&s.n, "n", 100_000, "records")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the population")
	flag.StringVar(&s.ruleset, "ruleset", "", "golden.yaml; without it the shipped rules")
	flag.StringVar(&s.params, "params", "", "golden.params; without it the weights are untrained")
	flag.StringVar(&s.profile, "cpuprofile", "", "write a processor profile of the load to this file")
	flag.DurationVar(&s.most, "most", 0, "fail where the whole load takes longer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		log.Fatalf("load: %v", err)
	}
}

func run(ctx context.Context, s settings) error {
	rules, err := ruleset(s)
	if err != nil {
		return err
	}
	docs, labels, err := documents(s)
	if err != nil {
		return err
	}
	store, server, folder, err := rig.Open(ctx, s.store)
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	defer store.Close()
	took, keys, err := load(ctx, s, golden.NewResolver(store, rules, golden.ResolverOptions{}), docs)
	if err != nil {
		return err
	}
	process.Processor(server)
	process.Memory(server)
	if err := quality(ctx, store, keys, labels); err != nil {
		return err
	}
	if s.most > 0 && took > s.most {
		return fmt.Errorf("the load took %s, expected %s at most", rig.Seconds(took), s.most)
	}
	return nil
}

func ruleset(s settings) (*golden.Ruleset, error) {
	rules, err := rig.Rules(s.ruleset)
	if err != nil || s.params == "" {
		return rules, err
	}
	text, err := os.ReadFile(s.params)
	if err != nil {
		return nil, err
	}
	return rules, rig.UseParams(rules, s.params, text)
}

// documents are the population's records as they stand on the canonical topic, made outside of what
// is timed, and whose they are.
func documents(s settings) (docs [][]byte, labels []int, err error) {
	for r := range population.New(s.n, s.seed).Records() {
		c := r.Customer()
		doc, err := c.AppendJSON(nil)
		if err != nil {
			return nil, nil, err
		}
		docs, labels = append(docs, doc), append(labels, r.Cluster)
	}
	return docs, labels, nil
}

// load parses and loads the documents, and prints how long each step took.
func load(ctx context.Context, s settings, resolver *golden.Resolver, docs [][]byte) (took time.Duration, keys []string, err error) {
	stop, err := rig.Profile(s.profile)
	if err != nil {
		return 0, nil, err
	}
	began := time.Now()
	records, keys, err := parse(resolver, docs)
	if err != nil {
		return 0, nil, err
	}
	clear(docs)
	note := func(step string, took time.Duration) { fmt.Printf("%9s  %s\n", rig.Seconds(took), step) }
	note("parse and standardise", time.Since(began))
	loaded, err := resolver.Load(ctx, golden.Load{Records: records, Note: note})
	took = time.Since(began)
	stop()
	if err != nil {
		return 0, nil, err
	}
	fmt.Printf("%9s  in all, into %s: %d records, %.0f/s; %d pairs weighed, %d edges, %d customers, %d tasks\n",
		rig.Seconds(took), s.store, loaded.Records, float64(loaded.Records)/took.Seconds(), loaded.Compared, loaded.Edges, loaded.Customers, loaded.Tasks)
	return took, keys, nil
}

// parse reads and prepares documents on all cores, as the hub's resolve stage does with a backlog.
func parse(resolver *golden.Resolver, docs [][]byte) ([]golden.Prepared, []string, error) {
	records, keys := make([]golden.Prepared, len(docs)), make([]string, len(docs))
	errs := make([]error, runtime.GOMAXPROCS(0))
	var next atomic.Int64
	done := make(chan struct{})
	for worker := range errs {
		go func() {
			defer func() { done <- struct{}{} }()
			var in golden.Incoming
			for i := int(next.Add(1)) - 1; i < len(docs) && errs[worker] == nil; i = int(next.Add(1)) - 1 {
				if errs[worker] = in.Parse(docs[i]); errs[worker] == nil {
					records[i], keys[i] = resolver.Prepare(&in), in.Record.Key
				}
			}
		}()
	}
	for range errs {
		<-done
	}
	return records, keys, errors.Join(errs...)
}

// quality compares the customers with the labels.
func quality(ctx context.Context, store golden.Store, keys []string, labels []int) error {
	number := make(map[string]int, len(keys))
	for i, key := range keys {
		number[key] = i
	}
	customers, n := make([]int, len(keys)), 0
	_, err := store.Snapshot(ctx, func(g golden.GoldenRecord) error {
		n++
		for _, key := range g.Sources {
			customers[number[key]] = n
		}
		return nil
	})
	if err != nil {
		return err
	}
	pairs := population.Score(customers, labels)
	fmt.Printf("%d customers; pairs: precision %.4f, recall %.4f, F1 %.4f\n", n, pairs.Precision(), pairs.Recall(), pairs.F1())
	return nil
}
