package survive

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Likeness says how well a value that a system reports passes for its normal form of a value that
// was written into it. More is closer; Unlike is a value of another content.
type Likeness int

// The degrees of likeness.
const (
	Unlike    Likeness = iota
	Shortened          // cut off at the end, abbreviated, or with parts left out or filled in
	Rewritten          // the same letters or digits in another notation or order
	Equal              // but for case, width, accents, spaces and punctuation
)

// shortest is how many letters are left at least of a text that a system cut off. Shorter texts
// are as likely what a person typed.
const shortest = 8

// labels are the places, in an item's parts, of what says how an item is used, not what it is.
// Systems have words of their own for these, so they do not tell items apart.
var labels = map[string][]int{
	"emails": {1, 2}, "phones": {1, 2}, "faxes": {1, 2}, "webs": {1}, "addresses": {0}, "consents": {3, 4, 5},
}

// Like compares a value that was written with one that came back, both as Details gives them.
// Upper case, other punctuation, national and international numbers, umlauts written out, another
// order of words, abbreviations with a full stop and texts cut off at eight letters or later are
// recognised; other words for the same thing (NET30 for "30 days net") are not.
func Like(attribute string, sent, back []string) Likeness {
	switch attribute {
	case "names":
		return likeNames(sent, back)
	case "contacts":
		return likeText(first(sent), first(back))
	}
	if len(sent) != len(back) {
		return Unlike
	}
	least, best := Equal, Unlike
	for i := range sent {
		if slices.Contains(labels[attribute], i) {
			continue
		}
		switch like := likeText(sent[i], back[i]); {
		case like != Unlike && sent[i] != "":
			least, best = min(least, like), max(best, like)
		case sent[i] == "" && back[i] == "":
		case sent[i] == "" || back[i] == "":
			least = Shortened
		default:
			return Unlike
		}
	}
	if best == Unlike {
		return Unlike
	}
	return least
}

// States says whether an item that came back says more than the one that was written: a label, such
// as verified, that this one has not.
func States(attribute string, sent, back []string) bool {
	for _, i := range labels[attribute] {
		if i < len(back) && back[i] != "" && (i >= len(sent) || sent[i] == "") {
			return true
		}
	}
	return false
}

// likeNames compares names that may be given whole or in parts: full, given, family.
func likeNames(sent, back []string) Likeness {
	if len(sent) < 3 || len(back) < 3 {
		return Unlike
	}
	whole := func(n []string) string { return or(n[0], strings.TrimSpace(n[1]+" "+n[2])) }
	like := likeText(whole(sent), whole(back))
	if like == Unlike && sent[1] != "" && back[1] != "" && sent[2] != "" && back[2] != "" {
		like = min(likeText(sent[1], back[1]), likeText(sent[2], back[2]))
	}
	return like
}

func likeText(sent, back string) Likeness {
	a, b := compact(sent), compact(back)
	switch {
	case a == b:
		return Equal
	case a == "" || b == "":
		return Unlike
	case spelled(sent) == spelled(back), sameNumber(a, b), sameWords(sent, back):
		return Rewritten
	case strings.HasPrefix(a, b) && utf8.RuneCountInString(b) >= shortest,
		strings.HasPrefix(spelled(sent), spelled(back)) && utf8.RuneCountInString(b) >= shortest,
		abbreviated(sent, back):
		return Shortened
	}
	return Unlike
}

// compact leaves letters and digits, in lower case and without accents.
func compact(text string) string { return folded(text, false) }

// spelled writes umlauts out: Müller and Mueller are spelled the same.
func spelled(text string) string { return folded(text, true) }

var (
	umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "ø", "oe", "å", "aa")
	accents = strings.NewReplacer(
		"ä", "a", "ö", "o", "ü", "u", "ß", "ss", "æ", "ae", "ø", "o", "å", "a", "á", "a", "à", "a", "â", "a", "ã", "a",
		"é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i", "î", "i", "ï", "i", "ó", "o", "ò", "o", "ô", "o",
		"õ", "o", "ú", "u", "ù", "u", "û", "u", "ñ", "n", "ç", "c", "č", "c", "š", "s", "ž", "z", "ł", "l", "ń", "n",
	)
)

func folded(text string, umlaut bool) string {
	text = strings.ToLower(text)
	if umlaut {
		text = umlauts.Replace(text)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, accents.Replace(text))
}

// sameNumber compares numbers with and without country code and leading zeros.
func sameNumber(a, b string) bool {
	if strings.Trim(a, "0123456789") != "" || strings.Trim(b, "0123456789") != "" {
		return false
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) < len(b) {
		a, b = b, a
	}
	return len(b) >= 6 && len(a)-len(b) <= 3 && strings.HasSuffix(a, b)
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
}

func sameWords(a, b string) bool {
	x, y := words(a), words(b)
	if len(x) != len(y) || len(x) < 2 {
		return false
	}
	for _, list := range [][]string{x, y} {
		for i := range list {
			list[i] = compact(list[i])
		}
		slices.Sort(list)
	}
	return slices.Equal(x, y)
}

// abbreviated compares word by word: one that ends with a full stop stands for what begins so.
func abbreviated(sent, back string) bool {
	x, y := words(sent), words(back)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		a, b := compact(x[i]), compact(y[i])
		if a != b && (!strings.HasSuffix(y[i], ".") || len(b) < 2 || !strings.HasPrefix(a, b)) {
			return false
		}
	}
	return true
}

func first(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return parts[0]
}
