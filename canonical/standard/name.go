package standard

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/touchstone-hub/touchstone/canonical"
)

// NameForms is a name as matching compares it. All texts are folded.
type NameForms struct {
	Tokens       []string  // the words of the name, without titles and legal form, in order of writing
	Full         string    // Tokens joined by a space
	Family       string    // as given, or as a Han name or a comma tells; else empty
	Given        string    // likewise
	Readings     []Reading // ways to read the name in Latin letters (or its own script, other than Han)
	Script       string    // ISO 15924: Latn, Hans, Hant, Hani, Jpan, Kore, Cyrl, …; as stated, or as seen
	Titles       []string  // titles and forms of address that were split off
	LegalForm    string    // legal form that was split off, as one word: "gmbhcokg"
	Organisation bool      // the customer is an organisation, or the name has a legal form
	Of           int       // index of the original
}

// Reading is one way to read a name, each part written as one word: "zhang", "xiaoming". For an
// organisation the whole name stands in Family.
type Reading struct{ Family, Given string }

// Key is the reading without the order of its parts: "bob norman" for Bob Norman and Norman, Bob.
func (r Reading) Key() string {
	switch {
	case r.Given == "":
		return r.Family
	case r.Family == "":
		return r.Given
	case r.Given < r.Family:
		return r.Given + " " + r.Family
	}
	return r.Family + " " + r.Given
}

// Name returns the forms of a person's name, or of an organisation's where it has a legal form.
func (s *Standardiser) Name(n canonical.Name) NameForms { return s.name(n, "") }

func (s *Standardiser) name(n canonical.Name, kind canonical.Kind) NameForms {
	forms := NameForms{Script: n.Script, Organisation: kind == canonical.Organisation}
	full := Fold(n.Full)
	if forms.Script == "" {
		forms.Script = scriptOf(n.Full + n.Given + n.Family)
	}
	if full == "" || kind == canonical.Person && n.Family != "" {
		forms.parts(n)
	} else {
		forms.whole(full, n, kind)
	}
	forms.Full = strings.Join(forms.Tokens, " ")
	if n.Honorific != "" {
		forms.Titles = appendNew(forms.Titles, strings.Join(tokens(Fold(n.Honorific)), " "))
	}
	forms.read(Fold(n.Reading))
	if expanded, ok := withDigraphs(n); ok && len(forms.Readings) < maxReadings/2 {
		for _, reading := range s.name(expanded, kind).Readings {
			forms.add(reading.Family, reading.Given)
		}
	}
	return forms
}

// withDigraphs writes ä, ö, ü, å and ø as ae, oe, ue, aa and oe, which those do who lack the
// keys. Others leave the dots out, as Fold does, so that such a name has two readings.
func withDigraphs(n canonical.Name) (canonical.Name, bool) {
	if isASCII(n.Full) && isASCII(n.Given) && isASCII(n.Family) {
		return n, false
	}
	before := n
	for _, text := range []*string{&n.Full, &n.Given, &n.Family} {
		*text = digraphs.Replace(norm.NFC.String(*text))
	}
	changed := n.Full != norm.NFC.String(before.Full) || n.Given != norm.NFC.String(before.Given) ||
		n.Family != norm.NFC.String(before.Family)
	return n, changed
}

var digraphs = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "Å", "Aa", "Ø", "Oe")

// parts takes family and given name as the system states them.
func (f *NameForms) parts(n canonical.Name) {
	family, given := tokens(Fold(n.Family)), tokens(Fold(n.Given))
	given, f.Titles = withoutTitles(given, len(family) == 0)
	f.Family, f.Given = strings.Join(family, " "), strings.Join(given, " ")
	if hasHan(f.Family) {
		f.Tokens = slices.Concat(family, given)
		return
	}
	f.Tokens = slices.Concat(given, family)
}

