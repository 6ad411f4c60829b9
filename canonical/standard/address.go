package standard

import (
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
)

// AddressForms is a postal address as matching compares it. All texts are folded.
type AddressForms struct {
	Lines    []string // words with common abbreviations: "chestnut st 92"
	Street   string   // the line that holds the house number, without it; else the first line
	House    string   // house number with its letter: "12a"
	Locality string   // city, without 市 and the like
	Region   string   // state or province, without 省 and the like
	Postcode string   // capitals and digits only; US: the first five digits
	Country  string   // ISO 3166-1 alpha-2
	Of       int      // index of the original
}

// Address returns the forms of an address.
func (s *Standardiser) Address(a canonical.Address) AddressForms {
	country := a.Country
	if country == "" {
		country = s.Region
	}
	forms := AddressForms{
		Locality: place(Fold(a.Locality)), Region: place(Fold(a.Region)),
		Postcode: postcode(a.Postcode, country), Country: a.Country,
	}
	for _, line := range a.Lines {
		folded := Fold(line)
		if hasHan(folded) {
			folded = forms.withoutPlaces(folded)
			forms.hanHouse(folded)
			forms.Lines = append(forms.Lines, strings.Join(tokens(folded), " "))
			continue
		}
		words := shorten(tokens(folded))
		if len(words) > 0 {
			forms.Lines = append(forms.Lines, strings.Join(words, " "))
		}
		forms.house(words)
	}
	if forms.Street == "" && len(forms.Lines) > 0 {
		forms.Street = forms.Lines[0]
	}
	return forms
}

// house takes the house number from the first line that begins or ends with one, a unit behind
// it left out, and is itself no unit or post box.
func (f *AddressForms) house(words []string) {
	if f.House != "" || len(words) < 2 || notStreets[words[0]] || words[0] == "c" && words[1] == "o" {
		return
	}
	if unit := slices.IndexFunc(words, func(w string) bool { return notStreets[w] }); unit > 1 {
		words = words[:unit]
	}
	words = joinHouseLetter(words)
	last := len(words) - 1
	switch {
	case isHouse(words[0]):
		f.House, f.Street = words[0], strings.Join(words[1:], " ")
	case isHouse(words[last]):
		for last > 1 && isHouse(words[last-1]) { // 263-267
			last--
		}
		f.House, f.Street = words[last], strings.Join(words[:last], " ")
	}
}

// joinHouseLetter makes "12 a" at the end one word.
func joinHouseLetter(words []string) []string {
	last := len(words) - 1
	if last < 2 || len(words[last]) != 1 || words[last][0] < 'a' || !isDigits(words[last-1]) {
		return words
	}
	return append(slices.Clone(words[:last-1]), words[last-1]+words[last])
}

func isHouse(word string) bool {
	digits := strings.TrimRight(word, "abcdefghijklmnopqrstuvwxyz")
	return isDigits(digits) && len(digits) <= 5 && len(word)-len(digits) <= 1
}

// notStreets are words that stand before the number of a flat or a post box.
var notStreets = wordSet("apt ste fl rm unit bldg po box pobox postfach bp apartado cp attn etage flat piso planta puerta esc lgh og eg zi")

// shorten replaces words that are often abbreviated with the abbreviation.
func shorten(words []string) []string {
	if len(words) > 2 && words[0] == "p" && words[1] == "o" { // P.O. Box
		words = append([]string{"po"}, words[2:]...)
	}
	for i, word := range words {
		if short, ok := abbreviations[word]; ok {
			words[i] = short
			continue
		}
		for _, ending := range []string{"strasse", "straat"} {
			if stem, ok := strings.CutSuffix(word, ending); ok && stem != "" {
				words[i] = stem + "str"
			}
		}
		if stem, ok := strings.CutSuffix(words[i], "platz"); ok && stem != "" {
			words[i] = stem + "pl"
		}
	}
	return words
}

// abbreviations follow USPS Publication 28 appendix C for English, and common use elsewhere.
var abbreviations = map[string]string{
	"street": "st", "road": "rd", "avenue": "ave", "av": "ave", "avenida": "ave", "avda": "ave", "boulevard": "blvd",
	"bd": "blvd", "boul": "blvd", "lane": "ln", "drive": "dr", "court": "ct", "square": "sq", "place": "pl", "plaza": "plz",
	"highway": "hwy", "parkway": "pkwy", "terrace": "ter", "crescent": "cres", "circle": "cir", "apartment": "apt",
	"suite": "ste", "floor": "fl", "room": "rm", "building": "bldg", "saint": "st", "sankt": "st", "mount": "mt",
	"fort": "ft", "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
	"southeast": "se", "southwest": "sw", "strasse": "str", "straat": "str", "platz": "pl", "calle": "c", "carrer": "c",
	"piazza": "pza", "viale": "vle", "number": "no", "numero": "no", "nr": "no", "allee": "all", "chaussee": "ch",
}
