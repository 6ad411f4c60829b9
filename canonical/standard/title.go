package standard

import "strings"

// titles stand before a name, or after it.
var titles = wordSet(`mr mrs ms miss mx dr prof professor sir dame lady lord rev hon herr frau fraulein hr fr
	mme mlle monsieur madame mademoiselle sr sra srta senor senora senorita dott dottssa sig sigra ing dipl mag
	drs dhr mevr mw pan pani jr jnr snr phd md mba msc bsc esq ii iii iv`)

// ambiguous titles are names or initials as well: taken for titles only at the end named.
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

// withoutTitles splits titles off both ends of a name, as long as something is left. Where the
// words are a whole name, one word stays two: Miss Li is a name of one word with a title.
func withoutTitles(words []string, whole bool) (name, split []string) {
	for len(words) > 1 && titles[words[0]] {
		split = append(split, words[0])
		words = words[1:]
	}
	for len(words) > 1 && titles[words[len(words)-1]] && !onlyBefore[words[len(words)-1]] {
		split = append(split, words[len(words)-1])
		words = words[:len(words)-1]
	}
	if !whole || len(words) == 0 || !hasHan(words[len(words)-1]) {
		return words, split
	}
	last := words[len(words)-1]
	for _, title := range hanTitles {
		bare, ok := strings.CutSuffix(last, title)
		switch {
		case ok && bare == "" && len(words) > 1:
			return words[:len(words)-1], append(split, title)
		case ok && bare != "":
			name = append(name, words[:len(words)-1]...)
			return append(name, bare), append(split, title)
		}
	}
	return words, split
}
