package canonical

import "strings"

// isDate accepts full-date of RFC 3339: YYYY-MM-DD, a day that the calendar has.
func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	year, month, day := digits(s[:4]), digits(s[5:7]), digits(s[8:])
	return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// isDateTime accepts date-time of RFC 3339 in capitals, with any offset, without leap seconds:
// what time.Parse(time.RFC3339, s) accepts.
func isDateTime(s string) bool {
	if len(s) < 20 || !isDate(s[:10]) || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return false
	}
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return false
	}
	zone := s[19:]
	if zone[0] == '.' {
		fraction := 1
		for fraction < len(zone) && isDigit(zone[fraction]) {
			fraction++
		}
		if fraction == 1 {
			return false
		}
		zone = zone[fraction:]
	}
	return isZone(zone)
}

func isZone(zone string) bool {
	if zone == "Z" {
		return true
	}
	if len(zone) != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' {
		return false
	}
	hour, minute := digits(zone[1:3]), digits(zone[4:])
	return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59
}

func isDateOrTime(s string) bool { return isDate(s) || isDateTime(s) }

// isDecimal accepts digits with an optional minus sign and fraction: no exponent, no grouping.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, pointed := strings.Cut(s, ".")
	return isDigits(whole) && (!pointed || isDigits(fraction))
}

// digits reads a decimal number, or returns -1 where s holds anything else.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
