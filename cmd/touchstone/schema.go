package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/hub"
)

// schemas are the JSON Schemas that can be printed, by name.
func schemas() map[string]func() ([]byte, error) {
	all := map[string]func() ([]byte, error){}
	for _, kind := range hub.FileKinds {
		all[kind] = func() ([]byte, error) { return hub.FileSchema(kind) }
	}
	for _, e := range canonical.Entities {
		all[strings.ToLower(string(e))] = func() ([]byte, error) { return canonical.JSONSchema(e) }
	}
	return all
}

func (a *app) schemaCommand() *cobra.Command {
	all := schemas()
	names := slices.Sorted(maps.Keys(all))
	return &cobra.Command{
		Use:       "schema " + strings.Join(names, "|"),
		Short:     "Print the JSON Schema of a kind of file, or of a canonical entity",
		ValidArgs: names,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && !slices.Contains(names, args[0]) {
				text := fmt.Sprintf("unknown schema %q; expected one of %s", args[0], strings.Join(names, ", "))
				if near := config.Nearest(args[0], names); near != "" {
					text += fmt.Sprintf("; did you mean %q?", near)
				}
				return errors.New(text)
			}
			return cobra.ExactArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, err := all[args[0]]()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
			return err
		},
	}
}
