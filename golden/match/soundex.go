package match

// soundex gives the Soundex code of a word in Latin letters, of four characters: words that sound
// alike in English have one code (rules of the US National Archives). Words in other letters
// have none: "".
func soundex(word string) string {
	if word == "" || word[0] < 'a' || word[0] > 'z' {
		return ""
	}
	code := [4]byte{word[0], '0', '0', '0'}
	last, n := soundexCodes[word[0]-'a'], 1
	for i := 1; i < len(word) && n < len(code); i++ {
		c := word[i]
		if c < 'a' || c > 'z' {
			continue
		}
		digit := soundexCodes[c-'a']
		if digit != '0' && digit != last {
			code[n] = digit
			n++
		}
		if c != 'h' && c != 'w' { // these do not part letters of one code
			last = digit
		}
	}
	return string(code[:])
}

const soundexCodes = "01230120022455012623010202"
