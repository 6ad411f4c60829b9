package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// ediGuideCommands are the commands that need guides.
func (a *app) ediGuideCommands() []*cobra.Command {
	return []*cobra.Command{a.ediValidateCommand(), a.ediAckCommand(), a.ediGuidesCommand(), a.ediImportCommand(), a.ediInferCommand()}
}

// ediGuides is which guides a command takes.
type ediGuides struct{ paths []string }

func (g *ediGuides) flag(c *cobra.Command) {
	c.Flags().StringArrayVarP(&g.paths, "guide", "g", nil, "a guide's file, a folder of them, or the name of a guide that is taken whatever the version")
}

// options gives the options of validation: guides of files go by their version,
// those that are named go before all others.
func (g *ediGuides) options() (validate.Options, error) {
	library := &guides.Library{}
	var forced []string
	for _, path := range g.paths {
		if _, err := os.Stat(path); err != nil {
			if _, unknown := library.Guide(path); unknown != nil {
				return validate.Options{}, fmt.Errorf("guide %s: no such file, and %w", path, unknown)
			}
			forced = append(forced, path)
			continue
		}
		if _, err := library.AddPath(path); err != nil {
			return validate.Options{}, err
		}
	}
	find := func(i *edi.Interchange, group *edi.Group, set *edi.Set) (*guide.Plan, error) {
		for _, name := range forced {
			if p, err := library.Plan(name, set.ID); err == nil && p.Guide.Standard == i.Syntax.Standard {
				return p, nil
			}
		}
		return library.Find(i, group, set)
	}
	return validate.Options{Guides: find}, nil
}

func (a *app) ediValidateCommand() *cobra.Command {
	var g ediGuides
	var quiet bool
	c := &cobra.Command{
		Use:   "validate FILE…",
		Short: "Check interchanges against their guides, and tell all that is wrong",
		Long: `Check interchanges against their guides: envelopes, structure, elements, codes and
conditions. Each fault is a line: file:offset:segment: place: what is wrong. The
exit code is 1 where anything is wrong but warnings, and where a set has no guide.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			options, err := g.options()
			if err != nil {
				return err
			}
			v := ediValidation{app: a, c: c, options: options, quiet: quiet}
			for _, file := range args {
				v.file(file)
			}
			if a.json {
				if err := a.print(c, v.files, nil); err != nil {
					return err
				}
			}
			if v.failed {
				return errReported
			}
			return nil
		},
	}
	g.flag(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "tell no warnings")
	return c
}

// ediValidation validates files, one after the other.
type ediValidation struct {
	app     *app
	c       *cobra.Command
	options validate.Options
	quiet   bool
	failed  bool
	files   []ediFile
}

// ediFile is a file's result as JSON.
type ediFile struct {
	File         string            `json:"file"`
	Valid        bool              `json:"valid"`
	Error        string            `json:"error,omitempty"`
	Interchanges []*ediInterchange `json:"interchanges"`
}

func (v *ediValidation) file(file string) {
	f := ediFile{File: file, Valid: true}
	in, err := openInput(v.c, file)
	if err != nil {
		v.broken(&f, err)
		return
	}
	defer in.Close()
	interchanges, sets, options := 0, 0, v.options
	options.Workers = runtime.GOMAXPROCS(0)
	if !v.app.json {
		options.Each = func(_ *validate.Report, _ *validate.Group, s *validate.Set) { v.set(file, s) }
	}
	for report, err := range validate.Interchanges(in, options) {
		if err != nil {
			v.broken(&f, err)
			return
		}
		sets += report.Sets
		f.Valid = f.Valid && report.Clean()
		if report.Interchange != nil {
			interchanges++
		}
		if v.app.json {
			f.Interchanges = append(f.Interchanges, newEDIInterchange(report))
			continue
		}
		v.print(file, report.All())
	}
	if interchanges == 0 && f.Valid {
		v.broken(&f, errors.New("there is no interchange in it"))
		return
	}
	v.failed = v.failed || !f.Valid
	if v.app.json {
		v.files = append(v.files, f)
	} else if f.Valid {
		fmt.Fprintf(v.c.OutOrStdout(), "%s: valid: %s, %s\n", file, plural(interchanges, "interchange"), plural(sets, "set"))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// set tells of a set's faults when it ends, so that files of any size take no
// memory; those of envelopes around it follow when they end.
func (v *ediValidation) set(file string, s *validate.Set) {
	v.print(file, s.Faults)
	if s.More > 0 {
		fmt.Fprintf(v.c.OutOrStdout(), "%s:%d: set %s %s: %d more\n", file, s.Start, s.ID, s.ControlNumber, s.More)
	}
}

func (v *ediValidation) print(file string, faults []edi.Fault) {
	for _, fault := range faults {
		if !fault.Warning || !v.quiet {
			fmt.Fprintln(v.c.OutOrStdout(), ediLine(file, fault))
		}
	}
}

func (v *ediValidation) broken(f *ediFile, err error) {
	v.failed, f.Valid, f.Error = true, false, err.Error()
	if v.app.json {
		v.files = append(v.files, *f)
		return
	}
	fmt.Fprintf(v.c.OutOrStdout(), "%s: %v\n", f.File, err)
}

// ediLine is a fault as a line that editors can go to.
func ediLine(file string, f edi.Fault) string {
	kind := ""
	if f.Warning {
		kind = "warning: "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", file, f.Position.Offset, f.Position.Segment, kind, f.Error())
}

func (a *app) ediAckCommand() *cobra.Command {
	var g ediGuides
	var o ediAckOptions
	c := &cobra.Command{
		Use:   "ack FILE",
		Short: "Print the acknowledgement of an interchange: TA1, 997, 999 or CONTRL",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			options, err := g.options()
			if err != nil {
				return err
			}
			answer, err := o.read()
			if err != nil {
				return misuse(c, err)
			}
			return printAcks(c, args[0], options, answer)
		},
	}
	g.flag(c)
	o.flags(c)
	return c
}

// printAcks answers every interchange of a file.
func printAcks(c *cobra.Command, file string, options validate.Options, answer ack.Options) error {
	in, err := openInput(c, file)
	if err != nil {
		return err
	}
	defer in.Close()
	answered := false
	stream := ack.NewStream(answer)
	options.Each = func(r *validate.Report, g *validate.Group, s *validate.Set) { stream.Add(r, g, s) }
	if !answer.Strict {
		options.Workers = runtime.GOMAXPROCS(0)
	} else {
		options.Each = nil // a group's sets follow its trailer
	}
	for report, err := range validate.Interchanges(in, options) {
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		count, err := printAck(c.OutOrStdout(), stream, report, answer)
		if err != nil {
			return fmt.Errorf("%s: acknowledge the interchange at byte %d: %w", file, report.Start, err)
		}
		answered = answered || count.Interchanges > 0
		answer.Interchange += int64(count.Interchanges)
		answer.Group += int64(count.Groups)
		answer.Set += int64(count.Sets)
		stream.Number(answer.Interchange, answer.Group, answer.Set)
	}
	if !answered {
		return fmt.Errorf("%s: nothing to acknowledge", file)
	}
	return nil
}

// printAck answers one interchange.
func printAck(w io.Writer, stream *ack.Stream, report *validate.Report, answer ack.Options) (ack.Count, error) {
	if !answer.Strict {
		return stream.Answer(w, report)
	}
	out, count, err := ack.Acknowledge(report, answer)
	if err == nil {
		_, err = w.Write(out)
	}
	return count, err
}
