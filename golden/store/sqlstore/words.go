package sqlstore

import (
	"strings"
	"unicode/utf8"
)

// What the words of one customer, and one word, may have: a row of an index must fit on a page.
const (
	maxWords = 1024
	maxWord  = 256
)

// Each word stands between two marks of its class, so that whole words, their beginnings and their
// ends are found as parts of one text:
//
//	" anna lee |leeds|ls14dy|#7700900123#=1980-05-17="
const (
	nameMark  = ' '
	placeMark = '|'
	phoneMark = '#'
	bornMark  = '='
)

// class is what a word of a customer is of.
type class int

// The classes in the order in which hits are shown.
const (
	ofName class = iota
	ofPlace
	ofPhone
	ofBirth
	classes
)

var marks = [classes]byte{nameMark, placeMark, phoneMark, bornMark}

// searchable tells whether value is one word that can stand among others.
func searchable(value string) bool {
	return value != "" && len(value) <= maxWord && !strings.ContainsAny(value, " |#=")
}

// wordsOf writes the words by which a customer is searched for, and says which names and places
// are among them: those that are too long, or too many, or no single word, are left out.
func wordsOf(ways []way) (words string, kept []bool) {
	var b strings.Builder
	kept = make([]bool, len(ways))
	for c, kind := range [classes]int64{nameWay, placeWay, phoneWay, bornWay} {
		open := false
		for i, w := range ways {
			if w.kind != kind || !searchable(w.value) || b.Len()+len(w.value)+2 > maxWords {
				continue
			}
			if kind == phoneWay && w.value[0] == '+' {
				continue // stands without its country as well
			}
			if !open {
				b.WriteByte(marks[c])
				open = true
			}
			b.WriteString(w.value)
			b.WriteByte(marks[c])
			kept[i] = true
		}
	}
	return b.String(), kept
}

// eachWord calls do for every word of a text that wordsOf wrote, until it says no.
func eachWord(words string, do func(c class, word string) bool) {
	for len(words) > 0 {
		c := classOf(words[0])
		rest := words[1:]
		for {
			end := strings.IndexByte(rest, marks[c])
			if end < 0 {
				break
			}
			if !do(c, rest[:end]) {
				return
			}
			rest = rest[end+1:]
			if rest == "" || classOf(rest[0]) != classes {
				break
			}
		}
		words = rest
	}
}

// classOf is the class that a mark stands for; classes for what is no mark.
func classOf(mark byte) class {
	for c, m := range marks {
		if m == mark {
			return class(c)
		}
	}
	return classes
}

// afterPrefix is the first text behind all that begin with prefix.
func afterPrefix(prefix string) string { return prefix + string(utf8.MaxRune) }
