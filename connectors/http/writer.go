package http

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// writerKeys are the kind's own keys of a target.
type writerKeys struct {
	Create      *operationKeys    `yaml:"create" doc:"how a record is created"`
	Update      *operationKeys    `yaml:"update" doc:"how a record is changed"`
	Deactivate  *operationKeys    `yaml:"deactivate" doc:"how a record is put out of use"`
	Delete      *operationKeys    `yaml:"delete" doc:"how a record is deleted"`
	Idempotency string            `yaml:"idempotency" doc:"header by which the system knows a repeated request"`
	Repeat      connectors.Repeat `yaml:"repeat" enum:"key,upsert,find,none" doc:"how a create may be repeated; derived where left out"`
	Find        *findKeys         `yaml:"find" doc:"how to look for a record before it is created"`
	Encoding    string            `yaml:"encoding" enum:"json,form" default:"json" doc:"how bodies are written"`
}

// operationKeys are one request.
type operationKeys struct {
	Method   string                                    `yaml:"method" enum:"POST,PUT,PATCH,DELETE,GET" doc:"POST for create, DELETE for delete, else PUT"`
	Path     config.Positioned[string]                 `yaml:"path,required" doc:"relative to base_url, or a whole URL"`
	Headers  config.Ordered[config.Positioned[string]] `yaml:"headers"`
	Body     *config.Node                              `yaml:"body" doc:"what is sent; the payload where left out"`
	RemoteID config.Positioned[string]                 `yaml:"remote_id" doc:"path of the record's ID in the answer, or a text with {location}, {payload.PATH}, {subject}"`
	Version  config.Positioned[string]                 `yaml:"version" doc:"path of the record's version in the answer, or {etag}"`
	OK       []int                                     `yaml:"ok" doc:"answers that mean done; all 2xx where left out"`
	Missing  []int                                     `yaml:"missing" default:"404,410" doc:"answers that mean that the record is gone"`
	Refused  []int                                     `yaml:"refused" doc:"answers that concern this record alone, such as 403 in some systems"`
}

// findKeys are the request that looks for a record. Paths are tried in order; one whose
// placeholders stand for nothing is passed over.
type findKeys struct {
	Path     findPaths                                 `yaml:"path,required" doc:"relative to base_url; several are tried in order"`
	In       config.Positioned[string]                 `yaml:"in" doc:"path of the list of records in the answer; the answer itself where left out"`
	Match    config.Ordered[config.Positioned[string]] `yaml:"match" doc:"paths in a record with what must stand there; one that agrees is enough"`
	RemoteID config.Positioned[string]                 `yaml:"remote_id,required" doc:"path of the ID in the record"`
	Else     string                                    `yaml:"else" enum:"refuse,create" default:"refuse" doc:"what to do with a record that has nothing to look by"`
}

type findPaths []*config.Node

// ConfigSchema describes what DecodeConfig reads.
func (*findPaths) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads a text or a list of texts.
func (f *findPaths) DecodeConfig(n *config.Node, ps *config.Problems) {
	items := n.Items()
	if n.Kind() == config.Scalar {
		items = []*config.Node{n}
	}
	for _, item := range items {
		if item.Kind() == config.Scalar {
			*f = append(*f, item)
		}
	}
	if len(items) == 0 || len(*f) != len(items) {
		ps.Add(config.Problem{Position: n.Position(), What: "path is " + n.Shown(), Expected: "a path, or a list of paths"})
	}
}

// writer is one target, checked.
type writer struct {
	name        string
	keys        writerKeys
	format      formats.Format // nil: the payload is sent as it is
	json        formats.Format // reads payloads for format
	operations  map[connectors.Operation]*operation
	find        *finder
	repeat      connectors.Repeat
	idempotency string
}

// operation is one request, compiled.
type operation struct {
	name     connectors.Operation
	method   string
	url      template
	headers  []header
	body     body // nil: the payload as it is
	empty    bool // nothing is sent
	remoteID answer
	version  answer
	keys     *operationKeys
}

type header struct {
	name  string
	value template
}

// answer is a value taken from what the system answered: by a path, or by a template.
type answer struct {
	path []formats.Step
	text template
}

// finder looks for a record.
type finder struct {
	urls     []template
	in       []formats.Step // of the list; nil: the answer is the only record
	match    []pair
	remoteID answer
}

// pair is a path in a found record and what must stand there.
type pair struct {
	path  []formats.Step
	value template
}

// Placeholders, by where they stand.
var (
	inCreate = []string{"payload", "key", "subject"}
	inUpdate = []string{"id", "payload", "key", "subject", "version"}
	inDelete = []string{"id", "key", "subject", "version"}
	inAnswer = []string{"location", "etag", "payload", "subject", "id"}
)

