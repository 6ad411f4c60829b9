// Command generate writes a made-up population of customer records, labelled with who each is: the
// same bytes for the same number and seed on every machine.
//
//	go run ./tests/population/generate -n 1000000 -seed 1 -out people.csv
//	go run ./tests/population/generate -n 3000 -kind chinese -format ndjson -out -
//
// With -stats it tells how many candidates the records have.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"log"
	"os"
	"text/tabwriter"

	"github.com/touchstone-hub/touchstone/tests/population"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 100_000, "records")
	seed := flag.Uint64("seed", 1, "seed")
	out := flag.String("out", "-", "file to write, - for standard output")
	format := flag.String("format", "csv", "csv or ndjson")
	kind := flag.String("kind", "households", "households or chinese")
	stats := flag.Bool("stats", false, "tell on standard error how many candidates the records have (of households)")
	flag.Parse()
	if err := run(*n, *seed, *kind, *format, *out, *stats); err != nil {
		log.Fatalf("generate: %v", err)
	}
}

func run(n int, seed uint64, kind, format, path string, stats bool) (err error) {
	if n < 1 {
		return fmt.Errorf("-n: found %d, expected a number of records", n)
	}
	w := io.Writer(os.Stdout)
	if path != "-" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	switch kind {
	case "households":
		p := population.New(n, seed)
		if err := write(w, format, population.Columns, p.Rows(), p.Records()); err != nil {
			return err
		}
		if stats {
			tell(population.Measure(p.Records()))
		}
		return nil
	case "chinese":
		p := population.Chinese(n, seed)
		return write(w, format, population.ChineseColumns, p.Rows(), p.Records())
	default:
		return fmt.Errorf("-kind: found %q, expected households or chinese", kind)
	}
}

func write[T any](w io.Writer, format string, columns []string, rows iter.Seq[[]string], records iter.Seq[T]) error {
	switch format {
	case "csv":
		return population.WriteCSV(w, columns, rows)
	case "ndjson":
		return population.WriteNDJSON(w, records)
	}
	return fmt.Errorf("-format: found %q, expected csv or ndjson", format)
}

func tell(c population.Candidates) {
	w := tabwriter.NewWriter(os.Stderr, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%d records, %d pairs of one person\n", c.Records, c.True)
	fmt.Fprintf(w, "key\tpairs\twithin blocks of %d\tlargest block\n", population.BlockLimit)
	for _, k := range c.Keys {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", k.Key, k.Pairs, k.Within, k.Largest)
	}
	fmt.Fprintf(w, "together: %d pairs, %.1f candidates a record, %.3f of the pairs of one person\n", c.Pairs, c.PerRecord(), float64(c.Found)/float64(max(c.True, 1)))
	w.Flush()
}
