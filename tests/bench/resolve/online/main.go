// Command online measures how fast records find their customers as they arrive: batches into a
// durable store through the resolver, with the rules of the folder hub, as the hub's resolve stage
// does it when it lags behind: the largest batches, one partition beside the other. Parameters are learnt first, from the first records of the population, without their labels.
// It tells the rate at each mark (over the tenth of the records before it), how long a single record
// takes in the full store, where the memory is, and how right the customers are.
//
//	online -store postgres -n 1000000 -marks 100000,1000000
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/bench/process"
	"github.com/touchstone-hub/touchstone/tests/bench/resolve/rig"
	"github.com/touchstone-hub/touchstone/tests/population"
)

type settings struct {
	store string
	n     int
	seed  uint64
	batch int

	partitions int
	marks      []int
	single     int
	ruleset    string
	params     string
	train      int
	profile    string
	floor      float64
}

func main() {
	log.SetFlags(0)
	var s settings
	flag.StringVar(&s.store, "store", "postgres", "postgres (a private server, or TOUCHSTONE_POSTGRES) or sqlite")
	flag.IntVar(&s.n, "n", 100_000, "records")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the population")
	flag.IntVar(&s.batch, "batch", 2000, "records in a transaction at most; the hub's")
	flag.IntVar(&s.partitions, "partitions", 0, "of the topic; 0 for the hub's: 6 with PostgreSQL, on a cluster, and 1 with SQLite and the embedded broker")
	flag.Func("marks", "numbers of records at which the rate is told, by commas; the end is always one", func(text string) (err error) {
		s.marks, err = numbers(text)
		return err
	})
	flag.IntVar(&s.single, "single", 1000, "records that arrive alone at the end, to time each")
	flag.StringVar(&s.ruleset, "ruleset", "tests/bench/resolve/hub/golden.yaml", "golden.yaml; \"\" for the rules that a hub has without one")
	flag.StringVar(&s.params, "params", "", "golden.params; where there is no such file, what was learnt is written there")
	flag.IntVar(&s.train, "train", 100_000, "records at most from which parameters are learnt; 0 for none")
	flag.StringVar(&s.profile, "cpuprofile", "", "write a processor profile of resolving to this file")
	flag.Float64Var(&s.floor, "least", 0, "fail where the rate at the end is lower, in records a second")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		log.Fatalf("online: %v", err)
	}
}

func numbers(text string) (list []int, err error) {
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func run(ctx context.Context, s settings) error {
	if s.n <= s.single || s.batch < 1 || s.partitions < 0 {
		return fmt.Errorf("-n: found %d, expected more records than arrive alone, %d", s.n, s.single)
	}
	if s.partitions == 0 {
		s.partitions = map[string]int{"postgres": 6, "sqlite": 1}[s.store]
	}
	rules, err := ruleset(s)
	if err != nil {
		return err
	}
	store, server, folder, err := rig.Open(ctx, s.store)
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	defer store.Close()
	stopProfile, err := rig.Profile(s.profile)
	if err != nil {
		return err
	}
	next, stop := iter.Pull(population.New(s.n, s.seed).Records())
	defer stop()
	m := &measurement{next: next, settings: s, store: store, resolver: golden.NewResolver(store, rules, golden.ResolverOptions{})}
	if err := m.load(ctx); err != nil {
		return err
	}
	stopProfile()
	if err := m.quality(ctx); err != nil {
		return err
	}
	process.Memory(server)
	if s.floor > 0 && m.last < s.floor {
		return fmt.Errorf("%.0f records/s at %d, expected %.0f", m.last, s.n, s.floor)
	}
	return nil
}

// stretch is how many records are made at a time, outside of what is timed.
const stretch = 20_000

// stretches yields the next n records of the population as canonical documents.
func (m *measurement) stretches(n int) iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		for n > 0 {
			docs := make([][]byte, 0, min(n, stretch))
			for len(docs) < cap(docs) {
				r, more := m.next()
				if !more {
					m.failed = fmt.Errorf("the population ends %d records early", n-len(docs))
					return
				}
				m.labels = append(m.labels, r.Cluster)
				c := r.Customer()
				m.keys = append(m.keys, c.Source.Key())
				doc, err := c.AppendJSON(nil)
				if err != nil {
					m.failed = err
					return
				}
				docs = append(docs, doc)
			}
			n -= len(docs)
			if !yield(docs) {
				return
			}
		}
	}
}

// seconds are shown with three digits.
func seconds(d time.Duration) string { return d.Round(time.Millisecond).String() }
