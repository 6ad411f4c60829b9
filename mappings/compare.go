package mappings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
)

// compare holds the outputs of a test against `expect:`. A list stands for several records.
func compare(test *config.Node, outputs []string) TestResult {
	expect := test.Get("expect")
	wanted := []*config.Node{expect}
	if expect.Kind() == config.Sequence {
		wanted = expect.Items()
	}
	if len(outputs) != len(wanted) {
		result := failed("the input has %d records; expected %d", len(outputs), len(wanted))
		result.Output = strings.Join(outputs, "\n")
		return result
	}
	exact := test.Get("exact").Text() == "true"
	for i, text := range outputs {
		var found any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&found); err != nil {
			return failed("the mapping gave no JSON: %s", err)
		}
		want := wanted[i].Any()
		found = project(found, want, exact, true)
		if diff := diffOf(want, found); diff != "" {
			return TestResult{Status: Failed, Message: fmt.Sprintf("record %d differs", i+1), Diff: diff, Output: text}
		}
	}
	return TestResult{Status: Passed}
}

// project leaves of a value what a test says something about, in the form in which the test says
// it: members that it does not name are left out (unless it is exact; even then the source of an
// entity, which tells of the run and not of the mapping), and numbers and texts with the same
// characters are the same.
func project(found, want any, exact, top bool) any {
	switch want := want.(type) {
	case map[string]any:
		members, ok := found.(map[string]any)
		if !ok {
			return found
		}
		kept := map[string]any{}
		for name, value := range members {
			w, named := want[name]
			if named || exact && !(top && name == "source") {
				kept[name] = project(value, w, exact && name != "source", false)
			}
		}
		for name, w := range want {
			if _, there := members[name]; !there && w == nil {
				kept[name] = nil // null expects nothing
			}
		}
		return kept
	case []any:
		items, ok := found.([]any)
		if !ok {
			return found
		}
		kept := slices.Clone(items)
		for i := range min(len(items), len(want)) {
			kept[i] = project(items[i], want[i], exact, false)
		}
		return kept
	case nil:
		return found
	}
	if f, ok := scalar(found); ok {
		if w, _ := scalar(want); f == w {
			return want
		}
	}
	return found
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// diffOf gives the lines in which two values differ as indented JSON, with three lines around
// them; "" where they are equal.
func diffOf(want, found any) string {
	a, b := lines(want), lines(found)
	if slices.Equal(a, b) {
		return ""
	}
	marked := align(a, b)
	const around = 3
	var out strings.Builder
	last := -1
	for i, line := range marked {
		near := slices.ContainsFunc(marked[max(0, i-around):min(len(marked), i+around+1)], func(l string) bool { return l[0] != ' ' })
		if !near {
			continue
		}
		if i > last+1 {
			out.WriteString("  …\n")
		}
		out.WriteString(line + "\n")
		last = i
	}
	return out.String()
}

func lines(v any) []string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return []string{err.Error()}
	}
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}

// align marks the lines of a (expected) and b (found) by a longest common subsequence. Lines that
// differ only in a comma at the end count as the same.
func align(a, b []string) []string {
	const most = 2000 // lines; beyond them, all of both is shown
	if len(a) > most || len(b) > most {
		a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	}
	same := func(i, j int) bool { return strings.TrimSuffix(a[i], ",") == strings.TrimSuffix(b[j], ",") }
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if length[i][j] = max(length[i+1][j], length[i][j+1]); same(i, j) {
				length[i][j] = length[i+1][j+1] + 1
			}
		}
	}
	var marked []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && same(i, j):
			marked = append(marked, "  "+b[j])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			marked = append(marked, "- "+a[i])
			i++
		default:
			marked = append(marked, "+ "+b[j])
			j++
		}
	}
	return marked
}
