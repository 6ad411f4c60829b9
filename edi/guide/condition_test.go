package guide

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/edi"
)

func TestCondition_isWrittenAsItIsRead(t *testing.T) {
	for text, standard := range map[string]edi.Standard{
		"P0304": edi.X12, "R0506": edi.X12, "E0102": edi.X12, "C0304": edi.X12, "L030405": edi.X12,
		"D1(1,2)": edi.EDIFACT, "D2(1,2,3)": edi.EDIFACT, "D7(4,1)": edi.EDIFACT,
	} {
		c, err := ParseCondition(text)
		if err != nil || c.Text(standard) != text {
			t.Errorf("%s is read as %s, %v", text, c.Text(standard), err)
		}
	}
	if c, err := ParseCondition("D5(040,030)"); err != nil || c.Text(edi.EDIFACT) != "D5(4,3)" {
		t.Errorf("%v, %v", c, err)
	}
}

// What is missing of a condition that does not hold, or in its way, is what makes
// it hold.
func TestCondition_missingIsWhatMakesItHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Condition{
			Relation: Relation(rapid.IntRange(int(AllOrNone), int(FirstThenNone)).Draw(t, "relation")),
			Places:   rapid.SliceOfNDistinct(rapid.IntRange(1, 64), 2, 6, rapid.ID).Draw(t, "places"),
		}
		present := rapid.Uint64().Draw(t, "present")
		rule := Rule{Condition: c}
		rule.First, rule.Rest = c.masks()
		if rule.Broken(present) == c.Holds(present) {
			t.Fatalf("broken and holding at once, or neither: %+v", c)
		}
		if c.Holds(present) {
			return
		}
		places, excess := c.Missing(present)
		if len(places) == 0 {
			t.Fatalf("nothing is missing of %+v", c)
		}
		for _, place := range places {
			bit := uint64(1) << (place - 1)
			if there := present&bit != 0; there != excess {
				t.Fatalf("place %d of %+v: there %v, in excess %v", place, c, there, excess)
			}
			present ^= bit
			if c.Relation == ExactlyOne && !excess {
				break // any one of them will do
			}
		}
		if !c.Holds(present) {
			t.Fatalf("%+v still does not hold", c)
		}
	})
}
