package guide

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// data gives a file of the collected data, or skips the test where the data are
// not at hand.
func data(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	file := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("the collected data are required: %v", err)
		}
		t.Skipf("the collected data are not at hand: %v", err)
	}
	return file
}

func readTable(t testing.TB, path ...string) *Guide {
	t.Helper()
	file, err := os.Open(data(t, path...))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	g, err := ReadTable(file, "x12/test")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestReadTable_givesEverySetOfTheTables(t *testing.T) {
	for file, sets := range map[string]string{
		"x12-004010.txt":     "810 816 832 838 840 850 855 856 860 997",
		"x12-005010-999.txt": "999",
	} {
		g := readTable(t, "edi", "structure", file)
		if got := strings.Join(g.MessageIDs(), " "); got != sets {
			t.Errorf("%s: sets %s, want %s", file, got, sets)
		}
		for _, err := range g.Check() {
			t.Errorf("%s: %v", file, err)
		}
		for _, m := range g.Messages {
			if first, last := m.Body[0], m.Body[len(m.Body)-1]; first.ID != "ST" || last.ID != "SE" || first.IsGroup() {
				t.Errorf("%s: set %s begins with %s and ends with %s", file, m.ID, first.ID, last.ID)
			}
		}
	}
}

func TestWriteTable_isReadBackAsItWas(t *testing.T) {
	for _, file := range []string{"x12-004010.txt", "x12-005010-999.txt"} {
		g := readTable(t, "edi", "structure", file)
		var b bytes.Buffer
		if err := g.WriteTable(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadTable(&b, "again")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, again); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestReadTable_tellsTheLineOfWhatItCannotRead(t *testing.T) {
	for text, want := range map[string]string{
		"set 850\n  ST M\n":                         `:2: "M" does not say how ST is used: write M 1, O 5 or O *`,
		"set 850\n  ST Q 1\n":                       `:2: "Q" is no requirement: M is mandatory, O or C is not, X may not be there`,
		"set 850\n    ST M 1\n":                     `:2: ST stands 2 levels deep below a place of level 0`,
		"segment N1\n  N101 M 3..2 AN\n":            `:2: "3..2" is no length: write 1..30`,
		"segment N1\n  N101 M 1..2 QQ\n":            `:2: "1..2 QQ" has no type: AN, ID, R, N0 to N9, DT, TM, B`,
		"segment N1\n  condition P03\n":             `:2: "P03" is no condition: write P0304, R0506, E0102, C0304, L030405 or D1(1,2) to D7(1,2)`,
		"segment N1\n  N101 M C080\n    N1.1 M a3":  `:3: "N1.1 M a3" stands below no composite`,
		"standard asn1\n":                           `:1: "asn1" is neither x12 nor edifact`,
		"chapter 1\n":                               `:1: "chapter" begins nothing that is known: set, segment, composite, element, codes`,
		"  ST M 1\n":                                `:1: "ST M 1" stands below nothing`,
		"element 1001 an..x Document name, coded\n": `:1: "1..x" is no length: write 1..30`,
	} {
		_, err := ReadTable(strings.NewReader(text), "t")
		if err == nil || err.Error() != "structure table t"+want {
			t.Errorf("%q:\n got %v\nwant structure table t%s", text, err, want)
		}
	}
}
