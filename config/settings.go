package config

import (
	"fmt"
	"slices"
	"strings"
)

// WithSettings fills a preset: in a copy of the node, ${settings.NAME} and
// ${settings.NAME:default} are replaced by what the user's settings mapping has
// under NAME, which may be absent as a whole.
//
// A scalar that is nothing but one reference becomes the user's own node, list
// or mapping included; inside other text a setting must be a scalar. A value
// made with a setting is reported where the user wrote the setting, and a
// setting that is missing, where the settings stand. Settings that the preset
// never asks for are unknown keys.
func (n *Node) WithSettings(settings *Node, env Environment, ps *Problems) *Node {
	f := &filler{preset: n.Position().File, settings: settings, env: env, problems: ps, missing: map[string]bool{}}
	if settings.IsSet() && settings.Kind() != Mapping {
		ps.Add(Problem{Position: settings.Position(), What: "settings is " + settings.Shown(), Expected: "a mapping"})
	}
	filled := f.fill(n)
	f.unused()
	return filled
}

// filler walks a preset with one user's settings.
type filler struct {
	preset   string // its file, for messages
	settings *Node
	env      Environment
	problems *Problems
	used     []string // settings that the preset asks for
	missing  map[string]bool
	absent   []reference // told of at the end, when all known names are seen
}

func (f *filler) fill(n *Node) *Node {
	if n == nil || n.kind == Scalar && !n.open {
		return n
	}
	filled := *n
	switch n.kind {
	case Scalar:
		return f.scalar(n)
	case Sequence:
		filled.items = make([]*Node, len(n.items))
		filled.size = 1
		for i, item := range n.items {
			filled.items[i] = f.fill(item)
			filled.size += filled.items[i].size
		}
	case Mapping:
		filled.entries = make([]Entry, len(n.entries))
		filled.size = 1
		for i, e := range n.entries {
			filled.entries[i] = Entry{Key: e.Key, Position: e.Position, Value: f.fill(e.Value)}
			filled.size += filled.entries[i].Value.size
		}
	}
	return &filled
}

func (f *filler) scalar(n *Node) *Node {
	if whole := f.whole(n); whole != nil {
		return whole
	}
	filled := *n
	filled.open = false
	filled.text, filled.pieces = expand(n.raw, func(ref reference) string {
		name, ours := strings.CutPrefix(ref.name, settingsPrefix)
		if !ours {
			value, _ := ref.lookup(f.env) // a missing one was told of by Parse
			return value
		}
		setting := f.setting(name, ref, &filled)
		if setting == nil {
			return ref.fallback
		}
		if setting.kind != Scalar {
			filled.broken = true
			f.problems.Add(Problem{Position: setting.position, What: fmt.Sprintf("setting %s is %s", name, setting.Shown()), Expected: "a value: " + f.preset + " puts it into a text"})
			return ""
		}
		filled.broken = filled.broken || setting.broken
		filled.secret = filled.secret || setting.secret
		filled.position, filled.source = setting.position, nil // a source of nil: positions inside are that of the setting
		return setting.text
	}, func(int, string, string) {}) // told of by Parse
	return &filled
}

// whole gives the user's node if n is nothing but one reference to a setting
// that is given. (An unquoted default keeps its type as text of the preset.)
func (f *filler) whole(n *Node) *Node {
	if !strings.HasPrefix(n.raw, "${"+settingsPrefix) || strings.IndexByte(n.raw, '}') != len(n.raw)-1 {
		return nil
	}
	name, _, _ := strings.Cut(n.raw[len("${"+settingsPrefix):len(n.raw)-1], ":")
	if setting := f.settings.Get(name); setting.IsSet() {
		f.use(name)
		return setting
	}
	return nil
}

func (f *filler) use(name string) {
	if !slices.Contains(f.used, name) {
		f.used = append(f.used, name)
	}
}

// setting gives a setting's node, nil if it is not given; one without a default
// is noted as missing.
func (f *filler) setting(name string, ref reference, filled *Node) *Node {
	f.use(name)
	if setting := f.settings.Get(name); setting.IsSet() {
		return setting
	}
	if !ref.hasDefault {
		filled.broken = true
	}
	if !ref.hasDefault && !f.missing[name] {
		f.missing[name] = true
		ref.name = name
		f.absent = append(f.absent, ref)
	}
	return nil
}

// unused tells of unknown settings and then of missing ones, but not of a
// missing one that an unknown one was probably meant to be.
func (f *filler) unused() {
	if f.settings.IsSet() && f.settings.Kind() != Mapping {
		return
	}
	hinted := map[string]bool{}
	for _, e := range f.settings.Entries() {
		if slices.Contains(f.used, e.Key) {
			continue
		}
		p := UnknownKey(e, f.used)
		p.What = fmt.Sprintf("unknown setting %q", e.Key)
		hinted[p.Hint] = true
		f.problems.Add(p)
	}
	for _, ref := range f.absent {
		if !hinted[ref.name] {
			f.problems.Add(Problem{Position: f.settings.Position(), What: fmt.Sprintf("setting %q is missing", ref.name), Expected: "a value, which " + f.preset + " asks for"})
		}
	}
}
