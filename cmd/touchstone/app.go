package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/hub"
)

// app is what all commands share.
type app struct {
	folder string
	json   bool
}

// use takes the hub folder from the first argument where it is given.
func (a *app) use(args []string) {
	if len(args) > 0 {
		a.folder = args[0]
	}
}

// load reads and checks the hub folder. Problems are printed; errors end the command.
func (a *app) load(c *cobra.Command) (*hub.Folder, error) {
	folder, problems := hub.Load(a.folder, os.LookupEnv)
	printProblems(c.ErrOrStderr(), problems)
	if folder == nil {
		return nil, errReported
	}
	return folder, nil
}

func printProblems(w io.Writer, ps *config.Problems) {
	for _, p := range ps.Sorted() {
		fmt.Fprintln(w, p)
		if p.Snippet != "" {
			fmt.Fprintln(w, p.Snippet)
		}
	}
}

// print writes v as JSON where that is asked for, else as text writes it.
func (a *app) print(c *cobra.Command, v any, text func(w io.Writer) error) error {
	if !a.json {
		return text(c.OutOrStdout())
	}
	e := json.NewEncoder(c.OutOrStdout())
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table writes rows in columns.
func table(w io.Writer, head string, rows [][]any) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, head)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, cell)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// terminal says whether w is a terminal that a person looks at.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// logger writes to w: for people on a terminal, as JSON elsewhere where asked for.
func logger(w io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
