package validate

import (
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// formed says whether a value has the form of its type, and how long it is as its
// standard counts: of numbers the digits only.
func (c *checker) formed(f *guide.Field, v []byte) (length int, kind edi.Kind) {
	switch f.Form.Type {
	case guide.Number:
		return decimal(v, c.syntax.Decimal, c.syntax.Standard == edi.EDIFACT)
	case guide.Real:
		return decimal(v, '.', false)
	case guide.Implied:
		return whole(v)
	case guide.Date:
		if !isDate(v) && len(v) >= f.Form.Min && len(v) <= f.Form.Max {
			return len(v), edi.BadDate
		}
	case guide.Time:
		if !isTime(v) && len(v) >= f.Form.Min && len(v) <= f.Form.Max {
			return len(v), edi.BadTime
		}
	case guide.Letters:
		for _, b := range v {
			if b >= '0' && b <= '9' {
				return len(v), edi.BadCharacter
			}
		}
	}
	return len(v), edi.NoFault
}

// whole counts the digits of N0 to N9: digits after a minus sign.
func whole(v []byte) (digits int, kind edi.Kind) {
	if len(v) > 0 && v[0] == '-' {
		v = v[1:]
	}
	for _, b := range v {
		if b-'0' > 9 {
			return len(v), edi.BadNumber
		}
	}
	if len(v) == 0 {
		return 0, edi.BadNumber
	}
	return len(v), edi.NoFault
}

// decimal counts the digits of a number with a decimal mark and a minus sign in
// front. EDIFACT asks for a digit on both sides of the mark (ISO 9735-1 §10.1,
// code 38 of list 0085) and takes , and . alike unless UNA names one; X12 allows
// an exponent (X12.6 §3.5.1.2).
func decimal(v []byte, mark byte, edifact bool) (digits int, kind edi.Kind) {
	rest := v
	if len(rest) > 0 && rest[0] == '-' {
		rest = rest[1:]
	}
	marked := -1
	for i, b := range rest {
		switch {
		case b-'0' <= 9:
			digits++
		case marked < 0 && (b == mark || edifact && (b == '.' || b == ',')):
			marked = i
			if edifact && (i == 0 || i == len(rest)-1) {
				kind = edi.BadNumber
			}
		case !edifact && b == 'E' && digits > 0 && exponent(rest[i+1:]):
			return digits, edi.NoFault
		default:
			return len(v), edi.BadNumber
		}
	}
	if digits == 0 {
		kind = edi.BadNumber
	}
	return digits, kind
}

func exponent(v []byte) bool {
	_, kind := whole(v)
	return kind == edi.NoFault
}

func allDigits(v []byte) bool {
	for _, b := range v {
		if b-'0' > 9 {
			return false
		}
	}
	return true
}

// two reads two digits.
func two(v []byte) int { return int(v[0]-'0')*10 + int(v[1]-'0') }

// isDate knows YYMMDD and CCYYMMDD.
func isDate(v []byte) bool {
	if len(v) != 6 && len(v) != 8 || !allDigits(v) {
		return false
	}
	year := two(v[len(v)-6:])
	if len(v) == 8 {
		year += 100 * two(v)
	} else {
		year += 2000
	}
	return isDay(year, two(v[len(v)-4:]), two(v[len(v)-2:]))
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func isDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := monthDays[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days++
	}
	return day <= days
}

// isTime knows HHMM, HHMMSS and HHMMSSD..D.
func isTime(v []byte) bool {
	if len(v) < 4 || len(v) == 5 || !allDigits(v) || two(v) > 23 || two(v[2:]) > 59 {
		return false
	}
	return len(v) == 4 || two(v[4:]) <= 59
}
