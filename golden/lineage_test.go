package golden

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/golden/survive"
)

func TestLineage_isReadAsItWasPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sources, times, attributes := drawLineage(rt)
		packed := packLineage(sources, times, attributes)
		want := Lineage{}
		for _, a := range attributes {
			want[a.Name] = []ValueLineage{}
			for _, v := range a.Values {
				want[a.Name] = append(want[a.Name], plainly(v))
			}
		}
		for _, g := range []GoldenRecord{{Lineage: packed, Sources: sources}, {Lineage: keepSources(packed, sources)}} {
			got, err := ReadLineage(g)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatal(diff)
			}
		}
		// what is cut off is refused or read in part, and never ends the program
		_, err := ReadLineage(GoldenRecord{Lineage: packed[:rapid.IntRange(0, len(packed)-1).Draw(rt, "cut")], Sources: sources})
		if err != nil && !errors.Is(err, errLineage) {
			rt.Fatal(err)
		}
	})
}

func drawLineage(rt *rapid.T) (sources []string, times []time.Time, attributes []survive.Attribute) {
	sources = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]/d/[0-9]`), 1, 5, rapid.ID[string]).Draw(rt, "sources")
	slices.Sort(sources)
	moment := rapid.Custom(func(rt *rapid.T) time.Time {
		if rapid.Bool().Draw(rt, "known") {
			return time.UnixMicro(rapid.Int64Range(-1e15, 1e16).Draw(rt, "time")).UTC()
		}
		return time.Time{}
	})
	for range sources {
		times = append(times, moment.Draw(rt, "time"))
	}
	key := rapid.OneOf(rapid.SampledFrom(sources), rapid.Just("nobody's/record/1"))
	lost := rapid.Custom(func(rt *rapid.T) survive.Lost {
		return survive.Lost{Source: key.Draw(rt, "source"), Value: []byte(`"x"`), Why: rapid.String().Draw(rt, "why")}
	})
	value := rapid.Custom(func(rt *rapid.T) survive.Value {
		return survive.Value{
			Source: key.Draw(rt, "source"), Rule: rapid.SampledFrom(append(ruleCodes.names, "other")).Draw(rt, "rule"),
			Time: moment.Draw(rt, "time"), Hash: rapid.Uint64().Draw(rt, "hash"),
			Also: rapid.SliceOfN(key, 0, 3).Draw(rt, "also"), Lost: rapid.SliceOfN(lost, 0, 3).Draw(rt, "lost"),
		}
	})
	names := rapid.SampledFrom(append(survive.AttributeNames(), "unknown to this version"))
	for _, name := range rapid.SliceOfNDistinct(names, 0, 6, rapid.ID[string]).Draw(rt, "attributes") {
		attributes = append(attributes, survive.Attribute{Name: name, Values: rapid.SliceOfN(value, 0, 3).Draw(rt, name)})
	}
	return sources, times, attributes
}

// plainly is a value as it is read.
func plainly(v survive.Value) ValueLineage {
	plain := ValueLineage{Source: v.Source, Rule: v.Rule, Hash: v.Hash}
	if !v.Time.IsZero() {
		plain.Time = v.Time.Format(time.RFC3339Nano)
	}
	plain.Also = append(plain.Also, v.Also...)
	for _, l := range v.Lost {
		plain.Lost = append(plain.Lost, LostVal{Source: l.Source, Value: json.RawMessage(l.Value), Why: l.Why})
	}
	return plain
}

func TestLineage_refusesAnotherVersion(t *testing.T) {
	t.Parallel()
	if _, err := ReadLineage(GoldenRecord{Lineage: []byte{9}}); !errors.Is(err, errLineage) {
		t.Errorf("%v", err)
	}
}

// Every attribute and rule has a code, and a rule's fits in its bits.
func TestLineage_hasACodeForEveryName(t *testing.T) {
	t.Parallel()
	for _, name := range survive.AttributeNames() {
		if attributeCodes.code[name] == 0 {
			t.Errorf("attribute %q has no code: add it at the end", name)
		}
	}
	for _, name := range survive.RuleNames {
		if code := ruleCodes.code[name]; code == 0 || code > ruleBits {
			t.Errorf("rule %q has code %d", name, code)
		}
	}
}
