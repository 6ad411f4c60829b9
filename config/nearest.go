package config

import "strings"

// Nearest gives the known name that a mistyped one probably meant, or "" if
// none is near: at most a third of the longer name's letters differ, counting
// an insertion, deletion, substitution or swap of neighbours as one each
// (optimal string alignment). Case, '-' and '_' do not count as differences.
// Among equally near names the first wins.
func Nearest(name string, known []string) string {
	best, bestDistance := "", 0
	from := []rune(plainName(name))
	for _, candidate := range known {
		if candidate == name {
			continue
		}
		to := []rune(plainName(candidate))
		allowed := max(1, max(len(from), len(to))/3)
		if min(len(from), len(to)) < 2 {
			allowed = 0 // one letter resembles every other one
		}
		if d := alignment(from, to); d <= allowed && (best == "" || d < bestDistance) {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func plainName(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// alignment is the optimal string alignment distance, in three rolling rows.
func alignment(a, b []rune) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
