package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines is a buffer that a command writes to while the test reads.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// await waits until the text has come, and takes everything up to its end away.
func (l *lines) await(t *testing.T, text string) {
	t.Helper()
	for late := time.Now().Add(90 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		at := strings.Index(l.text.String(), text)
		if at >= 0 {
			l.text.Next(at + len(text))
			l.mu.Unlock()
			return
		}
		rest := l.text.String()
		l.mu.Unlock()
		if time.Now().After(late) {
			t.Fatalf("%q never came, but:\n%s", text, rest)
		}
	}
}

func TestTranslateWatch_runsAgainOnEverySaveAndOutlivesMistakes(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	save := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const mapping = "mapping: m\nto: Customer\nformat: json\nid: string(id)\nfields:\n  names: [{full: name}]\n"
	save("hub.yaml", "name: t\n")
	save("mappings/m.yaml", mapping)
	save("in/a.json", `{"id": 1, "name": "Anna"}`)

	ctx, stop := context.WithCancel(t.Context())
	var out lines // both streams, so that their order shows
	ended := make(chan int, 1)
	go func() {
		ended <- Main(ctx, []string{"translate", "-C", root, "-m", "m", "--watch", filepath.Join(root, "in/a.json")}, nil, &out, &out)
	}()
	out.await(t, `"full": "Anna"`)
	out.await(t, "waiting for a change")
	save("in/a.json", `{"id": 1, "name": "王小明"}`)
	out.await(t, `"full": "王小明"`)
	save("mappings/m.yaml", strings.Replace(mapping, "full", "ful", 1))
	out.await(t, `unknown field "names[0].ful"`)
	save("mappings/m.yaml", strings.Replace(mapping, "full: name", "family: name", 1))
	out.await(t, `"family": "王小明"`)
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("Ctrl-C ends it with %d", code)
	}
}
