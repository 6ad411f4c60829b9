package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/evaluate"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/mappings"
)

// sampleFile is a file of records, of which the customers may be known.
type sampleFile struct {
	app     *app
	mapping string
	truth   string
	params  string
	name    string
}

func (s *sampleFile) flags(c *cobra.Command) {
	c.Flags().StringVarP(&s.mapping, "mapping", "m", "", "the mapping that reads the file's records")
	c.Flags().StringVar(&s.truth, "truth", "", "expression over a raw record that names its customer, such as cluster")
}

// read gives the file's records as matching sees them, and the ruleset of the folder.
func (s *sampleFile) read(c *cobra.Command) (*golden.Ruleset, []evaluate.Labelled, error) {
	folder, err := s.app.load(c)
	if err != nil {
		return nil, nil, err
	}
	m := folder.Mappings[s.mapping]
	if m == nil {
		text := fmt.Sprintf("mapping %q is not defined in %s", s.mapping, s.app.folder)
		if near := config.Nearest(s.mapping, slices.Sorted(maps.Keys(folder.Mappings))); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return nil, nil, errors.New(text)
	}
	if m.Outbound() || m.Entity() != canonical.EntityCustomer {
		return nil, nil, fmt.Errorf("mapping %q makes no customers of records; expected one with `to: Customer`", s.mapping)
	}
	rules, err := s.rules(c, folder)
	if err != nil {
		return nil, nil, err
	}
	t := &translation{app: s.app, file: s.name}
	f, err := t.openFormat(m)
	if err != nil {
		return nil, nil, misuse(c, err)
	}
	in, closeIn, err := t.open(c)
	if err != nil {
		return nil, nil, err
	}
	defer closeIn()
	r := &sampleReader{rules: rules, mapping: m, format: f}
	if s.truth != "" {
		if r.label, err = mappings.NewExtract("--truth", s.truth, mappings.Options{Folder: s.app.folder}); err != nil {
			return nil, nil, err
		}
	}
	records, err := r.read(c.Context(), in, t.origin(), c.ErrOrStderr())
	if err == nil && len(records) == 0 {
		err = fmt.Errorf("%s holds no record that can be mapped", s.name)
	}
	return rules, records, err
}

// rules are those of the folder, with the parameters that --params names.
func (s *sampleFile) rules(c *cobra.Command, folder *hub.Folder) (*golden.Ruleset, error) {
	if s.params == "" {
		return folder.Rules, nil
	}
	text, err := os.ReadFile(s.params)
	if err != nil {
		return nil, err
	}
	ps := &config.Problems{}
	folder.Rules.UseParams(s.params, text, ps)
	if ps.HasErrors() {
		printProblems(c.ErrOrStderr(), ps)
		return nil, errReported
	}
	return folder.Rules, nil
}

// sampleReader reads records on all cores, and keeps them in order.
type sampleReader struct {
	rules   *golden.Ruleset
	mapping *mappings.Mapping
	format  formats.Format
	label   *mappings.Extract // nil: the truth is not asked for
}

// read reads all of in. A record that cannot be mapped is told to errs and left out.
func (r *sampleReader) read(ctx context.Context, in io.Reader, origin string, errs io.Writer) ([]evaluate.Labelled, error) {
	todo, ordered := make(chan *sampleChunk), make(chan *sampleChunk, 2*runtime.GOMAXPROCS(0))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(ordered)
		defer close(todo)
		return r.cut(ctx, in, origin, todo, ordered)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			w := &sampleWorker{sampleReader: r}
			for chunk := range todo {
				w.take(chunk)
				close(chunk.done)
			}
			return nil
		})
	}
	var list []evaluate.Labelled
	bad := 0
	for chunk := range ordered {
		<-chunk.done
		list = append(list, chunk.records...)
		for _, failed := range chunk.failed {
			if bad++; bad <= 10 {
				fmt.Fprintln(errs, failed)
			}
		}
	}
	if bad > 0 {
		fmt.Fprintf(errs, "%d records of %d were left out: they cannot be mapped\n", bad, bad+len(list))
	}
	return list, group.Wait()
}

// sampleChunk is some frames in a row, and what became of them.
type sampleChunk struct {
	frames  []formats.Frame
	records []evaluate.Labelled
	failed  []error
	done    chan struct{} // closed when all frames are worked off
}

const sampleChunkSize = 256

func newSampleChunk() *sampleChunk {
	return &sampleChunk{frames: make([]formats.Frame, 0, sampleChunkSize), done: make(chan struct{})}
}

// cut divides the file into chunks for the workers, and lists them in the file's order.
func (r *sampleReader) cut(ctx context.Context, in io.Reader, origin string, todo, ordered chan<- *sampleChunk) error {
	pass := func(chunk *sampleChunk) error {
		for _, to := range []chan<- *sampleChunk{todo, ordered} {
			select {
			case to <- chunk:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	chunk := newSampleChunk()
	for frame, err := range r.format.Frames(ctx, in, origin) {
		if err != nil {
			return err
		}
		if chunk.frames = append(chunk.frames, frame); len(chunk.frames) == sampleChunkSize {
			if err := pass(chunk); err != nil {
				return err
			}
			chunk = newSampleChunk()
		}
	}
	return pass(chunk)
}

// sampleWorker maps and standardises one record after another.
type sampleWorker struct {
	*sampleReader
	raw, asked formats.Doc
	mapped     []byte
	texts      strings.Builder
}

func (w *sampleWorker) take(chunk *sampleChunk) {
	size := 0
	for i := range chunk.frames {
		size += len(chunk.frames[i].Bytes) + 48
	}
	w.texts = strings.Builder{} // one piece of memory for a chunk
	w.texts.Grow(size)
	chunk.records = make([]evaluate.Labelled, 0, len(chunk.frames))
	for i := range chunk.frames {
		switch one, ok, err := w.one(chunk.frames[i]); {
		case err != nil:
			chunk.failed = append(chunk.failed, fmt.Errorf("%s: %w", chunk.frames[i].Position, err))
		case ok:
			chunk.records = append(chunk.records, one)
		}
	}
	chunk.frames = nil
}

// one gives a record as matching sees it; false where the mapping leaves it out.
func (w *sampleWorker) one(frame formats.Frame) (one evaluate.Labelled, ok bool, err error) {
	of := mappings.Input{Source: canonical.Source{System: "file", Stream: "records"}}
	out, err := w.mapping.ApplyFrame(w.mapped[:0], w.format, frame, &w.raw, of)
	if err != nil || out.Skip {
		return one, false, err
	}
	w.mapped = out.Bytes
	if one.Record, err = w.rules.ReadMatchRecord(out.Bytes); err != nil {
		return one, false, err
	}
	if w.label != nil {
		if one.Truth, err = w.truth(frame); err != nil {
			return one, false, err
		}
	}
	one.Key, one.Truth, one.Shown = w.keep(one.Key), w.keep(one.Truth), w.keep(strings.TrimSpace(string(frame.Bytes)))
	return one, true, nil
}

// truth is who the record is, by its label.
func (w *sampleWorker) truth(frame formats.Frame) (string, error) {
	if err := w.format.Decode(&w.asked, frame, w.label.Shape()); err != nil {
		return "", err
	}
	truth, err := w.label.Text(mappings.Input{Root: &w.asked.Root})
	if err == nil && truth == "" {
		err = errors.New("--truth is unknown for this record")
	}
	return truth, err
}

// keep copies a text beside the others of the chunk.
func (w *sampleWorker) keep(text string) string {
	at := w.texts.Len()
	w.texts.WriteString(text)
	return w.texts.String()[at:]
}
