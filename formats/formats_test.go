package formats_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/all"
)

func open(t *testing.T, name string) formats.Format {
	t.Helper()
	for _, k := range all.Kinds() {
		if k.Name == name {
			var ps config.Problems
			return k.Open(nil, &ps)
		}
	}
	t.Fatalf("no format %s", name)
	return nil
}

func TestKeyFunc(t *testing.T) {
	t.Parallel()
	json, csv := open(t, "json"), open(t, "csv")
	for _, c := range []struct {
		format    formats.Format
		bytes     string
		paths     []string
		key, fail string
	}{
		{json, `{"id":207119551,"x":1}`, []string{"id"}, "207119551", ""},
		{json, `{"id":"a/b"}`, []string{"id"}, "a/b", ""},
		{json, `{"a":{"b":[{"c":"x/y"}]},"n":"10%"}`, []string{"a.b[0].c", "n"}, "x%2Fy/10%25", ""},
		{json, `["x","y"]`, []string{"[1]"}, "y", ""},
		{json, `{"id":null}`, []string{"id"}, "", "f: key id: found null; expected text or a number"},
		{json, `{"id":""}`, []string{"id"}, "", "f: key id: found an empty text; expected text or a number"},
		{json, `{"id":{}}`, []string{"id"}, "", "f: key id: found an object; expected text or a number"},
		{json, `{"a":[1]}`, []string{"a[1]"}, "", "f: key a[1]: found nothing; expected text or a number"},
		{json, `{"id":}`, []string{"id"}, "", "f: at byte 6 of the record: found '}'; expected a value"},
		{csv, "7,Bob", []string{"name", "id"}, "Bob/7", ""},
		{csv, "7,", []string{"name"}, "", "f: key name: found null; expected text or a number"},
	} {
		key, err := formats.KeyFunc(c.format, c.paths)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []*formats.Doc{nil, {}} {
			got, err := key(d, formats.Frame{Bytes: []byte(c.bytes), Context: []byte("id,name"), Position: formats.Position{Origin: "f"}})
			if got != c.key || (err == nil) != (c.fail == "") || err != nil && err.Error() != c.fail {
				t.Errorf("%s %v: %q, %v", c.bytes, c.paths, got, err)
			}
		}
	}
	if _, err := formats.KeyFunc(json, []string{"a[*].b"}); err == nil || err.Error() != `path "a[*].b", at byte 1: expected one value; a key cannot be taken from all elements` {
		t.Error(err)
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]formats.Step{
		"$":                nil,
		"a":                {{Name: "a"}},
		"$.a[*]":           {{Name: "a"}, {All: true}},
		"a.b[12].c":        {{Name: "a"}, {Name: "b"}, {IsIndex: true, Index: 12}, {Name: "c"}},
		`["a.b"][0]["\""]`: {{Name: "a.b"}, {IsIndex: true}, {Name: `"`}},
		"$id":              {{Name: "$id"}},
		"客户.姓名":            {{Name: "客户"}, {Name: "姓名"}},
	} {
		got, err := formats.ParsePath(path)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", path, err, diff)
		}
	}
	for path, at := range map[string]int{"": 0, ".a": 0, "a..b": 2, "a.": 2, "a[": 2, "a[-1]": 2, "a[x]": 2, "a]": 0, "a[0]b": 4, `a["x]`: 2, "a b": 0} {
		_, err := formats.ParsePath(path)
		var e *formats.PathError
		if !errors.As(err, &e) || e.Offset != at {
			t.Errorf("%q: %v, want an error at %d", path, err, at)
		}
	}
}
