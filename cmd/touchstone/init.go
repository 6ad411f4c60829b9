package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/examples"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Make a hub folder to start from: files in, files out, nothing else needed",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			made, err := unpack("starter", args[0])
			if err != nil {
				return err
			}
			return a.print(c, map[string]any{"folder": args[0], "files": made}, func(w io.Writer) error {
				for _, name := range made {
					fmt.Fprintf(w, "made %s\n", name)
				}
				_, err := fmt.Fprintf(w, nextSteps, args[0])
				return err
			})
		},
	}
}

const nextSteps = `
next:
  touchstone check %[1]s              every mistake with its place
  touchstone test %[1]s               the tests that stand in the mappings
  touchstone run %[1]s                until Ctrl-C; reads %[1]s/inbox, writes %[1]s/out
  touchstone -C %[1]s lookup Schmidt  in another terminal: what the hub knows
`

// unpack writes one of the example folders below a folder. It refuses to overwrite anything, and
// writes nothing then.
func unpack(example, folder string) (made []string, err error) {
	source, err := fs.Sub(examples.FS, example)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	var names []string
	err = fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		to := filepath.Join(folder, filepath.FromSlash(name))
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s is there already", to), err)
		}
		names = append(names, to)
		text, err := fs.ReadFile(source, name)
		files[to] = append([]byte(modeline(name)), text...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", folder, err)
	}
	for _, kind := range hub.FileKinds {
		to := filepath.Join(folder, ".schemas", kind+".json")
		if files[to], err = hub.FileSchema(kind); err != nil {
			return nil, err
		}
		files[to] = append(files[to], '\n')
		names = append(names, to)
	}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name, files[name], 0o640); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// modeline is the first line of a YAML file, by which editors find its schema; "" for other files.
func modeline(name string) string {
	kind, above := map[string]string{
		"hub.yaml": "hub", "golden.yaml": "golden",
	}[name], ""
	if room := path.Dir(name); room != "." {
		kind, above = map[string]string{"connectors": "connector", "mappings": "mapping", "routes": "route"}[room], "../"
	}
	if kind == "" || path.Ext(name) != ".yaml" {
		return ""
	}
	return "# yaml-language-server: $schema=" + above + ".schemas/" + kind + ".json\n"
}
