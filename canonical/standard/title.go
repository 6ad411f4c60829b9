package standard

import (
	"slices"
	"strings"
)

// titles stand before a name, or after it.
var titles = wordSet(`mr mrs ms miss mx dr prof professor sir dame lady lord rev hon herr frau fraulein hr fr
	mme mlle monsieur madame mademoiselle sr sra srta senor senora senorita dott dottssa sig sigra ing dipl mag
	drs dhr mevr mw pan pani jr jnr snr phd md mba msc bsc esq ii iii iv`)

// onlyBefore are titles that are names too, and stand for titles only before a name.
var onlyBefore = wordSet("dr prof mr mrs ms miss mx sir dame lady lord rev hon herr frau hr fr pan pani ing dipl mag")

// hanTitles follow a name directly.
var hanTitles = []string{
	"先生", "女士", "小姐", "太太", "夫人", "老师", "博士", "教授", "医生", "律师", "経理", "经理", "总经理", "様", "さま", "さん",
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// withoutTitles splits titles off both ends of a name, as long as something is left. Titles that
// follow a Han name are looked for where the words are a whole name: 李先生.
func withoutTitles(words []string, whole bool) (name, split []string) {
	for before := -1; len(split) != before; {
		before = len(split)
		for len(words) > 1 && titles[words[0]] {
			split = append(split, words[0])
			words = words[1:]
		}
		for last := len(words) - 1; last > 0 && titles[words[last]] && !onlyBefore[words[last]]; last-- {
			split = append(split, words[last])
			words = words[:last]
		}
		if whole {
			words, split = withoutHanTitle(words, split)
		}
	}
	return words, split
}

func withoutHanTitle(words, split []string) ([]string, []string) {
	last := len(words) - 1
	if last < 0 || !hasHan(words[last]) {
		return words, split
	}
	for _, title := range hanTitles {
		bare, ok := strings.CutSuffix(words[last], title)
		switch {
		case ok && bare != "":
			return append(slices.Clone(words[:last]), bare), append(split, title)
		case ok && last > 0:
			return words[:last], append(split, title)
		}
	}
	return words, split
}
