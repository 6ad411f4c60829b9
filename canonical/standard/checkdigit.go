package standard

import "strings"

// isGS1 checks digits whose last is the GS1 check digit: weights 3 and 1 from the right, mod 10.
func isGS1(v string) bool {
	if !isDigits(v) {
		return false
	}
	sum := 0
	for i := range len(v) {
		digit := int(v[len(v)-1-i] - '0')
		if i%2 == 1 {
			digit *= 3
		}
		sum += digit
	}
	return sum%10 == 0
}

// mod97 is the remainder of ISO/IEC 7064 MOD 97-10, letters counting 10 to 35; -1 for other
// characters.
func mod97(v string) int {
	rest := 0
	for i := range len(v) {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return rest
}

func isIBAN(v string) bool {
	return len(v) >= 15 && len(v) <= 34 && isDigits(v[2:4]) && !isDigits(v[:1]) && !isDigits(v[1:2]) &&
		mod97(v[4:]+v[:4]) == 1
}

// luhn checks ISO/IEC 7812-1 annex B.
func luhn(v string) bool {
	sum := 0
	for i := range len(v) {
		digit := int(v[len(v)-1-i] - '0')
		if i%2 == 1 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return isDigits(v) && sum%10 == 0
}

// isMod1110 checks ISO/IEC 7064 MOD 11,10.
func isMod1110(v string) bool {
	product := 10
	for i := range len(v) - 1 {
		sum := (int(v[i]-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return (product+int(v[len(v)-1]-'0'))%10 == 1
}

const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// isUSCC checks the 18 characters of China's unified social credit identifier: weights are the
// powers of 3, mod 31.
func isUSCC(v string) bool {
	if len(v) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 18 {
		value := strings.IndexByte(usccAlphabet, v[i])
		if value < 0 {
			return false
		}
		if i == 17 {
			sum += value
			break
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return sum%31 == 0
}

// weighted is the sum of the leading digits of v times weights.
func weighted(v string, weights ...int) int {
	sum := 0
	for i, weight := range weights {
		sum += int(v[i]-'0') * weight
	}
	return sum
}
