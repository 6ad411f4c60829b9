// Package formattest proves that a format keeps the contract of formats.Format.
//
// In comes a configured format with a sample of its files; out go test failures. The package never
// looks into a format: what it asks holds for all of them.
package formattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/formats"
)

// Case is a format and what to prove it with.
type Case struct {
	Format formats.Format
	// Input is a file with at least three good records, and bad ones where the format can have
	// them among good ones.
	Input []byte
	// Head and then Record again and again make a file of any size.
	Head, Record []byte
	// Reader reads back what Format encodes; nil where that is Format itself.
	Reader formats.Format
}

// Run runs all proofs.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Run("bytes and places are exact", func(t *testing.T) { exact(t, c) })
	t.Run("the same however the reader cuts", func(t *testing.T) { chunks(t, c) })
	t.Run("a failing reader is an error", func(t *testing.T) { failing(t, c) })
	t.Run("cancelling ends reading", func(t *testing.T) { cancelled(t, c) })
	t.Run("a consumer may stop", func(t *testing.T) { stopped(t, c) })
	t.Run("what is written reads back", func(t *testing.T) { roundTrip(t, c) })
	t.Run("decoding is safe for concurrent use", func(t *testing.T) { concurrent(t, c) })
	t.Run("memory is constant", func(t *testing.T) { memory(t, c) })
}

// Frames collects all frames of a reader, and the error that ended it.
func Frames(f formats.Format, r io.Reader) ([]formats.Frame, error) {
	var all []formats.Frame
	for fr, err := range f.Frames(context.Background(), r, "sample") {
		if err != nil {
			return all, err
		}
		all = append(all, fr)
	}
	return all, nil
}

// Show writes frames in lines, for comparing.
func Show(frames []formats.Frame) []string {
	var lines []string
	for _, f := range frames {
		lines = append(lines, fmt.Sprintf("%v | %v | %q | %q", f.Position, f.Err, f.Bytes, f.Context))
	}
	return lines
}

func good(t *testing.T, c Case) []formats.Frame {
	t.Helper()
	all, err := Frames(c.Format, bytes.NewReader(c.Input))
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(f formats.Frame) bool { return f.Err != nil })
	if len(all) < 3 {
		t.Fatalf("%d good records in the sample; want at least 3", len(all))
	}
	return all
}

func exact(t *testing.T, c Case) {
	all, err := Frames(c.Format, bytes.NewReader(c.Input))
	if err != nil {
		t.Fatal(err)
	}
	var end, record int64
	for _, f := range all {
		p := f.Position
		if p.Origin != "sample" {
			t.Errorf("%v: the origin is lost", p)
		}
		if p.Offset < end || p.Offset+int64(len(f.Bytes)) > int64(len(c.Input)) {
			t.Fatalf("%v: does not follow byte %d", p, end)
		}
		if got := c.Input[p.Offset:][:len(f.Bytes)]; !bytes.Equal(got, f.Bytes) {
			t.Errorf("%v: the file has %q, the frame %q", p, got, f.Bytes)
		}
		if p.Record <= record {
			t.Errorf("%v: record number after %d", p, record)
		}
		end, record = p.Offset+int64(len(f.Bytes)), p.Record
	}
}

