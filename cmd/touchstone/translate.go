package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/all"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/mappings"
)

// translation is the command's flags.
type translation struct {
	app     *app
	mapping string
	format  string
	file    string
	limit   int
	watch   bool
	quiet   bool
}

func (a *app) translateCommand() *cobra.Command {
	t := &translation{app: a}
	c := &cobra.Command{
		Use:   "translate --mapping NAME FILE",
		Short: "Show what a mapping makes of a file: input, output or error of each record",
		Long:  "Show what a mapping makes of a file. FILE is - for standard input. With --quiet only the results are printed, a line each, so that a file can be mapped to a file.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			t.file = args[0]
			if t.mapping == "" {
				return misuse(c, errors.New("say which mapping: --mapping NAME"))
			}
			if t.watch {
				if t.file == "-" {
					return misuse(c, errors.New("--watch needs a file"))
				}
				return t.follow(c)
			}
			return t.once(c)
		},
	}
	c.Flags().StringVarP(&t.mapping, "mapping", "m", "", "the mapping's name")
	c.Flags().StringVar(&t.format, "format", "", "format of the file; that of the mapping or of the file's name where absent")
	c.Flags().IntVar(&t.limit, "limit", 0, "stop after this many records; 0 for all")
	c.Flags().BoolVar(&t.watch, "watch", false, "run again whenever the file or the hub folder changes")
	c.Flags().BoolVarP(&t.quiet, "quiet", "q", false, "print only the results, a line each")
	return c
}

// once translates the file. Records that fail are shown and make the command fail at the end.
func (t *translation) once(c *cobra.Command) error {
	folder, problems := hub.LoadMappings(t.app.folder, os.LookupEnv)
	m := folder[t.mapping]
	if m == nil {
		m = hub.Preset(t.app.folder, os.LookupEnv, t.mapping)
	}
	if m == nil {
		printProblems(c.ErrOrStderr(), problems)
		if problems.HasErrors() {
			return errReported
		}
		text := fmt.Sprintf("mapping %q is not defined in %s", t.mapping, t.app.folder)
		if near := config.Nearest(t.mapping, slices.Sorted(maps.Keys(folder))); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return errors.New(text)
	}
	f, err := t.openFormat(m)
	if err != nil {
		return misuse(c, err)
	}
	in, closeIn, err := t.open(c)
	if err != nil {
		return err
	}
	defer closeIn()
	work := t.run
	if t.quiet {
		work = t.pass
	}
	failed, err := work(c, m, f, in)
	if err == nil && failed > 0 {
		return fmt.Errorf("%d records could not be translated", failed)
	}
	return err
}

func (t *translation) open(c *cobra.Command) (io.Reader, func(), error) {
	if t.file == "-" {
		return c.InOrStdin(), func() {}, nil
	}
	file, err := os.Open(t.file)
	if err != nil {
		return nil, nil, err
	}
	return file, func() { _ = file.Close() }, nil
}

// origin is what positions name.
func (t *translation) origin() string {
	if t.file == "-" {
		return "standard input"
	}
	return filepath.Base(t.file)
}

// openFormat gives the format that --format names, else that which the mapping names, else that of
// the file's suffix, else the first of all.
func (t *translation) openFormat(m *mappings.Mapping) (formats.Format, error) {
	if t.format == "" && m.NamesFormat() {
		return m.Format(), nil
	}
	name := t.format
	if name == "" {
		name = strings.TrimPrefix(filepath.Ext(t.file), ".")
	}
	var known []string
	for _, k := range all.Kinds() {
		if k.Name == name {
			return k.Open(nil, &config.Problems{}), nil
		}
		known = append(known, k.Name)
	}
	if t.format == "" && m.Format() != nil {
		return m.Format(), nil
	}
	return nil, fmt.Errorf("format %q is not known; expected one of %s", name, strings.Join(known, ", "))
}

func (t *translation) run(c *cobra.Command, m *mappings.Mapping, f formats.Format, in io.Reader) (failed int, err error) {
	n := 0
	for tr, err := range m.Translate(c.Context(), f, in, t.origin(), sample(m)) {
		if err != nil {
			return failed, err
		}
		if tr.Err != nil {
			failed++
		}
		t.note(c, f, tr)
		if err := t.show(c, tr); err != nil {
			return failed, err
		}
		if n++; n == t.limit {
			break
		}
	}
	return failed, nil
}

// note tells of records that are read without the guide that their mapping's names are taken from.
func (t *translation) note(c *cobra.Command, f formats.Format, tr mappings.Translation) {
	if guided, ok := f.(interface{ Guide(fr formats.Frame) string }); ok && tr.Frame.Err == nil && guided.Guide(tr.Frame) == "" {
		fmt.Fprintf(c.ErrOrStderr(), "%v: there is no guide for %s %s: its segments stand side by side\n",
			tr.Frame.Position, tr.Frame.Header["type"], tr.Frame.Header["version"])
	}
}

