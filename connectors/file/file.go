// Package file is the connector kind for drop folders and for files that the hub writes.
//
// In come files that others put into a folder, once they are complete, and go on to the archive
// when all their records are durable; out go files that appear whole or not at all. The package
// never reads or writes outside its root folder, never reads the same content twice without being
// asked to, and never deletes a file that it read.
package file

import (
	"fmt"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// Kind is `kind: file`.
var Kind = connectors.Kind{
	Name: "file",
	Doc:  "drop folders in; files written whole, or appended to, out",
	// one call is one sync of the file, and calls take turns
	Policy: connectors.TargetPolicy{Concurrency: 1, Batch: 1000},
	Keys:   struct{ Settings, Stream, Target any }{settings{}, stream{}, sink{}},
	Open:   open,
}

// settings are the kind's `settings:`.
type settings struct {
	Root string `yaml:"root" doc:"the folder that all others are in; relative to the hub folder, which is the default"`
}

// suffixes name the formats of files whose stream or target names none.
var suffixes = map[string]string{
	".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv",
}

// connector is one system that exchanges files.
type connector struct {
	system  string
	root    string
	streams map[string]*stream
	targets map[string]*sink
}

func open(s connectors.Settings, ps *config.Problems) connectors.Connector {
	scratch := &config.Problems{}
	var set settings
	s.Settings.Decode(&set, scratch)
	c := &connector{system: s.System, root: set.Root, streams: map[string]*stream{}, targets: map[string]*sink{}}
	if !filepath.IsAbs(c.root) {
		c.root = filepath.Join(s.Folder, c.root)
	}
	bySuffix := map[string]formats.Format{}
	for suffix, name := range suffixes {
		for _, k := range s.Formats {
			if k.Name == name {
				bySuffix[suffix] = k.Open(nil, scratch)
			}
		}
	}
	for _, one := range s.Streams {
		c.streams[one.Name] = openStream(one, bySuffix, scratch)
	}
	for _, one := range s.Targets {
		c.targets[one.Name] = openSink(one, bySuffix, scratch)
	}
	ps.Append(scratch.Sorted()...)
	if scratch.HasErrors() {
		return nil
	}
	return c
}

// stream is one drop folder.
type stream struct {
	Folder     string        `yaml:"folder,required" doc:"where files are dropped, in the root folder"`
	Pattern    patterns      `yaml:"pattern" doc:"names of the files to read, with * and ?; one or several. The default is all"`
	Recursive  bool          `yaml:"recursive" doc:"whether folders in the folder are looked into"`
	Settle     time.Duration `yaml:"settle" default:"1s" min:"0s" doc:"how long a file must not have changed before it is read"`
	Watch      bool          `yaml:"watch" default:"true" doc:"whether the system may tell of new files before the next poll"`
	Archive    string        `yaml:"archive" default:"archive" doc:"where files go that were read, in the folder"`
	Quarantine string        `yaml:"quarantine" default:"quarantine" doc:"where files go that could not be read, in the folder"`
	Remember   int           `yaml:"remember" default:"2000" min:"0" max:"100000" doc:"how many files' contents are known again when they come once more"`

	name     string
	schedule cron.Schedule
	format   formats.Format // nil: by suffix
	bySuffix map[string]formats.Format
}

func openStream(s connectors.StreamSettings, bySuffix map[string]formats.Format, ps *config.Problems) *stream {
	st := &stream{name: s.Name, format: s.Format, bySuffix: bySuffix}
	s.Rest.Decode(st, ps)
	for _, dir := range []struct{ key, path string }{{"folder", st.Folder}, {"archive", st.Archive}, {"quarantine", st.Quarantine}} {
		checkLocal(s.Rest.Get(dir.key), dir.key, dir.path, ps)
	}
	poll := s.Poll
	if poll == "" {
		poll = "@every 2s"
	}
	schedule, err := cron.ParseStandard(poll)
	if err != nil {
		ps.Add(config.Problem{Position: s.At, What: fmt.Sprintf("poll %q is no schedule", poll), Expected: `a cron expression such as "*/15 * * * *", or @every 2s`})
	}
	st.schedule = schedule
	st.Folder, st.Archive, st.Quarantine = path.Clean(st.Folder), path.Clean(st.Archive), path.Clean(st.Quarantine)
	return st
}

// checkLocal refuses paths that lead out of the folder that they are in.
func checkLocal(n *config.Node, key, p string, ps *config.Problems) {
	if p != "" && !filepath.IsLocal(p) {
		ps.Add(config.Problem{Position: n.Position(), What: fmt.Sprintf("%s %q leads out of its folder", key, p), Expected: "a relative path without .. (folders elsewhere: settings: {root: /the/folder})"})
	}
}

// formatFor gives the format of a file; nil where there is none for it.
func (s *stream) formatFor(name string) formats.Format {
	if s.format != nil {
		return s.format
	}
	return s.bySuffix[strings.ToLower(path.Ext(name))]
}

// patterns are one glob or several.
type patterns []string

// ConfigSchema describes what DecodeConfig reads.
func (*patterns) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads a text or a list of texts, each a pattern of path.Match.
func (p *patterns) DecodeConfig(n *config.Node, ps *config.Problems) {
	items := n.Items()
	if n.Kind() == config.Scalar {
		items = []*config.Node{n}
	}
	for _, item := range items {
		if _, err := path.Match(item.Text(), ""); err != nil || item.Text() == "" || strings.Contains(item.Text(), "/") {
			ps.Add(config.Problem{Position: item.Position(), What: fmt.Sprintf("pattern is %s", item.Shown()), Expected: "a file name with * and ?, such as *.csv"})
			continue
		}
		*p = append(*p, item.Text())
	}
}

func (p patterns) match(name string) bool {
	for _, pattern := range p {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return len(p) == 0
}

// Source opens a stream; see [connectors.Connector].
func (c *connector) Source(name string, env connectors.Env) (connectors.Source, error) {
	s, found := c.streams[name]
	if !found {
		return nil, fmt.Errorf("system %s has no stream %q", c.system, name)
	}
	return &source{stream: s, system: c.system, rootPath: c.root, env: complete(env)}, nil
}

// Target opens a stream for writing; see [connectors.Connector]. The target has a Close.
func (c *connector) Target(name string, env connectors.Env) (connectors.Target, error) {
	s, found := c.targets[name]
	if !found {
		return nil, fmt.Errorf("system %s has no target %q", c.system, name)
	}
	if err := os.MkdirAll(c.root, 0o750); err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	root, err := os.OpenRoot(c.root)
	if err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	return newTarget(s, root, c.system, complete(env))
}

// complete fills in what the hub did not lend.
func complete(env connectors.Env) connectors.Env {
	if env.Clock == nil {
		env.Clock = time.Now
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return env
}
