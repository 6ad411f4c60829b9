package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

const (
	writers = 4
	// A database is left for a new one after so many histories: what was deleted is still in its files.
	histories = 500
)

// TestConvergence_concurrentWriters: several processes on one PostgreSQL, each with partitions of
// its own and people who work with it, while one of them sweeps, end in what one process makes of
// the same records at once. Other numbers of histories, and another first one:
// TOUCHSTONE_HISTORIES_POSTGRES, TOUCHSTONE_HISTORY.
func TestConvergence_concurrentWriters(t *testing.T) {
	t.Parallel()
	counts := &tally{}
	first, n := count("TOUCHSTONE_HISTORY", 0), count("TOUCHSTONE_HISTORIES_POSTGRES", 300)
	var next atomic.Int64
	for lane := range 2 { // one waits for the database while the other works
		t.Run(fmt.Sprintf("lane %d", lane), func(t *testing.T) {
			t.Parallel()
			other := onSQLite(t)
			for done := false; !done; {
				stores, end := together(t)
				for range histories {
					number := int(next.Add(1)) - 1
					if done = number >= n; done {
						break
					}
					runTogether(t, stores, other, first+number, counts)
				}
				end()
			}
		})
	}
	t.Cleanup(func() { counts.expect(t, rarelyTogether) })
}

// rarelyTogether says in how many histories each thing has to happen once at least.
var rarelyTogether = map[string]int{
	"rules exact to exact": 10, "rules exact to scored": 10, "rules scored to exact": 10, "rules scored to scored": 15,
	"merge": 5, "move": 20, "split": 10, "judge": 10, "pin": 10, "undo": 5, "erase": 10, "answer": 30,
	"decide": 2, "link": 2, "again": 2, "batch": 1, "taken over": 2,
	"customer merged": 1, "customer split": 1, "customer deleted": 2,
}

// together opens the stores of several processes on one new database.
func together(t *testing.T) (stores []*postgres.Store, end func()) {
	t.Helper()
	url := pgtest.Start(t)
	for i := range writers {
		// some read beside what they write, and some send even one row at once
		store, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 2 + i%2, SendFrom: i / 2 % 2})
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, store)
	}
	return stores, func() {
		for _, store := range stores {
			_ = store.Close()
		}
	}
}

// script is a history that several writers play: phase by phase, each with a ruleset.
type script struct {
	seed   uint64
	phases []phase
	events []golden.Incoming
}

type phase struct {
	yaml string
	work [writers][]job
}

// job is one thing that a writer does.
type job struct {
	name string
	do   func(w *writer) error
}

// scripts draws what the writers do. What depends on how things stand by then, such as the ID of a
// customer, is looked up by the writer.
var scripts = rapid.Custom(func(rt *rapid.T) *script {
	h := &history{rt: rt, t: rt}
	s := &script{seed: rapid.Uint64().Draw(rt, "seed")}
	for range 1 + below(rt, "phases", 3) {
		p := phase{yaml: draw(rt, "ruleset", allRules...)}
		for range 2 + below(rt, "batches", 6) {
			batch := h.batch()
			h.events = append(h.events, batch...)
			for i := range writers {
				own := slices.DeleteFunc(slices.Clone(batch), func(in golden.Incoming) bool { return partition(in.Key()) != i })
				if len(own) > 0 {
					p.work[i] = append(p.work[i], job{"batch", func(w *writer) error { return w.batch(own) }})
				}
			}
		}
		for i := range writers {
			for range below(rt, "jobs", 4) {
				at := below(rt, "at", len(p.work[i])+1)
				p.work[i] = slices.Insert(p.work[i], at, someJob(rt))
			}
		}
		s.phases = append(s.phases, p)
	}
	s.events = h.events
	return s
})

// partition is the writer that a record comes to.
func partition(key string) int { return slices.Index(allKeys, key) % writers }

// writer is one process.
type writer struct {
	*ensemble
	no       int
	resolver *golden.Resolver
	sent     int64 // next offset
}

// ensemble is what the writers of one history have in common.
type ensemble struct {
	sync.Mutex
	group   string
	store   *postgres.Store
	ids     map[string]int64 // of all customers that there ever were
	erased  map[string]bool
	changes []golden.Change
}

