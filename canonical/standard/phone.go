package standard

import (
	"hash/maphash"
	"strconv"
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
	if isPlainPhone(text) {
		return parsePhone(text, region, s.Region)
	}
	slot := &s.phones[maphash.String(phoneSeed, text)%uint64(len(s.phones))]
	if hit := slot.Load(); hit != nil && hit.text == text && hit.region == region && hit.home == s.Region {
		return hit.phone
	}
	phone := parsePhone(text, region, s.Region)
	slot.Store(&cachedPhone{text: strings.Clone(text), region: region, home: s.Region, phone: phone})
	return phone
}

// cachedPhone remembers one reading by the library: that takes 10 to 60 µs, and a record is
// standardised again whenever something near it changes.
type cachedPhone struct {
	text, region, home string
	phone              Phone
}

type phoneCache [2048]atomic.Pointer[cachedPhone]

var phoneSeed = maphash.MakeSeed()

func parsePhone(text, region, home string) Phone {
	var room, other [mostPhoneText]byte
	number, ok := possible(text, region, room[:0])
	if ok && isInternational(text) || ok && (region == home || number.valid()) {
		return newPhone(number)
	}
	if digits, international := strings.CutPrefix(text, "00"); international {
		if abroad, valid := possible("+"+digits, region, other[:0]); valid {
			return newPhone(abroad)
		}
	}
	if region != home {
		if there, valid := possible(text, home, other[:0]); valid && (!ok || there.valid()) {
			return newPhone(there)
		}
	}
	if !ok {
		return Phone{}
	}
	return newPhone(number)
}

// phoneNumber is a telephone number in its parts.
type phoneNumber struct {
	code      int    // the country's calling code
	national  []byte // digits, with the leading zeros that belong to it
	extension string
}

// possible reads a number of a length that its country has. room is for its digits.
func possible(text, region string, room []byte) (phoneNumber, bool) {
	if isPlainPhone(text) {
		if n, ok, known := readPlain(text, region, room); known {
			return n, ok
		}
	}
	parsed, err := phonenumbers.Parse(text, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(parsed) != phonenumbers.IS_POSSIBLE {
		return phoneNumber{}, false
	}
	national := append(room, phonenumbers.GetNationalSignificantNumber(parsed)...)
	return phoneNumber{code: int(parsed.GetCountryCode()), national: national, extension: parsed.GetExtension()}, true
}

func newPhone(n phoneNumber) Phone {
	same := true
	for _, digit := range n.national {
		same = same && digit == n.national[0]
	}
	var room [mostPhoneText]byte
	e164 := append(strconv.AppendInt(append(room[:0], '+'), int64(n.code), 10), n.national...)
	if len(e164) < 8 || n.national[0] == '0' && n.national[1] == '0' || same {
		return Phone{} // service numbers, and such as 000000 for none
	}
	return Phone{E164: string(e164), Extension: strings.Clone(n.extension)} // so that n stays on the stack
}

func isInternational(text string) bool {
	return strings.HasPrefix(text, "+") || strings.HasPrefix(text, "＋")
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
