package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/document"
)

func (a *app) ediCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "edi",
		Short: "Work with X12, EDIFACT and TRADACOMS interchanges",
	}
	c.AddCommand(a.ediReadCommand(), a.ediWriteCommand(), a.ediSplitCommand(), a.ediAnonymiseCommand())
	c.AddCommand(a.ediGuideCommands()...)
	c.AddCommand(a.ediStatusCommand(), a.ediShowCommand(), a.ediResendCommand())
	return c
}

func (a *app) ediReadCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "read FILE",
		Short: "Show the interchanges of a file as a tree",
		Long: `Shows the interchanges, groups and sets of a file ("-" is standard input) with the names of what
they hold. With --json the tree is a document from which "touchstone edi write" makes the same bytes
again. What is wrong with envelopes goes to standard error; the exit code is 1 where the file, or
its rest, is no EDI.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in, err := openInput(c, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			r := &ediReport{name: args[0], out: c.ErrOrStderr()}
			s := edi.NewScanner(in)
			if a.json {
				err = document.WriteJSON(c.OutOrStdout(), s, &ediNames{}, r.fault)
			} else {
				err = document.WriteText(c.OutOrStdout(), s, &ediNames{}, r.fault)
			}
			return r.end(s, err)
		},
	}
}

func (a *app) ediWriteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "write [FILE]",
		Short: "Write the interchanges of a document that edi read --json made",
		Long: `Writes the bytes of the interchanges in a document of "touchstone edi read --json" ("-" or no file is
standard input): those that were read, where nobody changed the document.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name := "-"
			if len(args) > 0 {
				name = args[0]
			}
			in, err := openInput(c, name)
			if err != nil {
				return err
			}
			defer in.Close()
			err = document.WriteEDI(c.OutOrStdout(), in)
			var wrong *document.JSONError
			if errors.As(err, &wrong) {
				fmt.Fprintf(c.ErrOrStderr(), "%s:%d:%d: %s\n", name, wrong.Line, wrong.Column, wrong.Text)
				return errReported
			}
			return err
		},
	}
}

// openInput opens a file, or standard input for "-".
func openInput(c *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), nil
	}
	return os.Open(name)
}

// ediReport tells what is wrong with a file in lines that begin with file:byte:segment.
type ediReport struct {
	name  string
	out   io.Writer
	lines int
}

// reportLimit is how many faults of one file are told.
const reportLimit = 1000

func (r *ediReport) fault(f edi.Fault) {
	if r.lines++; r.lines > reportLimit {
		return
	}
	warning := ""
	if f.Warning {
		warning = "warning: "
	}
	fmt.Fprintf(r.out, "%s:%d:%d: %s%s\n", r.name, f.Position.Offset, f.Position.Segment, warning, f.Error())
}

// end tells why reading ended, where that was not at the end of a stream of interchanges.
func (r *ediReport) end(s *edi.Scanner, err error) error {
	if r.lines > reportLimit {
		fmt.Fprintf(r.out, "%s: and %d more\n", r.name, r.lines-reportLimit)
	}
	var stopped *edi.Error
	switch {
	case errors.As(err, &stopped):
		fmt.Fprintf(r.out, "%s:%d:%d: %v\n", r.name, stopped.Offset, s.Count(), stopped.Err)
		return errReported
	case err != nil:
		return err
	case s.Junk() >= 0:
		return errReported // told as a fault
	case s.Count() == 0:
		fmt.Fprintf(r.out, "%s:0:0: %v\n", r.name, edi.ErrNotEDI)
		return errReported
	}
	return nil
}
