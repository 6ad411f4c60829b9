// Command touchstone runs and operates a customer integration hub.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Main runs one command line and gives its exit code: 0 done, 1 failed, 2 wrong use.
func Main(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(asGoTest(args))
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "touchstone: %v\nSee 'touchstone %s--help'.\n", err, usage.command)
		return exitUsage
	case errors.Is(err, errReported):
		return exitFailed
	}
	fmt.Fprintf(errs, "touchstone: %v\n", err)
	return exitFailed
}

// asGoTest takes -run for --run: whoever tests mappings has tested Go before.
func asGoTest(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "-run" || strings.HasPrefix(arg, "-run=") {
			args[i] = "-" + arg
		}
	}
	return args
}

// errReported ends a command that has told what is wrong already.
var errReported = errors.New("failed")

// usageError is a wrong use of the command line.
type usageError struct {
	err     error
	command string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func newRoot() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:           "touchstone",
		Short:         "A customer integration hub: one truth about customers, in every system",
		SilenceErrors: true, SilenceUsage: true,
		Version: version, // --version, beside the command of that name
	}
	root.PersistentFlags().StringVarP(&a.folder, "hub", "C", ".", "the hub folder")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.AddCommand(
		a.initCommand(), a.checkCommand(), a.testCommand(), a.runCommand(), a.reloadCommand(), a.connectorsCommand(),
		a.schemaCommand(), a.recordsCommand(), a.traceCommand(), a.translateCommand(), a.matchCommand(), a.planCommand(), a.lookupCommand(), a.explainCommand(), a.statusCommand(),
		a.reviewCommand(), a.mergeCommand(), a.splitCommand(), a.moveCommand(), a.pinCommand(), a.unpinCommand(), a.decisionsCommand(), a.undoCommand(),
		a.deadLettersCommand(), a.replayCommand(), a.deliveriesCommand(), a.subscribersCommand(), a.eraseCommand(), a.ediCommand(), a.demoCommand(), a.versionCommand(), a.manCommand(),
	)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return misuse(c, err) })
	checkArgs(root)
	return root
}

// misuse marks an error as wrong use of the command.
func misuse(c *cobra.Command, err error) error {
	path := ""
	if c.HasParent() {
		path = c.CommandPath()[len(c.Root().Name())+1:] + " "
	}
	return &usageError{err: err, command: path}
}

// checkArgs makes wrong arguments and unknown commands a wrong use, in the whole tree.
func checkArgs(c *cobra.Command) {
	check := c.Args
	if check == nil {
		check = cobra.NoArgs
	}
	if c.HasSubCommands() && !strings.Contains(c.Use, " ") { // else it takes arguments of its own
		check = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			text := fmt.Sprintf("unknown command %q", args[0])
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				text += fmt.Sprintf("; did you mean %q?", near[0])
			}
			return errors.New(text)
		}
		c.SuggestionsMinimumDistance = 2
		if c.RunE == nil && c.Run == nil {
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return misuse(c, err)
		}
		return nil
	}
	for _, sub := range c.Commands() {
		checkArgs(sub)
	}
}
