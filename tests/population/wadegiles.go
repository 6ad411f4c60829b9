package population

import "strings"

// WadeGiles writes a syllable of pinyin (without tone, "xiao") in the Wade-Giles system ("hsiao"),
// by the usual table of equivalents (ALA-LC, Chinese Romanization, Pinyin/Wade-Giles conversion).
// Without marks, as most people type it, the apostrophe of aspiration and the dots of ü are left
// out. What is no syllable comes back as it is.
func WadeGiles(syllable string, marks bool) string {
	out, ok := wadeGilesWhole[syllable]
	if !ok {
		initial, final := splitSyllable(syllable)
		out = wadeGilesInitials[initial] + wadeGilesFinal(initial, final)
	}
	if !marks {
		out = strings.NewReplacer("'", "", "ü", "u", "ê", "e", "ŭ", "u").Replace(out)
	}
	return out
}

// wadeGilesWhole are the syllables that follow no rule.
var wadeGilesWhole = map[string]string{
	"zi": "tzŭ", "ci": "tz'ŭ", "si": "ssŭ", "zhi": "chih", "chi": "ch'ih", "shi": "shih", "ri": "jih", "er": "êrh",
	"yi": "i", "ye": "yeh", "yan": "yen", "you": "yu", "yong": "yung", "yu": "yü", "yue": "yüeh", "yuan": "yüan", "yun": "yün",
	"gui": "kuei", "kui": "k'uei", "ge": "ko", "ke": "k'o", "he": "ho", "e": "o",
	"guo": "kuo", "kuo": "k'uo", "huo": "huo", "shuo": "shuo", "wo": "wo", "wei": "wei", "weng": "weng", "wen": "wên",
}

var wadeGilesInitials = map[string]string{
	"": "", "b": "p", "p": "p'", "m": "m", "f": "f", "d": "t", "t": "t'", "n": "n", "l": "l", "g": "k", "k": "k'", "h": "h",
	"j": "ch", "q": "ch'", "x": "hs", "zh": "ch", "ch": "ch'", "sh": "sh", "r": "j", "z": "ts", "c": "ts'", "s": "s", "y": "y", "w": "w",
}

func wadeGilesFinal(initial, final string) string {
	palatal := initial == "j" || initial == "q" || initial == "x"
	if palatal && strings.HasPrefix(final, "u") {
		final = "ü" + final[1:]
	}
	switch final {
	case "ong":
		return "ung"
	case "iong":
		return "iung"
	case "ian":
		return "ien"
	case "ie":
		return "ieh"
	case "üe", "ue":
		return "üeh"
	case "uo":
		return "o"
	case "e":
		return "ê"
	case "en":
		return "ên"
	case "eng":
		return "êng"
	}
	return final
}

// splitSyllable divides pinyin into initial and final.
func splitSyllable(syllable string) (initial, final string) {
	for _, two := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(syllable, two) {
			return two, syllable[2:]
		}
	}
	if len(syllable) > 1 && strings.IndexByte("bpmfdtnlgkhjqxrzcsyw", syllable[0]) >= 0 {
		return syllable[:1], syllable[1:]
	}
	return "", syllable
}
