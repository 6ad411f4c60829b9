package population

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

func TestChinese_sameSeedSameBytes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteCSV(&b, ChineseColumns, Chinese(2500, 1).Rows()); err != nil {
		t.Fatal(err)
	}
	sameAsGolden(t, "testdata/chinese.sha256", b.Bytes())
}

func TestChinese_everyWayOfWritingOccurs(t *testing.T) {
	t.Parallel()
	p := Chinese(6000, 2)
	found := map[string]int{}
	clusters := map[int]int{}
	people := 0
	for r := range p.Records() {
		clusters[r.Cluster]++
		whole := r.FamilyName + r.GivenName + r.Name
		if r.Kind == "organisation" {
			found["organisation"]++
			found["Co., Ltd"] += truth(strings.Contains(strings.ToLower(r.Name), "co.,") || strings.Contains(r.Name, "Co."))
			found["joint stock"] += truth(strings.Contains(r.Name, "股份有限公司"))
			found["place"] += truth(strings.Contains(r.Name, "市"))
			continue
		}
		people++
		han := strings.ContainsFunc(whole, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		found["characters"] += truth(han)
		found["traditional"] += truth(strings.ContainsFunc(whole, isTraditional))
		found["full width"] += truth(strings.ContainsFunc(whole, func(r rune) bool { return r >= 0xff00 }))
		found["two fields"] += truth(r.FamilyName != "")
		found["hyphen"] += truth(strings.Contains(whole, "-"))
		found["space in characters"] += truth(han && strings.Contains(r.Name, " "))
		for compound := range compoundSurnames {
			found["compound"] += truth(strings.HasPrefix(r.FamilyName+r.Name, compound))
		}
		found["Wade-Giles"] += truth(strings.Contains(strings.ToLower(whole), "hs"))
	}
	near(t, "organisations", found["organisation"], p.Len(), Organisations, 30)
	near(t, "records in two fields", found["two fields"], people, SplitFields, 25)
	near(t, "full-width names", found["full width"], people, FullWidth, 12)
	for _, way := range []string{"characters", "traditional", "hyphen", "space in characters", "compound", "Wade-Giles", "Co., Ltd", "joint stock", "place"} {
		if found[way] < 30 {
			t.Errorf("%s: %d records", way, found[way])
		}
	}
	if len(clusters) != p.Customers || p.Customers != p.Len()-p.Len()*ChineseDuplicates/1000 {
		t.Errorf("%d clusters of %d customers", len(clusters), p.Customers)
	}
	for cluster, n := range clusters {
		if n > ChineseMostCopies {
			t.Errorf("cluster %d has %d records", cluster, n)
		}
	}
}

func isTraditional(r rune) bool {
	for simple, full := range traditionalPairs {
		if r == full && simple != full {
			return true
		}
	}
	return false
}

// TestTraditional_isWhatTheStandardiserReads: the table of pairs and the standardiser's, which came
// another way, agree.
func TestTraditional_isWhatTheStandardiserReads(t *testing.T) {
	t.Parallel()
	s := &standard.Standardiser{Region: "CN"}
	for simple, full := range traditionalPairs {
		a := s.Name(canonical.Name{Family: "王", Given: string(simple)})
		b := s.Name(canonical.Name{Family: "王", Given: string(full)})
		if !slices.Equal(a.Readings, b.Readings) || a.Full != b.Full {
			t.Errorf("%c and %c: %q %v and %q %v", simple, full, a.Full, a.Readings, b.Full, b.Readings)
		}
	}
}

// TestChinese_labelsSayWhoIsWho: what records of one customer say comes from the same customer.
func TestChinese_labelsSayWhoIsWho(t *testing.T) {
	t.Parallel()
	p := Chinese(4000, 3)
	last := map[int]ChineseRecord{}
	pairs, alike := 0, 0
	for r := range p.Records() {
		if before, ok := last[r.Cluster]; ok {
			if r.Kind != before.Kind {
				t.Errorf("two kinds in cluster %d: %+v, %+v", r.Cluster, before, r)
			}
			same := func(a, b string) bool { return a == "" || b == "" || a == b }
			pairs++
			alike += truth(same(r.BirthDate, before.BirthDate))
		}
		last[r.Cluster] = r
	}
	near(t, "pairs of one customer whose birth dates do not differ", alike, pairs, 1000-WrongBirth, 20)
}
