package connectors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/robfig/cron/v3"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// LoadOptions are what a connector file may refer to.
type LoadOptions struct {
	Kinds   []Kind
	Presets []fs.FS // each holds NAME.yaml; the first that has a name wins
	Formats []formats.Kind
	Region  string // the hub's region, ISO 3166-1 alpha-2
	Folder  string // the hub folder
	Env     config.Environment
}

// Configured is one connector file, read and checked.
type Configured struct {
	System    string
	Kind      string
	Preset    string // "" where the file names its kind itself
	Doc       string // the user's own words, else those of the preset or the kind
	Streams   []StreamSettings
	Targets   []TargetSettings
	Connector Connector
	At        config.Position

	joint    bool // see Kind.Joint
	oneWay   bool
	policies map[string]TargetPolicy
	node     *config.Node // the file
	filled   *config.Node // the file of its preset
}

// Policy says how the hub writes to a target of this connector.
func (c *Configured) Policy(target string) TargetPolicy {
	if p, ok := c.policies[target]; ok {
		return p
	}
	return DefaultPolicy
}

// OneWay says that what is written does not come back through the streams; see [Kind.OneWay].
func (c *Configured) OneWay() bool { return c.oneWay }

// Fingerprint changes with what the file says that decides how a stream is read (part "streams") or
// a target is written to ("target"): what concerns only others, words for people and the names of
// mappings leave it as it is.
func (c *Configured) Fingerprint(part, name string) string {
	_, common := c.node.Split("streams", "target", "doc")
	_, own := c.node.Get(part).Get(name).Split("mapping")
	if c.joint {
		_, common = c.node.Split("doc")
	}
	sum := sha256.New()
	for _, n := range []*config.Node{common, own, c.filled} {
		text, _ := json.Marshal(n.Any()) // of maps, lists and texts
		fmt.Fprintf(sum, "%s\n", text)
	}
	fmt.Fprint(sum, c.System, c.Kind)
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

var (
	systemName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	streamName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

// file is a connector file; policy keys stand in it for all targets.
type file struct {
	System   config.Positioned[string] `yaml:"system" doc:"the system's name; the file's name where it is left out"`
	Kind     config.Positioned[string] `yaml:"kind" doc:"how the hub speaks to the system"`
	Preset   config.Positioned[string] `yaml:"preset" doc:"a kind with its settings filled in for one product"`
	Doc      string                    `yaml:"doc" doc:"what the system is, for people"`
	Settings *config.Node              `yaml:"settings" doc:"settings of the kind or preset"`
	Streams  *config.Node              `yaml:"streams" doc:"what is read"`
	Target   *config.Node              `yaml:"target" doc:"what is written"`
	policyKeys
}

// Load reads one connector file; name is the file's base name, which names the system where the
// file does not. Everything wrong becomes a problem; the result is nil where there are errors.
func Load(node *config.Node, name string, o LoadOptions, ps *config.Problems) *Configured {
	if node.Unreadable() {
		return nil
	}
	l := &loader{options: o, node: node, problems: &config.Problems{}}
	c := l.load(name)
	ps.Append(l.problems.Sorted()...)
	if l.problems.HasErrors() {
		return nil
	}
	return c
}

type loader struct {
	options  LoadOptions
	node     *config.Node
	file     file
	problems *config.Problems
}

func (l *loader) load(name string) *Configured {
	l.node.Decode(&l.file, l.problems)
	c := &Configured{System: name, Doc: l.file.Doc, At: l.node.Position(), node: l.node, policies: map[string]TargetPolicy{}}
	l.system(c)
	kind, found := l.kind(c)
	if !found {
		return nil
	}
	if c.Doc == "" {
		c.Doc = kind.Doc
	}
	policy := l.file.over(kind.Policy.orDefault())
	for _, e := range l.named(l.file.Streams, l.node.Get("streams"), "stream") {
		c.Streams = append(c.Streams, l.stream(e, kind))
	}
	for _, e := range l.named(l.file.Target, l.node.Get("target"), "target") {
		target, own := l.target(e)
		c.Targets = append(c.Targets, target)
		c.policies[e.Key] = own.over(policy)
	}
	if len(c.Streams)+len(c.Targets) == 0 && !l.problems.HasErrors() {
		l.problems.Add(config.Problem{Position: c.At, What: "the connector has neither streams nor targets", Expected: "streams: or target: with a name below it"})
	}
	if l.misspelt() {
		return nil
	}
	settings := l.file.Settings
	if settings == nil {
		settings = l.node.Get("settings") // which knows where they are missing
	}
	// the kind looks even where there are errors already, so that all are told of at once
	c.Connector = kind.Open(Settings{
		System: c.System, Region: l.options.Region, Folder: l.options.Folder,
		Settings: settings, Streams: c.Streams, Targets: c.Targets, Formats: l.options.Formats,
	}, l.problems)
	return c
}

// misspelt is true where a key was meant to be one of those that the kind reads: it would miss them.
func (l *loader) misspelt() bool {
	return slices.ContainsFunc(l.problems.Sorted(), func(p config.Problem) bool {
		return slices.Contains([]string{"settings", "streams", "target"}, p.Hint) && strings.HasPrefix(p.What, "unknown key")
	})
}

func (l *loader) system(c *Configured) {
	at := config.Position{File: c.At.File, Line: 1, Column: 1}
	if l.file.System.IsSet() {
		c.System, at = l.file.System.Value, l.file.System.Position()
	}
	if !systemName.MatchString(c.System) {
		l.problems.Add(config.Problem{Position: at, What: fmt.Sprintf("%q cannot name a system", c.System), Expected: "system: with small letters, digits and -, beginning with a letter"})
	}
}

// kind finds the kind, laying the file over its preset where it names one.
func (l *loader) kind(c *Configured) (Kind, bool) {
	given := l.file.Kind
	switch {
	case given.IsSet() && l.file.Preset.IsSet():
		l.problems.Add(config.Problem{Position: given.Position(), What: "both kind and preset are given", Expected: "one of them: a preset has a kind of its own"})
		return Kind{}, false
	case l.file.Preset.IsSet():
		p, found := l.preset()
		if !found {
			return Kind{}, false
		}
		c.Preset, given, c.filled = p.Name, p.kind, p.file
		if c.Doc == "" {
			c.Doc = p.Doc
		}
	case !given.IsSet():
		l.problems.Add(config.Problem{Position: c.At, What: `neither "kind" nor "preset" is given`, Expected: "kind: " + strings.Join(l.kindNames(), "|") + ", or preset: " + strings.Join(l.presetNames(), "|")})
		return Kind{}, false
	}
	for _, k := range l.options.Kinds {
		if k.Name == given.Value {
			c.Kind, c.joint, c.oneWay = k.Name, k.Joint, k.OneWay
			return k, true
		}
	}
	l.problems.Add(config.Problem{Position: given.Position(), What: fmt.Sprintf("unknown kind %q", given.Value), Expected: "one of " + strings.Join(l.kindNames(), ", "), Hint: config.Nearest(given.Value, l.kindNames())})
	return Kind{}, false
}

func (l *loader) kindNames() []string {
	names := make([]string, len(l.options.Kinds))
	for i, k := range l.options.Kinds {
		names[i] = k.Name
	}
	return names
}

// named gives the entries of `streams:` or `target:` whose names can be used, in the order and at
// the places of the user's file, which names all of them.
func (l *loader) named(n, user *config.Node, what string) []config.Entry {
	if n.IsSet() && n.Kind() != config.Mapping {
		l.problems.Add(config.Problem{Position: n.Position(), What: what + "s is " + n.Shown(), Expected: "a mapping of names"})
	}
	var good []config.Entry
	for _, e := range user.Entries() {
		e.Value = n.Get(e.Key)
		if !streamName.MatchString(e.Key) {
			l.problems.Add(config.Problem{Position: e.Position, What: fmt.Sprintf("%q cannot name a %s", e.Key, what), Expected: "small letters, digits, - and _, beginning with a letter"})
			continue
		}
		good = append(good, e)
	}
	return good
}

// Keys that every stream and every target has.
var (
	everyStream = []string{"key", "mapping", "poll", "format"}
	everyTarget = []string{"format", "retry", "rate", "concurrency", "batch"}
)

// Decode reads the kind's own keys, as Rest.Decode does; an unknown key that was meant to be one
// of those that every stream has is told so.
func (s StreamSettings) Decode(into any, ps *config.Problems) bool {
	return decodeRest(s.Rest, into, everyStream, ps)
}

// Decode reads the kind's own keys; see [StreamSettings.Decode].
func (t TargetSettings) Decode(into any, ps *config.Problems) bool {
	return decodeRest(t.Rest, into, everyTarget, ps)
}

func decodeRest(rest *config.Node, into any, common []string, ps *config.Problems) bool {
	scratch := &config.Problems{}
	good := rest.Decode(into, scratch)
	own, _ := config.Schema(into)["properties"].(map[string]any)
	for _, p := range scratch.Sorted() {
		for _, e := range rest.Entries() {
			if _, known := own[e.Key]; !known && e.Position == p.Position && p.Hint == "" {
				p.Hint = config.Nearest(e.Key, common)
			}
		}
		ps.Add(p)
	}
	return good
}

// streamKeys are the keys of a stream that every kind has.
type streamKeys struct {
	Key     config.Positioned[paths]  `yaml:"key" doc:"path of the record's key, or several"`
	Mapping config.Positioned[string] `yaml:"mapping" doc:"the mapping that translates the records"`
	Poll    config.Positioned[string] `yaml:"poll" doc:"when to look: a cron expression or @every 15m"`
	Format  *config.Node              `yaml:"format" doc:"the format's name, or {name: …, options}"`
}

func (l *loader) stream(e config.Entry, kind Kind) StreamSettings {
	common, rest := e.Value.Split(everyStream...)
	var keys streamKeys
	common.Decode(&keys, l.problems)
	s := StreamSettings{
		Name: e.Key, At: e.Position, Poll: keys.Poll.Value, Keys: keys.Key.Value, KeysAt: keys.Key.Position(),
		Mapping: keys.Mapping.Value, MappingAt: keys.Mapping.Position(),
	}
	if s.Poll != "" {
		if _, err := cron.ParseStandard(s.Poll); err != nil {
			l.problems.Add(config.Problem{Position: keys.Poll.Position(), What: fmt.Sprintf("poll %q is no schedule", s.Poll), Expected: `a cron expression such as "*/15 * * * *", or @every 15m`})
		}
	}
	if kind.Fixed {
		l.ignored(common.Entries(), "format")
		s.Format, s.Rest = l.plain(kind.Format), l.withoutOptions(rest, kind)
		return s
	}
	s.Format, s.Rest = l.format(keys.Format, rest, kind.Format)
	return s
}

// withoutOptions takes out the options of the format of a kind that writes its records itself.
func (l *loader) withoutOptions(rest *config.Node, kind Kind) *config.Node {
	for _, k := range l.options.Formats {
		if k.Name == kind.Format && rest.Kind() == config.Mapping {
			beside, others := rest.Split(k.Keys...)
			l.ignored(beside.Entries(), k.Keys...)
			return others
		}
	}
	return rest
}

// ignored warns of keys that change nothing.
func (l *loader) ignored(entries []config.Entry, keys ...string) {
	for _, e := range entries {
		if slices.Contains(keys, e.Key) {
			l.problems.Add(config.Problem{
				Position: e.Position, Severity: config.Warning, What: e.Key + " changes nothing here: the records are made of rows, which have no format",
				Expected: "no " + e.Key + ":",
			})
		}
	}
}

func (l *loader) target(e config.Entry) (TargetSettings, policyKeys) {
	common, rest := e.Value.Split(everyTarget...)
	var keys struct {
		Format *config.Node `yaml:"format"`
		policyKeys
	}
	common.Decode(&keys, l.problems)
	t := TargetSettings{Name: e.Key, At: e.Position, Rest: rest}
	if keys.Format.IsSet() {
		t.Format, t.Rest = l.format(keys.Format, rest, "")
	}
	return t, keys.policyKeys
}

// format opens the format that is named, or the kind's own, with its options from inside
// `format:` and from beside it. rest comes back without the latter.
func (l *loader) format(n, rest *config.Node, fallback string) (formats.Format, *config.Node) {
	name, options := fallback, (*config.Node)(nil)
	at := n
	switch n.Kind() {
	case config.Scalar:
		name = n.Text()
	case config.Mapping:
		var head *config.Node
		head, options = n.Split("name")
		at = head.Get("name")
		name = at.Text()
	case config.Sequence:
		l.problems.Add(config.Problem{Position: n.Position(), What: "format is a list", Expected: "a name, or {name: …} with options"})
		return nil, rest
	}
	if name == "" && !n.IsSet() {
		return nil, rest
	}
	var known []string
	for _, k := range l.options.Formats {
		if k.Name != name {
			known = append(known, k.Name)
			continue
		}
		beside, others := rest.Split(k.Keys...)
		if rest.Kind() != config.Mapping {
			beside = nil
		}
		if f := k.Open(config.Merge(beside, options), l.problems); f != nil {
			return f, others
		}
		return l.plain(fallback), others
	}
	l.problems.Add(config.Problem{Position: at.Position(), What: fmt.Sprintf("unknown format %q", name), Expected: "one of " + strings.Join(known, ", "), Hint: config.Nearest(name, known)})
	return l.plain(fallback), rest
}

// plain is a format without options, for the checks that follow an error; nil where there is none.
func (l *loader) plain(name string) formats.Format {
	for _, k := range l.options.Formats {
		if k.Name == name {
			return k.Open(nil, &config.Problems{})
		}
	}
	return nil
}

// paths are one path or several.
type paths []string

// ConfigSchema describes what DecodeConfig reads.
func (*paths) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads a text or a list of texts.
func (p *paths) DecodeConfig(n *config.Node, ps *config.Problems) {
	items := n.Items()
	if n.Kind() == config.Scalar {
		items = []*config.Node{n}
	}
	for _, item := range items {
		if item.Kind() == config.Scalar && item.Text() != "" {
			*p = append(*p, item.Text())
			continue
		}
		ps.Add(config.Problem{Position: item.Position(), What: "key has " + item.Shown(), Expected: "a path such as id or customer.id"})
	}
	if len(items) == 0 {
		ps.Add(config.Problem{Position: n.Position(), What: "key is " + n.Shown(), Expected: "a path such as id, or a list of paths"})
	}
}
