package json

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/formats"
)

const customer = `{"id":207119551,"email":"bob.norman@example.com","first_name":"Bob","last_name":"Norman","phone":"+16135550142","note":null,"verified":true,"company":"Acme \u4e2d\u56fd","address":{"city":"Louisville","zip":"40202"},"tags":["a","b"],"contacts":[{"name":"Ann","phone":"+1555"},{"name":"李雷","phone":"+86"},{"name":"Cy","phone":null}],"total":12345678901234567890.10,"x":{"y":[1,{"z":"\n"}]}}`

func shapeOf(paths ...string) *formats.Shape {
	s := &formats.Shape{}
	for _, p := range paths {
		at := s
		for _, name := range strings.Split(p, ".") {
			switch name {
			case "[]":
				at = at.Elements()
			case "*":
				at.Whole = true
			default:
				_, at = at.Slot(name)
			}
		}
	}
	return s
}

var customerShape = shapeOf("id", "email", "first_name", "last_name", "phone", "note", "verified", "company", "address.city", "address.zip", "contacts.[].name", "contacts.[].phone", "total", "missing")

func TestDecode_givesWhatTheShapeAsksFor(t *testing.T) {
	t.Parallel()
	var d formats.Doc
	if err := decode(&d, formats.Frame{Bytes: []byte(customer)}, customerShape); err != nil {
		t.Fatal(err)
	}
	kids := d.Root.Kids
	for slot, want := range []string{"207119551", "bob.norman@example.com", "Bob", "Norman", "+16135550142", "null", "true", "Acme 中国"} {
		if got := string(kids[slot].Text); got != want {
			t.Errorf("slot %d: %q, want %q", slot, got, want)
		}
	}
	if kids[5].Kind != formats.Null || kids[11].Kind != formats.Absent {
		t.Errorf("null is %v, missing is %v", kids[5].Kind, kids[11].Kind)
	}
	if got := string(kids[8].Kids[1].Text); got != "40202" {
		t.Errorf("nested: %q", got)
	}
	contacts := kids[9].Kids
	if len(contacts) != 3 || string(contacts[1].Kids[0].Text) != "李雷" || contacts[2].Kids[1].Kind != formats.Null {
		t.Errorf("contacts: %v", contacts)
	}
	if got := string(kids[10].Text); got != "12345678901234567890.10" {
		t.Errorf("a number is kept as written: %q", got)
	}
	if at := kids[10].Offset; customer[at:at+5] != "12345" {
		t.Errorf("offset %d", at)
	}
}

