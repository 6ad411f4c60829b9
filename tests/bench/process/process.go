// Package process runs the program as users do and measures it from outside. In goes a hub folder,
// which is copied and given ports of its own; out come what the hub's status says, its memory and
// its processor time. It never looks into the program.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Hub is one running hub.
type Hub struct {
	Folder string // a copy, which Stop removes
	API    string // host:port, where the folder says ${API}
	Intake string // host:port, where the folder says ${INTAKE}

	command *exec.Cmd
	client  *http.Client
}

// Status is what the benchmarks read of GET /v1/status.
type Status struct {
	Customers  int64
	Records    map[string]int64
	Deliveries map[string]map[string]int64
	Dirty      map[string]int64
	Lag        map[string]int64
	Outbox     int64
	// DeadLetters are the open ones by stage.
	DeadLetters map[string]int64
}

// Start copies the folder and runs binary on the copy until it answers. env is added to the
// environment, "NAME=value"; DATA is where the folder says that its data are, if not in .touchstone.
func Start(binary, folder string, env ...string) (h *Hub, err error) {
	h = &Hub{}
	if h.Folder, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	err = os.CopyFS(h.Folder, os.DirFS(folder))
	for _, address := range []*string{&h.API, &h.Intake} {
		if err == nil {
			*address, err = freeAddress()
		}
	}
	if err == nil {
		err = h.start(binary, append(env, "API="+h.API, "INTAKE="+h.Intake))
	}
	if err != nil {
		h.Stop()
		return nil, err
	}
	return h, nil
}

func (h *Hub) start(binary string, env []string) error {
	h.command = exec.Command(binary, "run", h.Folder, "--log-level", "warn")
	h.command.Env = append(os.Environ(), env...)
	h.command.Stderr = os.Stderr
	if err := h.command.Start(); err != nil {
		return err
	}
	data := filepath.Join(h.Folder, ".touchstone")
	for _, one := range env {
		if folder, given := strings.CutPrefix(one, "DATA="); given {
			data = folder
		}
	}
	socket := filepath.Join(data, "touchstone.sock")
	h.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	for range 200 {
		if _, err := h.Status(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the hub does not answer")
}

// Stop ends the hub and removes its folder; a second call does nothing.
func (h *Hub) Stop() {
	if h.command != nil && h.command.Process != nil && h.command.ProcessState == nil {
		_ = h.command.Process.Signal(syscall.SIGTERM)
		_ = h.command.Wait()
	}
	_ = os.RemoveAll(h.Folder)
}

// Status asks the hub through its socket.
func (h *Hub) Status() (s Status, err error) {
	answer, err := h.client.Get("http://hub/v1/status")
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	return s, json.NewDecoder(answer.Body).Decode(&s)
}

// Memory is a figure of /proc/PID/status in KiB, such as VmRSS and VmHWM.
func (h *Hub) Memory(name string) int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", h.command.Process.Pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err == nil {
				return n
			}
		}
	}
	return 0
}

// tick is the unit of times in /proc/PID/stat: USER_HZ, 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// Processor is the processor time that the hub has taken so far, user and system.
func (h *Hub) Processor() time.Duration {
	if s := h.command.ProcessState; s != nil {
		return s.UserTime() + s.SystemTime()
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.command.Process.Pid))
	if err != nil {
		return 0
	}
	// the name of the command, in brackets, may have blanks; utime and stime are fields 14 and 15
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var user, system time.Duration
	if len(fields) > 12 {
		_, _ = fmt.Sscan(fields[11], (*int64)(&user))
		_, _ = fmt.Sscan(fields[12], (*int64)(&system))
	}
	return (user + system) * tick
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
