package validate

import (
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// periods are the formats of list 2379 whose digits can be checked: Y year, M
// month, D day, h hour, m minute, s second, w week, j day of the year, d day of
// the week, Z zone; / stands between the beginning and end of a range.
var periods = map[string]string{
	"2": "DDMMYY", "3": "MMDDYY", "4": "DDMMYYYY", "5": "DDMMYYYYhhmm",
	"101": "YYMMDD", "102": "YYYYMMDD", "103": "YYwwd", "105": "YYjjj", "106": "MMDD", "107": "jjj", "108": "ww", "109": "MM", "110": "DD",
	"201": "YYMMDDhhmm", "202": "YYMMDDhhmmss", "203": "YYYYMMDDhhmm", "204": "YYYYMMDDhhmmss",
	"301": "YYMMDDhhmmZZZ", "302": "YYMMDDhhmmssZZZ", "303": "YYYYMMDDhhmmZZZ", "304": "YYYYMMDDhhmmssZZZ",
	"305": "MMDDhhmm", "306": "DDhhmm", "401": "hhmm", "402": "hhmmss", "404": "hhmmssZZZ", "406": "hhmmZZZ",
	"602": "YYYY", "609": "YYMM", "610": "YYYYMM", "615": "YYww", "616": "YYYYww",
	"713": "YYMMDDhhmm/YYMMDDhhmm", "717": "YYMMDD/YYMMDD", "718": "YYYYMMDD/YYYYMMDD",
	"719": "YYYYMMDDhhmm/YYYYMMDDhhmm",
}

// period checks a date or period against the format that is named beside it.
func (c *checker) period(f *guide.Field, element, repetition int) {
	code := c.seg.Component(element, max(repetition, 1), int(f.Period))
	value := c.plain(c.seg.Component(element, max(repetition, 1), int(f.PeriodValue)))
	form, known := periods[string(code)]
	if !known || follows(value, form) {
		return
	}
	c.elementFault(edi.BadDate, &f.Parts[f.PeriodValue-1], value, element, repetition, int(f.PeriodValue), "a value of format "+string(code)+" ("+form+")")
}

// follows says whether a value has a format, with or without a hyphen between the
// ends of a range (the lists say without).
func follows(v []byte, form string) bool {
	for i := range len(form) {
		if form[i] == '/' {
			first, second := form[:i], form[i+1:]
			switch {
			case len(v) == len(form)-1:
				return follows(v[:i], first) && follows(v[i:], second)
			case len(v) == len(form) && v[i] == '-':
				return follows(v[:i], first) && follows(v[i+1:], second)
			}
			return false
		}
	}
	if len(v) != len(form) {
		return false
	}
	year, month, day := 2000, 0, 0
	for i := 0; i < len(form); {
		width := 1
		for i+width < len(form) && form[i+width] == form[i] {
			width++
		}
		part := v[i : i+width]
		if form[i] == 'Z' {
			i += width
			continue
		}
		if !allDigits(part) {
			return false
		}
		n := 0
		for _, b := range part {
			n = n*10 + int(b-'0')
		}
		switch form[i] {
		case 'Y':
			year = n
		case 'M':
			month = n
		case 'D':
			day = n
		}
		if limit := limits[form[i]]; n < limit[0] || limit[1] > 0 && n > limit[1] {
			return false
		}
		i += width
	}
	if month > 0 && day > 0 {
		if year < 100 {
			year += 2000
		}
		return isDay(year, month, day)
	}
	return true
}

// limits are the least and greatest values; midnight may be 24.
var limits = map[byte][2]int{
	'M': {1, 12}, 'D': {1, 31}, 'h': {0, 24}, 'm': {0, 59}, 's': {0, 59}, 'w': {1, 53}, 'j': {1, 366}, 'd': {1, 7},
}
