package standard

import "strings"

// placeEndings say what kind of place a Chinese name is, the longest first (GB/T 2260).
var placeEndings = []string{
	"维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "自治州", "自治县", "地区", "省", "市", "盟", "县", "都", "府",
}

// place leaves the kind of place out: 深圳市 is 深圳, and 广西壮族自治区 广西.
func place(folded string) string {
	if evenWords(folded) {
		return folded
	}
	if !hasHan(folded) {
		return strings.Join(tokens(folded), " ")
	}
	folded = oneWord(folded)
	for _, ending := range placeEndings {
		if bare, ok := strings.CutSuffix(folded, ending); ok && len(bare) >= len("北京") {
			return bare
		}
	}
	return folded
}

// provinceEndings and cityEndings end the first and the second part of a Chinese address, which
// is written from the largest place to the smallest.
var (
	provinceEndings = []string{"自治区", "特别行政区", "省"}
	cityEndings     = []string{"自治州", "地区", "市", "盟"}
)

// withoutPlaces takes province and city off the front of a Chinese line, and learns them where
// the address does not state them.
func (f *AddressForms) withoutPlaces(line string) string {
	line = strings.TrimPrefix(oneWord(line), "中国")
	if province, rest, ok := cutPlace(line, provinceEndings); ok {
		line = rest
		if f.Region == "" {
			f.Region = place(province)
		}
	}
	if city, rest, ok := cutPlace(line, cityEndings); ok {
		line = rest
		if f.Locality == "" {
			f.Locality = place(city)
		}
	}
	return line
}

// cutPlace cuts after the nearest ending, which stands within the first characters.
func cutPlace(line string, endings []string) (name, rest string, ok bool) {
	at := -1
	for _, ending := range endings {
		i := strings.Index(line, ending)
		if i >= len("北京") && i <= len("新疆维吾尔") && (at < 0 || i+len(ending) < at) {
			at = i + len(ending)
		}
	}
	if at < 0 || at >= len(line) {
		return "", line, false
	}
	return line[:at], line[at:], true
}

// hanHouse finds the number before 号, as in 中山路88号.
func (f *AddressForms) hanHouse(line string) {
	at := strings.Index(line, "号")
	if at < 0 || f.House != "" {
		return
	}
	start := at
	for start > 0 && (line[start-1] >= '0' && line[start-1] <= '9' || line[start-1] == '-') {
		start--
	}
	if start < at {
		f.House, f.Street = line[start:at], line[:start]
	}
}
