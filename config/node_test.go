package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
)

// parse fails the test on any problem.
func parse(t *testing.T, name, text string) *config.Node {
	t.Helper()
	var ps config.Problems
	n := config.Parse(name, []byte(text), environment, &ps)
	if ps.Len() > 0 {
		t.Fatalf("%s: %v", name, ps.Sorted())
	}
	return n
}

func lines(ps *config.Problems) string {
	var all []string
	for _, p := range ps.Sorted() {
		all = append(all, p.String())
	}
	return strings.Join(all, "\n")
}

func TestNode_readsWhatIsThere(t *testing.T) {
	t.Parallel()
	n := parse(t, "a.yaml", "# head\nname: acme\nnull1: ~\nnull2:\nempty: \"\"\nlist: [a, 'b']\ndeep:\n  in: {x: 1}\n1: one\n")
	if got, want := fmt.Sprint(n.Keys()), "[name null1 null2 empty list deep 1]"; got != want {
		t.Errorf("keys %s, want %s", got, want)
	}
	for _, test := range []struct {
		node   *config.Node
		kind   config.Kind
		at     string
		text   string
		quoted bool
	}{
		{n, config.Mapping, "a.yaml:2:1", "", false},
		{n.Get("name"), config.Scalar, "a.yaml:2:7", "acme", false},
		{n.Get("null1"), config.Null, "a.yaml:3:8", "", false},
		{n.Get("null2"), config.Null, "a.yaml:4:1", "", false},
		{n.Get("empty"), config.Scalar, "a.yaml:5:8", "", true},
		{n.Get("list"), config.Sequence, "a.yaml:6:7", "", false},
		{n.Get("list").Items()[1], config.Scalar, "a.yaml:6:11", "b", true},
		{n.Get("deep"), config.Mapping, "a.yaml:8:3", "", false},
		{n.Get("deep").Get("in"), config.Mapping, "a.yaml:8:7", "", false},
		{n.Get("deep").Get("in").Get("x"), config.Scalar, "a.yaml:8:11", "1", false},
		{n.Get("nope"), config.Absent, "a.yaml:2:1", "", false},
		{n.Get("nope").Get("further"), config.Absent, "a.yaml:2:1", "", false},
		{n.Get("name").Get("of a text"), config.Absent, "a.yaml:2:7", "", false},
		{n.Get("1"), config.Scalar, "a.yaml:9:4", "one", false},
	} {
		if test.node.Kind() != test.kind || test.node.Position().String() != test.at || test.node.Text() != test.text || test.node.Quoted() != test.quoted {
			t.Errorf("got %v at %s %q quoted=%v, want %+v", test.node.Kind(), test.node.Position(), test.node.Text(), test.node.Quoted(), test)
		}
	}
}

func TestNode_nilIsAbsent(t *testing.T) {
	t.Parallel()
	var n *config.Node
	those, rest := n.Split("a")
	if n.Get("a").Get("b").IsSet() || n.Items() != nil || n.Entries() != nil || n.Text() != "" || those.IsSet() || rest.IsSet() ||
		n.ScalarPosition(3) != (config.Position{}) || n.Snippet(0, 1) != "" || n.Any() != nil || config.Merge(nil, nil).IsSet() {
		t.Error("a nil node holds something")
	}
	var into struct {
		A int `yaml:"a" default:"7"`
	}
	var ps config.Problems
	if !n.Decode(&into, &ps) || into.A != 7 {
		t.Errorf("decoding nil gave %+v, %v", into, ps.Sorted())
	}
}

