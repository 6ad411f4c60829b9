package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/canonical"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(c *cobra.Command, _ []string) error {
			v := map[string]string{"version": version, "model": canonical.SchemaVersion, "go": runtime.Version()}
			return a.print(c, v, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "touchstone %s, canonical model %s, %s\n", v["version"], v["model"], v["go"])
				return err
			})
		},
	}
}
