package all_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/all"
	"github.com/touchstone-hub/touchstone/connectors/presets"
	formats "github.com/touchstone-hub/touchstone/formats/all"
)

func TestKinds_readTheExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/*/connectors/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no connector files in the examples: %v", err)
	}
	for _, file := range files {
		var ps config.Problems
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		c := connectors.Load(config.ParseFile(file, nil, &ps), name, connectors.LoadOptions{
			Kinds: all.Kinds(), Formats: formats.Kinds(), Presets: []fs.FS{presets.FS}, Region: "DE", Folder: filepath.Dir(filepath.Dir(file)),
		}, &ps)
		if err := ps.Err(); err != nil {
			t.Error(err)
			continue
		}
		if c.System != name || c.Connector == nil {
			t.Errorf("%s: system %q", file, c.System)
		}
	}
}

func TestPresets_sayWhatTheyNeed(t *testing.T) {
	t.Parallel()
	var ps config.Problems
	list := connectors.Presets([]fs.FS{presets.FS}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, k := range all.Kinds() {
		kinds[k.Name] = true
	}
	for _, p := range list {
		if !kinds[p.Kind] || p.Doc == "" || len(p.Streams)+len(p.Targets) == 0 {
			t.Errorf("preset %s: kind %q, doc %q, streams %v, targets %v", p.Name, p.Kind, p.Doc, p.Streams, p.Targets)
		}
		// Settings that the template asks for and those that the preset describes are the same.
		text := "preset: " + p.Name + "\nsettings: {nobody-has-this: 1, "
		var names []string
		for _, s := range p.Settings {
			names = append(names, s.Name)
			text += s.Name + ": a, "
		}
		text += "}\nstreams: {" + strings.Join(p.Streams, ": , ") + ": }\n"
		var found config.Problems
		connectors.Load(config.Parse("x.yaml", []byte(text), nil, &found), "x", connectors.LoadOptions{Kinds: all.Kinds(), Formats: formats.Kinds(), Presets: []fs.FS{presets.FS}}, &found)
		var unknown []config.Problem
		for _, one := range found.Sorted() {
			if strings.HasPrefix(one.What, "unknown setting") {
				unknown = append(unknown, one)
			}
		}
		if len(unknown) != 1 {
			t.Fatalf("preset %s: %v", p.Name, unknown)
		}
		for _, name := range names {
			if !strings.Contains(unknown[0].Expected, name) {
				t.Errorf("preset %s describes %s, which its template does not use: %s", p.Name, name, unknown[0].Expected)
			}
		}
		if want := strings.Count(unknown[0].Expected, ",") + 1; want != len(names) {
			t.Errorf("preset %s describes %v and uses %s", p.Name, names, unknown[0].Expected)
		}
	}
}
