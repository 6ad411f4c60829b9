package standard

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
)

func keysOf(t *testing.T, n canonical.Name) []string {
	t.Helper()
	var keys []string
	for _, reading := range (&Standardiser{}).Name(n).Readings {
		keys = append(keys, reading.Key())
	}
	return keys
}

// TestName_waysToWriteOneName holds names that belong to one person and must share a reading.
func TestName_waysToWriteOneName(t *testing.T) {
	t.Parallel()
	for _, ways := range [][]canonical.Name{
		{{Given: "Bob", Family: "Norman"}, {Full: "Mr. Bob Norman"}, {Full: "NORMAN, Bob"}, {Full: "Norman Bob"}, {Full: "Bob Norman, Jr."}, {Full: "Ｂｏｂ　Ｎｏｒｍａｎ"}},
		{{Full: "张伟"}, {Full: "張偉"}, {Given: "Wei", Family: "Zhang"}, {Full: "Zhang Wei"}, {Full: "zhāng wěi"}, {Given: "伟", Family: "张"}, {Full: "张伟先生"}},
		{{Full: "曾小明"}, {Full: "Zeng Xiaoming"}, {Full: "Xiao Ming Zeng"}, {Given: "Xiao-Ming", Family: "ZENG"}},
		{{Full: "欧阳娜娜"}, {Full: "歐陽娜娜"}, {Full: "Ouyang Nana"}, {Full: "Nana Ouyang"}},
		{{Full: "单田芳"}, {Full: "Shan Tianfang"}},
		{{Full: "仇英"}, {Full: "Qiu Ying"}},
		{{Full: "解晓东"}, {Full: "Xie Xiaodong"}},
		{{Full: "查良镛"}, {Full: "Zha Liangyong"}, {Full: "查良鏞"}},
		{{Full: "吕布"}, {Full: "Lü Bu"}, {Full: "Lv Bu"}, {Full: "Lyu Bu"}, {Full: "呂布"}},
		{{Full: "陈重"}, {Full: "Chen Zhong"}, {Full: "Chen Chong"}},
		{{Full: "Søren Ærø"}, {Full: "SOREN AERO"}},
		{{Full: "Jürgen Groß"}, {Full: "Juergen Gross"}, {Full: "Jurgen Gross"}, {Full: "GROSS Jürgen"}},
		{{Full: "Ludwig van Beethoven"}, {Given: "Ludwig", Family: "van Beethoven"}, {Full: "van Beethoven, Ludwig"}},
		{{Full: "Seán O'Neill"}, {Full: "Sean ONeill"}, {Full: "Sean O’Neill"}},
		{{Full: "Jean-Luc Picard"}, {Given: "Jean Luc", Family: "Picard"}, {Full: "Picard Jean-Luc"}},
		{{Full: "王芳", Reading: "Fang Wang"}, {Full: "Wang Fang"}},
	} {
		shared := keysOf(t, ways[0])
		for _, other := range ways[1:] {
			keys := keysOf(t, other)
			if !slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(shared, k) }) {
				t.Errorf("%+v %q and %+v %q share no reading", ways[0], shared, other, keys)
			}
		}
	}
}

func TestName_forms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   canonical.Name
		want NameForms
	}{
		{canonical.Name{Full: "Prof. Dr. Änne Müller"}, NameForms{
			Tokens: []string{"anne", "muller"}, Full: "anne muller", Script: "Latn", Titles: []string{"prof", "dr"},
			Readings: []Reading{{"muller", "anne"}, {"anne", "muller"}, {"mueller", "aenne"}, {"aenne", "mueller"}},
		}},
		{canonical.Name{Full: "諸葛亮"}, NameForms{
			Tokens: []string{"诸葛亮"}, Full: "诸葛亮", Family: "诸葛", Given: "亮", Script: "Hant",
			Readings: []Reading{{"zhuge", "liang"}},
		}},
		{canonical.Name{Full: "李 女士"}, NameForms{
			Tokens: []string{"李"}, Full: "李", Family: "李", Script: "Hani", Titles: []string{"女士"},
			Readings: []Reading{{"li", ""}},
		}},
		{canonical.Name{Full: "Acme Trading GmbH & Co. KG"}, NameForms{
			Tokens: []string{"acme", "trading"}, Full: "acme trading", Script: "Latn", LegalForm: "gmbhcokg", Organisation: true,
			Readings: []Reading{{"acme trading", ""}},
		}},
		{canonical.Name{Full: "华为技术有限公司"}, NameForms{
			Tokens: []string{"华为技术"}, Full: "华为技术", Script: "Hans", LegalForm: "有限公司", Organisation: true,
			Readings: []Reading{{"huaweijishu", ""}, {"huaweijizhu", ""}, {"huaguijishu", ""}},
		}},
		{canonical.Name{Full: "Иван Петров"}, NameForms{
			Tokens: []string{"иван", "петров"}, Full: "иван петров", Script: "Cyrl",
			Readings: []Reading{{"петров", "иван"}, {"иван", "петров"}},
		}},
		{canonical.Name{Full: " - "}, NameForms{Script: "Latn"}},
	} {
		got := (&Standardiser{}).Name(c.in)
		if len(got.Tokens) == 0 {
			got.Tokens = nil
		}
		if c.in.Full == "华为技术有限公司" { // rare readings come from the table; the usual one must stand first
			got.Readings, c.want.Readings = got.Readings[:1], c.want.Readings[:1]
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.in.Full, diff)
		}
	}
}

