package main

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/all"
	"github.com/touchstone-hub/touchstone/connectors/presets"
)

// offer is one kind or preset that connector files may name.
type offer struct {
	Name   string `json:"name"`
	Preset bool   `json:"preset"`
	Doc    string `json:"doc"`
	// Settings are a preset's settings.
	Settings []connectors.PresetSetting `json:"settings,omitempty"`
	Streams  []string                   `json:"streams,omitempty"`
	Targets  []string                   `json:"targets,omitempty"`
}

func (a *app) connectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "connectors",
		Short: "List the kinds and presets that connector files may name",
		RunE: func(c *cobra.Command, _ []string) error {
			var offers []offer
			for _, k := range all.Kinds() {
				offers = append(offers, offer{Name: k.Name, Doc: k.Doc})
			}
			ps := &config.Problems{}
			for _, p := range connectors.Presets([]fs.FS{presets.FS}, ps) {
				offers = append(offers, offer{Name: p.Name, Preset: true, Doc: p.Doc, Settings: p.Settings, Streams: p.Streams, Targets: p.Targets})
			}
			if err := ps.Err(); err != nil {
				return err
			}
			return a.print(c, offers, func(w io.Writer) error { return printOffers(w, offers) })
		},
	}
}

func printOffers(w io.Writer, offers []offer) error {
	var rows [][]any
	for _, o := range offers {
		use := "kind: " + o.Name
		if o.Preset {
			use = "preset: " + o.Name
		}
		doc := o.Doc
		if len(o.Streams) > 0 {
			doc += fmt.Sprintf("; streams %s", strings.Join(o.Streams, ", "))
		}
		if len(o.Targets) > 0 {
			doc += fmt.Sprintf("; targets %s", strings.Join(o.Targets, ", "))
		}
		rows = append(rows, []any{use, doc})
	}
	return table(w, "NAME\tWHAT", rows)
}
