package mappings_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// asked lists the paths that a shape asks for; those asked for as a whole end in *.
func asked(s *formats.Shape, path string) []string {
	if s.Whole {
		return []string{path + "*"}
	}
	var paths []string
	for _, f := range s.Fields {
		paths = append(paths, asked(f.Shape, path+"."+f.Name)...)
	}
	if s.Items != nil {
		paths = append(paths, asked(s.Items, path+"[]")...)
	}
	if paths == nil {
		return []string{path}
	}
	slices.Sort(paths)
	return paths
}

func TestShape_asksOnlyForWhatIsRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field string
		want  []string
	}{
		{"industry: a.b", []string{".a.b", ".id"}},
		{"industry: a[0].b", []string{".a[].b", ".id"}},
		{"industry: 'first(a.b, lower(c), string(d))'", []string{".a.b*", ".c", ".d", ".id"}},
		{"emails: {each: a, when: ok, fields: {value: v}}", []string{".a[].ok", ".a[].v", ".id"}},
		{"industry: find(a, .x == 1).y.z", []string{".a[].x*", ".a[].y.z", ".id"}},
		{"industry: string(count(filter(a, .x)))", []string{".a[].x", ".id"}},
		{"competitors: map(a, .x)", []string{".a[].x*", ".id"}},
		{"competitors: a", []string{".a*", ".id"}},
		{"industry: 'has(a) ? b : c'", []string{".a", ".b*", ".c*", ".id"}},
		{"names: ['{given: a.b}']", []string{".a.b*", ".id"}},
	} {
		m := load(t, "mapping: m\nto: Customer\nid: string(id)\nfields:\n  "+test.field)
		if diff := cmp.Diff(test.want, asked(m.Shape(), "")); diff != "" {
			t.Errorf("%s\n%s", test.field, diff)
		}
	}
}

// TestApply_allocatesNoMoreThanItReturns: ID and version outlive the record, nothing else does.
func TestApply_allocatesNoMoreThanItReturns(t *testing.T) {
	m := load(t, benchmarked)
	var doc formats.Doc
	var dst []byte
	if err := (&json.Format{}).Decode(&doc, formats.Frame{Bytes: []byte(record)}, m.Shape()); err != nil {
		t.Fatal(err)
	}
	in := mappings.Input{Root: &doc.Root, Source: canonical.Source{System: "shop", Stream: "customers"}}
	allocations := testing.AllocsPerRun(200, func() {
		out, err := m.Apply(dst[:0], in)
		if err != nil {
			t.Fatal(err)
		}
		dst = out.Bytes
	})
	if allocations > 4 {
		t.Errorf("found %v allocations a record; expected 3: the ID, the version, its time", allocations)
	}
}
