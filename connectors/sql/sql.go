// Package sql is the connector kind that reads and writes tables of PostgreSQL and SQLite.
//
// In come rows, asked for on a schedule, each as one frame of JSON with the rows that belong to it;
// out go upserts, updates and deletes of one table. The package never writes through a source,
// never puts a name or a value of a record into SQL other than quoted or as a parameter, and holds
// no more of a table in memory than one page.
package sql

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// Kind is `kind: sql`.
var Kind = connectors.Kind{
	Name:   "sql",
	Doc:    "tables of PostgreSQL and SQLite, read on a schedule and written by upsert",
	Format: "json",
	Fixed:  true,
	// one call is one transaction
	Policy: connectors.TargetPolicy{Concurrency: 2, Batch: 500},
	Keys:   struct{ Settings, Stream, Target any }{settings{}, streamKeys{}, writerKeys{}},
	Open:   open,
}

// settings are the kind's `settings:`.
type settings struct {
	Driver         config.Positioned[string] `yaml:"driver,required" enum:"postgres,sqlite" doc:"which database"`
	URL            config.Secret             `yaml:"url" doc:"of a PostgreSQL database, as postgres://user:password@host/name"`
	File           config.Positioned[string] `yaml:"file" doc:"of an SQLite database, relative to the hub folder"`
	Pool           int                       `yaml:"pool" default:"4" min:"1" max:"64" doc:"connections of one stream or target"`
	ConnectTimeout time.Duration             `yaml:"connect_timeout" default:"10s" min:"100ms" doc:"of making a connection"`
	Timeout        time.Duration             `yaml:"timeout" default:"1m" min:"100ms" doc:"of one statement"`
}

// connector is one system's database.
type connector struct {
	system  string
	set     settings
	file    string // absolute, of SQLite
	streams map[string]*stream
	targets map[string]*writer
}

func open(s connectors.Settings, ps *config.Problems) connectors.Connector {
	scratch := &config.Problems{}
	c := &connector{system: s.System, streams: map[string]*stream{}, targets: map[string]*writer{}}
	if s.Settings.Decode(&c.set, scratch) {
		c.set.check(s.Settings, scratch)
	}
	if c.file = c.set.File.Value; c.file != "" && !filepath.IsAbs(c.file) {
		c.file = filepath.Join(s.Folder, c.file)
	}
	for _, one := range s.Streams {
		c.streams[one.Name] = openStream(one, scratch)
	}
	for _, one := range s.Targets {
		c.targets[one.Name] = openWriter(one, scratch)
	}
	ps.Append(scratch.Sorted()...)
	if scratch.HasErrors() {
		return nil
	}
	return c
}

// check sees to it that the driver has what it needs, and nothing else.
func (s *settings) check(n *config.Node, ps *config.Problems) {
	if s.Driver.Value == "sqlite" {
		if !s.File.IsSet() {
			ps.Add(config.Problem{Position: n.Position(), What: "nothing says which SQLite database is meant", Expected: "file: with a path"})
		}
		if n.Get("url").IsSet() {
			ps.Add(config.Problem{Position: n.Get("url").Position(), What: "SQLite has no url", Expected: "file: with a path"})
		}
		return
	}
	if s.File.IsSet() {
		ps.Add(config.Problem{Position: s.File.Position(), What: "PostgreSQL has no file", Expected: "url: such as ${ERP_DATABASE}"})
	}
	switch u, err := url.Parse(s.URL.Reveal()); {
	case !s.URL.IsSet():
		ps.Add(config.Problem{Position: n.Position(), What: "nothing says where the database is", Expected: "url: such as ${ERP_DATABASE}"})
	case err != nil, u.Scheme != "postgres" && u.Scheme != "postgresql":
		ps.Add(config.Problem{Position: s.URL.Position(), What: "the url is not one of PostgreSQL", Expected: "postgres://user:password@host:5432/name"})
	default:
		if _, err := s.pool(true); err != nil {
			ps.Add(config.Problem{Position: s.URL.Position(), What: "the url cannot be read as one of PostgreSQL", Expected: "postgres://user:password@host:5432/name"})
		}
	}
}

// connect opens the database; reading makes every write fail.
func (c *connector) connect(ctx context.Context, reading bool) (database, error) {
	if c.set.Driver.Value == "sqlite" {
		return openSQLite(ctx, c.file, c.set, reading)
	}
	return openPostgres(ctx, c.set, reading)
}

// Source opens a stream; see [connectors.Connector].
func (c *connector) Source(name string, env connectors.Env) (connectors.Source, error) {
	s, found := c.streams[name]
	if !found {
		return nil, fmt.Errorf("system %s has no stream %q", c.system, name)
	}
	if env.Clock == nil {
		env.Clock = time.Now
	}
	return &source{connector: c, stream: s, env: env}, nil
}

// Target opens a table for writing; see [connectors.Connector].
func (c *connector) Target(name string, env connectors.Env) (connectors.Target, error) {
	w, found := c.targets[name]
	if !found {
		return nil, fmt.Errorf("system %s has no target %q", c.system, name)
	}
	return &target{connector: c, writer: w, log: env.Log}, nil
}

// relation is what stands after FROM.
type relation struct {
	Table config.Positioned[string] `yaml:"table" doc:"name, or schema.name, exactly as the database has it"`
	Query config.Positioned[string] `yaml:"query" doc:"a SELECT, where a table's own columns are not enough"`
}

// check sees to it that there is one of both.
func (r relation) check(at config.Position, ps *config.Problems) {
	switch {
	case r.Table.IsSet() == r.Query.IsSet():
		ps.Add(config.Problem{Position: at, What: "one of table and query must be given", Expected: "table: with a name, or query: with a SELECT"})
	case r.Table.IsSet():
		checkTable(r.Table, ps)
	case strings.Contains(strings.TrimRight(r.Query.Value, "; \t\r\n"), ";\n"):
		ps.Add(config.Problem{Position: r.Query.Position(), What: "the query is more than one statement", Expected: "one SELECT"})
	}
}

func checkTable(t config.Positioned[string], ps *config.Problems) {
	parts := strings.Split(t.Value, ".")
	for _, part := range parts {
		if part == "" || len(parts) > 2 || strings.ContainsRune(part, 0) {
			ps.Add(config.Problem{Position: t.Position(), What: "table is " + t.Node.Shown(), Expected: "name, or schema.name"})
			return
		}
	}
}

// from gives SQL to select from.
func (r relation) from() string {
	if r.Query.IsSet() {
		return "(" + strings.TrimRight(r.Query.Value, "; \t\r\n") + "\n)"
	}
	return quoteTable(r.Table.Value)
}

// position is where the relation is named.
func (r relation) position() config.Position {
	if r.Query.IsSet() {
		return r.Query.Position()
	}
	return r.Table.Position()
}

// quote makes a name an identifier of SQL, whatever stands in it.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteTable(name string) string {
	if schema, table, found := strings.Cut(name, "."); found {
		return quote(schema) + "." + quote(table)
	}
	return quote(name)
}