func TestParse_resolvesAliasesAndMergeKeys(t *testing.T) {
	t.Parallel()
	n := parse(t, "a.yaml", "base: &b {wait: 1s, n: 1}\nother: &o {n: 2, m: 3}\nuse: *b\nmerged:\n  <<: [*b, *o]\n  wait: 2s\n")
	if got := n.Get("use").Get("wait").Position().String(); got != "a.yaml:1:17" {
		t.Errorf("an alias stands at %s, want where its anchor does", got)
	}
	want := map[string]any{"wait": "2s", "n": "1", "m": "3"}
	got := map[string]any{}
	for _, e := range n.Get("merged").Entries() {
		got[e.Key] = e.Value.Text()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParse_expandsInScalarsOnly(t *testing.T) {
	t.Parallel()
	n := parse(t, "a.yaml", strings.Join([]string{
		"whole: ${PORT}", "within: http://localhost:${PORT}/x", "default: ${NOPE:fallback}", "colon: ${NOPE:http://x:1}",
		"none: ${NOPE:}", "empty: ${EMPTY:not used}", "escaped: $${PORT} and $${", "dollar: $5 {a} $", "structure: ${YAML}",
		"block: |\n  a ${PORT}\n  b ${PORT}", "flow: {a: \"${PORT}\", b: '${PORT}'}", "${PORT}: key",
	}, "\n"))
	want := map[string]any{
		"whole": "8080", "within": "http://localhost:8080/x", "default": "fallback", "colon": "http://x:1",
		"none": "", "empty": "", "escaped": "${PORT} and ${", "dollar": "$5 {a} $", "structure": "a: [1",
		"block": "a 8080\nb 8080\n", "flow": "", "${PORT}": "key",
	}
	got := map[string]any{}
	for _, e := range n.Entries() {
		got[e.Key] = e.Value.Text()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !n.Get("within").IsSecretRef() || n.Get("escaped").IsSecretRef() || n.Get("dollar").IsSecretRef() {
		t.Error("IsSecretRef is not true for exactly the texts with a variable")
	}
	var ports struct {
		Whole int `yaml:"whole"`
		Flow  struct {
			A int `yaml:"a"`
		} `yaml:"flow"`
	}
	whole, _ := n.Split("whole")
	var ps config.Problems
	if !whole.Decode(&ports, &ps) || ports.Whole != 8080 {
		t.Errorf("a variable is not read as a number: %v", ps.Sorted())
	}
	if !n.Get("flow").Get("a").Decode(&ports.Flow.A, &ps) || ports.Flow.A != 8080 {
		t.Errorf("a variable in quotes is not read as a number: %v", ps.Sorted())
	}
}

func TestNode_splitKeepsPositions(t *testing.T) {
	t.Parallel()
	n := parse(t, "c.yaml", "kind: http\nlisten: :80\nstreams: {}\npath: x\n")
	common, rest := n.Split("kind", "streams", "absent")
	if got, want := fmt.Sprint(common.Keys(), rest.Keys()), "[kind streams] [listen path]"; got != want {
		t.Errorf("split into %s, want %s", got, want)
	}
	if got := fmt.Sprint(rest.Position(), rest.Get("path").Position(), rest.Entries()[1].Position); got != "c.yaml:1:1 c.yaml:4:7 c.yaml:4:1" {
		t.Errorf("positions %s", got)
	}
}

func TestMerge_overWinsAndEachSideKeepsItsPositions(t *testing.T) {
	t.Parallel()
	base := parse(t, "preset.yaml", "a: 1\nb: {x: 1, y: 2}\nlist: [1, 2]\ngone: 1\n")
	over := parse(t, "user.yaml", "b:\n  y: 3\n  z: 4\nlist: [9]\ngone:\nnew: 5\n")
	var got []string
	var walk func(path string, n *config.Node)
	walk = func(path string, n *config.Node) {
		for _, e := range n.Entries() {
			walk(path+"/"+e.Key, e.Value)
		}
		for _, item := range n.Items() {
			walk(path+"[]", item)
		}
		if n.Kind() == config.Scalar || n.Kind() == config.Null {
			got = append(got, fmt.Sprintf("%s=%s %s", path, n.Text(), n.Position()))
		}
	}
	merged := config.Merge(base, over)
	walk("", merged)
	want := []string{
		"/a=1 preset.yaml:1:4", "/b/x=1 preset.yaml:2:8", "/b/y=3 user.yaml:2:6", "/b/z=4 user.yaml:3:6",
		"/list[]=9 user.yaml:4:8", "/gone= user.yaml:5:1", "/new=5 user.yaml:6:6",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if at := merged.Get("absent").Position().String(); at != "user.yaml:1:1" {
		t.Errorf("what is missing is told of at %s, want the user's file", at)
	}
	if config.Merge(base, nil) != base || config.Merge(nil, over) != over {
		t.Error("merging with nothing changes something")
	}
}
