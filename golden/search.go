package golden

import (
	"errors"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Search finds golden records by words, in any order, each of which must be found.
//
// A word is found where the customer has it as a word, or as the beginning of a word, of a name;
// unless Names is set, of a town, postcode, national phone number or birth date as well. A word with a
// digit in it may also be the end, of three characters or more, of a postcode or phone number, but not by
// itself. Several words that all have digits are not looked for, except as names: they have to be joined.
//
// Hits stand in the order of their Place: first those that have all other words whole, then by the word
// that the last one of Words begins, so that whole ones stand before longer ones, and then by age.
type Search struct {
	Words   []Word
	Names   bool     // names only
	Lookups []Lookup // must hold as well; Entity is ignored
	After   *Place   // of the last hit seen; nil: from the first
	Limit   int      // 0: all
}

// Word is one word that someone searches for, folded.
type Word struct {
	Text  string
	Place string // as the name of a place, where that differs: 深圳 of 深圳市
}

// Hit is one customer that was found.
type Hit struct {
	GoldenRecord
	Place Place
}

// Place is where a hit stands among the others.
type Place struct {
	Tier   int    // 0: all words but the last are whole
	Class  int    // of Value: 0 a name, 1 a place, 2 a phone, 3 a birth date
	Value  string // the customer's word that the last word begins (or ends)
	Entity EntityNo
}

// Errors of what someone searches for, for people to read.
var (
	errNoWords = errors.New("letters or digits")
	errOnlyDay = errors.New("a name, town, postcode or phone number beside the birth date")
)

// SearchNames reads the words of a name.
func (r *Ruleset) SearchNames(text string) (Search, error) {
	q := Search{Names: true, Words: words(r.standard.Name(canonical.Name{Full: text}).Tokens)}
	if len(q.Words) == 0 {
		return q, errNoWords
	}
	return q, nil
}

// Search reads what a person types to find a customer: words of the name, the town, a postcode, the
// beginning or end of a phone number, a birth date (1980-05-17 or 17.5.1980); a whole phone number that
// begins with +, a mail address and an identifier as scheme:value. The error says what was expected.
func (r *Ruleset) Search(text string) (Search, error) {
	var q Search
	var letters, numbers, rest []string
	for _, part := range strings.Fields(r.international(text, &q)) {
		if r.exact(part, &q) {
			continue
		}
		if day, ok := r.day(part); ok {
			numbers = append(numbers, day)
			continue
		}
		rest = append(rest, part)
	}
	dates := len(numbers)
	for _, word := range r.standard.Name(canonical.Name{Full: strings.Join(rest, " ")}).Tokens {
		if strings.ContainsAny(word, digits) {
			numbers = append(numbers, word)
		} else {
			letters = append(letters, word)
		}
	}
	switch {
	case len(letters)+len(numbers)+len(q.Lookups) == 0:
		return q, errNoWords
	case len(letters) > 0 || len(q.Lookups) > 0:
		q.Words = words(slices.Concat(numbers, letters))
	case dates > 0:
		return q, errOnlyDay
	default: // 01752 764 055, BD1 4RQ
		q.Words = words([]string{strings.Join(numbers, "")})
	}
	for i := range q.Words {
		w := &q.Words[i]
		place := r.standard.Address(canonical.Address{Locality: w.Text}).Locality
		if place != w.Text && !strings.ContainsAny(w.Text, digits) {
			w.Place = place
		}
	}
	return q, nil
}

const digits = "0123456789"

// international takes a number out of text that begins with + or 00: it ends where no digit follows.
func (r *Ruleset) international(text string, q *Search) string {
	at := strings.IndexByte(text, '+')
	if at < 0 {
		return text
	}
	end := at + 1
	for end < len(text) && strings.IndexByte(digits+" -/().", text[end]) >= 0 {
		end++
	}
	number, ok := r.standard.Phone(text[at:end])
	if !ok {
		return text
	}
	q.Lookups = append(q.Lookups, Lookup{Kind: LookupPhone, Value: number})
	return text[:at] + " " + text[end:]
}

// exact reads a mail address or an identifier.
func (r *Ruleset) exact(part string, q *Search) bool {
	if strings.Contains(part, "@") {
		value, ok := r.standard.Email(part)
		if ok {
			q.Lookups = append(q.Lookups, Lookup{Kind: LookupEmail, Value: value})
		}
		return ok
	}
	scheme, value, ok := strings.Cut(part, ":")
	if !ok || scheme == "" || value == "" {
		return false
	}
	scheme, value, _ = r.standard.Identifier(canonical.Identifier{Scheme: scheme, Value: value})
	q.Lookups = append(q.Lookups, Lookup{Kind: LookupIdentifier, Value: scheme + ":" + value})
	return true
}

// day reads a birth date as 1980-05-17 or 17.5.1980.
func (r *Ruleset) day(part string) (string, bool) {
	if d := strings.Split(part, "."); len(d) == 3 && len(d[2]) == 4 && len(d[0]) <= 2 && len(d[1]) <= 2 {
		part = d[2] + "-" + strings.Repeat("0", 2-len(d[1])) + d[1] + "-" + strings.Repeat("0", 2-len(d[0])) + d[0]
	}
	return r.standard.BirthDate(part)
}

// words are the words once each; the last one stays the last.
func words(all []string) []Word {
	var out []Word
	for i, text := range all {
		if text = cutWord(text); !slices.Contains(all[i+1:], all[i]) {
			out = append(out, Word{Text: text})
		}
	}
	return out
}

// maxWord is how many bytes of a word are kept to find it by.
const maxWord = 256

func cutWord(word string) string {
	if len(word) <= maxWord {
		return word
	}
	return strings.ToValidUTF8(word[:maxWord], "")
}
