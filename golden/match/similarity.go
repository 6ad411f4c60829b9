package match

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// thousand is what similarities are given in: whole thousandths, so that every machine gives the
// same.
const thousand = 1000

// jaroWinkler gives the similarity of two words by Jaro and Winkler, in thousandths, rounded down:
// 1000 for equal ones, 0 where nothing is alike. A common beginning of up to four letters counts a
// tenth of what is missing for each letter (Winkler 1990).
func jaroWinkler(a, b string) int {
	if a == b {
		return thousand
	}
	if a > b { // letters are taken in order: which come first must not matter
		a, b = b, a
	}
	if isASCII(a) && isASCII(b) {
		if len(a) <= 64 && len(b) <= 64 {
			return shortJaro(a, b)
		}
		return jaro([]byte(a), []byte(b))
	}
	return jaro([]rune(a), []rune(b))
}

// shortJaro is jaro of words of up to 64 ASCII letters: sets of places are the bits of a word.
func shortJaro(a, b string) int {
	if a == "" || b == "" {
		return 0
	}
	var places [utf8.RuneSelf]uint64 // of each letter in b
	for j := range len(b) {
		places[b[j]] |= 1 << j
	}
	window := max(len(a), len(b))/2 - 1
	var inA, inB uint64
	for i := range len(a) {
		free := places[a[i]] &^ inB
		if from := i - window; from > 0 {
			free &= ^uint64(0) << from
		}
		if to := i + window + 1; to < 64 { // a window below zero holds nothing
			free &= 1<<max(to, 0) - 1
		}
		if free != 0 {
			inA |= 1 << i
			inB |= free & -free
		}
	}
	same := bits.OnesCount64(inA)
	if same == 0 {
		return 0
	}
	swapped := 0
	for x, y := inA, inB; x != 0; x, y = x&(x-1), y&(y-1) {
		if a[bits.TrailingZeros64(x)] != b[bits.TrailingZeros64(y)] {
			swapped++
		}
	}
	prefix := 0
	for prefix < 4 && prefix < len(a) && prefix < len(b) && a[prefix] == b[prefix] {
		prefix++
	}
	return winkler(same, swapped, len(a), len(b), prefix)
}

// winkler gives the similarity of words of which so many letters are the same, of which so many are
// not in the same order.
func winkler(same, swapped, a, b, prefix int) int {
	const scale = 1_000_000_000
	similarity := (same*scale/a + same*scale/b + (2*same-swapped)*scale/(2*same)) / 3
	similarity += prefix * (scale - similarity) / 10
	return (similarity + thousand/2) / (scale / thousand) // what was rounded off on the way is less than that
}

func jaro[T byte | rune](a, b []T) int {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	window := max(len(a), len(b))/2 - 1
	var room [128]bool
	taken := room[:]
	if need := len(a) + len(b); need > len(room) {
		taken = make([]bool, need)
	}
	inA, inB := taken[:len(a)], taken[len(a):len(a)+len(b)]
	same := 0
	for i, c := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if !inB[j] && b[j] == c {
				inA[i], inB[j] = true, true
				same++
				break
			}
		}
	}
	if same == 0 {
		return 0
	}
	swapped, j := 0, 0
	for i, c := range a {
		if !inA[i] {
			continue
		}
		for !inB[j] {
			j++
		}
		if b[j] != c {
			swapped++
		}
		j++
	}
	prefix := 0
	for prefix < 4 && prefix < len(a) && prefix < len(b) && a[prefix] == b[prefix] {
		prefix++
	}
	return winkler(same, swapped, len(a), len(b), prefix)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// distance counts the letters that are put in, left out, replaced or swapped with their neighbour
// between two words (optimal string alignment, a restricted form of Damerau and Levenshtein); most+1
// stands for all that is more than most.
func distance(a, b string, most int) int {
	switch {
	case a == b:
		return 0
	case max(len(a), len(b)) > utf8.UTFMax*(min(len(a), len(b))+most):
		return most + 1 // too few letters for the other
	case isASCII(a) && isASCII(b):
		if max(len(a), len(b))-min(len(a), len(b)) > most {
			return most + 1
		}
		return aligned([]byte(a), []byte(b), most)
	}
	return aligned([]rune(a), []rune(b), most)
}

func aligned[T byte | rune](a, b []T, most int) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var room [3 * 64]int
	rows := room[:]
	if need := 3 * (len(b) + 1); need > len(room) {
		rows = make([]int, need)
	}
	n := len(b) + 1
	before, last, row := rows[:n], rows[n:2*n], rows[2*n:3*n]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most+1)
}

// tokenSet gives how much of the words of two texts is the same, in thousandths: twice the letters
// of the words that they share by all letters (Dice). Words with one first letter that are a slip of
// the pen apart count as shared, numbers only where they are equal; each word counts once.
func tokenSet(a, b string) int {
	if a == b {
		return thousand
	}
	if a > b { // words are taken in order: which come first must not matter
		a, b = b, a
	}
	var roomA, roomB [16]string
	left, right := words(a, roomA[:0]), words(b, roomB[:0])
	if len(left) == 0 || len(right) == 0 {
		return 0
	}
	var room [32]bool
	used := room[:]
	if len(right) > len(room) {
		used = make([]bool, len(right))
	}
	shared, all := 0, 0
	for _, w := range right {
		all += utf8.RuneCountInString(w)
	}
	for _, w := range left {
		all += utf8.RuneCountInString(w)
		best := -1
		for j, v := range right {
			if used[j] {
				continue
			}
			if w == v {
				best = j
				break
			}
			if best < 0 && w[0] == v[0] && !isDigit(w[0]) && slip(w, v) {
				best = j
			}
		}
		if best >= 0 {
			used[best] = true
			shared += utf8.RuneCountInString(w) + utf8.RuneCountInString(right[best])
		}
	}
	return shared * thousand / all
}

// words appends the words of a text, which spaces part.
func words(text string, list []string) []string {
	if !isASCII(text) {
		return append(list, strings.Fields(text)...)
	}
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && text[to] != ' ' {
			to++
		}
		if to > from {
			list = append(list, text[from:to])
		}
		from = to + 1
	}
	return list
}
