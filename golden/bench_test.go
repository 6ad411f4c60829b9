//go:build unix

package golden_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// BenchmarkResolve resolves batches of TOUCHSTONE_BENCH_BATCH (500) records, a quarter of them duplicates with another
// mail address or phone number, into a store that holds TOUCHSTONE_BENCH_RECORDS (20,000 by
// default) before: a durable file of SQLite, and a PostgreSQL that is not durable.
func BenchmarkResolve(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		store, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "golden.db")})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = store.Close() }()
		benchmarkResolve(b, store)
	})
	b.Run("postgres", func(b *testing.B) {
		store, err := postgres.Open(b.Context(), postgres.Config{URL: pgtest.Start(b)})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = store.Close() }()
		benchmarkResolve(b, store)
	})
}

func benchmarkResolve(b *testing.B, store golden.Store) {
	before, size := setting("RECORDS", 20_000), setting("BATCH", 500)
	w := worldOn(b, store, "")
	people := newPeople()
	for n := 0; n < before; n += size {
		w.resolve(people.batch(b, size)...)
	}
	records := 0
	var cpu time.Duration
	written := bytesWritten()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		batch := people.batch(b, size)
		before := processorTime(b)
		b.StartTimer()
		w.resolve(batch...)
		cpu += processorTime(b) - before
		records += len(batch)
	}
	b.ReportMetric(float64(bytesWritten()-written)/float64(records), "B-written/record")
	b.ReportMetric(float64(cpu.Microseconds())/float64(records), "cpu-µs/record")
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}

func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv("TOUCHSTONE_BENCH_" + name)); err == nil {
		return n
	}
	return otherwise
}

// processorTime is what the process has used, on all cores, in the kernel too.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bytesWritten is what the process has handed to the system, where that can be known.
func bytesWritten() (n int64) {
	text, _ := os.ReadFile("/proc/self/io")
	_, after, _ := strings.Cut(string(text), "wchar: ")
	_, _ = fmt.Sscan(after, &n)
	return n
}

// BenchmarkParseIncoming reads one canonical document.
func BenchmarkParseIncoming(b *testing.B) {
	people := newPeople()
	doc := people.batch(b, 1)[0].Record.Doc
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		if _, err := golden.ParseIncoming(doc); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/record")
}

// BenchmarkMatchRecord does per record what comes before a batch's transaction: reading the canonical document,
// standardising it and deriving its features, for records of a made-up population.
func BenchmarkMatchRecord(b *testing.B) {
	rules := ruleset(b, "match: {rules: person}")
	var docs [][]byte
	for r := range population.New(1000, 1).Records() {
		c := r.Customer()
		doc, err := c.AppendJSON(nil)
		if err != nil {
			b.Fatal(err)
		}
		docs = append(docs, doc)
	}
	b.ReportAllocs()
	before := processorTime(b)
	for i := 0; b.Loop(); i++ {
		in, err := golden.ParseIncoming(docs[i%len(docs)])
		if err != nil {
			b.Fatal(err)
		}
		rules.MatchRecord(&in)
	}
	b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/record")
}

// people makes customers of several systems, always the same ones.
type people struct {
	random *rand.Rand
	n      int
}

func newPeople() *people { return &people{random: rand.New(rand.NewPCG(7, 7))} }

var (
	givenNames  = []string{"Anna", "Bernd", "Clara", "David", "Emma", "Felix", "Greta", "Hans", "Ida", "Jonas", "Klara", "Lukas", "Mia", "Noah", "Olga", "Paul", "Rosa", "Simon", "Tina", "Uwe"}
	familyNames = []string{"Schmidt", "Meyer", "Fischer", "Weber", "Wagner", "Becker", "Hoffmann", "Koch", "Richter", "Klein", "Wolf", "Neumann", "Schwarz", "Zimmermann", "Braun", "Krüger", "Hartmann", "Lange", "Werner", "Krause"}
)

func (p *people) batch(b testing.TB, n int) []golden.Incoming {
	batch := make([]golden.Incoming, n)
	for i := range batch {
		p.n++
		person := p.n
		system := []string{"erp", "shop", "crm"}[p.n%3]
		if p.n > 10 && p.random.IntN(4) == 0 {
			person = p.random.IntN(p.n)
		}
		batch[i] = incoming(b, fmt.Sprintf("%s/%d", system, p.n), p.n%300, int64(p.n), canonical.Active, p.content(person))
	}
	return batch
}

// content of a person: always the same name and birthday; mail and phone are left out at times.
func (p *people) content(person int) string {
	given, family := givenNames[person%20], familyNames[person/20%20]
	mail := fmt.Sprintf(`"emails":[{"value":"%s.%d@example.com"}],`, given, person)
	phone := fmt.Sprintf(`"phones":[{"value":"+4930%07d","use":"home"}],`, person)
	if p.random.IntN(3) == 0 {
		mail = fmt.Sprintf(`"emails":[{"value":"p%d@example.org"}],`, p.n)
	}
	return fmt.Sprintf(`{"kind":"person","names":[{"given":%q,"family":%q}],%s%s"birthDate":"19%02d-%02d-%02d","language":"de",`+
		`"addresses":[{"use":"home","lines":["Ringstraße %d"],"locality":"Berlin","postcode":"10%03d","country":"DE"}],`+
		`"identifiers":[{"scheme":"customer-number","value":"C%d"}]}`,
		given, family+strconv.Itoa(person%997), mail, phone, person%80+10, person%12+1, person%28+1, person%200, person%1000, p.n)
}
