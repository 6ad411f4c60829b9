package standard

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Email returns the address in its comparable form: without display name, in compatibility form
// (NFKC) and lower case, the domain in ASCII (A-labels, RFC 5891). Rules of single providers,
// such as dots that do not count, are not applied. False means that text is no mail address, or
// one whose form is not its own form: nothing could be compared with it.
func (s *Standardiser) Email(text string) (string, bool) {
	address, ok := comparableEmail(text)
	if !ok || isASCII(text) {
		return address, ok
	}
	if again, ok := comparableEmail(address); !ok || again != address {
		return "", false
	}
	return address, true
}

func comparableEmail(text string) (string, bool) {
	if !utf8.ValidString(text) {
		return "", false
	}
	address := strings.TrimSpace(text)
	if open := strings.LastIndexByte(address, '<'); open >= 0 && strings.HasSuffix(address, ">") {
		address = address[open+1 : len(address)-1]
	}
	if len(address) > 7 && strings.EqualFold(address[:7], "mailto:") {
		address = address[7:]
	}
	address = strings.TrimSuffix(address, ".")
	if !isASCII(address) {
		address = strings.TrimSpace(norm.NFKC.String(address))
		at := strings.LastIndexByte(address, '@')
		domain, err := idna.Lookup.ToASCII(strings.ReplaceAll(address[at+1:], "。", "."))
		if at < 0 || err != nil {
			return "", false
		}
		address = address[:at+1] + domain
	}
	if address = strings.ToLower(address); !isASCII(address) {
		address = norm.NFKC.String(address)
	}
	if emailLeaf.CheckText(address) != nil {
		return "", false
	}
	return address, true
}

var emailLeaf = canonical.SchemaOf(canonical.EntityCustomer).Path("emails.value")

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
