package connectors

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
)

// Preset is a kind with its settings filled in for one product: data, not code.
type Preset struct {
	Name     string
	Doc      string
	Kind     string
	Settings []PresetSetting
	Streams  []string
	Targets  []string

	kind config.Positioned[string]
	file *config.Node
}

// PresetSetting is one setting that users of a preset may give.
type PresetSetting struct {
	Name   string
	Doc    string
	Needed string // "always", "streams" (where a stream is used), "target", or "" for optional
	Secret bool
}

// presetFile is the YAML of a preset.
type presetFile struct {
	Preset   string                    `yaml:"preset,required" doc:"its name, that of the file"`
	Doc      string                    `yaml:"doc,required" doc:"one line for people"`
	Kind     config.Positioned[string] `yaml:"kind,required" doc:"the kind that it fills in"`
	Settings config.Ordered[struct {
		Doc    string `yaml:"doc,required"`
		Needed string `yaml:"needed" enum:"always,streams,target"`
		Secret bool   `yaml:"secret"`
	}] `yaml:"settings" doc:"what users give"`
	Defaults *config.Node `yaml:"defaults" doc:"settings where users give none; they may refer to other settings"`
	// Settings are referred to with a default, ${settings.NAME:}; which of them users must give is
	// said by needed.
	Template *config.Node `yaml:"template,required" doc:"a connector file, with ${settings.NAME:} in it"`
}

// Presets lists what the folders hold, by name, for people to choose from.
func Presets(folders []fs.FS, ps *config.Problems) []Preset {
	var list []Preset
	for _, name := range presetNames(folders) {
		if p, found := readPreset(folders, name, nil, ps); found {
			list = append(list, p)
		}
	}
	return list
}

func presetNames(folders []fs.FS) []string {
	var names []string
	for _, folder := range folders {
		files, _ := fs.Glob(folder, "*.yaml")
		for _, f := range files {
			names = append(names, strings.TrimSuffix(f, ".yaml"))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (l *loader) presetNames() []string { return presetNames(l.options.Presets) }

// readPreset reads a preset by name; not found means that no folder has it or that it is no preset.
func readPreset(folders []fs.FS, name string, env config.Environment, ps *config.Problems) (Preset, bool) {
	path := "presets/" + name + ".yaml"
	for _, folder := range folders {
		text, err := fs.ReadFile(folder, name+".yaml")
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			continue
		}
		if err != nil {
			ps.Errorf(config.Position{File: path}, "the preset cannot be read: %v", err)
			return Preset{}, false
		}
		var f presetFile
		n := config.Parse(path, text, env, ps)
		if !n.Decode(&f, ps) {
			return Preset{}, false
		}
		if f.Preset != name {
			ps.Add(config.Problem{Position: n.Get("preset").Position(), What: fmt.Sprintf("the preset is named %q", f.Preset), Expected: name + ", as its file is"})
		}
		p := Preset{
			Name: name, Doc: f.Doc, Kind: f.Kind.Value, kind: f.Kind, file: n,
			Streams: f.Template.Get("streams").Keys(), Targets: f.Template.Get("target").Keys(),
		}
		for _, s := range f.Settings {
			p.Settings = append(p.Settings, PresetSetting{Name: s.Name, Doc: s.Value.Doc, Needed: s.Value.Needed, Secret: s.Value.Secret})
		}
		return p, true
	}
	return Preset{}, false
}

// preset fills the preset's template with the user's settings and lays the user's file over it.
// Streams and targets of the preset are used where the file names them: `orders:` alone is enough.
func (l *loader) preset() (Preset, bool) {
	name := l.file.Preset.Value
	p, found := readPreset(l.options.Presets, name, l.options.Env, l.problems)
	if !found {
		if known := l.presetNames(); !slices.Contains(known, name) {
			l.problems.Add(config.Problem{Position: l.file.Preset.Position(), What: fmt.Sprintf("unknown preset %q", name), Expected: "one of " + strings.Join(known, ", "), Hint: config.Nearest(name, known)})
		}
		return p, false
	}
	settings, own := l.node.Get("settings"), &config.Problems{}
	filled := p.fill(settings, l.options.Env, own)
	l.needed(p, settings, own)
	var template file
	readable := filled.Decode(&template, own)
	l.problems.Append(own.Sorted()...)
	if !readable || own.HasErrors() {
		return p, false
	}
	if len(l.file.Streams.Entries())+len(l.file.Target.Entries()) == 0 {
		l.problems.Add(config.Problem{
			Position: l.node.Position(), What: "the connector has neither streams nor targets",
			Expected: fmt.Sprintf("streams: with %s, or target: with %s", strings.Join(p.Streams, ", "), strings.Join(p.Targets, ", ")),
		})
		return p, false
	}
	l.file.Settings = template.Settings
	l.file.Streams = overNamed(template.Streams, l.file.Streams)
	l.file.Target = overNamed(template.Target, l.file.Target)
	l.file.policyKeys = overPolicy(template.policyKeys, l.file.policyKeys)
	return p, true
}

// fill puts the settings into the template, and those that the preset has defaults for into the
// defaults first.
func (p Preset) fill(settings *config.Node, env config.Environment, ps *config.Problems) *config.Node {
	defaults := p.file.Get("defaults").WithSettings(settings, env, &config.Problems{}) // told of below
	all := config.Merge(defaults, settings)
	if !defaults.IsSet() {
		all = settings
	}
	return p.file.WithSettings(all, env, ps).Get("template")
}

// needed tells of settings that the parts in use cannot do without.
func (l *loader) needed(p Preset, settings *config.Node, ps *config.Problems) {
	use := map[string]bool{
		"always":  true,
		"streams": len(l.file.Streams.Entries()) > 0,
		"target":  len(l.file.Target.Entries()) > 0,
	}
	at := settings.Position()
	if !settings.IsSet() {
		at = l.file.Preset.Position()
	}
	misspelt := map[string]bool{}
	for _, told := range ps.Sorted() {
		misspelt[told.Hint] = true
	}
	for _, s := range p.Settings {
		if use[s.Needed] && !settings.Get(s.Name).IsSet() && !misspelt[s.Name] {
			ps.Add(config.Problem{Position: at, What: fmt.Sprintf("setting %q is missing", s.Name), Expected: s.Doc})
		}
	}
}

// overNamed is config.Merge for a mapping of names, keeping only those that over names and reading
// a name with nothing below it as the base's own.
func overNamed(base, over *config.Node) *config.Node {
	if base.Kind() != config.Mapping || over.Kind() != config.Mapping {
		return over
	}
	kept, _ := base.Split(over.Keys()...)
	var given []string
	for _, e := range over.Entries() {
		if e.Value.IsSet() {
			given = append(given, e.Key)
		}
	}
	laid, empty := over.Split(given...)
	return config.Merge(empty, config.Merge(kept, laid))
}

func overPolicy(base, over policyKeys) policyKeys {
	if over.Retry == nil {
		over.Retry = base.Retry
	}
	if over.Rate == nil {
		over.Rate = base.Rate
	}
	if over.Concurrency == nil {
		over.Concurrency = base.Concurrency
	}
	if over.Batch == nil {
		over.Batch = base.Batch
	}
	return over
}
