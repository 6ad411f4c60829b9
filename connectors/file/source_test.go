package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/all"
)

// Tests here do not run in parallel: the harness of connectortest takes waiting ones for goroutines
// of the kind that were left behind.

// folder is a drop folder with a clock that stands still unless it is told to go on.
type folder struct {
	t      *testing.T
	dir    string
	memory connectortest.Memory
	now    time.Time
	log    bytes.Buffer

	*source
	got  []string // origin:record of what was emitted
	bad  []string
	fail func(frames []formats.Frame) error
}

func newFolder(t *testing.T, yaml string) *folder {
	f := &folder{t: t, dir: t.TempDir(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	f.restart(yaml)
	return f
}

// restart opens the source as a new process does.
func (f *folder) restart(yaml string) {
	f.t.Helper()
	var ps config.Problems
	n := config.Parse("scm.yaml", []byte("kind: file\nstreams: {s: {folder: in, "+yaml+"}}"), nil, &ps)
	c := connectors.Load(n, "scm", connectors.LoadOptions{Kinds: []connectors.Kind{Kind}, Formats: all.Kinds(), Folder: f.dir}, &ps)
	if err := ps.Err(); err != nil {
		f.t.Fatal(err)
	}
	env := connectors.Env{Log: slog.New(slog.NewTextHandler(&f.log, nil)), Checkpoint: &f.memory, DataFolder: f.dir, Clock: func() time.Time { return f.now }}
	src, err := c.Connector.Source("s", env)
	if err != nil {
		f.t.Fatal(err)
	}
	f.source = src.(*source)
	if f.root, err = os.OpenRoot(f.dir); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = f.source.root.Close() })
	if err := f.root.MkdirAll("in", 0o750); err != nil {
		f.t.Fatal(err)
	}
	if f.ledger, err = loadLedger(f.t.Context(), &f.memory); err != nil {
		f.t.Fatal(err)
	}
	f.refused = map[string]error{}
}

func (f *folder) drop(name, content string) {
	f.t.Helper()
	name = filepath.Join(f.dir, "in", name)
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o640); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) emit(_ context.Context, frames []formats.Frame) error {
	if f.fail != nil {
		if err := f.fail(frames); err != nil {
			return err
		}
	}
	for _, fr := range frames {
		at := fmt.Sprintf("%s:%d", strings.TrimPrefix(fr.Position.Origin, "in/"), fr.Position.Record)
		if fr.Err != nil {
			f.bad = append(f.bad, at)
		} else {
			f.got = append(f.got, at)
		}
	}
	return nil
}

// looks looks once more, a second later.
func (f *folder) looks() error {
	f.now = f.now.Add(time.Second)
	_, err := f.source.look(f.t.Context(), f.emit)
	return err
}

func (f *folder) twice() {
	f.t.Helper()
	for range 2 {
		if err := f.looks(); err != nil {
			f.t.Fatal(err)
		}
	}
}

// files are all files below the drop folder.
func (f *folder) files() []string {
	var names []string
	_ = filepath.WalkDir(filepath.Join(f.dir, "in"), func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(p, filepath.Join(f.dir, "in")+"/"))
		}
		return nil
	})
	return names
}

func (f *folder) want(got, want []string) {
	f.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Error(diff)
	}
}

func TestSource_readsWhatIsStableAndArchivesIt(t *testing.T) {
	f := newFolder(t, `pattern: ["*.csv", "*.ndjson"]`)
	f.drop("a.csv", "id,name\n1,x\n2,\"y\n3,z\n")
	f.drop("b.ndjson", `{"id":1}`)
	f.drop("c.txt", "not asked for")
	f.drop(".hidden.csv", "id\n1\n")
	f.drop("d.csv.part", "id\n1\n")
	f.drop("sub/e.csv", "id\n1\n")
	if err := f.looks(); err != nil {
		t.Fatal(err)
	}
	f.want(f.got, nil)
	f.drop("b.ndjson", "{\"id\":1}\n{\"id\":2}\n") // it has grown
	if err := f.looks(); err != nil {
		t.Fatal(err)
	}
	f.want(f.got, []string{"a.csv:1", "a.csv:3"})
	f.want(f.bad, []string{"a.csv:2"})
	f.twice()
	f.want(f.got, []string{"a.csv:1", "a.csv:3", "b.ndjson:1", "b.ndjson:2"})
	f.want(f.files(), []string{".hidden.csv", "archive/a.csv", "archive/b.ndjson", "c.txt", "d.csv.part", "sub/e.csv"})
}

func TestSource_settleIsHowLongAFileMustRest(t *testing.T) {
	f := newFolder(t, `settle: 5s`)
	f.drop("a.ndjson", `{"id":1}`)
	for range 5 {
		if err := f.looks(); err != nil {
			t.Fatal(err)
		}
	}
	f.want(f.got, nil)
	f.twice()
	f.want(f.got, []string{"a.ndjson:1"})
}

