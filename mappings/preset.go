package mappings

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
)

// LoadPreset compiles a mapping that comes with Touchstone, by its name; nil where there is none of
// that name. Problems go to ps.
func LoadPreset(name string, o Options, ps *config.Problems) *Mapping {
	node := o.preset(name, ps)
	if node == nil {
		return nil
	}
	return Load(node, o, ps)
}

// PresetNames lists the mappings that a folder of presets holds.
func PresetNames(presets fs.FS) []string {
	files, _ := fs.Glob(presets, "*/*.yaml")
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

// preset reads a preset's file; nil where there is none.
func (o Options) preset(name string, ps *config.Problems) *config.Node {
	if o.Presets == nil || !fs.ValidPath(name) {
		return nil
	}
	text, err := fs.ReadFile(o.Presets, name+".yaml")
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			ps.Errorf(config.Position{File: "mappings/presets/" + name + ".yaml"}, "the mapping cannot be read: %v", err)
		}
		return nil
	}
	return config.Parse("mappings/presets/"+name+".yaml", text, nil, ps)
}

// maxExtends bounds how many mappings may stand behind one.
const maxExtends = 8

// extended lays a file over the mapping that it extends. The tests of that are its own, since what
// they expect may have been changed.
func (l *loader) extended() {
	chain := []string{l.name}
	for over := l.node.Get("extends"); over.IsSet(); {
		name := over.Text()
		base := l.options.preset(name, l.ps)
		if base == nil || len(chain) > maxExtends {
			known := []string{}
			if l.options.Presets != nil {
				known = PresetNames(l.options.Presets)
			}
			l.ps.Add(config.Problem{
				Position: over.Position(), What: "found " + over.Shown(),
				Expected: "a mapping that comes with Touchstone, such as edi/x12-850-to-order", Hint: config.Nearest(name, known),
			})
			return
		}
		chain = append(chain, name)
		over = base.Get("extends")
		_, base = base.Split("tests", "extends")
		_, own := l.node.Split("extends")
		l.node = config.Merge(base, own)
		l.extends = true
	}
}
