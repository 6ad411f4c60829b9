package storetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/golden"
)

// name, town, phone and born are lookups of whoever they are given to.
func name(v string) golden.Lookup  { return golden.Lookup{Kind: golden.LookupName, Value: v} }
func town(v string) golden.Lookup  { return golden.Lookup{Kind: golden.LookupPlace, Value: v} }
func phone(v string) golden.Lookup { return golden.Lookup{Kind: golden.LookupPhone, Value: v} }
func born(v string) golden.Lookup  { return golden.Lookup{Kind: golden.LookupBorn, Value: v} }

// found gives each of all its lookups.
func (s *suite) found(all []golden.GoldenRecord, lookups [][]golden.Lookup) {
	s.Helper()
	for from := 0; from < len(all); from += 500 {
		var nos []golden.EntityNo
		var own []golden.Lookup
		for i := from; i < min(len(all), from+500); i++ {
			nos = append(nos, all[i].No)
			for _, l := range lookups[i] {
				l.Entity = all[i].No
				own = append(own, l)
			}
		}
		s.tx(func(tx golden.Tx) error { return tx.PutLookups(s.ctx, nos, own) })
	}
}

// search returns the IDs of all hits, read in pages of size.
func (s *suite) search(q golden.Search, size int) []string {
	s.Helper()
	ids := []string{}
	for q.Limit = size; ; {
		hits, err := s.store.Search(s.ctx, q)
		s.must(err)
		for _, h := range hits {
			if h.Doc == nil || len(h.Sources) == 0 || h.State != golden.Live {
				s.Errorf("hit without its content: %+v", h)
			}
			ids = append(ids, h.ID)
		}
		if size == 0 || len(hits) < size {
			return ids
		}
		q.After = &hits[len(hits)-1].Place
	}
}

func asked(text string) (words []golden.Word) {
	for _, w := range strings.Fields(text) {
		words = append(words, golden.Word{Text: w})
	}
	return words
}

func testSearch(s *suite) {
	all := s.entities("S", 6)
	s.found(all, [][]golden.Lookup{
		{name("wang"), name("xiaoming"), name("王小明"), name("王"), name("小明"), town("深圳")},
		{name("wangler"), name("王"), town("wang")},
		{name("wan"), name("xiao"), town("leeds"), town("ls14dy")},
		{name("wang"), town("深圳")},
		{name("x%_"), name("zoë"), name("a|b"), name("two words")},
		{name("wang"), name("wang-li")},
	})
	for _, c := range []struct {
		names bool
		words string
		want  []string
	}{
		{true, "wang", []string{"S0", "S3", "S5", "S1"}}, // whole ones first
		{false, "wang", []string{"S0", "S3", "S5", "S1"}},
		{true, "wan", []string{"S2", "S0", "S3", "S5", "S1"}},
		{true, "wan xia", []string{"S2", "S0"}}, // S2 has wan whole
		{true, "xia wan", []string{"S2", "S0"}},
		{true, "xiaoming wang", []string{"S0"}},
		{true, "王", []string{"S0", "S1"}},
		{true, "王小", []string{"S0"}},
		{true, "小明 王", []string{"S0"}},
		{true, "wang 小明", []string{"S0"}},
		{true, "x%", []string{"S4"}},
		{true, "a|b", []string{}}, // no word
		{true, "words", []string{}},
		{true, "leeds", []string{}},
		{false, "leeds", []string{"S2"}},
		{false, "leeds wan", []string{"S2"}},
		{false, "wan leeds", []string{"S2"}},
		{false, "xiao lee", []string{"S2"}},
		{false, "深圳 wang", []string{"S0", "S3"}},
		{true, "zo", []string{"S4"}},
		{true, "oë", []string{}},
		{true, "wang nobody", []string{}},
		{true, "nobody wang", []string{}},
		{true, "wang\x00", []string{}},
	} {
		for _, size := range []int{0, 1, 2, 3} {
			q := golden.Search{Names: c.names, Words: asked(c.words)}
			s.equal(fmt.Sprintf("search %+v in pages of %d", c, size), s.search(q, size), c.want)
		}
	}
	s.equal("a place in another form", s.search(golden.Search{Words: []golden.Word{{Text: "深圳市", Place: "深圳"}, {Text: "xiaoming"}}}, 0), []string{"S0"})
	all[3].State, all[3].Into = golden.Merged, all[0].No
	s.tx(func(tx golden.Tx) error { return tx.PutEntities(s.ctx, all[3:4]) })
	s.equal("a merged one is not found", s.search(golden.Search{Words: asked("wang")}, 1), []string{"S0", "S5", "S1"})
	s.found(all[:1], [][]golden.Lookup{{name("wang"), name("xiaoming"), town("beijing")}})
	s.equal("by a new place", s.search(golden.Search{Words: asked("beijing wang")}, 0), []string{"S0"})
	s.equal("by a place gone", s.search(golden.Search{Words: asked("深圳 wang")}, 0), []string{})
	s.found(all[:1], make([][]golden.Lookup, 1))
	s.equal("of one without lookups", s.search(golden.Search{Words: asked("xiaoming")}, 0), []string{})
}