func TestName_legalForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"Siemens AG": {"siemens", "ag"}, "Barilla S.p.A.": {"barilla", "spa"}, "Repsol, S.A.": {"repsol", "sa"},
		"Foxconn Technology Co., Ltd.": {"foxconn technology", "coltd"}, "FOO PTY LTD": {"foo", "ptyltd"},
		"Novo Nordisk A/S": {"novo nordisk", "as"}, "Allegro Sp. z o.o.": {"allegro", "spzoo"}, "Škoda a.s.": {"skoda", "as"},
		"Petróleo S.A. de C.V.": {"petroleo", "sadecv"}, "Tesla, Inc.": {"tesla", "inc"}, "G.m.b.H. Bau": {"gmbh bau", ""},
		"Smith and Sons Ltd": {"smith and sons", "ltd"}, "Müller & Co. KG": {"muller", "cokg"}, "ООО Ромашка": {"ооо ромашка", ""},
		"腾讯科技（深圳）有限公司": {"腾讯科技 深圳", "有限公司"}, "株式会社日立製作所": {"日立制作所", "株式会社"},
		"中国石油化工股份有限公司": {"中国石油化工", "股份有限公司"}, "鴻海精密工業股份有限公司": {"鸿海精密工业", "股份有限公司"},
		"삼성전자 주식회사": {"삼성전자", "주식회사"}, "公司": {"公司", ""}, "Limited": {"limited", ""},
	} {
		got := (&Standardiser{}).name(canonical.Name{Full: in}, canonical.Organisation)
		if got.Full != want[0] || got.LegalForm != want[1] || !got.Organisation {
			t.Errorf("%s: got %q and %q; want %q", in, got.Full, got.LegalForm, want)
		}
	}
}

func TestName_readingsAreBounded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"乐行长重朝", strings.Repeat("行", 200), "和和和和"} {
		forms := (&Standardiser{}).Name(canonical.Name{Full: name})
		if n := len(forms.Readings); n == 0 || n > maxReadings {
			t.Errorf("%s has %d readings", name, n)
		}
	}
}

func TestName_shortFormsMayBeSurnames(t *testing.T) {
	t.Parallel()
	for in, organisation := range map[string]bool{
		"Maria Sá": false, "KARI AS": false, "Mai Co": false, "Siemens AG": true, "Repsol, S.A.": true, "Franchi S.p.A.": true, "Foo a/s": false, "Acme Inc": true, "acme gmbh": true, "张公司": true,
	} {
		if got := (&Standardiser{}).Name(canonical.Name{Full: in}); got.Organisation != organisation {
			t.Errorf("%s: organisation %v", in, got.Organisation)
		}
	}
}

func TestName_isIdempotent(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{
		"Dr.", "Jr.", "Bob", "Müller", "van", "S.p.A.", "Co.", "&", "and", "Ltd", "GmbH", "张伟", "先生", "華為", "有限公司", "集团", "(株)", "O'Neil", "A/S", ",", "s. r. o.",
	})
	s := &Standardiser{}
	rapid.Check(t, func(t *rapid.T) {
		full := strings.Join(rapid.SliceOfN(words, 1, 6).Draw(t, "words"), rapid.SampledFrom([]string{" ", ""}).Draw(t, "between"))
		for _, kind := range []canonical.Kind{canonical.Person, canonical.Organisation} {
			once := s.name(canonical.Name{Full: full}, kind)
			twice := s.name(canonical.Name{Full: once.Full}, kind)
			if twice.Full != once.Full {
				t.Fatalf("%s %q gives %q, that %q", kind, full, once.Full, twice.Full)
			}
		}
	})
}

func TestFold_isIdempotent(t *testing.T) {
	t.Parallel()
	check := func(t *rapid.T, text string) {
		once := Fold(text)
		if twice := Fold(once); twice != once {
			t.Fatalf("%q folds to %q, that to %q", text, once, twice)
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.String().Draw(t, "text")) })
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.StringMatching(`[\p{Han}\p{L}\p{M} .'’-]{0,12}`).Draw(t, "name")) })
}

func TestFold_keepsOtherScriptsApart(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ｍüller": "muller", "ガンダム": "ガンダム", "ｶﾞﾝﾀﾞﾑ": "ガンダム", "हिन्दी": "हिन्दी", "臺北": "台北", "Ελλάς": "ελλασ",
		"İstanbul": "istanbul", "ﬁle": "file", "한국": "한국", "Łódź": "lodz", "Þór": "thor", "Đặng": "dang",
	} {
		if got := Fold(in); got != want {
			t.Errorf("%s: got %s; want %s", in, got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"Bob Norman", "张伟先生", "S. p. A.", "A/S", "，公司", "Dr. , ,", "O'", "''", "株式会社"} {
		f.Add(seed, seed)
	}
	s := &Standardiser{Region: "DE"}
	f.Fuzz(func(t *testing.T, full, given string) {
		for _, kind := range []canonical.Kind{"", canonical.Person, canonical.Organisation} {
			forms := s.name(canonical.Name{Full: full, Given: given, Family: full}, kind)
			if len(forms.Readings) > maxReadings {
				t.Errorf("%d readings", len(forms.Readings))
			}
			for _, token := range forms.Tokens {
				if token == "" || Fold(token) != token {
					t.Errorf("token %q of %q is not folded", token, full)
				}
			}
		}
	})
}
