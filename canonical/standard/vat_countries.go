package standard

import (
	"strconv"
	"strings"
)

// vats holds the checks by country prefix. Source: European Commission, VIES VAT number
// algorithms (BMF Austria, "Konstruktionsregeln der UID-Nummern"); Norway: Brønnøysund Register
// Centre; Switzerland: Federal Statistical Office, eCH-0097.
var vats = map[string]vat{
	"AT": {"U99999999", func(n string) bool { return checkAT(n[1:]) }},
	"BE": {"9999999999", func(n string) bool { return 97-number(n[:8])%97 == number(n[8:]) }},
	"BG": {"999999999", checkBG},
	"CH": {"E999999999", func(n string) bool { return elevenMinus(weighted(n[1:], 5, 4, 3, 2, 7, 6, 5, 4)) == int(n[9]-'0') }},
	"CY": {"99999999A", checkCY},
	"CZ": {"99999999", func(n string) bool {
		return (11-weighted(n, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(n[7]-'0')
	}},
	"DE": {"999999999", isMod1110},
	"DK": {"99999999", func(n string) bool { return weighted(n, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }},
	"EE": {"999999999", func(n string) bool { return weighted(n, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0 }},
	"EL": {"999999999", func(n string) bool { return weighted(n, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(n[8]-'0') }},
	"ES": {"A9999999* 99999999A", checkES},
	"FI": {"99999999", func(n string) bool { return elevenMinus(weighted(n, 7, 9, 10, 5, 8, 4, 2)) == int(n[7]-'0') }},
	"FR": {"99999999999", func(n string) bool {
		return luhn(n[2:]) && (12+3*(number(n[2:])%97))%97 == number(n[:2]) || strings.HasPrefix(n[2:], "000") && number(n[:2]) == number(n[2:]+"12")%97
	}},
	"GB": {"999999999 999999999999", checkGB},
	"HR": {"99999999999", isMod1110},
	"HU": {"99999999", func(n string) bool { return weighted(n, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0 }},
	"IE": {"9999999A 9999999AA", checkIE},
	"IT": {"99999999999", luhn},
	"LT": {"999999999", checkLT},
	"LU": {"99999999", func(n string) bool { return number(n[:6])%89 == number(n[6:]) }},
	"LV": {"99999999999", checkLV},
	"MT": {"99999999", func(n string) bool { return 37-weighted(n, 3, 4, 6, 7, 8, 9)%37 == number(n[6:]) }},
	"NL": {"999999999B99", func(n string) bool {
		return weighted(n, 9, 8, 7, 6, 5, 4, 3, 2)%11 == int(n[8]-'0') || mod97("NL"+n) == 1
	}},
	"NO": {"999999999 999999999MVA", func(n string) bool { return elevenMinus(weighted(n, 3, 2, 7, 6, 5, 4, 3, 2)) == int(n[8]-'0') }},
	"PL": {"9999999999", func(n string) bool { return weighted(n, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(n[9]-'0') }},
	"PT": {"999999999", func(n string) bool {
		digit := elevenMinus(weighted(n, 9, 8, 7, 6, 5, 4, 3, 2))
		return digit%10 == int(n[8]-'0')
	}},
	"RO": {"99 999 9999 99999 999999 9999999 99999999 999999999 9999999999", checkRO},
	"SE": {"999999999999", func(n string) bool { return luhn(n[:10]) && n[10:] != "00" }},
	"SI": {"99999999", func(n string) bool {
		rest := 11 - weighted(n, 8, 7, 6, 5, 4, 3, 2)%11
		return rest != 11 && rest%10 == int(n[7]-'0')
	}},
	"SK": {"9999999999", func(n string) bool { return number(n)%11 == 0 }},
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // hasForm has seen that they are digits
	return n
}

// elevenMinus is the usual modulus 11 check digit: 0 for 11, and 10 where the number was never
// given out.
func elevenMinus(sum int) int { return (11 - sum%11) % 11 }

func checkAT(n string) bool {
	sum := 4
	for i := range 7 {
		digit := int(n[i] - '0')
		if i%2 == 1 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return (10-sum%10)%10 == int(n[7]-'0')
}

func checkBG(n string) bool {
	rest := weighted(n, 1, 2, 3, 4, 5, 6, 7, 8) % 11
	if rest == 10 {
		rest = weighted(n, 3, 4, 5, 6, 7, 8, 9, 10) % 11
	}
	return rest%10 == int(n[8]-'0')
}

func checkCY(n string) bool {
	odd := [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}
	sum := 0
	for i := range 8 {
		if i%2 == 0 {
			sum += odd[n[i]-'0']
		} else {
			sum += int(n[i] - '0')
		}
	}
	return byte('A'+sum%26) == n[8]
}

// checkES knows three kinds: DNI (eight digits and a letter), NIE (X, Y or Z before seven) and
// the numbers of companies.
func checkES(n string) bool {
	const letters = "TRWAGMYFPDXBNJZSQVHLCKE"
	switch c := n[0]; {
	case c >= '0' && c <= '9':
		return letters[number(n[:8])%23] == n[8]
	case c >= 'X' && c <= 'Z':
		return letters[number(string(c-'X'+'0')+n[1:8])%23] == n[8]
	case strings.IndexByte("KLM", c) >= 0:
		return letters[number(n[1:8])%23] == n[8]
	}
	sum := 0
	for i := 1; i <= 7; i++ {
		digit := int(n[i] - '0')
		if i%2 == 1 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	digit := (10 - sum%10) % 10
	return n[8] == byte('0'+digit) || n[8] == "JABCDEFGHI"[digit]
}

// checkGB takes both the old and the 9755 rule of HMRC; three more digits are a branch.
func checkGB(n string) bool {
	rest := (weighted(n, 8, 7, 6, 5, 4, 3, 2) + number(n[7:9])) % 97
	return rest == 0 || rest == 97-55
}

func checkIE(n string) bool {
	sum := weighted(n, 8, 7, 6, 5, 4, 3, 2)
	if len(n) == 9 && n[8] != 'W' {
		sum += 9 * int(n[8]-'A'+1)
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == n[7]
}

func checkLT(n string) bool {
	rest := weighted(n, 1, 2, 3, 4, 5, 6, 7, 8) % 11
	if rest == 10 {
		rest = weighted(n, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	}
	return rest%10 == int(n[8]-'0')
}

// checkLV knows companies, which begin with 4 to 9; people's numbers hold a birth date and are
// taken as they are.
func checkLV(n string) bool {
	if n[0] <= '3' {
		return true
	}
	return (weighted(n, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6)+int(n[10]-'0'))%11 == 3
}

func checkRO(n string) bool {
	padded := strings.Repeat("0", 10-len(n)) + n
	return weighted(padded, 7, 5, 3, 2, 1, 7, 5, 3, 2)*10%11%10 == int(padded[9]-'0')
}
