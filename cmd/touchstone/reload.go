package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) reloadCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reload [FOLDER]",
		Short: "Have the running hub take its folder anew, as a whole or not at all",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			a.use(args)
			folder, problems := hub.LoadSettings(a.folder, os.LookupEnv)
			if folder == nil {
				printProblems(c.ErrOrStderr(), problems)
				return errReported
			}
			running := socketClient(folder.SocketPath())
			if running == nil {
				return fmt.Errorf("no hub runs on %s", a.folder)
			}
			defer func() { err = errors.Join(err, running.close()) }()
			r, err := http.NewRequestWithContext(c.Context(), http.MethodPost, "http://hub/v1/reload", nil)
			if err != nil {
				return err
			}
			answer, err := running.do(r)
			if err != nil {
				return fmt.Errorf("ask the hub: %w", err)
			}
			defer func() { _ = answer.Body.Close() }()
			if answer.StatusCode >= http.StatusBadRequest {
				return answerError(answer)
			}
			var done hub.Reloaded
			if err := json.NewDecoder(answer.Body).Decode(&done); err != nil {
				return fmt.Errorf("read the hub's answer: %w", err)
			}
			return a.print(c, done, func(w io.Writer) error { return printReloaded(w, done) })
		},
	}
}

func printReloaded(w io.Writer, done hub.Reloaded) error {
	if !done.Changed {
		_, err := fmt.Fprintf(w, "generation %d runs; the folder is as it was taken\n", done.Generation)
		return err
	}
	_, err := fmt.Fprintf(w, "generation %d runs\n", done.Generation)
	for _, part := range []struct {
		what  string
		names []string
	}{{"started", done.Started}, {"stopped", done.Stopped}} {
		if len(part.names) > 0 {
			_, err = fmt.Fprintf(w, "%s: %s\n", part.what, strings.Join(part.names, ", "))
		}
	}
	return err
}