// runTogether plays one history and compares what comes of it.
func runTogether(t *testing.T, stores []*postgres.Store, other emptyable, number int, counts *tally) {
	t.Helper()
	for _, s := range []emptyable{stores[0], other} {
		if err := s.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := scripts.Example(number)
	e := &ensemble{group: fmt.Sprintf("resolve-%d", number), store: stores[0], ids: map[string]int64{}, erased: map[string]bool{}}
	all := make([]*writer, writers)
	for i := range all {
		all[i] = &writer{ensemble: e, no: i}
	}
	was := ""
	for n, p := range s.phases {
		for i, w := range all {
			w.resolver = golden.NewResolver(stores[i], rulesOf(t, p.yaml), golden.ResolverOptions{OnChanged: watch, Suppress: golden.NewSuppressor([]byte("key"))})
		}
		if n > 0 && was != p.yaml {
			counts.add(fmt.Sprintf("rules %s to %s", sortOf(was), sortOf(p.yaml)))
		}
		was = p.yaml
		if err := play(all, p, n > 0, counts); err != nil {
			t.Fatalf("history %d, phase %d: %v", number, n, err)
		}
	}
	for _, c := range e.changes {
		counts.add("customer " + string(c.Type))
	}
	h := &history{
		t: named{t, fmt.Sprintf("history %d", number)}, store: stores[0], other: other, tally: counts, random: rand.New(rand.NewPCG(s.seed, 2)),
		yaml: was, rules: rulesOf(t, was), events: s.events, versions: e.ids, erased: e.erased,
	}
	h.reread()
	h.look()
	h.check()
}

// named says which history a failure is of.
type named struct {
	*testing.T
	name string
}

func (n named) Fatalf(format string, args ...any) {
	n.Helper()
	n.T.Fatalf("%s: %s", n.name, fmt.Sprintf(format, args...))
}

func (n named) Fatal(args ...any) {
	n.Helper()
	n.T.Fatalf("%s: %s", n.name, fmt.Sprint(args...))
}

// play lets all writers work at the same time, and one of them sweep beside where the rules changed.
func play(all []*writer, p phase, sweep bool, counts *tally) error {
	var wait sync.WaitGroup
	errs := make([]error, writers+1)
	for i, w := range all {
		wait.Go(func() {
			for _, j := range p.work[i] {
				err := j.do(w)
				if refusal(err) {
					counts.add(j.name + " refused")
					continue
				}
				if err != nil {
					errs[i] = fmt.Errorf("writer %d: %s: %w", i, j.name, err)
					return
				}
				counts.add(j.name)
			}
		})
	}
	if sweep {
		wait.Go(func() { errs[writers] = all[0].sweep() })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (w *writer) sweep() error {
	for place := ""; ; {
		next, result, err := w.resolver.Sweep(context.Background(), place, 3)
		w.took(result)
		if err != nil || next == "" {
			return err
		}
		place = next
	}
}

// took keeps what changed.
func (e *ensemble) took(result golden.Result) {
	e.Lock()
	defer e.Unlock()
	for _, c := range result.Changes {
		e.ids[c.ID] = c.Version
		e.changes = append(e.changes, c)
	}
}

// batch resolves records of the writer's partition. What is sent once more by a process that has not
// noticed that it lost its partition does not count.
func (w *writer) batch(own []golden.Incoming) error {
	b := golden.Batch{Records: own, Offset: &golden.OffsetAdvance{
		Group: w.group, Topic: "canonical.customer", Partition: w.no, Expected: w.sent, Next: w.sent + int64(len(own)),
	}}
	result, err := w.resolver.Resolve(context.Background(), b)
	if err != nil {
		return err
	}
	w.sent = b.Offset.Next
	w.took(result)
	return nil
}

// takenOver sends records with an offset that is gone.
func (w *writer) takenOver(stray golden.Incoming) error {
	if w.sent == 0 {
		return nil
	}
	_, err := w.resolver.Resolve(context.Background(), golden.Batch{Records: []golden.Incoming{stray}, Offset: &golden.OffsetAdvance{
		Group: w.group, Topic: "canonical.customer", Partition: w.no, Expected: w.sent - 1, Next: w.sent,
	}})
	if !errors.Is(err, golden.ErrFenced) {
		return fmt.Errorf("a batch with an offset that is gone: %w", errors.Join(err, errors.New("not fenced")))
	}
	return nil
}

// customer is the golden ID of the customer that a record belongs to.
func (w *writer) customer(key string) (string, error) {
	found, err := w.store.FindCustomers(context.Background(), golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: key}}, Limit: 1})
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("customer of %s: %w", key, golden.ErrNotFound)
	}
	return found[0].ID, nil
}

func (w *writer) act(strength golden.Strength, do golden.Doing) error {
	e, err := w.resolver.Act(context.Background(), golden.Act{Author: "kim", Strength: strength, Do: do})
	var result golden.Result
	for _, c := range e.Customers {
		result.Changes = append(result.Changes, golden.Change{ID: c.ID, Version: c.After.Version, Type: c.Type})
	}
	w.took(result)
	return err
}

