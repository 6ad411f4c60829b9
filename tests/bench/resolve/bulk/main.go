// Command bulk measures how fast all records of a population find their customers at once: features,
// training, and from keys to customers, with how right the customers are.
//
//	bulk -n 1000000 -cpuprofile bulk.pprof
package main

import (
	"flag"
	"fmt"
	"log"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/match"
	"github.com/touchstone-hub/touchstone/tests/bench/resolve/rig"
	"github.com/touchstone-hub/touchstone/tests/population"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 100_000, "records")
	seed := flag.Uint64("seed", 1, "seed of the population")
	ruleset := flag.String("ruleset", "tests/bench/resolve/hub/golden.yaml", "golden.yaml")
	profile := flag.String("cpuprofile", "", "write a processor profile of training and resolving to this file")
	flag.Parse()
	if err := run(*n, *seed, *ruleset, *profile); err != nil {
		log.Fatalf("bulk: %v", err)
	}
}

func run(n int, seed uint64, path, profile string) error {
	rules, err := rig.Rules(path)
	if err != nil {
		return err
	}
	began := time.Now()
	used := processor()
	step := func(what string) {
		fmt.Printf("%-10s %6.2f s, %6.2f s of processor\n", what, time.Since(began).Seconds(), (processor() - used).Seconds())
		began, used = time.Now(), processor()
	}
	records, labels := read(rules, population.New(n, seed))
	step("features")
	runtime.GC()
	fmt.Printf("%-10s %6d bytes a record\n", "features", heap()/uint64(n))
	stop, err := rig.Profile(profile)
	if err != nil {
		return err
	}
	defer stop()
	began, used = time.Now(), processor()
	trained, err := golden.Train(rules, records, nil, nil)
	if err != nil {
		return err
	}
	step("training")
	for _, why := range trained.Refusals {
		fmt.Println("  refused:", why)
	}
	b := rules.MatchRules().Block(records)
	step("blocks")
	matching := *rules.MatchRules()
	matching.Parameters = trained.Parameters
	began, used = time.Now(), processor()
	found := matching.ResolveBlocks(b)
	step("resolving")
	of := make([]int, n)
	largest := 0
	for c, members := range found.Clusters {
		largest = max(largest, len(members))
		for _, i := range members {
			of[i] = c
		}
	}
	s := population.Score(of, labels)
	fmt.Printf("%d pairs share a key (%.1f candidates a record), %d edges, %d customers, the largest of %d records, %d findings\n",
		found.Pairs, 2*float64(found.Pairs)/float64(n), len(found.Edges), len(found.Clusters), largest, len(found.Findings))
	fmt.Printf("pairs: precision %.4f, recall %.4f, F1 %.4f\n", s.Precision(), s.Recall(), s.F1())
	return nil
}

// read derives the features of all records on all cores.
func read(rules *golden.Ruleset, p *population.Population) (records []match.Record, labels []int) {
	const part = 4096
	var wait sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	records = make([]match.Record, p.Len())
	from := 0
	for people := range chunks(p, part) {
		for i := range people {
			labels = append(labels, people[i].Cluster)
		}
		at := from
		from += len(people)
		free <- struct{}{}
		wait.Go(func() {
			for i := range people {
				c := people[i].Customer()
				in := golden.Incoming{Customer: c}
				in.Record.System, in.Record.Stream, in.Record.ID = c.Source.System, c.Source.Stream, c.Source.ID
				in.Record.Key = c.Source.System + "/" + c.Source.Stream + "/" + c.Source.ID
				records[at+i] = rules.MatchRecord(&in)
			}
			<-free
		})
	}
	wait.Wait()
	return records, labels
}

func chunks(p *population.Population, n int) func(yield func([]population.Record) bool) {
	return func(yield func([]population.Record) bool) {
		part := make([]population.Record, 0, n)
		for r := range p.Records() {
			if part = append(part, r); len(part) == n {
				if !yield(part) {
					return
				}
				part = make([]population.Record, 0, n)
			}
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// processor is how much time of processors the program has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