func openWriter(t connectors.TargetSettings, known []formats.Kind, base *url.URL, ps *config.Problems) *writer {
	w := &writer{name: t.Name, format: t.Format, operations: map[connectors.Operation]*operation{}}
	if !t.Decode(&w.keys, ps) {
		return w
	}
	if w.format != nil {
		i := slices.IndexFunc(known, func(k formats.Kind) bool { return k.Name == "json" })
		if i < 0 {
			ps.Errorf(t.At, "the hub has no format json, in which payloads come")
			return w
		}
		w.json = known[i].Open(nil, ps)
	}
	c := compiler{base: base, problems: ps}
	for _, one := range []struct {
		name   connectors.Operation
		keys   *operationKeys
		method string
		known  []string
	}{
		{connectors.Create, w.keys.Create, http.MethodPost, inCreate},
		{connectors.Update, w.keys.Update, http.MethodPut, inUpdate},
		{connectors.Deactivate, w.keys.Deactivate, http.MethodPut, inUpdate},
		{connectors.Delete, w.keys.Delete, http.MethodDelete, inDelete},
	} {
		if one.keys != nil {
			w.operations[one.name] = c.operation(one.name, one.keys, one.method, one.known)
		}
	}
	if len(w.operations) == 0 {
		ps.Add(config.Problem{Position: t.At, What: "the target has no operation", Expected: "create:, update:, deactivate: or delete:"})
	}
	if w.keys.Find != nil {
		w.find = c.finder(w.keys.Find)
		if w.operations[connectors.Create] != nil && w.operations[connectors.Update] == nil {
			ps.Add(config.Problem{Position: t.Rest.Get("find").Position(), What: "find has no use for a record that it finds", Expected: "update: beside it"})
		}
	}
	w.idempotency = w.keys.Idempotency
	w.repeats(t, ps)
	return w
}

// repeats finds out how a create may be repeated, or checks what the file says of it.
func (w *writer) repeats(t connectors.TargetSettings, ps *config.Problems) {
	create := w.operations[connectors.Create]
	switch {
	case w.keys.Repeat != "":
		w.repeat = w.keys.Repeat
	case w.idempotency != "":
		w.repeat = connectors.RepeatKey
	case create == nil, create.method == http.MethodPut:
		w.repeat = connectors.RepeatUpsert
	case w.find != nil:
		w.repeat = connectors.RepeatFind
	default:
		w.repeat = connectors.RepeatNone
	}
	at := t.Rest.Get("repeat").Position()
	switch {
	case w.repeat == connectors.RepeatKey && w.idempotency == "":
		ps.Add(config.Problem{Position: at, What: "repeat is key, and no header carries it", Expected: "idempotency: with the header's name"})
	case w.repeat == connectors.RepeatFind && w.find == nil:
		ps.Add(config.Problem{Position: at, What: "repeat is find, and nothing says how", Expected: "find: with path and remote_id"})
	case w.repeat == connectors.RepeatNone && create != nil:
		ps.Add(config.Problem{
			Position: t.At, Severity: config.Warning, What: "a create whose outcome is unknown cannot be repeated and goes to review",
			Expected: "idempotency:, find:, or repeat: upsert where the system allows it",
		})
	}
}

// compiler turns the keys of requests into requests.
type compiler struct {
	base     *url.URL
	problems *config.Problems
}

func (c compiler) operation(name connectors.Operation, keys *operationKeys, method string, known []string) *operation {
	o := &operation{name: name, method: method, keys: keys, url: c.url(keys.Path.Node, known)}
	if keys.Method != "" {
		o.method = keys.Method
	}
	for _, h := range keys.Headers {
		o.headers = append(o.headers, header{h.Name, parseTemplate(h.Value.Node, known, c.problems)})
	}
	switch {
	case keys.Body.IsSet():
		o.body = parseBody(keys.Body, known, c.problems)
	case name == connectors.Delete || o.method == http.MethodDelete || o.method == http.MethodGet:
		o.empty = true
	}
	if keys.RemoteID.IsSet() {
		o.remoteID = c.answer(keys.RemoteID)
	}
	if keys.Version.IsSet() {
		o.version = c.answer(keys.Version)
	}
	if name == connectors.Create && !keys.RemoteID.IsSet() {
		c.problems.Add(config.Problem{
			Position: keys.Path.Position(), What: "nothing says which ID a created record gets",
			Expected: "remote_id: with a path in the answer, {location}, {payload.PATH} or {subject}",
		})
	}
	return o
}

// url reads a path relative to base_url, or a whole URL.
func (c compiler) url(n *config.Node, known []string) template {
	t := parseTemplate(n, known, c.problems)
	if strings.HasPrefix(n.Text(), "https://") || strings.HasPrefix(n.Text(), "http://") {
		if host, _, _ := strings.Cut(n.Text()[strings.Index(n.Text(), "://")+3:], "/"); host == "" || strings.Contains(host, "{") {
			c.problems.Add(config.Problem{Position: n.Position(), What: "the path has no fixed host", Expected: "a host without placeholders"})
		}
		return t
	}
	if c.base == nil {
		c.problems.Add(config.Problem{Position: n.Position(), What: fmt.Sprintf("path %s has no base", n.Shown()), Expected: "base_url: in settings, or a whole URL"})
		return t
	}
	prefix := strings.TrimSuffix(c.base.String(), "/")
	if !strings.HasPrefix(n.Text(), "/") {
		prefix += "/"
	}
	return append(template{{literal: prefix}}, t...)
}

func (c compiler) finder(keys *findKeys) *finder {
	f := &finder{remoteID: c.answer(keys.RemoteID)}
	for _, path := range keys.Path {
		f.urls = append(f.urls, c.url(path, inCreate))
	}
	if keys.In.IsSet() {
		f.in = append([]formats.Step{}, parsePath(keys.In.Node, 0, keys.In.Value, c.problems)...) // `$` has no steps
	}
	for _, m := range keys.Match {
		path, err := formats.ParsePath(m.Name)
		if err != nil {
			c.problems.Errorf(m.Position, "%v", err)
		}
		f.match = append(f.match, pair{path, parseTemplate(m.Value.Node, inCreate, c.problems)})
	}
	return f
}

func (c compiler) answer(given config.Positioned[string]) answer {
	if strings.Contains(given.Value, "{") {
		return answer{text: parseTemplate(given.Node, inAnswer, c.problems)}
	}
	return answer{path: parsePath(given.Node, 0, given.Value, c.problems)}
}
