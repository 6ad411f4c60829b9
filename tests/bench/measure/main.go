// Command measure runs commands in turn, several times each, and prints the processor time that
// each took for a record, and its peak memory: medians over the runs, as the operating system
// accounts for the finished process and its children.
//
//	measure -records 500000 -runs 3 name=command … name=command …
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

type sample struct {
	cpu, wall time.Duration
	peak      int64 // KiB
}

func main() {
	records := flag.Int("records", 1, "records that each command works on")
	runs := flag.Int("runs", 3, "counted runs of each command")
	warm := flag.Int("warm", 1, "runs before that are not counted")
	most := flag.Duration("most", 0, "say so where the first command takes more processor time for a record: that depends on the machine")
	ratio := flag.Float64("ratio", 0, "fail where the second command takes less than this many times the first one's")
	flag.Parse()
	samples := make([][]sample, flag.NArg())
	for run := range *warm + *runs {
		for i, arg := range flag.Args() {
			_, command, _ := strings.Cut(arg, "=")
			s := measure(command)
			if run >= *warm {
				samples[i] = append(samples[i], s)
			}
		}
	}
	cpu := make([]time.Duration, flag.NArg())
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "command\tcpu/record\tmin…max\twall\trecords/s\tpeak memory\ttimes the first")
	for i, arg := range flag.Args() {
		name, _, _ := strings.Cut(arg, "=")
		per := func(d time.Duration) time.Duration { return (d / time.Duration(*records)).Round(10 * time.Nanosecond) }
		cpu[i] = median(samples[i], func(s sample) time.Duration { return s.cpu })
		wall := median(samples[i], func(s sample) time.Duration { return s.wall })
		low := slices.MinFunc(samples[i], byCPU).cpu
		high := slices.MaxFunc(samples[i], byCPU).cpu
		fmt.Fprintf(w, "%s\t%v\t%v…%v\t%v\t%.0f\t%d MB\t%.1f\n", name, per(cpu[i]), per(low), per(high),
			wall.Round(time.Millisecond), float64(*records)/wall.Seconds(), slices.MaxFunc(samples[i], byPeak).peak>>10,
			float64(cpu[i])/float64(cpu[0]))
	}
	w.Flush()
	if *most > 0 && cpu[0] > *most*time.Duration(*records) {
		fmt.Printf("the first command takes more than %v for a record on this machine\n", *most)
	}
	if *ratio > 0 && float64(cpu[1]) < *ratio*float64(cpu[0]) {
		log.Fatalf("the second command takes less than %.1f times the first one's processor time", *ratio)
	}
}

func measure(command string) sample {
	c := exec.Command("sh", "-c", command)
	c.Stderr = os.Stderr
	began := time.Now()
	if err := c.Run(); err != nil {
		log.Fatalf("%s: %v", command, err)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	return sample{
		cpu:  c.ProcessState.UserTime() + c.ProcessState.SystemTime(),
		wall: time.Since(began),
		peak: usage.Maxrss,
	}
}

func median(samples []sample, of func(sample) time.Duration) time.Duration {
	values := make([]time.Duration, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func byCPU(a, b sample) int  { return int(a.cpu - b.cpu) }
func byPeak(a, b sample) int { return int(a.peak - b.peak) }
