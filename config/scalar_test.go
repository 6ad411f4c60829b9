package config_test

import (
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
)

// Each text holds the word HERE once; ScalarPosition must find it in the file.
func TestScalarPosition_findsTheWord(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":                    "a: one HERE two",
		"plain, first":             "a:   HERE",
		"plain over lines":         "a: one\n  two\n\n  three HERE\nb: 1",
		"plain CJK":                "名前: 山田 HERE 太郎",
		"double":                   "a: \"one HERE\"",
		"double with escapes":      `a: "\"\t\x41\u5C71\U0001F600\\ HERE"`,
		"double over lines":        "a: \"one  \n\n\n   two HERE\"",
		"double with escaped line": "a: \"one \\\n   two HERE\"",
		"single":                   "a: 'it''s ''HERE'''",
		"single over lines":        "a: 'one\n\n  two HERE'",
		"literal":                  "a: |\n  one\n  two HERE\n",
		"literal, first":           "a: |\n  HERE\n",
		"literal after blanks":     "a: |\n\n\n  one\n\n    two\n   HERE\n",
		"literal kept":             "a: |+\n  one\n  HERE\n\n",
		"literal with indicator":   "a: |2\n     one\n    HERE\n",
		"literal nested":           "x:\n  - a: |\n      山田\n      two HERE\n",
		"literal in a list":        "- |\n one\n HERE\n",
		"literal with comment":     "a: | # why\n  one\n  HERE",
		"folded":                   "a: >\n  one\n  two\n\n  three HERE\n",
		"folded, more indented":    "a: >-\n  one\n  two\n\n    more\n    HERE\n\n  three\n",
		"folded, stripped":         "a: >-\n\n\n  one\n\n\n  HERE",
		"flow":                     "a: [x, {b: HERE}]",
		"anchored":                 "a: &x HERE",
		"tagged":                   "a: !!str HERE",
		"after a variable":         "a: x ${PORT} HERE",
		"between variables":        "a: \"\\t${PORT} HERE ${PORT}\"",
		"literal with variables":   "a: |\n  x ${PORT}\n  ${EMPTY} HERE ${PORT}\n",
		"after an escape":          "a: x $${y} HERE",
	} {
		for _, ending := range []string{"\n", "\r\n"} {
			for _, mark := range []string{"", "\ufeff"} {
				file := mark + strings.ReplaceAll(text, "\n", ending)
				n := parse(t, "f.yaml", file)
				s := scalarWith(n, "HERE")
				got := s.ScalarPosition(strings.Index(s.Text(), "HERE"))
				before, _, _ := strings.Cut(text, "HERE")
				want := config.Position{File: "f.yaml", Line: strings.Count(before, "\n") + 1, Column: len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1}
				if got != want {
					t.Errorf("%s (ending %q): %v, want %v in\n%s", name, ending, got, want, text)
				}
			}
		}
	}
}

func scalarWith(n *config.Node, word string) *config.Node {
	if strings.Contains(n.Text(), word) {
		return n
	}
	for _, e := range n.Entries() {
		if found := scalarWith(e.Value, word); found != nil {
			return found
		}
	}
	for _, item := range n.Items() {
		if found := scalarWith(item, word); found != nil {
			return found
		}
	}
	return nil
}

func TestScalarPosition_endsAndVariables(t *testing.T) {
	t.Parallel()
	n := parse(t, "f.yaml", "a: x ${PORT}y\nb: |\n  one\n  two\nc: \"\"\nd: \"ab\"\n")
	for _, test := range []struct {
		key    string
		offset int
		want   string
	}{
		{"a", 2, "f.yaml:1:6"},
		{"a", 4, "f.yaml:1:6"}, // inside 8080: the reference
		{"a", 6, "f.yaml:1:13"},
		{"a", 7, "f.yaml:1:14"},
		{"a", 99, "f.yaml:1:14"},
		{"a", -1, "f.yaml:1:4"},
		{"b", 7, "f.yaml:4:6"},
		{"b", 8, "f.yaml:4:6"}, // after the last word, not on the next line
		{"c", 0, "f.yaml:5:5"},
		{"d", 2, "f.yaml:6:7"},
	} {
		if got := n.Get(test.key).ScalarPosition(test.offset).String(); got != test.want {
			t.Errorf("%s+%d stands at %s, want %s", test.key, test.offset, got, test.want)
		}
	}
}

func TestSnippet_caretsStandUnderTheText(t *testing.T) {
	t.Parallel()
	n := parse(t, "f.yaml", "fields:\n  名前: concat(山田, fist_name)\n  long: >\n    a\n    b\n")
	s := n.Get("fields").Get("名前")
	got := s.Snippet(strings.Index(s.Text(), "fist_name"), len("fist_name"))
	want := "  名前: concat(山田, fist_name)\n                     ^^^^^^^^^"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := n.Get("fields").Get("long").Snippet(0, 3), "    a\n    ^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
