package main

import (
	"errors"
	"fmt"
	"os"

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
	sets := 0
	for report, err := range validate.Interchanges(in, v.options) {
		if err != nil {
			v.broken(&f, err)
			return
		}
		sets += report.Sets
		f.Valid = f.Valid && report.Clean()
		if v.app.json {
			f.Interchanges = append(f.Interchanges, newEDIInterchange(report))
			continue
		}
		for _, fault := range report.All() {
			if !fault.Warning || !v.quiet {
				fmt.Fprintln(v.c.OutOrStdout(), ediLine(file, fault))
			}
		}
		v.more(file, report)
		if report.Interchange != nil {
			f.Interchanges = append(f.Interchanges, nil)
		}
	}
	if len(f.Interchanges) == 0 && f.Valid {
		v.broken(&f, errors.New("there is no interchange in it"))
		return
	}
	v.failed = v.failed || !f.Valid
	if v.app.json {
		v.files = append(v.files, f)
	} else if f.Valid {
		fmt.Fprintf(v.c.OutOrStdout(), "%s: valid: %s, %s\n", file, plural(len(f.Interchanges), "interchange"), plural(sets, "set"))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// more tells of the faults that were only counted.
func (v *ediValidation) more(file string, r *validate.Report) {
	for _, g := range r.Groups {
		for _, s := range g.Kept {
			if s.More > 0 {
				fmt.Fprintf(v.c.OutOrStdout(), "%s:%d: set %s %s: %d more\n", file, s.Start, s.ID, s.ControlNumber, s.More)
			}
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
	for report, err := range validate.Interchanges(in, options) {
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		out, count, err := ack.Acknowledge(report, answer)
		if err != nil {
			return fmt.Errorf("%s: acknowledge the interchange at byte %d: %w", file, report.Start, err)
		}
		if _, err := c.OutOrStdout().Write(out); err != nil {
			return err
		}
		answered = answered || len(out) > 0
		answer.Interchange += int64(count.Interchanges)
		answer.Group += int64(count.Groups)
		answer.Set += int64(count.Sets)
	}
	if !answered {
		return fmt.Errorf("%s: nothing to acknowledge", file)
	}
	return nil
}