func chunks(t *testing.T, c Case) {
	want, _ := Frames(c.Format, bytes.NewReader(c.Input))
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, r := range map[string]io.Reader{
		"one byte":          iotest.OneByteReader(bytes.NewReader(c.Input)),
		"half":              iotest.HalfReader(bytes.NewReader(c.Input)),
		"data with the end": iotest.DataErrReader(bytes.NewReader(c.Input)),
		"random":            &randomReader{bytes.NewReader(c.Input), rnd},
		"random 2":          &randomReader{bytes.NewReader(c.Input), rnd},
	} {
		got, err := Frames(c.Format, r)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(Show(want), Show(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

type randomReader struct {
	r   io.Reader
	rnd *rand.Rand
}

func (r *randomReader) Read(p []byte) (int, error) {
	return r.r.Read(p[:min(len(p), r.rnd.IntN(40))])
}

func failing(t *testing.T, c Case) {
	want, _ := Frames(c.Format, bytes.NewReader(c.Input))
	broken := errors.New("the disk is gone")
	for at := range len(c.Input) {
		got, err := Frames(c.Format, io.MultiReader(bytes.NewReader(c.Input[:at]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) && !(len(got) > 0 && got[len(got)-1].Err != nil) {
			t.Fatalf("cut at %d: error %v", at, err)
		}
		for i, f := range got {
			if f.Err == nil && (i >= len(want) || !bytes.Equal(f.Bytes, want[i].Bytes)) {
				t.Fatalf("cut at %d: record %d is %q, which the whole file does not have", at, i+1, f.Bytes)
			}
		}
	}
}

func cancelled(t *testing.T, c Case) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range c.Format.Frames(ctx, c.stream(1<<40), "endless") {
		last = err
		n++
		cancel()
	}
	if !errors.Is(last, context.Canceled) || n > 2 {
		t.Errorf("%d frames after cancelling, then %v", n-1, last)
	}
}

func stopped(t *testing.T, c Case) {
	n := 0
	for range c.Format.Frames(t.Context(), bytes.NewReader(c.Input), "sample") {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d frames", n)
	}
}

var whole = &formats.Shape{Whole: true}

func roundTrip(t *testing.T, c Case) {
	reader := c.Reader
	if reader == nil {
		reader = c.Format
	}
	for _, f := range good(t, c) {
		var before, after formats.Doc
		if c.Format.Decode(&before, f, whole) != nil {
			continue
		}
		var file []byte
		if h, ok := c.Format.(formats.Header); ok {
			file = h.Head(file)
		}
		file, err := c.Format.Encode(file, &before.Root)
		if err != nil {
			t.Fatalf("%v: %v", f.Position, err)
		}
		if s, ok := c.Format.(formats.Separator); ok {
			file = append(file, s.Separator()...)
		}
		again, err := Frames(reader, bytes.NewReader(file))
		if err != nil || len(again) != 1 || again[0].Err != nil {
			t.Fatalf("%v: %q is read as %v, %v", f.Position, file, Show(again), err)
		}
		if err := reader.Decode(&after, again[0], whole); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Tree(&before.Root), Tree(&after.Root)); diff != "" {
			t.Errorf("%v: %s", f.Position, diff)
		}
	}
}

// Tree is a node as nested lists and texts that can be compared: kind and text of scalars, names
// and values of objects.
func Tree(n *formats.Node) any {
	switch n.Kind {
	case formats.Object:
		members := []any{"object"}
		for i := range n.Kids {
			name := ""
			if n.Names != nil {
				name = n.Names[i]
			}
			members = append(members, []any{name, Tree(&n.Kids[i])})
		}
		return members
	case formats.List:
		list := []any{"list"}
		for i := range n.Kids {
			list = append(list, Tree(&n.Kids[i]))
		}
		return list
	}
	return fmt.Sprintf("%d %s", n.Kind, n.Text)
}

func concurrent(t *testing.T, c Case) {
	frames := good(t, c)
	var want []any
	for _, f := range frames {
		var d formats.Doc
		_ = c.Format.Decode(&d, f, whole) // an error leaves an empty tree, in both runs
		want = append(want, Tree(&d.Root))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var d formats.Doc
			for range 20 {
				for i, f := range frames {
					_ = c.Format.Decode(&d, f, whole)
					if got := Tree(&d.Root); !reflect.DeepEqual(want[i], got) { // a diff takes long
						t.Error(cmp.Diff(want[i], got))
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// stream is Head, then Record again and again, n bytes in all.
func (c Case) stream(n int64) io.Reader {
	times := 1 + (64<<10)/len(c.Record)
	return io.LimitReader(io.MultiReader(bytes.NewReader(c.Head), &loop{text: bytes.Repeat(c.Record, times)}), n)
}

type loop struct {
	text []byte
	at   int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.text[l.at:])
	l.at = (l.at + n) % len(l.text)
	return n, nil
}

// memory reads a large stream and looks now and then at what is still held.
func memory(t *testing.T, c Case) {
	const size, every, allowed = streamSize, streamSize / 8, min(8<<20, streamSize/2)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	next, n := int64(every), 0
	for f, err := range c.Format.Frames(t.Context(), c.stream(size), "large") {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if f.Position.Offset < next {
			continue
		}
		next += every
		runtime.GC()
		runtime.ReadMemStats(&now)
		if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > allowed {
			t.Fatalf("%d bytes more are held after %d MB", grown, f.Position.Offset>>20)
		}
	}
	if n < 1000 {
		t.Errorf("only %d records in %d MB", n, size>>20)
	}
}
