package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/touchstone-hub/touchstone/config"
)

// bomb is ten levels of ten aliases each.
func bomb() string {
	var b strings.Builder
	b.WriteString("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "l%d: &l%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*l%d, ", i-1), 10), ", "))
	}
	return b.String()
}

// mergeBomb doubles a mapping's entries at each level.
func mergeBomb() string {
	var b strings.Builder
	b.WriteString("l0: &l0 {a: x}\n")
	for i := 1; i < 64; i++ {
		fmt.Fprintf(&b, "l%d: &l%d {<<: *l%d, p%d: *l%d, q%d: *l%d}\n", i, i, i-1, i, i-1, i, i-1)
	}
	return b.String()
}

func blockNest(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestParse_isBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"too large", strings.Repeat("# \n", 3<<20), "f.yaml:1:1: the file is too large; expected at most 8 MiB"},
		{"flow nesting", strings.Repeat("[", 100_000), "f.yaml:1:101: nested more than 100 levels deep"},
		{"flow mappings", strings.Repeat("{a: ", 1000), "f.yaml:1:401: nested more than 100 levels deep"},
		{"block nesting", blockNest(1000), "f.yaml:101:102: nested more than 100 levels deep"},
		{"nesting in one line", strings.Repeat("- ", 100_000) + "a", "f.yaml:1:201: nested more than 100 levels deep"},
		{"explicit keys", strings.Repeat("? ", 1000) + "a", "f.yaml:1:201: nested more than 100 levels deep"},
		{"tags in a row", "a: " + strings.Repeat("!!str ", 1000) + "x", "nested more than 100 levels deep"},
		{"alias bomb", bomb(), "f.yaml:5:9: more than 500000 values with aliases counted out"},
		{"merge bomb", mergeBomb(), "more than 500000 values with aliases counted out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			var ps config.Problems
			n := config.Parse("f.yaml", []byte(test.text), nil, &ps)
			if got := lines(&ps); !strings.Contains(got, test.want) {
				t.Errorf("got %.300q, want %q", got, test.want)
			}
			var into any
			n.Decode(&into, &ps)
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestParse_takesWhatIsDeepAndLargeWithinReason(t *testing.T) {
	t.Parallel()
	parse(t, "f.yaml", blockNest(99))
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "- {code: C%d, name: 客户%d}\n", i, i)
	}
	start := time.Now()
	if n := parse(t, "f.yaml", b.String()); len(n.Items()) != 20_000 || n.Items()[19_999].Get("name").Position().Line != 20_000 {
		t.Error("a list of 20,000 is not read in full")
	}
	t.Logf("%d KB in %v", b.Len()/1000, time.Since(start))
}

func TestParseFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "hub.yaml")
	if err := os.WriteFile(path, []byte("name: acme\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var ps config.Problems
	if n := config.ParseFile(path, nil, &ps); n.Get("name").Text() != "acme" || n.Get("name").Position().File != path {
		t.Errorf("read %q at %s", n.Get("name").Text(), n.Get("name").Position())
	}
	gone := filepath.Join(dir, "gone.yaml")
	if n := config.ParseFile(gone, nil, &ps); n.IsSet() {
		t.Error("a missing file has content")
	}
	config.ParseFile(dir, nil, &ps)
	want := dir + ": cannot be read: is a directory\n" + gone + ": cannot be read: no such file or directory"
	if got := lines(&ps); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzParse: any text ends in nodes or problems with positions inside the
// file, and each visible character of a scalar is found where it stands.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"name: acme\nlist: [1, 'it''s', \"\\u5C71\\\n  x\"]\n", "a: |2-\n   x\n\n  y\nb: >+\n  f\n\n   m\n\n", "a: &x {k: ${V:d}}\nb: *x\n<<: *x\n",
		"? a\n: - b\n  - - c\n", "\ufeff名前: 山田 # c\r\n--- x", "a: !!str 12\nb: !t c", "%YAML 1.2\n---\na\n...\n", "a: \"b\n\n  c\"\nd: e\n  f\n\n  g",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		var ps config.Problems
		n := config.Parse("f", text, environment, &ps)
		height := strings.Count(strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n"), "\n") + 1
		for _, p := range ps.Sorted() {
			if p.Line < 1 || p.Line > height+1 || p.Column < 1 {
				t.Errorf("a problem outside the file: %v", p)
			}
		}
		if ps.HasErrors() {
			return
		}
		var connector connector
		n.Decode(&connector, &ps)
		budget := 200
		checkScalars(t, text, n, &budget)
	})
}

func checkScalars(t *testing.T, text []byte, n *config.Node, budget *int) {
	if *budget--; *budget < 0 { // aliases may stand for very many
		return
	}
	for _, e := range n.Entries() {
		checkScalars(t, text, e.Value, budget)
	}
	for _, item := range n.Items() {
		checkScalars(t, text, item, budget)
	}
	rows := strings.Split(strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n"), "\r", "\n"), "\n")
	for offset, r := range n.Text() {
		if n.IsSecretRef() || !unicode.IsGraphic(r) || unicode.IsSpace(r) || offset > 200 {
			continue
		}
		at := n.ScalarPosition(offset)
		if at.Line > len(rows) {
			t.Fatalf("%q+%d stands at %v, outside the file", n.Text(), offset, at)
		}
		row := []rune(rows[at.Line-1])
		if at != n.Position() && (at.Column > len(row) || row[at.Column-1] != r && row[at.Column-1] != '\\') {
			t.Fatalf("%q: %q is not at %v of %q", n.Text(), r, at, text)
		}
	}
}
