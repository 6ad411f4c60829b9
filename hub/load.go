package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	connectorkinds "github.com/touchstone-hub/touchstone/connectors/all"
	"github.com/touchstone-hub/touchstone/connectors/presets"
	"github.com/touchstone-hub/touchstone/formats"
	formatkinds "github.com/touchstone-hub/touchstone/formats/all"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
	mappingpresets "github.com/touchstone-hub/touchstone/mappings/presets"
	"github.com/touchstone-hub/touchstone/routes"
)

// Folder is a hub folder, read, checked and compiled: all that a hub does is decided by it. It
// never changes; a changed folder is loaded anew.
type Folder struct {
	Root       string
	Settings   Settings
	Connectors []*connectors.Configured
	Mappings   map[string]*mappings.Mapping
	Routes     []*routes.Route
	Rules      *golden.Ruleset

	env         config.Environment
	fingerprint string             // changes with what the files say
	texts       map[string]string  // what each file says, by its path in the folder
	streams     map[string]*Stream // by "system/stream"
	targets     []*target
}

// Stream is one stream with what it takes to translate it.
type Stream struct {
	System string
	connectors.StreamSettings
	Mapping *mappings.Mapping // nil: raw records are kept and nothing more

	fingerprint string // changes with what decides how the stream is read
	connector   connectors.Connector
	key         func(*formats.Doc, formats.Frame) (string, error) // nil: only the mapping knows
}

// String is "system/stream".
func (s *Stream) String() string { return s.System + "/" + s.Name }

// target is one target with the routes that lead to it.
type target struct {
	connectors.TargetSettings
	System string
	Policy connectors.TargetPolicy
	Routes []targetRoute

	fingerprint string // changes with what decides how the target is written to

	connector connectors.Connector
}

// targetRoute is one route as one target sees it.
type targetRoute struct {
	*routes.Route
	mapping *mappings.Mapping
	at      config.Position // where the route names the target
	unsure  bool            // the condition has errors
}

// String is "system.stream", as routes name it.
func (t *target) String() string { return t.System + "." + t.Name }

// Load reads a hub folder. The problems hold everything that can be known without running, over
// all files; where one of them is an error, the folder is nil.
func Load(root string, env config.Environment) (*Folder, *config.Problems) {
	ps := &config.Problems{}
	files := config.Folder(root, ps)
	l := &loader{
		Folder: &Folder{Root: root, env: env, Mappings: map[string]*mappings.Mapping{}, streams: map[string]*Stream{}},
		files:  files, env: env, ps: ps, led: map[string]bool{}, said: digest{map[string]string{}},
	}
	l.settings()
	l.mappings()
	l.connectors()
	l.routes()
	l.rules()
	l.checkRoutes()
	l.checkCycles()
	l.unused()
	l.unusedTables()
	l.said.addFiles(filepath.Join(root, "mappings", "lookups", "*.csv"))
	l.said.addFiles(filepath.Join(root, "presets", "*.yaml"))
	l.fingerprint = l.said.sum()
	l.texts = map[string]string{}
	for name, text := range l.said.parts {
		l.texts[l.relative(name)] = text
	}
	if ps.HasErrors() {
		return nil, ps
	}
	return l.Folder, ps
}

var countryLeaf = canonical.SchemaOf(canonical.EntityCustomer).Path("addresses.country")

// loader joins what the rooms read and checks what no room can see alone.
type loader struct {
	*Folder
	files config.Files
	env   config.Environment
	ps    *config.Problems
	used  map[string]bool // mappings that something names
	led   map[string]bool // targets that a route with errors leads to
	lost  lost
	said  digest

	broken      []string // names of mappings that could not be compiled; "" where even the name is not known
	brokenFiles []string
}

func (l *loader) read(name string) *config.Node {
	node := config.ParseFile(l.files.Path(name), l.env, l.ps)
	if l.said.parts != nil {
		l.said.add(name, node)
	}
	return node
}

