//go:build unix

package main

import (
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/tests/population"
)

// BenchmarkMatchRead reads, maps and standardises TOUCHSTONE_BENCH_RECORDS (20,000) records of a made-up
// population, as every command that learns or measures does first.
func BenchmarkMatchRead(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("TOUCHSTONE_BENCH_RECORDS"))
	if err != nil {
		n = 20_000
	}
	people := population.New(n, 1)
	s := &sampleFile{
		app: &app{folder: "../../tests/bench/resolve/hub"}, mapping: "population", truth: "cluster",
		name: written(b, population.Columns, people.Rows()),
	}
	c := &cobra.Command{}
	c.SetContext(b.Context())
	c.SetErr(io.Discard)
	records := 0
	before := processorTime(b)
	b.ReportAllocs()
	for b.Loop() {
		_, list, err := s.read(c)
		if err != nil {
			b.Fatal(err)
		}
		records += len(list)
	}
	b.ReportMetric(float64(processorTime(b)-before)/1e3/float64(records), "cpu-µs/record")
	least := heap()
	_, list, err := s.read(c)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(heap()-least)/float64(len(list)), "B-kept/record")
	runtime.KeepAlive(list)
}

// heap is the memory that is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// processorTime is what the process has used on all cores, in nanoseconds.
func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
