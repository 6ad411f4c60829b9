package standard

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// firstHan is the first code point of Han characters: the radicals supplement.
const firstHan = 0x2e80

func isHan(r rune) bool { return r >= firstHan && unicode.Is(unicode.Han, r) }

func hasHan(text string) bool { return strings.ContainsFunc(text, isHan) }

//go:embed data/simplified.txt
var simplifiedTable string

// simplifiedOf is read at the first Han character: hubs without any do not pay for it.
var simplifiedOf = sync.OnceValue(func() map[rune]rune {
	table := make(map[rune]rune, 4200)
	for line := range strings.Lines(simplifiedTable) {
		if pair := []rune(line); pair[0] != '#' {
			table[pair[0]] = pair[1]
		}
	}
	return table
})

// simplifiedOnly are characters that replaced others. A few of them, such as 后, are traditional
// characters too.
var simplifiedOnly = sync.OnceValue(func() map[rune]bool {
	set := make(map[rune]bool, 4200)
	for _, to := range simplifiedOf() {
		set[to] = true
	}
	return set
})

func isSimplifiedOnly(r rune) bool { return simplifiedOnly()[r] }

// simplified returns the simplified character that replaces r, or r.
func simplified(r rune) rune {
	if to, ok := simplifiedOf()[r]; ok {
		return to
	}
	return r
}

// surnames are readings that a character or pair has as a family name and not, or not first, in
// other words; pairs are compound surnames. Source: Xiandai Hanyu Cidian, entries marked 姓.
var surnames = map[string][]string{
	"曾": {"zeng"}, "单": {"shan"}, "仇": {"qiu"}, "解": {"xie"}, "查": {"zha"}, "朴": {"piao", "pu"},
	"盖": {"ge", "gai"}, "区": {"ou"}, "任": {"ren"}, "翟": {"zhai", "di"}, "种": {"chong"}, "秘": {"bi"},
	"黑": {"he"}, "折": {"she"}, "繁": {"po"}, "乐": {"yue", "le"}, "员": {"yun"}, "召": {"shao"},
	"燕": {"yan"}, "缪": {"miao"}, "盛": {"sheng"}, "石": {"shi"}, "覃": {"qin", "tan"}, "牟": {"mou", "mu"},
	"逄": {"pang"}, "佴": {"nai"}, "宿": {"su"}, "葛": {"ge"}, "冼": {"xian"}, "洗": {"xian"}, "隗": {"kui", "wei"},
	"郇": {"xun", "huan"}, "晁": {"chao"}, "郗": {"xi", "chi"}, "褚": {"chu"}, "祭": {"zhai"}, "哈": {"ha"},
	"那": {"na"}, "车": {"che"}, "纪": {"ji"}, "华": {"hua"}, "过": {"guo"}, "尹": {"yin"}, "瞿": {"qu"},
	"沈": {"shen"}, "贾": {"jia"}, "薄": {"bo"}, "柏": {"bai", "bo"}, "宁": {"ning"}, "万": {"wan"}, "曲": {"qu"},
	"谷": {"gu"}, "干": {"gan"}, "长": {"zhang", "chang"}, "叶": {"ye"}, "尉": {"wei"}, "臧": {"zang"}, "应": {"ying"},
	"欧阳": {"ouyang"}, "诸葛": {"zhuge"}, "司马": {"sima"}, "上官": {"shangguan"}, "司徒": {"situ"},
	"东方": {"dongfang"}, "独孤": {"dugu"}, "南宫": {"nangong"}, "夏侯": {"xiahou"}, "皇甫": {"huangfu"},
	"尉迟": {"yuchi"}, "公孙": {"gongsun"}, "慕容": {"murong"}, "令狐": {"linghu"}, "长孙": {"zhangsun"},
	"宇文": {"yuwen"}, "司空": {"sikong"}, "轩辕": {"xuanyuan"}, "澹台": {"tantai"}, "万俟": {"moqi"},
	"淳于": {"chunyu"}, "申屠": {"shentu"}, "呼延": {"huyan"}, "端木": {"duanmu"}, "百里": {"baili"},
	"东郭": {"dongguo"}, "钟离": {"zhongli"}, "闻人": {"wenren"}, "赫连": {"helian"}, "鲜于": {"xianyu"},
	"太史": {"taishi"}, "濮阳": {"puyang"}, "公冶": {"gongye"}, "宗政": {"zongzheng"}, "西门": {"ximen"},
	"拓跋": {"tuoba"}, "第五": {"diwu"}, "纳兰": {"nalan"}, "欧侯": {"ouhou"},
}

// splitHan divides a Han personal name, folded, into family and given name: after a compound
// surname, else after the first character.
func splitHan(name string) (family, given string) {
	runes := []rune(name)
	if len(runes) < 2 {
		return name, ""
	}
	if len(runes) > 2 {
		if pair := string(runes[:2]); surnames[pair] != nil {
			return pair, string(runes[2:])
		}
	}
	return string(runes[0]), string(runes[1:])
}

// maxReadings bounds the readings of one name.
const maxReadings = 16

// familyReadings returns the readings of a Han family name, the usual first. The ü of 吕 is
// written u, v (keyboards) or yu (passports, GB/T 28039).
func familyReadings(family string) []string {
	list := surnames[family]
	if list == nil {
		list = pinyinReadings(family)
	}
	return withoutUmlaut(list, "u", "v", "yu")
}

// givenReadings returns the readings of a Han given name, written as one word.
func givenReadings(given string) []string { return withoutUmlaut(pinyinReadings(given), "u", "v") }

func withoutUmlaut(list []string, ways ...string) []string {
	if !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, "ü") }) {
		return list
	}
	var out []string
	for _, way := range ways {
		for _, reading := range list {
			out = appendNew(out, strings.ReplaceAll(reading, "ü", way))
		}
	}
	return out
}

// pinyinReadings returns up to maxReadings readings without tones, ü kept. The readings of a
// character stand in order of use in the table; combinations come by the sum of their ranks, so
// that the bound cuts off the rarest.
func pinyinReadings(han string) []string {
	ranked := [][]string{{""}} // ranked[n]: combinations with rank sum n
	for _, r := range han {
		var next [][]string
		for sum, prefixes := range ranked {
			for rank, syllable := range syllables(r) {
				for len(next) <= sum+rank {
					next = append(next, nil)
				}
				for _, prefix := range prefixes {
					next[sum+rank] = append(next[sum+rank], prefix+syllable)
				}
			}
		}
		ranked = atMost(next, maxReadings)
	}
	var out []string
	for _, combinations := range ranked {
		for _, reading := range combinations {
			out = appendNew(out, reading)
		}
	}
	return out
}

func atMost(ranked [][]string, n int) [][]string {
	for i, combinations := range ranked {
		if len(combinations) >= n {
			ranked[i] = combinations[:n]
			return ranked[:i+1]
		}
		n -= len(combinations)
	}
	return ranked
}

// syllables returns the readings of one character without tones, or itself where it has none.
func syllables(r rune) []string {
	entry := pinyin.PinyinDict[int(r)]
	if entry == "" {
		return []string{string(r)}
	}
	var out []string
	for syllable := range strings.SplitSeq(entry, ",") {
		out = appendNew(out, toneless.Replace(syllable))
	}
	return out
}

var toneless = strings.NewReplacer(
	"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ê", "e", "ế", "e", "ề", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u",
	"ǖ", "ü", "ǘ", "ü", "ǚ", "ü", "ǜ", "ü", "ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m", "\u0300", "", "\u0301", "", "\u030c", "", "\u0304", "",
)

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
