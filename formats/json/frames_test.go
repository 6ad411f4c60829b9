package json

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

func mustOpen(t testing.TB, kind formats.Kind, yaml string) formats.Format {
	t.Helper()
	var ps config.Problems
	n := config.Parse("test.yaml", []byte(yaml), nil, &ps)
	f := kind.Open(n, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return f
}

// framed gives each frame as "position bytes", bad ones as "position ! error".
func framed(t testing.TB, f formats.Format, in string) []string {
	t.Helper()
	var got []string
	for fr, err := range f.Frames(context.Background(), strings.NewReader(in), "f") {
		if err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprintf("%d:%d:%d%s ", fr.Position.Record, fr.Position.Line, fr.Position.Offset, fr.Position.Path)
		if fr.Err != nil {
			at += "! " + fr.Err.Error() + " "
		} else if begin := fr.Position.Offset; in[begin:begin+int64(len(fr.Bytes))] != string(fr.Bytes) {
			t.Errorf("bytes at %d are not %q", begin, fr.Bytes)
		}
		got = append(got, at+string(fr.Bytes))
	}
	return got
}

func TestFrames_findsRecords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, yaml, in string
		want           []string
	}{
		{"a top-level list yields its elements", ``, "\xEF\xBB\xBF[{\"a\":[1,{}]},\n 2 , \"x]\\\"\"]\n", []string{`1:1:4 {"a":[1,{}]}`, `2:2:19 2`, `3:2:23 "x]\""`}},
		{"anything else is one record", ``, "\n {\"a\": 1 }\n", []string{`1:2:2 {"a": 1 }`}},
		{"a flaw in one record stays in it", ``, `[{"a":01},{"b" 2},{"c":3}]`, []string{`1:1:1 {"a":01}`, `2:1:10 {"b" 2}`, `3:1:18 {"c":3}`}},
		{"nothing is no record", ``, " \n", nil},
		{"an empty list is no record", ``, "[ ]", nil},
		{"a member's list", `from: customers`, `{"n":{"customers":[9]},"customers":[{"a":1},{"b":2}],"z":[]}`, []string{`1:1:36$.customers[0] {"a":1}`, `2:1:44$.customers[1] {"b":2}`}},
		{"a member's object", `from: customer`, `{"customer":{"a":1}}`, []string{`1:1:12$.customer {"a":1}`}},
		{"an escaped name", `from: customer`, `{"\u0063ustomer":{"a":1}}`, []string{`1:1:17$.customer {"a":1}`}},
		{"null is no record", `from: data.items`, `{"data":{"items":null}}`, nil},
		{"all elements on the way", `from: "$.groups[*].items[*]"`, `{"groups":[{"items":[1,2]},{},{"items":[[3]]}]}`, []string{`1:1:21$.groups[0].items[0] 1`, `2:1:23$.groups[0].items[1] 2`, `3:1:40$.groups[2].items[0] [3]`}},
		{"one element on the way", `from: "pages[1].items"`, `{"pages":[{"items":[1]},{"items":[2]}]}`, []string{`1:1:34$.pages[1].items[0] 2`}},
		{"a payload without the selection is bad", `from: customers`, `{"errors":"no"}`, []string{`1:1:0 ! f:1 (record 1, byte 0): at byte 0 of the record: found a payload without it; expected records at from: customers {"errors":"no"}`}},
		{"a broken list ends there", ``, "[{\"a\":1},\n{\"b\":[}, {\"c\":1}]", []string{`1:1:1 {"a":1}`, `2:2:10 ! f:2 (record 2, byte 10): at byte 6 of the record: found '}'; expected "]" {"b":[}, {"c":1}]`}},
		{"a missing comma ends there", ``, `[1 2]`, []string{`1:1:1 1`, `2:1:3 ! f:1 (record 2, byte 3): at byte 0 of the record: found '2'; expected "," or "]" 2]`}},
		{"a file cut off ends there", ``, `[1, {"a`, []string{`1:1:1 1`, `2:1:4 ! f:1 (record 2, byte 4): at byte 3 of the record: found the end; expected the string's closing quote {"a`}},
		{"a second value is bad", ``, `{"a":1} {"b":2}`, []string{`1:1:0 {"a":1}`, `2:1:8 ! f:1 (record 2, byte 8): at byte 0 of the record: found '{'; expected the end of the file (several records one after another are format ndjson) {"b":2}`}},
		{"a record too long is bad and the next is good", `max_record: 16B`, `["` + strings.Repeat("x", 20) + `",{"a":1},{"a":"` + strings.Repeat("y", 20) + `"}]`, []string{
			`1:1:1 ! f:1 (record 1, byte 1): at byte 16 of the record: found a longer record; expected at most 16B a record (max_record) "xxxxxxxxxxxxxxxxxxxx"`, `2:1:24 {"a":1}`,
			`3:1:32 ! f:1 (record 3, byte 32): at byte 16 of the record: found a longer record; expected at most 16B a record (max_record) {"a":"yyyyyyyyyyyyyyyyyyyy"}`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, framed(t, mustOpen(t, JSON, c.yaml), c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFrames_linesAreRecords(t *testing.T) {
	t.Parallel()
	got := framed(t, mustOpen(t, NDJSON, `max_record: 10B`), "\xEF\xBB\xBF{\"a\":1}\r\n\n  {\"b\" \n\"xxxxxxxxxxxxxxx\"\n3")
	want := []string{
		`1:1:3 {"a":1}`, `2:3:15 {"b"`,
		`3:4:21 ! f:4 (record 3, byte 21): at byte 10 of the record: found a longer record; expected at most 10B a record (max_record) "xxxxxxxxxxxxxxx"`,
		`4:5:39 3`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFrames_whereLeavesOut(t *testing.T) {
	t.Parallel()
	in := `[{"s":"open","n":12345678901234567891,"x":{"t":["a","b"]}},{"s":"closed","n":12345678901234567890,"d":null},{"s":"Opening","n":1.50},7,{"s":}]`
	for where, want := range map[string]string{
		`[{path: s, value: open}]`:                          `1 5`,
		`[{path: s, op: "!=", value: open}]`:                `2 3 5`,
		`[{path: s, op: contains, value: OPEN}]`:            `1 3 5`,
		`[{path: s, op: in, value: [open, closed]}]`:        `1 2 5`,
		`[{path: s, op: notIn, value: [open, closed]}]`:     `3 5`,
		`[{path: n, op: ">", value: 12345678901234567890}]`: `1 5`,
		`[{path: n, value: 1.5}]`:                           `3 5`,
		`[{path: n, value: "1.5"}]`:                         `5`,
		`[{path: d, op: "null"}]`:                           `1 2 3 5`,
		`[{path: x, op: notNull}]`:                          `1 5`,
		`[{path: "x.t[1]", value: b}]`:                      `1 5`,
		`[{path: x.t, op: leneq, value: 2}]`:                `1 5`,
		`[{path: s, op: "<", value: closef}]`:               `2 3 5`,
		`[{path: n, op: ">=", value: 2}, {any: [{path: s, value: closed}, {path: s, op: startsWith, value: Op}]}]`: `2 5`,
	} {
		f := mustOpen(t, JSON, "where: "+where)
		var got []string
		for fr := range f.Frames(context.Background(), strings.NewReader(in), "") {
			got = append(got, fmt.Sprint(fr.Position.Record))
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: records %s, want %s", where, got, want)
		}
	}
}

func TestOpen_problems(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		`where: [{path: a, op: contain, value: x}]`: `f.yaml:1:23: unknown operator "contain"; expected one of !=, <, <=, <>, =, >, >=, contains, endsWith, eq, gt, gte, in, leneq, lengt, lengte, lenlt, lenlte, lenneq, lt, lte, neq, notIn, notNull, null, startsWith, strictContains; did you mean "contains"?`,
		`from: "a..b"`:                         `f.yaml:1:7: from: path "a..b", at byte 2: expected a member's name`,
		`where: [{path: "a[*]", value: x}]`:    `f.yaml:1:16: [*] cannot stand in the path of a condition; expected an index such as [0]`,
		`where: [{path: a, op: in, value: x}]`: `f.yaml:1:9: in: expected value: a list`,
		`where: {path: a}`:                     `f.yaml:1:8: where is a mapping; expected a list of conditions such as {path: status, op: "=", value: open}`,
	} {
		var ps config.Problems
		n := config.Parse("f.yaml", []byte(yaml), nil, &ps)
		if f := JSON.Open(n, &ps); f != nil && f != formats.Format((*Format)(nil)) {
			t.Errorf("%s: opened", yaml)
		}
		if err := ps.Err(); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", yaml, err, want)
		}
	}
}

func TestFrames_realPayloads(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(dataFolder(), "shop", "*", "*.json"))
	if len(files) == 0 {
		t.Skip("the shared data folder is not here (TOUCHSTONE_DATA)")
	}
	for _, name := range files {
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for fr, err := range mustOpen(t, JSON, "").Frames(context.Background(), bytes.NewReader(in), name) {
			if err != nil || fr.Err != nil {
				t.Fatal(err, fr.Err)
			}
			var d formats.Doc
			if err := decode(&d, fr, &formats.Shape{Whole: true}); err != nil {
				t.Error(err)
			}
		}
	}
}

// repeat is an endless reader cut at n bytes.
func repeat(line string, n int64) io.Reader {
	return io.LimitReader(&loop{text: []byte(strings.Repeat(line, 1+(64<<10)/len(line)))}, n)
}

type loop struct {
	text []byte
	at   int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.text[l.at:])
	l.at = (l.at + n) % len(l.text)
	return n, nil
}

func BenchmarkFrames(b *testing.B) {
	const size = 32 << 20
	for name, c := range map[string]struct {
		kind formats.Kind
		in   func() io.Reader
	}{
		"ndjson": {NDJSON, func() io.Reader { return repeat(customer+"\n", size) }},
		"json": {JSON, func() io.Reader {
			return io.MultiReader(strings.NewReader("["), repeat(customer+",\n", size), strings.NewReader(""))
		}},
	} {
		b.Run(name, func(b *testing.B) {
			f := mustOpen(b, c.kind, "")
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for range f.Frames(context.Background(), c.in(), "f") {
				}
			}
		})
	}
}