func TestSource_contentIsReadOnce(t *testing.T) {
	f := newFolder(t, `remember: 2`)
	f.drop("a.ndjson", `{"id":1}`)
	f.drop("same.ndjson", `{"id":1}`)
	f.twice()
	f.want(f.got, []string{"a.ndjson:1"})
	f.restart(`remember: 2`)
	f.drop("a.ndjson", `{"id":1}`)
	f.twice()
	f.want(f.got, []string{"a.ndjson:1"})
	files := f.files()
	if len(files) != 3 || files[1] != "archive/a.ndjson" || files[2] != "archive/same.ndjson" || !strings.HasPrefix(files[0], "archive/a-") {
		t.Errorf("%v", files)
	}
}

func TestSource_whatCannotBeReadGoesToQuarantine(t *testing.T) {
	f := newFolder(t, `recursive: true`)
	f.drop("x/a.json", `[{"id":`)
	f.drop("b.dat", `?`)
	f.drop("empty.csv", ``)
	f.twice()
	f.want(f.bad, []string{"x/a.json:1"})
	f.want(f.files(), []string{"archive/empty.csv", "quarantine/b.dat", "quarantine/b.dat.error.txt", "quarantine/x/a.json", "quarantine/x/a.json.error.txt"})
	for name, want := range map[string]string{
		"b.dat":    "no format goes with files named *.dat; expected format: in the stream\n",
		"x/a.json": "in/x/a.json:1 (record 1, byte 1): at byte 6 of the record: found the end; expected \"}\"\n",
	} {
		b, err := os.ReadFile(filepath.Join(f.dir, "in/quarantine", name+".error.txt"))
		if err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	f.drop("again.json", `[{"id":`) // somebody has mended the settings and tries again
	f.twice()
	f.want(f.bad, []string{"x/a.json:1", "again.json:1"})
}

func TestSource_linksOutOfTheRootAreNotFollowed(t *testing.T) {
	f := newFolder(t, ``)
	outside := filepath.Join(t.TempDir(), "secret.ndjson")
	if err := os.WriteFile(outside, []byte(`{"id":1}`), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(f.dir, "in", "link.ndjson")); err != nil {
		t.Fatal(err)
	}
	f.twice()
	f.want(f.got, nil)
}

func TestSource_goesOnWithinALargeFileAfterACrash(t *testing.T) {
	f := newFolder(t, ``)
	const records = 5*mostFrames + 7
	var want []string
	var content strings.Builder
	content.WriteString("id\n")
	for i := 1; i <= records; i++ {
		fmt.Fprintln(&content, i)
		want = append(want, fmt.Sprintf("big.csv:%d", i))
	}
	f.drop("big.csv", content.String())
	crash := errors.New("the process is gone")
	for stop := 1; ; stop++ {
		emits := 0
		f.fail = func([]formats.Frame) error {
			f.now = f.now.Add(2 * saveEvery)
			if emits++; emits > stop {
				return crash
			}
			return nil
		}
		f.restart(``)
		_ = f.looks()
		if err := f.looks(); err == nil {
			break
		} else if !errors.Is(err, crash) {
			t.Fatal(err)
		}
		if stop > 10 {
			t.Fatal("it never ends")
		}
	}
	f.want(f.got, want)
	f.want(f.files(), []string{"archive/big.csv"})
}

func TestSource_beginsAgainWhereSettingsAreOthersAfterACrash(t *testing.T) {
	f := newFolder(t, `format: {name: csv, columns: [id]}`)
	var content strings.Builder
	for i := range mostFrames + 50 {
		fmt.Fprintln(&content, i)
	}
	f.drop("big.csv", content.String())
	f.fail = func([]formats.Frame) error {
		f.now = f.now.Add(2 * saveEvery)
		if len(f.got) > 0 {
			return errors.New("the process is gone")
		}
		return nil
	}
	_ = f.looks()
	if err := f.looks(); err == nil || f.ledger.Current == nil {
		t.Fatalf("%v, %+v", err, f.ledger.Current)
	}
	f.got, f.fail = nil, nil
	f.restart(`format: csv`) // the first row is a header now
	f.twice()
	if len(f.got) != mostFrames+49 {
		t.Errorf("%d records", len(f.got))
	}
}

func TestSource_aFileThatFailsHoldsUpNothingReadBeforeIt(t *testing.T) {
	f := newFolder(t, ``)
	f.drop("a.ndjson", `{"id":1}`)
	f.drop("b.ndjson", `{"id":2}`)
	if err := f.looks(); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the disk is gone")
	f.bySuffix = map[string]formats.Format{".ndjson": failing{f.bySuffix[".ndjson"], gone}}
	if err := f.looks(); !errors.Is(err, gone) {
		t.Fatal(err)
	}
	f.want(f.got, []string{"a.ndjson:1"})
	f.want(f.files(), []string{"archive/a.ndjson", "b.ndjson"})
}

// failing is a format whose second file cannot be read.
type failing struct {
	formats.Format
	err error
}

func (f failing) Frames(ctx context.Context, r io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	if strings.HasSuffix(origin, "b.ndjson") {
		return func(yield func(formats.Frame, error) bool) { yield(formats.Frame{}, f.err) }
	}
	return f.Format.Frames(ctx, r, origin)
}

func TestSource_aFileChangedWhileItIsReadIsReadAgain(t *testing.T) {
	f := newFolder(t, ``)
	var content strings.Builder
	for i := range mostFrames + 1 {
		fmt.Fprintf(&content, "{\"id\":%d}\n", i)
	}
	f.drop("a.ndjson", content.String())
	changed := false
	f.fail = func([]formats.Frame) error {
		if !changed {
			f.drop("a.ndjson", `{"id":"new"}`)
			changed = true
		}
		return nil
	}
	f.twice()
	if slices.Contains(f.files(), "archive/a.ndjson") {
		t.Error("a file that was changed while it was read went to the archive")
	}
	f.got = nil
	f.twice()
	f.want(f.got, []string{"a.ndjson:1"})
	f.want(f.files(), []string{"archive/a.ndjson"})
}

func TestSource_smallFilesShareBatches(t *testing.T) {
	f := newFolder(t, ``)
	for i := range 200 {
		f.drop(fmt.Sprintf("%03d.json", i), fmt.Sprintf(`{"id":%d}`, i))
	}
	emits := 0
	f.fail = func([]formats.Frame) error { emits++; return nil }
	f.twice()
	if emits != 1 || len(f.got) != 200 || len(f.files()) != 200 {
		t.Errorf("%d records in %d batches, %d files", len(f.got), emits, len(f.files()))
	}
}

func TestSource_wakesUpWhenAFileComes(t *testing.T) {
	f := newFolder(t, `poll: "0 0 1 1 *", settle: 1ms`)
	f.env.Clock = time.Now
	_ = f.root.Close()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan int, 1)
	done := make(chan error)
	go func() {
		done <- f.Run(ctx, func(_ context.Context, frames []formats.Frame) error {
			select {
			case got <- len(frames):
			default: // one is enough
			}
			return nil
		})
	}()
	late := time.Now().Add(90 * time.Second)
	for try := 0; ; try++ { // the watch begins at a moment of its own
		f.drop(fmt.Sprintf("%d.ndjson", try), fmt.Sprintf(`{"id":%d}`, try))
		select {
		case <-got:
		case <-time.After(300 * time.Millisecond):
			if time.Now().Before(late) {
				continue
			}
			t.Error("a file that was dropped is waiting for the first of January")
		}
		break
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpen_problems(t *testing.T) {
	for yaml, want := range map[string]string{
		`streams: {s: {}}`:                                  `f.yaml:2:14: "folder" is missing`,
		`streams: {s: {folder: ../x}}`:                      `f.yaml:2:23: folder "../x" leads out of its folder; expected a relative path without .. (folders elsewhere: settings: {root: /the/folder})`,
		`streams: {s: {folder: in, pattern: "a/*.csv"}}`:    `f.yaml:2:36: pattern is "a/*.csv" in quotes; expected a file name with * and ?, such as *.csv`,
		`target: {s: {file: out.json}}`:                     `f.yaml:2:20: each write would replace "out.json"; expected {subject}, {key} or {time} in the name, or append: true`,
		`target: {s: {file: "{subjct}.json"}}`:              `f.yaml:2:20: unknown placeholder {subjct}; expected {subject}, {key}, {time}, {date}; did you mean "subject"?`,
		`target: {s: {file: out.json, append: true}}`:       `f.yaml:2:20: several records in one file, in a format that holds one; expected format: ndjson, csv or tsv`,
		`target: {s: {file: "{key}.ndjson", append: true}}`: `f.yaml:2:20: append: true with a name that changes with each write; expected a fixed name, or {date} for a file a day`,
		`target: {s: {file: "{key}.dat"}}`:                  `f.yaml:2:20: no format goes with files named *.dat; expected format: in the target`,
		`target: {s: {file: "{date}/{subject}.json"}}`:      `f.yaml:2:20: a file a record whose name changes with time; expected {subject} alone, so that the next write replaces the file, or {key}`,
	} {
		var ps config.Problems
		n := config.Parse("f.yaml", []byte("kind: file\n"+yaml), nil, &ps)
		connectors.Load(n, "scm", connectors.LoadOptions{Kinds: []connectors.Kind{Kind}, Formats: all.Kinds()}, &ps)
		if err := ps.Err(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", yaml, err, want)
		}
	}
}
