package main

import (
	"encoding/json"
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
	all := map[string]func() ([]byte, error){
		"hub": func() ([]byte, error) { return json.MarshalIndent(config.Schema(hub.Settings{}), "", "  ") },
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
		Short:     "Print the JSON Schema of hub.yaml or of a canonical entity",
		ValidArgs: names,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
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
