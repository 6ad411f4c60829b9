package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"touchstone": main})
}

// TestScripts runs the command line as a user types it: testdata/script/*.txtar hold folders,
// commands and what they have to print.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"until": until, "exits": exits, "capture": capture,
		},
	})
}

// until PATTERN COMMAND… runs the command again and again until what it prints matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND…")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	late := time.Now().Add(90 * time.Second)
	for {
		out := said(ts, args[1:])
		if pattern.MatchString(out) {
			return
		}
		if time.Now().After(late) {
			ts.Fatalf("%v never printed %s, but:\n%s", args[1:], args[0], out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// capture NAME PATTERN COMMAND… sets the variable NAME to what the group of the pattern matches in
// what the command prints.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: capture NAME PATTERN COMMAND…")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	out := said(ts, args[2:])
	found := pattern.FindStringSubmatch(out)
	if len(found) != 2 {
		ts.Fatalf("%v did not print %s, but:\n%s", args[2:], args[1], out)
	}
	ts.Setenv(args[0], found[1])
}

func said(ts *testscript.TestScript, args []string) string {
	c := command(ts, args)
	out, _ := c.CombinedOutput()
	return string(out)
}

func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path := ts.Getenv("PATH")
	name := args[0]
	for _, folder := range bytes.Split([]byte(path), []byte{os.PathListSeparator}) {
		if full := string(folder) + "/" + name; executable(full) {
			name = full
			break
		}
	}
	c := exec.Command(name, args[1:]...)
	c.Dir = ts.Getenv("WORK")
	c.Env = append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"), "PATH="+path, "HOME="+ts.Getenv("HOME"))
	return c
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

// exits CODE COMMAND… runs a command that has to end with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = err.Error()
	}
	if want := "exit status " + args[0]; code != want && code != args[0] {
		ts.Fatalf("%v: %s, expected %s", args[1:], code, want)
	}
}

func TestRun_ctrlCEndsItSoonAndWithoutError(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	text := "name: t\napi: {listen: \"127.0.0.1:0\"}\nintake: {listen: \"127.0.0.1:0\"}\n"
	if err := os.WriteFile(filepath.Join(root, "hub.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, up := range []time.Duration{0, 100 * time.Millisecond, 700 * time.Millisecond} { // also while it starts
		ctx, stop := context.WithCancel(t.Context())
		var errs bytes.Buffer
		ended := make(chan int, 1)
		go func() { ended <- Main(ctx, []string{"run", root}, nil, io.Discard, &errs) }()
		time.Sleep(up)
		began := time.Now()
		stop()
		code := <-ended
		if took := time.Since(began); code != exitOK || took > 30*time.Second {
			t.Errorf("stopped after %v: exit %d in %v:\n%s", up, code, took, errs.String())
		}
	}
}