func (l *loader) settings() {
	if l.files.Hub == "" {
		return
	}
	node := l.read(l.files.Hub)
	node.Decode(&l.Settings, l.ps)
	l.Settings.Bus.Brokers = brokers(l.Settings.Bus.Brokers)
	if l.Settings.Name == "" {
		abs, _ := filepath.Abs(l.Root)
		l.Settings.Name = filepath.Base(abs)
	}
	if at := node.Get("region"); at.IsSet() && countryLeaf.CheckText(l.Settings.Region) != nil {
		l.ps.Add(config.Problem{Position: at.Position(), What: fmt.Sprintf("region is %q", l.Settings.Region), Expected: "an ISO 3166-1 alpha-2 code such as DE"})
	}
	if !filepath.IsAbs(l.Settings.Data) {
		l.Settings.Data = filepath.Join(l.Root, l.Settings.Data)
	}
	l.checkListeners(node)
	l.checkTelemetry(node.Get("telemetry"))
	l.checkSubscribers(node.Get("subscribers"))
}

func (l *loader) mappings() {
	l.used = map[string]bool{}
	for _, file := range l.files.Mappings {
		node := l.read(file)
		m := mappings.Load(node, l.mappingOptions(), l.ps)
		if m == nil {
			l.broken, l.brokenFiles = append(l.broken, node.Get("mapping").Text()), append(l.brokenFiles, file)
			continue
		}
		if first, ok := l.Mappings[m.Name()]; ok {
			l.ps.Errorf(m.Position(), "mapping %q is defined twice; the first stands at %s", m.Name(), first.Position())
			continue
		}
		l.Mappings[m.Name()] = m
	}
}

func (f *Folder) mappingOptions() mappings.Options {
	return mappings.Options{Region: f.Settings.Region, Folder: f.Root, Formats: formatkinds.Kinds(), Presets: mappingpresets.FS}
}

func (l *loader) connectors() {
	systems := map[string]string{}
	for _, file := range l.files.Connectors {
		node := l.read(file)
		c := connectors.Load(node, fileStem(file), connectors.LoadOptions{
			Kinds: connectorkinds.Kinds(), Formats: formatkinds.Kinds(), Region: l.Settings.Region,
			Folder: l.Root, Env: l.env, Presets: []fs.FS{os.DirFS(l.files.Path("presets")), presets.FS},
		}, l.ps)
		if c == nil {
			l.lostConnector(node, fileStem(file))
			continue
		}
		if first, ok := systems[c.System]; ok {
			l.ps.Errorf(node.Position(), "system %q is defined twice; the first stands in %s", c.System, first)
			continue
		}
		systems[c.System] = file
		l.Connectors = append(l.Connectors, c)
		for _, s := range c.Streams {
			l.stream(c, s)
		}
		for _, t := range c.Targets {
			l.targets = append(l.targets, &target{
				TargetSettings: t, System: c.System, Policy: c.Policy(t.Name), connector: c.Connector, fingerprint: c.Fingerprint("target", t.Name),
			})
		}
	}
}

func (l *loader) stream(c *connectors.Configured, settings connectors.StreamSettings) {
	s := &Stream{System: c.System, StreamSettings: settings, connector: c.Connector, fingerprint: c.Fingerprint("streams", settings.Name)}
	if settings.Mapping != "" {
		s.Mapping = l.mapping(settings.Mapping, settings.MappingAt)
		if s.Mapping != nil && s.Mapping.Outbound() {
			l.ps.Errorf(settings.MappingAt, "mapping %q writes payloads for targets; expected one with `to: Customer` or another entity", settings.Mapping)
		}
	}
	if s.Format == nil && s.Mapping != nil {
		l.ps.Add(config.Problem{Position: settings.At, What: fmt.Sprintf("stream %s names no format", s), Expected: "format: ndjson or another, since its mapping reads what the stream keeps"})
	}
	l.sameRecords(s, settings)
	if len(settings.Keys) > 0 && settings.Format != nil {
		key, err := formats.KeyFunc(settings.Format, settings.Keys)
		if err != nil {
			l.ps.Errorf(settings.KeysAt, "key of stream %s: %v", s, err)
		}
		s.key = key
	}
	l.streams[s.String()] = s
}

// sameRecords holds that a stream takes for its records what its mapping is written for.
func (l *loader) sameRecords(s *Stream, settings connectors.StreamSettings) {
	reads, ok := s.Format.(formats.Divided)
	if !ok || s.Mapping == nil || !s.Mapping.NamesFormat() {
		return
	}
	wants, ok := s.Mapping.Format().(formats.Divided)
	if !ok || wants.From() == reads.From() {
		return
	}
	expected := "a format without from"
	if wants.From() != "" {
		expected = "from: " + wants.From() + " beside it"
	}
	l.ps.Add(config.Problem{Position: settings.At, What: fmt.Sprintf("stream %s has other records than mapping %q is written for", s, s.Mapping.Name()), Expected: expected})
}

