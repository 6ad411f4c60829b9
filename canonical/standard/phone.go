package standard

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a telephone number as matching compares it.
type Phone struct {
	E164      string // ITU-T E.164 with a leading plus sign
	Extension string // digits dialled behind it, not part of E164
	Of        int    // index of the original
}

// Phone returns the number in E.164 (ITU-T), read as dialled in the hub's region where it is
// national. Extensions are left off. False means that text holds no number of a length that its
// country has; whether the number is assigned is not asked.
func (s *Standardiser) Phone(text string) (e164 string, ok bool) {
	phone := s.phone(text, s.Region)
	return phone.E164, phone.E164 != ""
}

// phone reads text as dialled in region, which is the customer's own country where one is known.
// A national number that is not assigned there is tried in the hub's region. The result has no
// E164 where there is no number.
func (s *Standardiser) phone(text, region string) Phone {
	text = strings.TrimSpace(text)
	if isCommonE164(text) {
		return Phone{E164: text}
	}
	slot := &s.phones[maphash.String(phoneSeed, text)%uint64(len(s.phones))]
	if hit := slot.Load(); hit != nil && hit.text == text && hit.region == region && hit.home == s.Region {
		return hit.phone
	}
	phone := parsePhone(text, region, s.Region)
	slot.Store(&cachedPhone{text: strings.Clone(text), region: region, home: s.Region, phone: phone})
	return phone
}

// cachedPhone remembers one reading: parsing takes 10 to 60 µs, and a record is standardised
// again whenever something near it changes.
type cachedPhone struct {
	text, region, home string
	phone              Phone
}

type phoneCache [2048]atomic.Pointer[cachedPhone]

var phoneSeed = maphash.MakeSeed()

func parsePhone(text, region, home string) Phone {
	number, ok := possible(text, region)
	if ok && isInternational(text) || ok && (region == home || phonenumbers.IsValidNumber(number)) {
		return newPhone(number)
	}
	if digits, international := strings.CutPrefix(text, "00"); international {
		if abroad, valid := possible("+"+digits, region); valid {
			return newPhone(abroad)
		}
	}
	if region != home {
		if there, valid := possible(text, home); valid && (!ok || phonenumbers.IsValidNumber(there)) {
			return newPhone(there)
		}
	}
	if !ok {
		return Phone{}
	}
	return newPhone(number)
}

func possible(text, region string) (*phonenumbers.PhoneNumber, bool) {
	number, err := phonenumbers.Parse(text, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return nil, false
	}
	return number, true
}

func newPhone(number *phonenumbers.PhoneNumber) Phone {
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	national := phonenumbers.GetNationalSignificantNumber(number)
	if len(e164) < 8 || strings.HasPrefix(national, "00") || strings.Count(national, national[:1]) == len(national) {
		return Phone{} // service numbers, and such as 000000 for none
	}
	return Phone{E164: e164, Extension: number.GetExtension()}
}

func isInternational(text string) bool {
	return strings.HasPrefix(text, "+") || strings.HasPrefix(text, "＋")
}

// plans are calling codes whose numbers stand as they are when they begin with one of the first
// digits and have one of the lengths; a test holds them against the library. They spare most
// numbers that are E.164 already the parsing.
var plans = []struct {
	prefix, first string
	min, max      int // digits behind the prefix
}{
	{"+1", "23456789", 10, 10},
	{"+86", "1", 11, 11},
	{"+49", "123456789", 7, 11},
	{"+44", "12378", 10, 10},
	{"+33", "1234567", 9, 9},
	{"+31", "1234567", 9, 9},
	{"+34", "6789", 9, 9},
	{"+41", "234567", 9, 9},
	{"+48", "123456789", 9, 9},
	{"+81", "123456789", 9, 10},
	{"+91", "6789", 10, 10},
	{"+61", "23478", 9, 9},
	{"+39", "3", 10, 10},
}

func isCommonE164(text string) bool {
	if len(text) < 9 || text[0] != '+' {
		return false
	}
	for _, plan := range plans {
		if !strings.HasPrefix(text, plan.prefix) {
			continue
		}
		national := text[len(plan.prefix):]
		return len(national) >= plan.min && len(national) <= plan.max && isDigits(national) &&
			strings.IndexByte(plan.first, national[0]) >= 0 && strings.Count(national, national[:1]) < len(national)
	}
	return false
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
