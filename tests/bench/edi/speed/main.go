// Command speed reads files of interchanges and prints how fast that went and how much memory the
// process came to hold: the median of several runs over the file, which is in the page cache.
//
//	speed -do tokenise|walk|acknowledge [-runs 5] [-workers 1] [-least 600] FILE…
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

func main() {
	do := flag.String("do", "tokenise", "tokenise, walk or acknowledge")
	runs := flag.Int("runs", 5, "counted runs; one more goes before them")
	workers := flag.Int("workers", 1, "goroutines that validate")
	least := flag.Float64("least", 0, "say so where a file goes slower than this, in MB/s: that depends on the machine")
	flag.Parse()
	work := map[string]func(io.Reader, int) (string, error){"tokenise": tokenise, "walk": walk, "acknowledge": acknowledge}[*do]
	if work == nil || flag.NArg() == 0 {
		log.Fatal("usage: speed -do tokenise|walk|acknowledge FILE…")
	}
	for _, file := range flag.Args() {
		info, err := os.Stat(file)
		if err != nil {
			log.Fatal(err)
		}
		rates, busy, what := []float64{}, []float64{}, ""
		for run := range *runs + 1 {
			var took, processor time.Duration
			if took, processor, what, err = once(file, *workers, work); err != nil {
				log.Fatalf("%s: %v", file, err)
			}
			if run > 0 {
				rates = append(rates, float64(info.Size())/1e6/took.Seconds())
				busy = append(busy, float64(info.Size())/1e6/processor.Seconds())
			}
		}
		slices.Sort(rates)
		slices.Sort(busy)
		median := rates[len(rates)/2]
		fmt.Printf("%-12s %-24s %6.0f MB/s (%.0f…%.0f), %.0f MB per second of processor time; %s; %s at most\n",
			*do, filepath.Base(file), median, rates[0], rates[len(rates)-1], busy[len(busy)/2], what, peak())
		if median < *least {
			fmt.Printf("this is less than %.0f MB/s on this machine\n", *least)
		}
	}
}

func once(file string, workers int, work func(io.Reader, int) (string, error)) (took, processor time.Duration, what string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, 0, "", err
	}
	defer f.Close()
	begin, before := time.Now(), used()
	what, err = work(f, workers)
	return time.Since(begin), used() - before, what, err
}

// used is the processor time that the process has had.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tokenise finds every element, component and repetition with its place.
func tokenise(r io.Reader, _ int) (string, error) {
	s := edi.NewScanner(r)
	segments, marks := 0, 0
	for s.Next() {
		_, _, ends, subs := s.Segment().Marks()
		segments++
		marks += len(ends) + len(subs)
	}
	return fmt.Sprintf("%d segments, %d values", segments, marks), s.Err()
}

// walk checks envelopes too.
func walk(r io.Reader, _ int) (string, error) {
	w := edi.NewWalker(edi.NewScanner(r))
	sets, faults := 0, 0
	for w.Next() {
		if w.Event().Kind == edi.SetStart {
			sets++
		}
		faults += len(w.Event().Faults)
	}
	return fmt.Sprintf("%d sets, %d faults", sets, faults), w.Err()
}

// acknowledge validates against the guides that come along and writes the acknowledgements.
func acknowledge(r io.Reader, workers int) (string, error) {
	out := bufio.NewWriter(io.Discard)
	sets, rejected := 0, 0
	stream := ack.NewStream(ack.Options{Time: time.Unix(0, 0)})
	options := validate.Options{Workers: workers, Each: func(r *validate.Report, g *validate.Group, s *validate.Set) {
		sets++
		if s.Rejected() {
			rejected++
		}
		stream.Add(r, g, s)
	}}
	for report, err := range validate.Interchanges(r, options) {
		if err != nil {
			return "", err
		}
		if _, err := stream.Answer(out, report); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d sets, %d rejected", sets, rejected), out.Flush()
}

// peak is the most memory that the process has held.
func peak() string {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return "memory unknown"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if kib, found := strings.CutPrefix(s.Text(), "VmHWM:"); found {
			var n int
			if _, err := fmt.Sscan(kib, &n); err == nil {
				return fmt.Sprintf("%d MB", n>>10)
			}
		}
	}
	return "memory unknown"
}