func testSearchNumbers(s *suite) {
	all := s.entities("N", 4)
	s.found(all, [][]golden.Lookup{
		{name("smith"), town("bd14rq"), phone("+441752764055"), phone("1752764055"), born("1980-05-17")},
		{name("smith"), town("01067"), phone("+44764055"), phone("764055"), phone("764099"), born("1979-01-02")},
		{name("studio"), name("54"), town("bd1"), phone("+390612345"), phone("0612345")},
		{name("3m"), town("764")},
	})
	for words, want := range map[string][]string{
		"1752":           {"N0"},
		"01752":          {"N0"},
		"764":            {"N3", "N1"}, // places before phones; N1 once, though two of its numbers begin so
		"0612":           {"N2"},
		"612":            {},
		"bd1":            {"N2", "N0"},
		"3m":             {"N3"},
		"4rq smith":      {"N0"},
		"bd1 smith":      {"N0"},
		"bd1 4rq smith":  {"N0"},
		"055 smith":      {"N0", "N1"},
		"55 smith":       {}, // too short for an end
		"01752 smith":    {"N0"},
		"1980 smith":     {"N0"},
		"smith 055":      {"N0", "N1"}, // the number ranks: 1752764055 stands before 764055
		"1979-01-02 smi": {"N1"},
		"54 studio":      {"N2"},
		"99 smith":       {},
		"01067 smith":    {"N1"},
	} {
		for _, size := range []int{0, 1} {
			s.equal("search "+words, s.search(golden.Search{Words: asked(words)}, size), want)
		}
	}
	s.equal("a number as a name", s.search(golden.Search{Names: true, Words: asked("studio 54")}, 0), []string{"N2"})
	s.equal("no name", s.search(golden.Search{Names: true, Words: asked("1752")}, 0), []string{})
	if _, err := s.store.Search(s.ctx, golden.Search{Words: asked("01752 764")}); err == nil {
		s.Error("several numbers were looked for without a word")
	}
}

func testSearchKeys(s *suite) {
	all := s.entities("K", 3)
	mail := golden.Lookup{Kind: golden.LookupEmail, Value: "a@example.org"}
	s.found(all, [][]golden.Lookup{
		{mail, name("anna"), name("lee"), phone("764055")},
		{mail, name("ann"), name("lee"), town("lee")},
		{name("anna"), name("lee")},
	})
	q := golden.Search{Lookups: []golden.Lookup{mail}}
	for words, want := range map[string][]string{
		"": {"K0", "K1"}, "anna": {"K0"}, "ann lee": {"K1", "K0"}, "lee ann": {"K1", "K0"}, "055": {"K0"}, "bob": {},
	} {
		q.Words = asked(words)
		for _, size := range []int{0, 1} {
			s.equal("search "+words, s.search(q, size), want)
		}
	}
	q.Lookups = append(q.Lookups, golden.Lookup{Kind: golden.LookupEmail, Value: "\x00"})
	s.equal("by what cannot be", s.search(q, 0), []string{})
}

