package sqlstore

import (
	"cmp"
	"strings"

	"github.com/touchstone-hub/touchstone/golden"
)

// question is a search, with each word in the form in which it stands among those of a customer.
type question struct {
	names bool
	words []asked // the last one ranks the hits
}

// asked is one word that is searched for.
type asked struct {
	text, place, phone string
	number             bool // has a digit in it
	end                bool // may be the end of a postcode or phone number
}

// shortestEnd is how long a word must be to be found at the end of another.
const shortestEnd = 3

func newQuestion(q golden.Search) *question {
	out := &question{names: q.Names}
	for _, w := range q.Words {
		a := asked{text: w.Text, number: strings.ContainsAny(w.Text, "0123456789")}
		// By an end alone nobody can be found in an index of beginnings.
		a.end = a.number && len(a.text) >= shortestEnd && len(q.Words)+len(q.Lookups) > 1
		// A national number stands without the zero that is dialled before it.
		a.place, a.phone = cmp.Or(w.Place, a.text), strings.TrimPrefix(a.text, "0")
		out.words = append(out.words, a)
	}
	return out
}

// searchable tells whether a customer can have the words at all.
func (q *question) searchable() bool {
	for _, w := range q.words {
		if !searchable(w.text) || !searchable(w.place) || !storable(w.text) || !storable(w.place) {
			return false
		}
	}
	return true
}

func (q *question) ranking() *asked { return &q.words[len(q.words)-1] }

// filters are for each word but that at skip the texts of which one stands in the words of whoever is
// found. In tier 0 words are whole, but the last, and those with digits. Where the texts are many, what
// they have in common comes before them: it keeps most rows from being compared with each.
func (q *question) filters(tier, skip int) [][]string {
	var all [][]string
	for i := range q.words {
		if i == skip {
			continue
		}
		w := &q.words[i]
		parts := w.parts(q.names, tier == 0 && i < len(q.words)-1)
		if len(parts) > 2 && w.phone != "" {
			all = append(all, []string{w.phone})
		}
		all = append(all, parts)
	}
	return all
}

// soft tells whether the word at i may be a beginning only: then it makes a second tier.
func (q *question) soft(i int) bool { return i < len(q.words)-1 && (q.names || !q.words[i].number) }

// parts are the texts of which one stands in the words of a customer that has the word.
func (a *asked) parts(names, whole bool) []string {
	end := ""
	if whole {
		end = string(nameMark)
	}
	parts := []string{string(nameMark) + a.text + end}
	if names {
		return parts
	}
	if !a.number {
		if whole {
			end = string(placeMark)
		}
		return append(parts, string(placeMark)+a.place+end)
	}
	parts[0] = string(nameMark) + a.text
	parts = append(parts, string(placeMark)+a.text, string(bornMark)+a.text)
	if a.phone != "" {
		parts = append(parts, string(phoneMark)+a.text)
	}
	if a.phone != a.text && a.phone != "" {
		parts = append(parts, string(phoneMark)+a.phone)
	}
	if a.end {
		parts = append(parts, a.text+string(placeMark), a.text+string(phoneMark))
	}
	return parts
}

// place says where a customer with these words stands among the hits; ok is false where it is none.
func (q *question) place(words string) (p golden.Place, ok bool) {
	for i := range q.words[:len(q.words)-1] {
		w := &q.words[i]
		if containsAny(words, w.parts(q.names, true)) {
			continue
		}
		if !containsAny(words, w.parts(q.names, false)) {
			return p, false
		}
		p.Tier = 1
	}
	p.Class = int(classes)
	last := q.ranking()
	eachWord(words, func(c class, word string) bool {
		if q.names && c != ofName {
			return false
		}
		if !last.begins(c, word) {
			return true
		}
		if int(c) < p.Class || int(c) == p.Class && word < p.Value {
			p.Class, p.Value = int(c), word
		}
		return true
	})
	return p, p.Class < int(classes)
}

// begins tells whether a word of a customer begins with the one asked for, or ends with it.
func (a *asked) begins(c class, word string) bool {
	switch c {
	case ofName:
		return strings.HasPrefix(word, a.text)
	case ofPlace:
		if !a.number {
			return strings.HasPrefix(word, a.place)
		}
		return strings.HasPrefix(word, a.text) || a.end && strings.HasSuffix(word, a.text)
	case ofPhone:
		return a.number && (strings.HasPrefix(word, a.text) || a.phone != "" && strings.HasPrefix(word, a.phone) ||
			a.end && strings.HasSuffix(word, a.text))
	}
	return a.number && strings.HasPrefix(word, a.text)
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// span is a range of the index.
type span struct {
	class    class
	kind     int64
	from, to string
}

// low and high are the first and the last text of the index in the span.
func (s span) low() string  { return way{s.kind, s.from}.text() }
func (s span) high() string { return way{s.kind, s.to}.text() }

// spans are the ranges in which a word stands with whatever it begins, one for each class, in the
// order of the classes.
func (q *question) spans(a *asked) []span {
	all := []span{{ofName, nameWay, a.text, afterPrefix(a.text)}}
	if q.names {
		return all
	}
	all = append(all, span{ofPlace, placeWay, a.place, afterPrefix(a.place)})
	if a.number {
		all = append(all, span{ofPhone, phoneWay, a.text, afterPrefix(a.text)})
	}
	if a.number && a.phone != a.text && a.phone != "" {
		all = append(all, span{ofPhone, phoneWay, a.phone, afterPrefix(a.phone)}) // behind all that begin with 0
	}
	return all
}