// whole takes the name as it is written in full; given and family name help where they stand.
func (f *NameForms) whole(full string, n canonical.Name, kind canonical.Kind) {
	words := tokens(full)
	if kind != canonical.Person {
		bare, form := withoutLegalForm(full)
		if f.Organisation || form != "" && !mayBeSurname(form, n.Full) {
			words, f.LegalForm, f.Organisation = bare, form, true
		}
	}
	if f.Organisation {
		f.Tokens = words
		return
	}
	f.Tokens, f.Titles = withoutTitles(words, true)
	f.Family = strings.Join(tokens(Fold(n.Family)), " ")
	f.Given = strings.Join(tokens(Fold(n.Given)), " ")
	if f.Family != "" || f.Given != "" {
		return
	}
	if before, after, comma := strings.Cut(full, ","); comma {
		f.comma(before, after)
	} else if len(f.Tokens) == 1 && hasHan(f.Tokens[0]) {
		f.Family, f.Given = splitHan(f.Tokens[0])
	} else if f.spacedHan(full) {
		f.Family, f.Given = f.Tokens[0], strings.Join(f.Tokens[1:], "")
	}
}

// spacedHan tells whether a name is written in Han characters with blanks, and so with the family name
// first: 王 小明, 欧阳　修. With a dot between its parts it is a foreign one, in the order of its own
// language: 约翰·史密斯.
func (f *NameForms) spacedHan(full string) bool {
	if len(f.Tokens) < 2 || strings.ContainsAny(full, "·・•‧.") {
		return false
	}
	for _, word := range f.Tokens {
		if strings.ContainsFunc(word, func(r rune) bool { return !isHan(r) }) {
			return false
		}
	}
	return true
}

// comma reads "Norman, Bob", and leaves "Bob Norman, PhD" alone.
func (f *NameForms) comma(before, after string) {
	family, _ := withoutTitles(tokens(before), true)
	given, _ := withoutTitles(tokens(after), true)
	if len(family) > 0 && len(given) > 0 && len(family)+len(given) == len(f.Tokens) {
		f.Family, f.Given = strings.Join(family, " "), strings.Join(given, " ")
	}
}

// read fills Readings: of the parts, of both orders where the parts are not told, and of the
// reading that the system states.
func (f *NameForms) read(stated string) {
	switch {
	case f.Organisation && len(f.Tokens) > 0:
		f.add(f.Full, "")
		if hasHan(f.Full) {
			f.Readings = nil
			for _, reading := range givenReadings(strings.Join(f.Tokens, "")) {
				f.add(reading, "")
			}
		}
	case f.Family != "" || f.Given != "":
		f.readParts(f.Family, f.Given)
	default:
		f.readOrders(f.Tokens)
	}
	if words := tokens(stated); len(words) > 0 {
		if f.Organisation {
			f.add(strings.Join(words, " "), "")
		} else {
			f.readOrders(words)
		}
	}
}

func (f *NameForms) readParts(family, given string) {
	families, givens := []string{oneWord(family)}, []string{oneWord(given)}
	if hasHan(family) {
		families = familyReadings(families[0])
	}
	if hasHan(given) {
		givens = givenReadings(givens[0])
	}
	for sum := range len(families) + len(givens) - 1 { // the most usual combinations first
		for i := max(0, sum-len(givens)+1); i <= sum && i < len(families); i++ {
			f.add(families[i], givens[sum-i])
		}
	}
}

// readOrders reads words whose family name may stand first or last.
func (f *NameForms) readOrders(words []string) {
	last := len(words) - 1
	if last < 1 {
		f.add(strings.Join(words, ""), "")
		return
	}
	for last > 1 && isParticle(words[last-1]) { // ludwig | van beethoven
		last--
	}
	f.add(strings.Join(words[last:], ""), strings.Join(words[:last], ""))
	if first := words[0]; !isParticle(first) {
		f.add(first, strings.Join(words[1:], ""))
	}
}

func (f *NameForms) add(family, given string) {
	reading := Reading{Family: family, Given: given}
	if len(f.Readings) < maxReadings && reading != (Reading{}) && !slices.Contains(f.Readings, reading) {
		f.Readings = append(f.Readings, reading)
	}
}

func oneWord(name string) string { return strings.ReplaceAll(name, " ", "") }

var particles = map[string]bool{
	"van": true, "von": true, "de": true, "der": true, "den": true, "del": true, "della": true, "di": true,
	"da": true, "dos": true, "das": true, "do": true, "du": true, "la": true, "le": true, "ten": true, "ter": true,
	"zu": true, "zum": true, "zur": true, "af": true, "av": true, "bin": true, "ibn": true, "al": true, "el": true,
}

func isParticle(word string) bool { return particles[word] }