func testSearchLong(s *suite) {
	all := s.entities("L", 2)
	long := strings.Repeat("y", 3000)
	var many []golden.Lookup
	for i := range 500 {
		many = append(many, name(fmt.Sprintf("word%04d", i)))
	}
	s.found(all, [][]golden.Lookup{{name("anna"), name(long)}, append([]golden.Lookup{name("anna")}, many...)})
	s.equal("beside a long word", s.search(golden.Search{Words: asked("anna")}, 0), []string{"L0", "L1"})
	s.equal("among many words", s.search(golden.Search{Words: asked("word0001 anna")}, 0), []string{"L1"})
	s.found(all, [][]golden.Lookup{{name("anna")}, {name("word0499")}})
	s.equal("by a word that was left out before", s.search(golden.Search{Words: asked("word0499")}, 0), []string{"L1"})
	s.equal("by a word gone", s.search(golden.Search{Words: asked("word0001")}, 0), []string{})
}

// testSearchMany has so many customers of each word that searches go by the order of the hits, and so
// few of others that they are sorted: what is found is the same, and what the contract says.
func testSearchMany(s *suite) {
	random := rand.New(rand.NewPCG(7, 11))
	all := s.entities("M", 5000)
	families, given, towns := []string{"smith", "smithson", "smi"}, []string{"john", "johnson", "jo"}, []string{"leeds", "lee", "smithtown"}
	lookups := make([][]golden.Lookup, len(all))
	for i := range all {
		lookups[i] = []golden.Lookup{
			name(families[random.IntN(3)]), name(given[random.IntN(3)]), town(towns[random.IntN(3)]),
			phone(fmt.Sprintf("%d", 17000+random.IntN(1000))), phone(fmt.Sprintf("%d", 17000+random.IntN(1000))),
		}
		if i%500 == 0 {
			lookups[i] = append(lookups[i], name("zoe"))
		}
	}
	s.found(all, lookups)
	for _, words := range []string{
		"smi", "john smi", "jo smi", "jo smith", "smith john", "smi jo", "lee jo smith", "zoe smi", "smith zo", "17 smi", "lee jo", "17", "170", "170 smi",
	} {
		for _, names := range []bool{false, true} {
			q := golden.Search{Names: names, Words: asked(words)}
			want := expected(q, all, lookups)
			for _, size := range []int{0, 1700} {
				s.equal(fmt.Sprintf("search %q, names only %v, in pages of %d", words, names, size), s.search(q, size), want)
			}
			q.Limit = 20
			hits, err := s.store.Search(s.ctx, q)
			s.must(err)
			s.equal("first page of "+words, len(hits), min(20, len(want)))
		}
	}
}

// expected is the contract of Search, spelled out.
func expected(q golden.Search, all []golden.GoldenRecord, lookups [][]golden.Lookup) []string {
	type placed struct {
		golden.Place
		id string
	}
	var found []placed
	for i := range all {
		if p, ok := place(q, lookups[i]); ok {
			p.Entity = all[i].No
			found = append(found, placed{p, all[i].ID})
		}
	}
	slices.SortFunc(found, func(a, b placed) int {
		return cmp.Or(a.Tier-b.Tier, a.Class-b.Class, cmp.Compare(a.Value, b.Value), cmp.Compare(a.Entity, b.Entity))
	})
	ids := []string{}
	for _, f := range found {
		ids = append(ids, f.id)
	}
	return ids
}

func place(q golden.Search, own []golden.Lookup) (p golden.Place, ok bool) {
	classes := map[golden.LookupKind]int{golden.LookupName: 0, golden.LookupPlace: 1, golden.LookupPhone: 2}
	for i, w := range q.Words {
		number := strings.ContainsAny(w.Text, "0123456789")
		whole, some := false, false
		for _, l := range own {
			class := classes[l.Kind]
			end := len(q.Words) > 1 && number && len(w.Text) > 2 && class > 0 && strings.HasSuffix(l.Value, w.Text)
			if q.Names && class > 0 || class == 2 && !number || !strings.HasPrefix(l.Value, w.Text) && !end {
				continue
			}
			whole = whole || l.Value == w.Text || number && !q.Names
			if last := i == len(q.Words)-1; last && (!some || class < p.Class || class == p.Class && l.Value < p.Value) {
				p.Class, p.Value = class, l.Value
			}
			some = true
		}
		if !some {
			return p, false
		}
		if !whole && i < len(q.Words)-1 {
			p.Tier = 1
		}
	}
	return p, true
}
