package standard

import (
	"cmp"
	"strings"
)

// Key is the text by which two addresses are one in whatever notation: all lines with house letters
// joined, locality, region, postcode and country, home where the address has none. It is empty for
// an address that says nothing of the kind.
func (f *AddressForms) Key(home string) string {
	if len(f.Lines) == 0 && f.Locality == "" && f.Postcode == "" {
		return ""
	}
	var words []string
	for _, line := range f.Lines {
		words = append(words, joinHouseLetter(strings.Fields(line))...)
	}
	lines := strings.Join(words, " ")
	return strings.Join([]string{lines, f.Locality, f.Region, f.Postcode, cmp.Or(f.Country, home)}, "\x00")
}
