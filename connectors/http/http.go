// Package http is the connector kind that speaks HTTP: webhooks and lists in, writes out.
//
// In come requests of other systems, verified before anything is stored, and pages that are asked
// for on a schedule; out go creates, updates and deletes as a connector file describes them. The
// package never follows a redirect to another host, never answers a webhook before its frames are
// durable and never shows a secret in a log, an error or an outcome.
package http

import (
	"fmt"
	"net/url"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// Kind is `kind: http`.
var Kind = connectors.Kind{
	Name:   "http",
	Doc:    "webhooks and lists in, writes to an HTTP API out",
	Format: "json",
	Keys:   struct{ Settings, Stream, Target any }{settings{}, streamKeys{}, writerKeys{}},
	Open:   open,
}

// settings are the kind's `settings:`.
type settings struct {
	BaseURL     config.Positioned[string]                 `yaml:"base_url" doc:"what paths are relative to"`
	Auth        *auth                                     `yaml:"auth" doc:"how the hub shows who it is"`
	Headers     config.Ordered[config.Positioned[string]] `yaml:"headers" doc:"sent with every request"`
	Timeout     time.Duration                             `yaml:"timeout" default:"30s" min:"100ms" doc:"of one request"`
	Connections int                                       `yaml:"connections" default:"8" min:"1" max:"256" doc:"open at the same time"`
	TLS         *tlsFiles                                 `yaml:"tls" doc:"certificates, where the system's own are not public"`
}

// connector is one system that speaks HTTP.
type connector struct {
	system  string
	folder  string
	set     settings
	secrets redactor
	streams map[string]*stream
	targets map[string]*writer
}

func open(s connectors.Settings, ps *config.Problems) connectors.Connector {
	scratch := &config.Problems{}
	c := &connector{system: s.System, folder: s.Folder, streams: map[string]*stream{}, targets: map[string]*writer{}}
	s.Settings.Decode(&c.set, scratch)
	base := baseURL(c.set.BaseURL, scratch)
	c.secrets = c.set.secrets()
	for _, one := range s.Streams {
		c.streams[one.Name] = openStream(one, s.Formats, base, scratch)
	}
	for _, one := range s.Targets {
		c.targets[one.Name] = openWriter(one, s.Formats, base, scratch)
	}
	c.set.Auth.check(c.sends(), scratch)
	ps.Append(scratch.Sorted()...)
	if scratch.HasErrors() {
		return nil
	}
	return c
}

// sends is true unless the connector only takes webhooks.
func (c *connector) sends() bool {
	for _, s := range c.streams {
		if s.list != nil {
			return true
		}
	}
	return len(c.targets) > 0
}

// baseURL reads `base_url`; nil where there is none.
func baseURL(given config.Positioned[string], ps *config.Problems) *url.URL {
	if !given.IsSet() {
		return nil
	}
	u, err := url.Parse(given.Value)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.User != nil {
		ps.Add(config.Problem{Position: given.Position(), What: "base_url is " + given.Node.Shown(), Expected: "a URL such as https://shop.example/api, without query and password"})
		return nil
	}
	return u
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
	cl, err := c.client()
	if err != nil {
		return nil, err
	}
	return &source{stream: s, system: c.system, env: env, client: cl}, nil
}

// Target opens a stream for writing; see [connectors.Connector].
func (c *connector) Target(name string, env connectors.Env) (connectors.Target, error) {
	w, found := c.targets[name]
	if !found {
		return nil, fmt.Errorf("system %s has no target %q", c.system, name)
	}
	if env.Clock == nil {
		env.Clock = time.Now
	}
	cl, err := c.client()
	if err != nil {
		return nil, err
	}
	return newTarget(w, cl, env.Clock), nil
}