// sample is what a mapping sees beside the record where no system and no golden record stands behind it.
func sample(m *mappings.Mapping) mappings.Input {
	if m.Outbound() {
		return mappings.Input{Golden: &mappings.GoldenInput{ID: "G-SAMPLE", Version: 1}}
	}
	return mappings.Input{Source: canonical.Source{System: "system", Stream: "stream"}}
}

// pass writes only the results, a line each: a file is mapped to a file, as fast as the mapping
// allows. Documents and buffers are used again from record to record.
func (t *translation) pass(c *cobra.Command, m *mappings.Mapping, f formats.Format, in io.Reader) (failed int, err error) {
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	var (
		doc   formats.Doc
		line  []byte
		n     int
		shape = m.Shape()
		input = sample(m)
	)
	input.Root = &doc.Root
	for frame, err := range f.Frames(c.Context(), bufio.NewReaderSize(in, 1<<16), t.origin()) {
		if err != nil {
			return failed, err
		}
		bad := frame.Err
		if bad == nil {
			bad = f.Decode(&doc, frame, shape)
		}
		if bad == nil {
			input.Position, input.Deleted, input.Key, input.Header = frame.Position, frame.Deleted, frame.Key, frame.Header
			var made mappings.Output
			if made, bad = m.Apply(line[:0], input); bad == nil && !made.Skip {
				line = append(made.Bytes, '\n')
				if _, err := out.Write(line); err != nil {
					return failed, err
				}
			}
		}
		if bad != nil {
			failed++
			fmt.Fprintf(c.ErrOrStderr(), "%s: %v\n", frame.Position, bad)
		}
		if n++; n == t.limit {
			break
		}
	}
	return failed, nil
}

// shown is one record with `--json`.
type shown struct {
	Position string          `json:"position"`
	Input    string          `json:"input"`
	Output   json.RawMessage `json:"output,omitempty"`
	Skipped  bool            `json:"skipped,omitempty"`
	Deleted  bool            `json:"deleted,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func (t *translation) show(c *cobra.Command, tr mappings.Translation) error {
	s := shown{
		Position: tr.Frame.Position.String(), Input: string(tr.Frame.Bytes), Output: tr.Output.Bytes,
		Skipped: tr.Output.Skip, Deleted: tr.Output.Deleted,
	}
	if !utf8.Valid(tr.Frame.Bytes) {
		s.Input = fmt.Sprintf("%q", tr.Frame.Bytes)
	}
	if tr.Err != nil {
		s.Error, s.Output = tr.Err.Error(), nil
	}
	return t.app.print(c, s, func(w io.Writer) error { return printTranslation(w, s) })
}

func printTranslation(w io.Writer, s shown) error {
	fmt.Fprintf(w, "── %s\n%s\n", s.Position, strings.TrimRight(s.Input, "\r\n"))
	switch {
	case s.Error != "":
		fmt.Fprintf(w, "✗ %s\n\n", s.Error)
	case s.Skipped:
		fmt.Fprint(w, "· left out by when\n\n")
	default:
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, s.Output, "", "  "); err != nil {
			return fmt.Errorf("the mapping gave no JSON: %w", err)
		}
		fmt.Fprintf(w, "▶ %s\n\n", pretty.Bytes())
	}
	return nil
}

// follow translates again whenever the file or a mapping is saved, until Ctrl-C.
func (t *translation) follow(c *cobra.Command) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch files: %w", err)
	}
	defer func() { _ = watcher.Close() }()
	for _, folder := range []string{filepath.Dir(t.file), t.app.folder, filepath.Join(t.app.folder, "mappings")} {
		if err := watcher.Add(folder); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("watch %s: %w", folder, err)
		}
	}
	for {
		if err := t.once(c); err != nil && !errors.Is(err, errReported) {
			fmt.Fprintln(c.ErrOrStderr(), err)
		}
		fmt.Fprintln(c.ErrOrStderr(), "waiting for a change; Ctrl-C ends")
		if !nextSave(c.Context(), watcher) {
			return nil
		}
	}
}

// nextSave waits for a change that concerns a mapping or a sample; false where ctx ended.
func nextSave(ctx context.Context, w *fsnotify.Watcher) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case e, ok := <-w.Events:
			if !ok {
				return false
			}
			if e.Op.Has(fsnotify.Write) || e.Op.Has(fsnotify.Create) {
				return true
			}
		case _, ok := <-w.Errors:
			if !ok {
				return false
			}
		}
	}
}