func TestDecode_wholeKeepsNamesInOrder(t *testing.T) {
	t.Parallel()
	var d formats.Doc
	if err := decode(&d, formats.Frame{Bytes: []byte(`{"b":1,"a":{"d":[{}],"c":[]},"\u0063":"x"}`)}, &formats.Shape{Whole: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a", "c"}, d.Root.Names); diff != "" {
		t.Error(diff)
	}
	a := d.Root.Kids[1]
	if diff := cmp.Diff([]string{"d", "c"}, a.Names); diff != "" {
		t.Error(diff)
	}
	if a.Kids[0].Kids[0].Kind != formats.Object || a.Kids[1].Kind != formats.List {
		t.Errorf("%+v", a)
	}
}

func TestDecode_errorsNamePlaceFoundAndExpected(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	for in, want := range map[string]string{
		``:                         `f.json:7: at byte 0 of the record: found the end; expected a value`,
		`{"a":1}x`:                 `f.json:7: at byte 7 of the record: found 'x'; expected the end of the record`,
		`{"a" 1}`:                  `f.json:7: at byte 5 of the record: found '1'; expected ":"`,
		`{"a":1,}`:                 `f.json:7: at byte 7 of the record: found '}'; expected a member's name in quotes`,
		`{"a":01}`:                 `f.json:7: at byte 6 of the record: found '1'; expected no digit after a leading zero`,
		`{"a":1 "b":2}`:            `f.json:7: at byte 7 of the record: found '"'; expected "," or "}"`,
		`{"skipped":[1,2,}`:        `f.json:7: at byte 16 of the record: found '}'; expected a value`,
		`{"skipped":nul}`:          `f.json:7: at byte 11 of the record: found 'n'; expected null`,
		`{"skipped":"\x"}`:         `f.json:7: at byte 13 of the record: found 'x'; expected one of "\/bfnrtu after the backslash`,
		`{"skipped":"\ud800x"}`:    `f.json:7: at byte 12 of the record: found '\\'; expected surrogates in pairs`,
		"{\"a\":\"x\ny\"}":         `f.json:7: at byte 7 of the record: found '\n'; expected control characters in strings to be escaped`,
		"{\"skipped\":\"\xff\"}":   `f.json:7: at byte 12 of the record: found byte 0xFF; expected UTF-8`,
		`{"a":1,"a":2}`:            `f.json:7: at byte 7 of the record: found member "a" a second time; expected each wanted member once`,
		`{"w":{"b":1,"b":2}}`:      `f.json:7: at byte 12 of the record: found member "b" a second time; expected each wanted member once`,
		`{"skipped":` + deep + `}`: `f.json:7: at byte 522 of the record: found deeper nesting; expected at most 512 levels`,
		`{"w":` + deep + `}`:       `f.json:7: at byte 516 of the record: found deeper nesting; expected at most 512 levels`,
	} {
		var d formats.Doc
		f := formats.Frame{Bytes: []byte(in), Position: formats.Position{Origin: "f.json", Line: 7}}
		err := decode(&d, f, shapeOf("a", "w.*"))
		if err == nil || err.Error() != want {
			t.Errorf("%.40s:\n got %v\nwant %s", in, err, want)
		}
	}
}

func TestDecode_duplicatesInLargeObjectsAreFound(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 200 {
		b.WriteString(`"m` + strings.Repeat("x", i) + `":1,`)
	}
	var d formats.Doc
	whole := &formats.Shape{Whole: true}
	if err := decode(&d, formats.Frame{Bytes: []byte(`{` + b.String() + `"z":1}`)}, whole); err != nil {
		t.Fatal(err)
	}
	if err := decode(&d, formats.Frame{Bytes: []byte(`{` + b.String() + `"mxxx":1}`)}, whole); err == nil {
		t.Error("no error")
	}
}

func TestDecode_allocatesNothingInSteadyState(t *testing.T) {
	var d formats.Doc
	f := formats.Frame{Bytes: []byte(customer)}
	for name, shape := range map[string]*formats.Shape{"parts": customerShape, "whole": {Whole: true}} {
		if n := testing.AllocsPerRun(100, func() {
			if err := decode(&d, f, shape); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations a record", name, n)
		}
	}
}

// FuzzDecode holds the decoder against the standard library's: both take the same texts, apart
// from what is refused here on purpose, and see the same values.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(customer))
	files, _ := filepath.Glob(filepath.Join(dataFolder(), "shop", "*", "*.json"))
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d formats.Doc
		err := decode(&d, formats.Frame{Bytes: b}, &formats.Shape{Whole: true})
		if decode(&d, formats.Frame{Bytes: b}, nil) != nil && err == nil {
			t.Fatal("skipping is stricter than reading")
		}
		if err == nil && !json.Valid(b) {
			t.Fatalf("taken, but invalid: %q", b)
		}
		if err != nil {
			return
		}
		if err := decode(&d, formats.Frame{Bytes: b}, &formats.Shape{Whole: true}); err != nil {
			t.Fatal(err)
		}
		again := appendNode(nil, &d.Root)
		var want, got any
		if err := json.Unmarshal(b, &want); err != nil {
			return // numbers beyond float64
		}
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var d formats.Doc
	f := formats.Frame{Bytes: []byte(customer)}
	b.SetBytes(int64(len(customer)))
	b.ReportAllocs()
	for b.Loop() {
		if err := decode(&d, f, customerShape); err != nil {
			b.Fatal(err)
		}
	}
}

func dataFolder() string {
	if dir := os.Getenv("TOUCHSTONE_DATA"); dir != "" {
		return dir
	}
	return "../../../shared/data"
}
