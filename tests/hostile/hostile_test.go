// Package hostile gives the golden engine records that break matchers.
//
// In come crowds that share one value, records that say nothing, and firms of thousands with one
// name; out come the number of pairs that were compared, the largest customer and the tasks that a
// person would be asked. Times decide nothing: work is counted.
package hostile

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// crowd is a number of records that are hard on a matcher, and what may come of them.
type crowd struct {
	name     string
	customer func(i int) canonical.Customer // the i-th record, without its source
	members  int                            // records with TOUCHSTONE_LONG=1; a tenth of it without
	largest  int                            // records that one customer may have
	tasks    int                            // open tasks at most
	work     int                            // pairs compared for a record, at most
	growth   int                            // how many times the work of a quarter all may take; 0 for 6
}

func crowds() []crowd {
	everybody := people()
	return []crowd{
		// A hundred thousand people and the telephone number that was typed because the form asked.
		{name: "phone 000-0000", customer: withPhone(everybody, "000-0000"), members: 100_000, largest: 3, tasks: 100, work: 50},
		// The same with a number that could be one, such as a call center's own.
		{
			// keys alone cannot tell namesakes without birth date who have it in common; where birth dates
			// differ, a person is asked
			name: "phone of a call center", customer: withPhone(everybody, "+44 20 7946 0000"), members: 100_000, largest: 40, tasks: 25_000, work: 50, growth: 30,
		},
		{name: "mailbox of a shop", customer: withMail(everybody, "shop@post.example"), members: 100_000, largest: 3, tasks: 100, work: 50},
		{name: "nothing at all", customer: nothing, members: 100_000, largest: 1, tasks: 0, work: 0},
		{name: "empty values", customer: emptyValues, members: 100_000, largest: 1, tasks: 0, work: 0},
		{
			// what is known to stand for none joins nobody, and asks nobody
			name: "placeholders", customer: placeholders, members: 100_000, largest: 1, tasks: 0, work: 0,
		},
		{name: "mailbox test@test.com", customer: withMail(everybody, "test@test.com"), members: 100_000, largest: 3, tasks: 100, work: 50},
		{name: "placeholders in Chinese", customer: chinesePlaceholders, members: 100_000, largest: 1, tasks: 0, work: 0},
		{
			// whoever shares a mailbox that is not common yet is asked about
			name: "family firm", customer: familyFirm, members: 10_000, largest: 3, tasks: 200, work: 250,
		},
		{name: "branches of one firm", customer: branches, members: 10_000, largest: 200, tasks: 100, work: 250},
		{name: "one record over and over", customer: oneRecord, members: 10_000, largest: 10_000, tasks: 10, work: 250},
	}
}

func TestCrowd_onSQLite(t *testing.T) {
	t.Parallel()
	for _, c := range crowds() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "golden.db")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			c.withstand(t, store, c.size())
		})
	}
}

func TestCrowd_onPostgreSQL(t *testing.T) {
	t.Parallel()
	for _, c := range crowds() {
		t.Run(c.name, func(t *testing.T) {
			store, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Start(t)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			c.withstand(t, store, c.size()/4)
		})
	}
}

// TestCrowd_belowTheLimitOfABlock: a value that says nothing must join nobody, also where it is not
// frequent enough to be taken for generic.
func TestCrowd_belowTheLimitOfABlock(t *testing.T) {
	t.Parallel()
	for _, c := range crowds() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, err := sqlite.Open(t.Context(), sqlite.Config{Temporary: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			c.withstand(t, store, 90)
		})
	}
}

// size is how many records the crowd has in this run.
func (c *crowd) size() int {
	switch {
	case os.Getenv("TOUCHSTONE_LONG") == "1":
		return c.members
	case testing.Short():
		return min(c.members/10, 2000)
	}
	return c.members / 10
}

// withstand resolves the crowd and checks what came of it.
func (c *crowd) withstand(t *testing.T, store golden.Store, n int) {
	t.Helper()
	r := newRun(t, store)
	quarter := work{}
	// the first batches are small, so that blocks reach their limit record by record
	for i, size := 0, 1; i < n; i, size = i+size, min(2*size, batchSize) {
		r.resolve(c.customer, i, min(i+size, n))
		if i <= n/4 {
			quarter = r.work
		}
	}
	customers, largest := r.customers()
	tasks := r.tasks()
	t.Logf("%d records: %d pairs compared (%.1f a record), %d records looked at; %d customers, the largest of %d; tasks open: %v",
		n, r.compared, float64(r.compared)/float64(n), r.dirty, customers, largest, tasks)
	broken := append(c.tooMuchWork(n, quarter, r.work), c.wrong(largest, tasks)...)
	for _, text := range broken {
		t.Error(text)
	}
}

// allowance are pairs that may be compared whatever the number of records: until a few values have
// become generic.
const allowance = 25_000

// tooMuchWork says where the work grew faster than the records.
func (c *crowd) tooMuchWork(n int, quarter, all work) (broken []string) {
	if all.compared > c.work*n+allowance {
		broken = append(broken, fmt.Sprintf("%d pairs were compared for %d records, expected %d a record at most, and %d", all.compared, n, c.work, allowance))
	}
	// four times the records may cost four times the work, and not sixteen times
	if most := cmp.Or(c.growth, 6) * max(quarter.compared, allowance); all.compared > most {
		broken = append(broken, fmt.Sprintf("a quarter of the records took %d comparisons, all of them %d: more than in proportion", quarter.compared, all.compared))
	}
	if most := 6 * max(quarter.dirty, n/4); all.dirty > most {
		broken = append(broken, fmt.Sprintf("a quarter of the records had %d looked at, all of them %d: more than in proportion", quarter.dirty, all.dirty))
	}
	return broken
}

// wrong says what people would complain of.
func (c *crowd) wrong(largest int, tasks map[golden.TaskKind]int64) (broken []string) {
	if largest > c.largest {
		broken = append(broken, fmt.Sprintf("one customer has %d records, expected %d at most", largest, c.largest))
	}
	open := 0
	for _, count := range tasks {
		open += int(count)
	}
	if open > c.tasks {
		broken = append(broken, fmt.Sprintf("%d tasks are open, expected %d at most: nobody can handle them", open, c.tasks))
	}
	return broken
}

func shippedRules(t *testing.T) *golden.Ruleset {
	t.Helper()
	var ps config.Problems
	rules := golden.LoadRuleset(nil, golden.RulesetOptions{Region: "GB"}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return rules
}
