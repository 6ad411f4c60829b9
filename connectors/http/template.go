package http

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// template is a text with {placeholders}. {payload.PATH} reads the payload; {{ and }} stand for
// the braces themselves.
type template []part

// part is a literal, or a placeholder where name is set.
type part struct {
	literal string
	name    string
	path    []formats.Step // of {payload.PATH}; empty for the whole
	query   bool           // the part stands behind a ? in a URL
	written string         // the placeholder as it was written
}

// values gives what a placeholder stands for; false where there is nothing.
type values func(name string, path []formats.Step) (any, bool)

// parseTemplate reads a template, telling of placeholders that are not known.
func parseTemplate(n *config.Node, known []string, ps *config.Problems) template {
	var t template
	text, query := n.Text(), false
	literal := func(s string) {
		query = query || strings.Contains(s, "?")
		if last := len(t) - 1; last >= 0 && t[last].name == "" {
			t[last].literal += s
			return
		}
		t = append(t, part{literal: s})
	}
	for at := 0; at < len(text); {
		next := strings.IndexAny(text[at:], "{}")
		if next < 0 {
			literal(text[at:])
			break
		}
		if next > 0 {
			literal(text[at : at+next])
		}
		at += next
		if at+1 < len(text) && text[at+1] == text[at] {
			literal(text[at : at+1])
			at += 2
			continue
		}
		end := strings.IndexByte(text[at:], '}')
		if text[at] == '}' || end < 0 {
			ps.Add(config.Problem{Position: n.ScalarPosition(at), What: fmt.Sprintf("%q stands alone", text[at]), Expected: "{NAME}, or {{ and }} for the braces themselves"})
			return t
		}
		t = append(t, placeholder(n, at, text[at:at+end+1], known, ps))
		t[len(t)-1].query = query
		at += end + 1
	}
	return t
}

// placeholder reads {NAME} or {payload.PATH}, which stands at the offset in n.
func placeholder(n *config.Node, offset int, written string, known []string, ps *config.Problems) part {
	name, path, deeper := strings.Cut(written[1:len(written)-1], ".")
	p := part{name: name, written: written}
	if !slices.Contains(known, name) || deeper && name != "payload" {
		ps.Add(config.Problem{
			Position: n.ScalarPosition(offset), What: "unknown placeholder " + written,
			Expected: "one of {" + strings.Join(known, "}, {") + "}", Hint: config.Nearest(name, known),
		})
		return p
	}
	if deeper {
		p.path = parsePath(n, offset+1+len(name)+1, path, ps)
	}
	return p
}

// parsePath reads a path to one value, which stands at the offset in n.
func parsePath(n *config.Node, offset int, path string, ps *config.Problems) []formats.Step {
	steps, err := formats.ParsePath(path)
	var bad *formats.PathError
	if errors.As(err, &bad) {
		ps.Add(config.Problem{Position: n.ScalarPosition(offset + bad.Offset), What: fmt.Sprintf("path %q cannot be read", path), Expected: bad.Expected})
	}
	if slices.ContainsFunc(steps, func(s formats.Step) bool { return s.All }) {
		ps.Add(config.Problem{Position: n.ScalarPosition(offset), What: fmt.Sprintf("path %q leads to several values", path), Expected: "one, such as [0]"})
	}
	return steps
}

// missingError says that a placeholder stands for nothing in this delivery.
type missingError struct{ placeholder string }

func (e *missingError) Error() string { return "there is nothing for " + e.placeholder }

// fill puts values in, each through escape. An empty value is as good as none where it would leave
// a gap in a URL or ID.
func (t template) fill(v values, escape func(text string, p part) string, empty bool) (string, error) {
	var b strings.Builder
	for _, p := range t {
		if p.name == "" {
			b.WriteString(p.literal)
			continue
		}
		value, found := v(p.name, p.path)
		text := asText(value)
		if !found || text == "" && !empty {
			return "", &missingError{p.written}
		}
		b.WriteString(escape(text, p))
	}
	return b.String(), nil
}

// url fills a URL: values are escaped for the part in which they stand, so that an ID with a
// slash, a question mark or dots does not lead elsewhere.
func (t template) url(v values) (string, error) {
	return t.fill(v, func(text string, p part) string {
		if p.query {
			return url.QueryEscape(text)
		}
		if text == "." || text == ".." {
			return strings.ReplaceAll(text, ".", "%2E")
		}
		return url.PathEscape(text)
	}, false)
}

func asIs(text string, _ part) string { return text }

// id fills an ID.
func (t template) id(v values) (string, error) { return t.fill(v, asIs, false) }

// text fills a header or a text in a body.
func (t template) text(v values) (string, error) { return t.fill(v, asIs, true) }

// asText is a value as it stands in a URL or text.
func asText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case json.RawMessage:
		return string(v)
	}
	b, _ := json.Marshal(value) // decoded JSON always marshals
	return string(b)
}

// lookup follows a path through decoded JSON; null is nothing.
func lookup(value any, path []formats.Step) (any, bool) {
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[step.Name]
		case []any:
			if !step.IsIndex || step.Index >= len(v) {
				return nil, false
			}
			value = v[step.Index]
		default:
			return nil, false
		}
	}
	return value, value != nil
}

// body is a JSON text with holes, made from the YAML below `body:`.
type body []hole

// hole is JSON text, followed by what a template gives: as the value itself where the template is
// one placeholder and nothing else, as a string otherwise.
type hole struct {
	before []byte
	value  template
}

// parseBody turns YAML into a body.
func parseBody(n *config.Node, known []string, ps *config.Problems) body {
	w := bodyWriter{known: known, problems: ps}
	w.node(n)
	return append(w.done, hole{before: w.text})
}

type bodyWriter struct {
	known    []string
	problems *config.Problems
	done     body
	text     []byte
}

func (w *bodyWriter) node(n *config.Node) {
	switch n.Kind() {
	case config.Mapping:
		w.text = append(w.text, '{')
		for i, e := range n.Entries() {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			w.json(e.Key)
			w.text = append(w.text, ':')
			w.node(e.Value)
		}
		w.text = append(w.text, '}')
	case config.Sequence:
		w.text = append(w.text, '[')
		for i, item := range n.Items() {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			w.node(item)
		}
		w.text = append(w.text, ']')
	default:
		w.scalar(n)
	}
}

func (w *bodyWriter) scalar(n *config.Node) {
	if !strings.ContainsAny(n.Text(), "{}") {
		w.json(n.Any())
		return
	}
	w.done = append(w.done, hole{before: w.text, value: parseTemplate(n, w.known, w.problems)})
	w.text = nil
}

func (w *bodyWriter) json(value any) {
	b, _ := json.Marshal(value) // strings, numbers and bools of a YAML file always marshal
	w.text = append(w.text, b...)
}

// fill gives the JSON. A placeholder that stands for nothing is null where it stands alone, and
// an error inside a text.
func (b body) fill(v values) ([]byte, error) {
	var out []byte
	for _, h := range b {
		out = append(out, h.before...)
		if h.value == nil {
			continue
		}
		var value any
		if len(h.value) == 1 && h.value[0].name != "" {
			value, _ = v(h.value[0].name, h.value[0].path)
		} else {
			text, err := h.value.text(v)
			if err != nil {
				return nil, err
			}
			value = text
		}
		if raw, ok := value.(json.RawMessage); ok {
			out = append(out, raw...)
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write the body: %w", err)
		}
		out = append(out, text...)
	}
	return out, nil
}
