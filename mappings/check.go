package mappings

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// TestOptions choose what RunTests runs.
type TestOptions struct {
	Run *regexp.Regexp // tests whose "mapping/name" matches; nil: all
}

// TestReport is what the tests of one mapping file came to.
type TestReport struct {
	Mapping string       `json:"mapping"`
	Results []TestResult `json:"results"`
	// Fields and Inputs say which target fields and which paths of the input some test covers.
	Fields []Covered `json:"fields"`
	Inputs []Covered `json:"inputs"`
}

// TestResult is what one test came to.
type TestResult struct {
	Name     string          `json:"name"`
	Position config.Position `json:"position"`
	Status   TestStatus      `json:"status"`
	Message  string          `json:"message,omitempty"` // why it failed or was skipped
	Diff     string          `json:"diff,omitempty"`    // lines with - expected, + found
	Output   string          `json:"output,omitempty"`  // all that the mapping gave, where the test failed
}

// TestStatus is passed, failed or skipped.
type TestStatus string

// The outcomes of a test.
const (
	Passed  TestStatus = "passed"
	Failed  TestStatus = "failed"
	Skipped TestStatus = "skipped"
)

// Covered is a target field or an input path. A field is covered where a test gave it a value.
type Covered struct {
	Name    string `json:"name"`
	Covered bool   `json:"covered"`
}

// Failed tells whether a test failed.
func (r TestReport) Failed() bool {
	for _, t := range r.Results {
		if t.Status == Failed {
			return true
		}
	}
	return false
}

// Coverage is the part of the target fields that the tests cover, from 0 to 1.
func (r TestReport) Coverage() float64 {
	if len(r.Fields) == 0 {
		return 1
	}
	covered := 0
	for _, f := range r.Fields {
		if f.Covered {
			covered++
		}
	}
	return float64(covered) / float64(len(r.Fields))
}

// RunTests runs the tests that stand in the mapping's file. It ends early when ctx does.
func RunTests(ctx context.Context, m *Mapping, o TestOptions) TestReport {
	run := &testRun{mapping: m, wrote: map[*leaf]bool{}, read: make([]bool, len(m.env.Paths()))}
	report := TestReport{Mapping: m.name, Results: []TestResult{}}
	for _, t := range m.tests {
		if ctx.Err() != nil {
			break
		}
		if o.Run != nil && !o.Run.MatchString(m.name+"/"+t.name) {
			continue
		}
		result := run.one(ctx, t)
		result.Name, result.Position = t.name, t.node.Position()
		report.Results = append(report.Results, result)
	}
	for _, l := range m.leaves {
		report.Fields = append(report.Fields, Covered{l.field, run.wrote[l]})
	}
	for i, path := range m.env.Paths() {
		report.Inputs = append(report.Inputs, Covered{path, run.read[i]})
	}
	return report
}

// testRun runs tests and gathers what they cover.
type testRun struct {
	mapping *Mapping
	wrote   map[*leaf]bool
	read    []bool
}

func failed(format string, args ...any) TestResult {
	return TestResult{Status: Failed, Message: fmt.Sprintf(format, args...)}
}

func (r *testRun) one(ctx context.Context, t test) TestResult {
	if skip := t.node.Get("skip"); skip.IsSet() && skip.Text() != "false" {
		return TestResult{Status: Skipped, Message: skip.Text()}
	}
	outputs, err := r.outputs(ctx, t)
	var mapped *Error
	if err != nil && !errors.As(err, &mapped) {
		return failed("%s", err)
	}
	if want := t.node.Get("expect_error"); want.IsSet() {
		switch {
		case err == nil:
			return failed("the record was mapped; expected an error with %q", want.Text())
		case !strings.Contains(err.Error(), want.Text()):
			return failed("found the error %q; expected one with %q", err, want.Text())
		}
		return TestResult{Status: Passed}
	}
	if err != nil {
		return failed("%s", err)
	}
	return compare(t.node, outputs)
}

// outputs maps every record of the test's input. What is skipped gives null.
func (r *testRun) outputs(ctx context.Context, t test) ([]string, error) {
	in, err := r.facts(t)
	if err != nil {
		return nil, err
	}
	input := t.node.Get("input")
	if input.Kind() != config.Scalar {
		in.Root = tree(input)
		text, err := r.apply(in)
		return []string{text}, err
	}
	record, origin := []byte(input.Text()), "input"
	if !isRecord(input) {
		origin = input.Text()
		if record, err = os.ReadFile(filepath.Join(r.mapping.folder, filepath.FromSlash(origin))); err != nil {
			return nil, fmt.Errorf("read the input: %w", err)
		}
	}
	if t.format == nil {
		return nil, errors.New("no format is known to read the input by")
	}
	var texts []string
	var doc formats.Doc
	for f, err := range t.format.Frames(ctx, strings.NewReader(string(record)), origin) {
		if err == nil {
			err = f.Err
		}
		if err == nil {
			err = t.format.Decode(&doc, f, r.mapping.shape)
		}
		if err != nil {
			return nil, fmt.Errorf("read the input: %w", err)
		}
		in.Root, in.Position = &doc.Root, f.Position
		text, err := r.apply(in)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// isRecord tells a record from the name of a file that holds it.
func isRecord(n *config.Node) bool {
	text := strings.TrimSpace(n.Text())
	return strings.ContainsAny(text, "\n,;\t") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || strings.HasPrefix(text, "<")
}

func (r *testRun) apply(in Input) (string, error) {
	work := &run{mapping: r.mapping, traced: true, wrote: r.wrote}
	work.machine.Begin(r.mapping.env)
	work.machine.Trace(r.mapping.env)
	out, err := work.apply(nil, &in)
	for i, read := range work.machine.Read() {
		r.read[i] = r.read[i] || read
	}
	if out.Skip {
		return "null", err
	}
	return string(out.Bytes), err
}

// TestInputs gives the documents that an outbound mapping's tests map, for those who try out what
// becomes of the payloads.
func TestInputs(m *Mapping) []Input {
	var list []Input
	for _, t := range m.tests {
		input := t.node.Get("input")
		if !m.Outbound() || input.Kind() == config.Scalar || t.node.Get("expect_error").IsSet() {
			continue
		}
		in, err := (&testRun{mapping: m}).facts(t)
		if err != nil {
			continue
		}
		in.Root = tree(input)
		list = append(list, in)
	}
	return list
}

// TestRecords gives the records that stand as text in an inbound mapping's tests.
func TestRecords(m *Mapping) []string {
	var list []string
	for _, t := range m.tests {
		if input := t.node.Get("input"); !m.Outbound() && input.Kind() == config.Scalar && isRecord(input) {
			list = append(list, input.Text())
		}
	}
	return list
}
