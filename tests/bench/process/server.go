package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Memory prints what this process took at most, and what the processes of the server hold now, each
// page counted once (PSS), so far as the system tells.
func Memory(server string) {
	fmt.Printf("memory: %d MB at most", figure("/proc/self/status", "VmHWM:")>>10)
	if server != "" {
		if kib, err := serverMemory(server); err == nil {
			fmt.Printf(", PostgreSQL %d MB", kib>>10)
		}
	}
	fmt.Println()
}

// serverMemory sums up the postmaster, which is the parent of our own connection's process, and its
// children, in KiB.
func serverMemory(server string) (kib int64, err error) {
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
			kib += figure(folder+"/smaps_rollup", "Pss:")
		}
	}
	return kib, err
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
