package expression

import (
	"strings"
	"unicode"

	"github.com/touchstone-hub/touchstone/formats"
)

var nameNames = []string{"full", "honorific", "given", "family"}

// name splits a person's name. What it cannot split with certainty enough stays in full alone.
func name(m *Machine, args []*formats.Node) *formats.Node {
	full := strings.Join(strings.Fields(string(args[0].Text)), " ")
	if full == "" {
		return &absent
	}
	honorific, given, family := splitName(full)
	n := m.node(formats.Object)
	n.Names, n.Kids = nameNames, m.arena.Nodes(4)
	for i, part := range []string{full, honorific, given, family} {
		if part != "" {
			n.Kids[i] = *m.text(append(m.buf[:0], part...))
		}
	}
	return n
}

var honorifics = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "miss": true, "mx": true, "dr": true, "prof": true, "sir": true, "dame": true,
	"herr": true, "frau": true, "m": true, "mme": true, "mlle": true, "monsieur": true, "madame": true,
	"sr": true, "sra": true, "srta": true, "don": true, "doña": true, "sig": true, "dhr": true, "mevr": true, "ing": true, "dipl": true,
}

// particles begin a family name of several words.
var particles = map[string]bool{
	"van": true, "von": true, "de": true, "der": true, "den": true, "del": true, "della": true, "di": true, "da": true,
	"dos": true, "das": true, "du": true, "la": true, "le": true, "ten": true, "ter": true, "zu": true, "zur": true,
	"bin": true, "ibn": true, "al": true, "el": true, "af": true, "av": true,
}

// compounds are the Chinese family names of two characters in use.
const compounds = "欧阳歐陽司马司馬诸葛諸葛上官皇甫尉迟尉遲公孙公孫慕容司徒令狐东方東方西门西門南宫南宮夏侯端木宇文长孫长孙長孫"

func splitName(full string) (honorific, given, family string) {
	if family, given, ok := strings.Cut(full, ","); ok && !strings.Contains(given, ",") {
		honorific, given = cutHonorific(strings.Fields(given))
		return honorific, given, strings.TrimSpace(family)
	}
	if isHan(full) {
		given, family = splitHan(full)
		return "", given, family
	}
	words := strings.Fields(full)
	honorific, rest := cutHonorific(words)
	words = strings.Fields(rest)
	if len(words) < 2 {
		return honorific, "", ""
	}
	first := len(words) - 1
	for first > 1 && particles[strings.ToLower(words[first-1])] {
		first--
	}
	return honorific, strings.Join(words[:first], " "), strings.Join(words[first:], " ")
}

func cutHonorific(words []string) (honorific, rest string) {
	n := 0
	for n < len(words) && honorifics[strings.ToLower(strings.TrimSuffix(words[n], "."))] {
		n++
	}
	if n == len(words) {
		n = 0
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:], " ")
}

func isHan(s string) bool {
	for _, c := range s {
		if !unicode.Is(unicode.Han, c) {
			return false
		}
	}
	return true
}

// splitHan takes the family name from the front of two to four characters.
func splitHan(full string) (given, family string) {
	characters := []rune(full)
	size := 1
	if len(characters) > 2 {
		for pairs := []rune(compounds); len(pairs) >= 2; pairs = pairs[2:] {
			if pairs[0] == characters[0] && pairs[1] == characters[1] {
				size = 2
			}
		}
	}
	if len(characters) < 2 || len(characters) > 4 {
		return "", ""
	}
	return string(characters[size:]), string(characters[:size])
}