// someJob is something that a person does, or the hub beside its batches.
func someJob(rt *rapid.T) job {
	keys := someKeys(rt, "records", 3, 4)
	left, right := keys[:1], keys[1:]
	strength, verdict := pick(rt, "strength", strengths), pick(rt, "verdict", verdicts)
	pin := pick(rt, "pin", pinnable)
	nth := below(rt, "which", 100)
	// of is an act about the customer that the first record belongs to.
	of := func(name string, doing func(id string) golden.Doing) job {
		return job{name, func(w *writer) error {
			id, err := w.customer(keys[0])
			if err != nil {
				return err
			}
			return w.act(strength, doing(id))
		}}
	}
	jobs := []func() job{
		func() job {
			return job{"merge", func(w *writer) error { return w.act(strength, golden.Merge(keys[0], keys[1])) }}
		},
		func() job { return of("move", func(id string) golden.Doing { return golden.Move(keys[1], id) }) },
		func() job { return of("split", func(id string) golden.Doing { return golden.SplitOff(id, left) }) },
		func() job {
			return job{"judge", func(w *writer) error { return w.act(strength, golden.Judge(verdict, left, right)) }}
		},
		func() job {
			return of("pin", func(id string) golden.Doing { return golden.Pin(id, pin[0], json.RawMessage(pin[1])) })
		},
		func() job { return of("unpin", func(id string) golden.Doing { return golden.Unpin(id, pin[0]) }) },
		func() job { return job{"answer", func(w *writer) error { return w.answer(nth, strength, verdict) }} },
		func() job { return job{"undo", func(w *writer) error { return w.undo(nth) }} },
		func() job {
			return job{"decide", func(w *writer) error { return w.decide(verdict, strength, left, right) }}
		},
		func() job { return job{"link", func(w *writer) error { return w.link(keys[0], keys[1]) }} },
		func() job { return job{"again", func(w *writer) error { return w.again(keys) }} },
		func() job { return job{"erase", func(w *writer) error { return w.erase(keys[0], nth%2 == 0) }} },
		func() job {
			stray := incoming(rt, short(keys[0]), 9, 1<<40, "active", `{"names":[{"full":"Stray"}]}`)
			return job{"taken over", func(w *writer) error { return w.takenOver(stray) }}
		},
	}
	return pick(rt, "job", jobs)()
}

func (w *writer) answer(nth int, strength golden.Strength, verdict golden.Verdict) error {
	tasks, err := w.store.Tasks(context.Background(), golden.TaskQuery{Limit: 100})
	if err != nil || len(tasks) == 0 {
		return errors.Join(err, golden.ErrNotFound)
	}
	return w.act(strength, golden.Answer(tasks[nth%len(tasks)].ID, verdict, nil, nil))
}

func (w *writer) undo(nth int) error {
	decisions, err := w.store.Decisions(context.Background(), golden.DecisionQuery{Limit: 100})
	if err != nil || len(decisions) == 0 {
		return errors.Join(err, golden.ErrNotFound)
	}
	return w.act("", golden.UndoOf(decisions[nth%len(decisions)].ID))
}

func (w *writer) decide(verdict golden.Verdict, strength golden.Strength, left, right []string) error {
	result, err := w.resolver.Decide(context.Background(), golden.Decision{Verdict: verdict, Strength: strength, Left: left, Right: right})
	w.took(result)
	return err
}

func (w *writer) link(remote, origin string) error {
	w.Lock()
	gone := w.erased[remote] || w.erased[origin]
	w.Unlock()
	if gone {
		return nil
	}
	result, err := w.resolver.Link(context.Background(), []golden.Link{{Remote: remote, Origin: origin, Target: "t", At: time.Unix(0, 0).UTC()}})
	w.took(result)
	return err
}

func (w *writer) again(keys []string) error {
	result, err := w.resolver.Reresolve(context.Background(), keys)
	w.took(result)
	return err
}

func (w *writer) erase(key string, all bool) error {
	id, err := w.customer(key)
	if err != nil {
		return err
	}
	q := golden.Erase{Customer: id, Author: "dpo", Reason: "asked for it"}
	if !all {
		q.Records = []string{key}
	}
	done, err := w.resolver.Erase(context.Background(), q)
	if errors.Is(err, golden.ErrMerged) || errors.Is(err, golden.ErrErased) {
		return golden.ErrNotFound // somebody was quicker
	}
	w.Lock()
	defer w.Unlock()
	for _, key := range done.Records {
		w.erased[key] = true
	}
	return err
}
