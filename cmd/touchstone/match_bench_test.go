package main

import (
	"fmt"
	"testing"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/tests/population"
)

// BenchmarkMatchRead reads, maps and standardises 20,000 records of a made-up population, as every command
// that learns or measures does first.
func BenchmarkMatchRead(b *testing.B) {
	people := population.New(20_000, 1)
	s := &sampleFile{
		app: &app{folder: "../../tests/bench/resolve/hub"}, mapping: "population", truth: "cluster",
		name: written(b, population.Columns, people.Rows()),
	}
	c := &cobra.Command{}
	c.SetContext(b.Context())
	c.SetErr(b.Output())
	records := 0
	b.ReportAllocs()
	for b.Loop() {
		_, list, err := s.read(c)
		if err != nil {
			b.Fatal(err)
		}
		records += len(list)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
	if records == 0 {
		b.Fatal(fmt.Errorf("no records"))
	}
}
