package company

import (
	"strings"
	"unicode/utf8"
)

// misspelt swaps two letters in the middle of a long name, as fingers do.
func (w *world) misspelt(name string) string {
	letters := []rune(name)
	if len(letters) < 6 {
		return name
	}
	i := 2 + w.rnd.IntN(len(letters)-4)
	letters[i], letters[i+1] = letters[i+1], letters[i]
	return string(letters)
}

// written is a number, E.164, as one of many people would write it down.
func (w *world) written(e164 string) string {
	if e164 == "" {
		return ""
	}
	code, rest := split(e164)
	area, line := rest[:3], rest[3:]
	ways := []string{
		e164,
		"+" + code + " " + area + " " + line,
		"00" + code + " " + rest,
		"+" + code + " (" + area + ") " + line[:2] + "-" + line[2:],
	}
	if code == "49" {
		ways = append(ways, "0"+area+" "+line, "0"+area+"/"+line, "(0"+area+") "+line[:2]+" "+line[2:])
	}
	return pick(w.rnd, ways)
}

// local is a number as it is dialled within its country.
func (w *world) local(e164, country string) string {
	code, rest := split(e164)
	switch {
	case code == "86" && country == "CN" && strings.HasPrefix(rest, "1"):
		return rest[:3] + "-" + rest[3:7] + "-" + rest[7:]
	case code == "49" && country == "DE", code == "86" && country == "CN":
		return "0" + rest
	}
	return e164
}

// split cuts a number behind its country code, of those that the company's customers have.
func split(e164 string) (code, rest string) { return e164[1:3], e164[3:] }

// wide writes digits and signs in full width, as Chinese keyboards do.
func wide(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > ' ' && r < utf8.RuneSelf {
			r += 0xFEE0
		}
		b.WriteRune(r)
	}
	return b.String()
}