// mapping finds a mapping that something names and notes that it is used.
func (l *loader) mapping(name string, at config.Position) *mappings.Mapping {
	l.used[name] = true
	m, ok := l.Mappings[name]
	if !ok && !slices.Contains(l.broken, name) { // the folder's own come first
		if m = mappings.LoadPreset(name, l.mappingOptions(), l.ps); m != nil {
			l.Mappings[name] = m
			return m
		}
	}
	if !ok && !slices.Contains(l.broken, name) && !slices.Contains(l.broken, "") {
		hint := config.Nearest(name, append(l.mappingNames(), l.broken...))
		l.used[hint] = true // by what was meant
		l.ps.Add(config.Problem{
			Position: at, What: fmt.Sprintf("mapping %q is not defined", name),
			Expected: "the name of a file's `mapping:`", Hint: hint,
		})
	}
	return m
}

func (l *loader) rules() {
	var node *config.Node
	if l.files.Golden != "" {
		node = l.read(l.files.Golden)
	}
	l.Rules = golden.LoadRuleset(node, golden.RulesetOptions{Region: l.Settings.Region, Systems: l.systems()}, l.ps)
	if l.files.Golden == "" {
		return
	}
	file := l.files.Path(golden.ParamsFile)
	switch text, err := os.ReadFile(file); {
	case err == nil:
		l.Rules.UseParams(file, text, l.ps)
	case !errors.Is(err, fs.ErrNotExist):
		l.ps.Errorf(config.Position{File: file}, "%v", err)
	}
	if l.said.parts != nil {
		l.said.addFiles(file)
	}
}

// relative is the path of a file in the folder.
func (f *Folder) relative(file string) string {
	if inside, err := filepath.Rel(f.Root, file); err == nil && filepath.IsLocal(inside) {
		file = inside
	}
	return filepath.ToSlash(file)
}

// brokers takes apart what environment variables hold: one may name several brokers with commas
// between them, or none, so that one folder runs with a cluster and without.
func brokers(given []string) []string {
	var found []string
	for _, list := range given {
		for one := range strings.SplitSeq(list, ",") {
			if one = strings.TrimSpace(one); one != "" {
				found = append(found, one)
			}
		}
	}
	return found
}

// LoadSettings reads hub.yaml only, for commands that ask a hub and need to know where its data
// are. The folder is nil where hub.yaml has errors.
func LoadSettings(root string, env config.Environment) (*Folder, *config.Problems) {
	ps := &config.Problems{}
	l := &loader{Folder: &Folder{Root: root}, files: config.Folder(root, ps), env: env, ps: ps}
	l.settings()
	if ps.HasErrors() {
		return nil, ps
	}
	l.files.Golden = ""
	l.rules()
	return l.Folder, ps
}

// Mapping finds a mapping of the folder, or one that comes with Touchstone, by its name; nil where
// there is none.
func (f *Folder) Mapping(name string) *mappings.Mapping {
	if m := f.Mappings[name]; m != nil {
		return m
	}
	key := f.Settings.Region + " " + name
	if m, ok := presetMappings.Load(key); ok {
		return m.(*mappings.Mapping)
	}
	m := mappings.LoadPreset(name, f.mappingOptions(), &config.Problems{})
	presetMappings.Store(key, m)
	return m
}

// presetMappings are those that were asked for beside a folder's own, by region and name.
var presetMappings sync.Map

// Preset compiles a mapping that comes with Touchstone, with the settings of a folder; nil where
// there is none of that name.
func Preset(root string, env config.Environment, name string) *mappings.Mapping {
	if f, _ := LoadSettings(root, env); f != nil {
		return f.Mapping(name)
	}
	return nil
}

// LoadMappings compiles a folder's mappings only, for people who write one. Those with errors are
// left out; the problems say why.
func LoadMappings(root string, env config.Environment) (map[string]*mappings.Mapping, *config.Problems) {
	f, ps := LoadSettings(root, env)
	if f == nil {
		return nil, ps
	}
	f.Mappings = map[string]*mappings.Mapping{}
	l := &loader{Folder: f, files: config.Folder(root, &config.Problems{}), env: env, ps: ps}
	l.mappings()
	return l.Mappings, ps
}
