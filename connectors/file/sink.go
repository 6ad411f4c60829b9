package file

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// mode is how a target's files hold records.
type mode int

const (
	perRecord   mode = iota // a file a record, replaced by each write: {subject} in its name
	perDelivery             // a file a write: {key}
	perBatch                // a file for each batch of writes: {time}
	appending               // one file that grows: append: true
)

// placeholders are what file names may have in braces.
var placeholders = []string{"subject", "key", "time", "date"}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// sink is one target's settings.
type sink struct {
	File   config.Positioned[string] `yaml:"file,required" doc:"the file's name, in the root folder: {subject} for a file a record, {key} a write, {time} a batch; {date} as well"`
	Append bool                      `yaml:"append" doc:"whether records are added to the end of the file"`

	name   string
	mode   mode
	format formats.Format
}

func openSink(t connectors.TargetSettings, bySuffix map[string]formats.Format, ps *config.Problems) *sink {
	s := &sink{name: t.Name, format: t.Format}
	if !t.Rest.Decode(s, ps) {
		return s
	}
	at := s.File.Position()
	checkLocal(s.File.Node, "file", s.File.Value, ps)
	var used []string
	for _, p := range placeholder.FindAllString(s.File.Value, -1) {
		name := p[1 : len(p)-1]
		used = append(used, name)
		if !slices.Contains(placeholders, name) {
			ps.Add(config.Problem{Position: at, What: fmt.Sprintf("unknown placeholder %s", p), Expected: "{" + strings.Join(placeholders, "}, {") + "}", Hint: config.Nearest(name, placeholders)})
		}
	}
	has := func(name string) bool { return slices.Contains(used, name) }
	switch {
	case s.Append && (has("subject") || has("key") || has("time")):
		ps.Add(config.Problem{Position: at, What: "append: true with a name that changes with each write", Expected: "a fixed name, or {date} for a file a day"})
	case s.Append:
		s.mode = appending
	case has("key"):
		s.mode = perDelivery
	case has("subject") && (has("time") || has("date")):
		ps.Add(config.Problem{Position: at, What: "a file a record whose name changes with time", Expected: "{subject} alone, so that the next write replaces the file, or {key}"})
	case has("subject"):
		s.mode = perRecord
	case has("time"):
		s.mode = perBatch
		ps.Add(config.Problem{
			Position: at, Severity: config.Warning, What: "a write whose outcome is unknown cannot be repeated and goes to review",
			Expected: "{subject} or {key} in the name, or append: true",
		})
	default:
		ps.Add(config.Problem{Position: at, What: fmt.Sprintf("each write would replace %q", s.File.Value), Expected: "{subject}, {key} or {time} in the name, or append: true"})
	}
	if s.format == nil {
		s.format = bySuffix[strings.ToLower(path.Ext(s.File.Value))]
	}
	if s.format == nil {
		ps.Add(config.Problem{Position: at, What: fmt.Sprintf("no format goes with files named *%s", path.Ext(s.File.Value)), Expected: "format: in the target"})
		return s
	}
	if s.mode >= perBatch && separator(s.format) == nil {
		ps.Add(config.Problem{Position: at, What: "several records in one file, in a format that holds one", Expected: "format: ndjson, csv or tsv"})
	}
	return s
}

// separator is what stands after each record of a file; nil where a file holds one only.
func separator(f formats.Format) []byte {
	if s, ok := f.(formats.Separator); ok {
		return s.Separator()
	}
	return nil
}

// head is what stands before the first record of a file.
func head(f formats.Format) []byte {
	if h, ok := f.(formats.Header); ok {
		return h.Head(nil)
	}
	return nil
}

// expand fills a file name's placeholders.
func (s *sink) expand(d *connectors.Delivery, now time.Time) string {
	return placeholder.ReplaceAllStringFunc(s.File.Value, func(p string) string {
		switch p {
		case "{subject}":
			return escape(d.Subject)
		case "{key}":
			return escape(d.Key)
		case "{time}":
			return now.UTC().Format("20060102T150405.000000000Z")
		}
		return now.UTC().Format("2006-01-02")
	})
}

// escape makes any text a part of a file name: letters, digits, '-', '_' and inner dots stay, other
// bytes become %XX, as in URLs. Different texts stay different.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0 || c >= 0x80 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// glob is the pattern of the names that the template makes.
func (s *sink) glob() string {
	return placeholder.ReplaceAllString(s.File.Value, "*")
}
