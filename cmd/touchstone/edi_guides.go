package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/directory"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/edi/infer"
)

func (a *app) ediGuidesCommand() *cobra.Command {
	var asYAML bool
	var paths []string
	c := &cobra.Command{
		Use:   "guides [NAME [MESSAGE]]",
		Short: "List guides, the messages of one, or the structure of a message",
		Args:  cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			library := &guides.Library{}
			for _, path := range paths {
				if _, err := library.AddPath(path); err != nil {
					return err
				}
			}
			if len(args) == 0 {
				return a.listGuides(c, library)
			}
			g, err := library.Guide(args[0])
			switch {
			case err != nil:
				return err
			case asYAML:
				return g.WriteYAML(c.OutOrStdout())
			case len(args) == 1:
				return a.listMessages(c, g)
			}
			p, err := library.Plan(args[0], args[1])
			if err != nil {
				return err
			}
			return printMessage(c.OutOrStdout(), p)
		},
	}
	c.Flags().BoolVar(&asYAML, "yaml", false, "print the whole guide as YAML")
	c.Flags().StringArrayVarP(&paths, "guide", "g", nil, "a guide's file, or a folder of them, beside those that come along")
	return c
}

type guideLine struct {
	Name     string   `json:"name"`
	Title    string   `json:"title,omitempty"`
	Standard string   `json:"standard"`
	Version  string   `json:"version,omitempty"`
	Messages []string `json:"messages"`
}

func (a *app) listGuides(c *cobra.Command, library *guides.Library) error {
	var all []guideLine
	for _, name := range library.Names() {
		g, err := library.Guide(name)
		if err != nil {
			return err
		}
		all = append(all, guideLine{g.Name, g.Title, g.Standard.String(), g.Version, g.MessageIDs()})
	}
	return a.print(c, all, func(w io.Writer) error {
		var rows [][]any
		for _, g := range all {
			rows = append(rows, []any{g.Name, g.Version, len(g.Messages), g.Title})
		}
		return table(w, "GUIDE\tVERSION\tMESSAGES\tTITLE", rows)
	})
}

func (a *app) listMessages(c *cobra.Command, g *guide.Guide) error {
	type message struct {
		ID    string `json:"id"`
		Title string `json:"title,omitempty"`
		Group string `json:"group,omitempty"`
	}
	var all []message
	for _, id := range g.MessageIDs() {
		m := g.Messages[id]
		group := m.Group
		if group == "" && g.Standard == edi.X12 {
			group = guides.Functional(id)
		}
		all = append(all, message{id, m.Title, group})
	}
	return a.print(c, all, func(w io.Writer) error {
		var rows [][]any
		for _, m := range all {
			rows = append(rows, []any{m.ID, m.Group, m.Title})
		}
		return table(w, "MESSAGE\tGROUP\tTITLE", rows)
	})
}

// printMessage writes a message as a tree, with names.
func printMessage(w io.Writer, p *guide.Plan) error {
	for _, place := range p.Places {
		depth := strings.Count(place.Path, "/")
		times := "*"
		if place.Max > 0 {
			times = fmt.Sprint(place.Max)
		}
		need := "O"
		if place.Need == guide.Mandatory {
			need = "M"
		}
		title := ""
		switch {
		case place.IsGroup():
			title = "group"
		case place.Layout.Segment != nil:
			title = place.Layout.Segment.Title
		}
		line := fmt.Sprintf("%-5s %s%-*s %s %-5s %s", place.Position, strings.Repeat("  ", depth), 14-min(2*depth, 10), place.ID, need, times, title)
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) ediImportCommand() *cobra.Command {
	var out string
	var asTable bool
	c := &cobra.Command{
		Use:   "import-directory FILE.zip",
		Short: "Read a UN/EDIFACT directory, as UNECE publishes it, into guides",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return err
			}
			d, err := directory.Read(f, info.Size())
			if err != nil {
				return fmt.Errorf("import %s: %w", args[0], err)
			}
			return a.writeDirectory(c, d, out, asTable)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", ".", "the folder to write guides to")
	c.Flags().BoolVar(&asTable, "table", false, "write structure tables, which are small and quick to read, instead of YAML")
	return c
}

func (a *app) writeDirectory(c *cobra.Command, d *directory.Directory, out string, asTable bool) error {
	service, err := guides.Shipped.Guide("edifact/service-4")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, g := range []*guide.Guide{d.Batch, d.Interactive} {
		if g == nil {
			continue
		}
		guides.AddService(g, service)
		name := filepath.Join(out, strings.ReplaceAll(g.Name, "/", "-")+".yaml")
		write := g.WriteYAML
		if asTable {
			name, write = strings.TrimSuffix(name, ".yaml")+".txt", g.WriteTable
		}
		if err := writeGuide(name, write); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %d messages, %d segments, %d composites, %d elements, %d code lists\n",
			name, len(g.Messages), len(g.Segments), len(g.Composites), len(g.Elements), len(g.Codes))
	}
	return nil
}

func writeGuide(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func (a *app) ediInferCommand() *cobra.Command {
	var o infer.Options
	c := &cobra.Command{
		Use:   "infer FILE…",
		Short: "Print a guide that describes the sets in sample files",
		Long: `Print a guide, in YAML, that describes the sets in sample files: which segments and
loops there are, what is always there and how often, and which forms and codes
elements have. It is a beginning: what the samples do not show it cannot know.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			samples := infer.New(o)
			for _, file := range args {
				in, err := openInput(c, file)
				if err != nil {
					return err
				}
				err = samples.Read(in)
				_ = in.Close()
				if err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
			}
			g, err := samples.Guide()
			if err != nil {
				return err
			}
			return g.WriteYAML(c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&o.Name, "name", "", "the guide's name (default inferred/STANDARD-VERSION)")
	c.Flags().StringVar(&o.Set, "set", "", "only sets of this kind, such as 850 or ORDERS")
	return c
}
