package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Memory prints what this process took at most, and what the processes of the server hold now, each
// page counted once (PSS), so far as the system tells.
func Memory(server string) {
	fmt.Printf("memory: %d MB at most", figure("/proc/self/status", "VmHWM:")>>10)
	if server != "" {
		if kib, err := ofServer(server, pss); err == nil {
			fmt.Printf(", PostgreSQL %d MB", kib>>10)
		}
	}
	fmt.Println()
}

// Processor prints the processor time that this process and the processes of the server have taken
// since they began, so far as the system tells.
func Processor(server string) {
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) != nil {
		return
	}
	fmt.Printf("processor time: %.1f s", time.Duration(own.Utime.Nano()+own.Stime.Nano()).Seconds())
	if server != "" {
		if ticks, err := ofServer(server, ticks); err == nil {
			fmt.Printf(", PostgreSQL %.1f s", float64(ticks)/100)
		}
	}
	fmt.Println()
}

// ticks are the hundredths of a second of a process and of those of its children that have ended
// (proc(5), /proc/pid/stat).
func ticks(folder string) (sum int64) {
	text, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	for _, field := range fields[min(11, len(fields)):min(15, len(fields))] {
		n, _ := strconv.ParseInt(field, 10, 64)
		sum += n
	}
	return sum
}

// pss is the memory of a process in KiB, each page that it shares counted once among those who do.
func pss(folder string) int64 { return figure(folder+"/smaps_rollup", "Pss:") }

// ofServer sums up a figure of the postmaster, which is the parent of our own connection's process,
// and of its children.
func ofServer(server string, figureOf func(folder string) int64) (sum int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	var pid int64
	if err := c.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		return 0, err
	}
	parent := figure("/proc/"+strconv.FormatInt(pid, 10)+"/status", "PPid:")
	processes, err := filepath.Glob("/proc/[0-9]*")
	for _, folder := range processes {
		if filepath.Base(folder) == strconv.FormatInt(parent, 10) || figure(folder+"/status", "PPid:") == parent {
			sum += figureOf(folder)
		}
	}
	return sum, err
}

// figure is the number behind a name in a file of /proc; 0 where there is none.
func figure(path, name string) (n int64) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			_, _ = fmt.Sscan(rest, &n)
			return n
		}
	}
	return 0
}
