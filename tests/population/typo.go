package population

import (
	"strings"
	"unicode"
)

// typo makes one mistake in text: on the keyboard, by a reader of paper, by ear, or in the order
// of letters. The first letter stays, as it mostly does; text of fewer than three letters too.
func typo(text string, d *dice) string {
	runes := []rune(text)
	if len(runes) < 3 {
		return text
	}
	at := 1 + d.IntN(len(runes)-1)
	switch d.IntN(6) {
	case 0:
		return string(beside(runes, at, d))
	case 1:
		return string(runes[:at]) + string(runes[at+1:])
	case 2:
		return string(runes[:at]) + string(runes[at:at+1]) + string(runes[at:])
	case 3:
		return replaceOne(text, misreadings, at, d)
	case 4:
		return replaceOne(text, soundings, at, d)
	default:
		at = min(at, len(runes)-2)
		runes[at], runes[at+1] = runes[at+1], runes[at]
		return string(runes)
	}
}

// beside hits the key beside the right one, on a QWERTY keyboard.
func beside(runes []rune, at int, d *dice) []rune {
	lower := unicode.ToLower(runes[at])
	for _, row := range []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"} {
		i := strings.IndexRune(row, lower)
		if i < 0 {
			continue
		}
		next := i + 1 - 2*d.IntN(2)
		if next < 0 || next >= len(row) {
			next = 2*i - next
		}
		runes[at] = rune(row[next])
	}
	return runes
}

// misreadings are confused by readers of paper, soundings by listeners, each in both directions.
var (
	misreadings = [][2]string{{"rn", "m"}, {"l", "1"}, {"o", "0"}, {"cl", "d"}, {"e", "c"}, {"u", "v"}, {"h", "b"}, {"i", "l"}, {"s", "5"}, {"g", "q"}, {"vv", "w"}, {"nn", "m"}}
	soundings   = [][2]string{
		{"ph", "f"},
		{"ck", "k"},
		{"ie", "y"},
		{"ee", "ea"},
		{"ou", "oo"},
		{"ey", "y"},
		{"ll", "l"},
		{"tt", "t"},
		{"ss", "s"},
		{"nn", "n"},
		{"c", "k"},
		{"s", "z"},
		{"ai", "ay"},
		{"gh", "g"},
		{"e", "a"},
		{"i", "y"},
		{"d", "t"},
		{"m", "n"},
		{"b", "p"},
		{"er", "a"},
	}
)

// replaceOne replaces one of the pairs that text has, behind its first letter; without any it drops
// the letter at at.
func replaceOne(text string, pairs [][2]string, at int, d *dice) string {
	_, size := firstRune(text)
	head, tail := text[:size], text[size:]
	from := d.IntN(len(pairs))
	for i := range pairs {
		pair := pairs[(from+i)%len(pairs)]
		direction := d.IntN(2)
		if found := strings.Index(tail, pair[direction]); found >= 0 {
			return head + tail[:found] + pair[1-direction] + tail[found+len(pair[direction]):]
		}
	}
	runes := []rune(text)
	return string(runes[:at]) + string(runes[at+1:])
}

func firstRune(text string) (first rune, size int) {
	for i, r := range text {
		if i > 0 {
			return first, i
		}
		first = r
	}
	return first, len(text)
}

// wrongDigit changes one of the last six digits.
func wrongDigit(number string, d *dice) string {
	if len(number) < 6 {
		return number
	}
	b := []byte(number)
	at := len(b) - 1 - d.IntN(6)
	b[at] = byte('0' + (int(b[at]-'0')+1+d.IntN(9))%10)
	return string(b)
}

// misread exchanges a digit and a letter that look alike, or the last two letters.
func misread(postcode string, d *dice) string {
	from := d.IntN(3)
	for i := range 3 {
		pair := [][2]string{{"0", "O"}, {"1", "I"}, {"5", "S"}}[(from+i)%3]
		if strings.Contains(postcode, pair[0]) {
			return strings.Replace(postcode, pair[0], pair[1], 1)
		}
	}
	b := []byte(postcode)
	if n := len(b); n > 2 {
		b[n-1], b[n-2] = b[n-2], b[n-1]
	}
	return string(b)
}
