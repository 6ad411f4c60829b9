package edi

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/formats"
)

// TestArrange_agreesWithTheGuidesMatcher holds that reading by names puts the segments of every real
// set with a guide into the loops into which validation puts them.
func TestArrange_agreesWithTheGuidesMatcher(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("TOUCHSTONE_DATA")
	if folder == "" {
		folder = "../../../shared/data"
	}
	sets := 0
	for standard, kind := range map[string]formats.Kind{"x12": X12, "edifact": EDIFACT} {
		names, _ := filepath.Glob(filepath.Join(folder, "edi", standard, "*"))
		if len(names) == 0 {
			t.Skip("the data folder is not here: set TOUCHSTONE_DATA")
		}
		f := kind.Open(nil, &config.Problems{}).(*Format)
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for fr := range f.Frames(t.Context(), bytes.NewReader(text), filepath.Base(name)) {
				if fr.Err != nil {
					continue
				}
				m := &message{}
				if err := f.prepare(m, &formats.Arena{}, fr); err != nil {
					t.Fatal(err)
				}
				l := f.layoutOf(m.kind())
				if l == nil {
					continue
				}
				m.arrange(l)
				want, clean := matched(t, l, fr)
				if !clean {
					continue // a set with faults may be taken in more than one way
				}
				sets++
				if diff := cmp.Diff(want, arranged(m)); diff != "" {
					t.Errorf("%v: %s", fr.Position, diff)
				}
			}
		}
	}
	if sets < 20 {
		t.Errorf("only %d sets compared", sets)
	}
	t.Logf("%d sets compared", sets)
}

// arranged lists the loops around each segment, and its tag.
func arranged(m *message) (list []string) {
	var walk func(item int, around []string)
	walk = func(item int, around []string) {
		for kid := m.items[item].child; kid >= 0; kid = m.items[kid].next {
			it := &m.items[kid]
			here := around
			if it.place != nil && it.place.loop != nil {
				here = append(here[:len(here):len(here)], it.place.loop.name)
			}
			if it.line >= m.body {
				list = append(list, strings.Join(append(here[:len(here):len(here)], string(m.segments[it.line].tag)), "/"))
			}
			walk(kid, here)
		}
	}
	walk(0, nil)
	return list
}

// matched is the same by the guide's own matcher; clean is false where it finds faults.
func matched(t *testing.T, l *layout, fr formats.Frame) (list []string, clean bool) {
	t.Helper()
	name, message, _ := strings.Cut(l.name, " ")
	plan, err := guides.Shipped.Plan(name, message)
	if err != nil {
		t.Fatal(err)
	}
	matcher := guide.NewMatcher(plan)
	s := edilib.NewBytesScanner(append(bytes.Clone(fr.Context), fr.Bytes...))
	inside := false
	for s.Next() {
		tag := string(s.Segment().Tag())
		if tag == "ST" || tag == "UNH" {
			inside = true
			list = append(list, tag)
			continue
		}
		if !inside {
			continue
		}
		step := matcher.Match(s.Segment())
		if step.Fault != edilib.NoFault || step.Instead != nil || step.Place < 0 || len(step.Missing) > 0 {
			return nil, false
		}
		var around []string
		for p := plan.Places[step.Place].Parent; p >= 0; p = plan.Places[p].Parent {
			around = append([]string{plan.Places[p].ID}, around...)
		}
		list = append(list, strings.Join(append(around, tag), "/"))
	}
	return list, true
}
