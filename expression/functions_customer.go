package expression

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/formats"
)

var customerFunctions = []*function{
	{signature: "phone(text, text?) text", doc: "the number as E.164 where it is one in the region given, or the hub's; otherwise as it was written", build: buildPhone},
	{signature: "email(text) text", doc: "the address trimmed, its domain in small letters; nothing where it is no mail address", eval: email},
	{signature: "name(text) object", doc: `{full, honorific, given, family} of a person: "Dr. Anna Smith", "Smith, Anna", "王小明"`, eval: name},
}

func buildPhone(c *compiler, call *call) (op, *Type) {
	if !c.arguments(call) {
		return &constant{value: &absent}, TextType
	}
	o := &phone{of: call.ops[0], own: &standard.Standardiser{Region: c.env.options.Region}}
	if len(call.ops) == 2 {
		o.region = call.ops[1]
		if k, ok := o.region.(*constant); ok {
			if !isRegion(k.value.Text) {
				return c.wrong(call.args[1].Location(), `an ISO 3166-1 alpha-2 code such as "DE"`, "found %s as region", Show(k.value))
			}
			o.own, o.region = &standard.Standardiser{Region: string(k.value.Text)}, nil
		}
	}
	return o, TextType
}

type phone struct {
	of     op
	own    *standard.Standardiser // of the region that is known when compiling
	region op                     // of the record; nil: own
}

func (o *phone) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	if missing(n) || !m.textual(n, "phone") {
		return n
	}
	text := bytes.TrimSpace(n.Text)
	if isE164(text) {
		return m.same(formats.Text, text)
	}
	reader := o.own
	if o.region != nil {
		if region := o.region.eval(m); isRegion(region.Text) {
			reader = standardiserOf(string(region.Text))
		}
	}
	if e164, ok := reader.Phone(string(text)); ok {
		return m.text(append(m.buf[:0], e164...))
	}
	return m.same(formats.Text, text)
}

var regionSchema = canonical.SchemaOf(canonical.EntityCustomer).Path("addresses.country")

func isRegion(text []byte) bool { return len(text) > 0 && regionSchema.CheckBytes(text) == nil }

// standardisers by region; there are no more than there are countries.
var standardisers sync.Map

func standardiserOf(region string) *standard.Standardiser {
	s, ok := standardisers.Load(region)
	if !ok {
		s, _ = standardisers.LoadOrStore(region, &standard.Standardiser{Region: region})
	}
	return s.(*standard.Standardiser)
}

// isE164 tells whether a number already is written as E.164 has it: + and 7 to 15 digits.
func isE164(text []byte) bool {
	if len(text) < 8 || len(text) > 16 || text[0] != '+' || text[1] == '0' {
		return false
	}
	for _, c := range text[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

var emailSchema = canonical.SchemaOf(canonical.EntityCustomer).Path("emails.value")

func email(m *Machine, args []*formats.Node) *formats.Node {
	text := bytes.TrimSpace(args[0].Text)
	at := bytes.LastIndexByte(text, '@')
	if at < 0 || emailSchema.CheckBytes(text) != nil {
		return &absent
	}
	for _, c := range text[at:] {
		if c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			return m.text(append(append(m.buf[:0], text[:at]...), bytes.ToLower(text[at:])...))
		}
	}
	return m.same(formats.Text, text)
}

var nameNames = []string{"full", "honorific", "given", "family"}

// name splits a person's name. What it cannot split with certainty enough stays in full alone.
func name(m *Machine, args []*formats.Node) *formats.Node {
	full := strings.Join(strings.Fields(string(args[0].Text)), " ")
	if full == "" {
		return &absent
	}
	honorific, given, family := splitName(full)
	n := m.node(formats.Object)
	n.Names, n.Kids = nameNames, m.arena.Nodes(4)
	for i, part := range []string{full, honorific, given, family} {
		if part != "" {
			n.Kids[i] = *m.text(append(m.buf[:0], part...))
		}
	}
	return n
}

var honorifics = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "miss": true, "mx": true, "dr": true, "prof": true, "sir": true, "dame": true,
	"herr": true, "frau": true, "m": true, "mme": true, "mlle": true, "monsieur": true, "madame": true,
	"sr": true, "sra": true, "srta": true, "don": true, "doña": true, "sig": true, "dhr": true, "mevr": true, "ing": true, "dipl": true,
}

// particles begin a family name of several words.
var particles = map[string]bool{
	"van": true, "von": true, "de": true, "der": true, "den": true, "del": true, "della": true, "di": true, "da": true,
	"dos": true, "das": true, "du": true, "la": true, "le": true, "ten": true, "ter": true, "zu": true, "zur": true,
	"bin": true, "ibn": true, "al": true, "el": true, "af": true, "av": true,
}

// compounds are the Chinese family names of two characters in use.
const compounds = "欧阳歐陽司马司馬诸葛諸葛上官皇甫尉迟尉遲公孙公孫慕容司徒令狐东方東方西门西門南宫南宮夏侯端木宇文长孫长孙長孫"

func splitName(full string) (honorific, given, family string) {
	if family, given, ok := strings.Cut(full, ","); ok && !strings.Contains(given, ",") {
		honorific, given = cutHonorific(strings.Fields(given))
		return honorific, given, strings.TrimSpace(family)
	}
	if isHan(full) {
		given, family = splitHan(full)
		return "", given, family
	}
	words := strings.Fields(full)
	honorific, rest := cutHonorific(words)
	words = strings.Fields(rest)
	if len(words) < 2 {
		return honorific, "", ""
	}
	first := len(words) - 1
	for first > 1 && particles[strings.ToLower(words[first-1])] {
		first--
	}
	return honorific, strings.Join(words[:first], " "), strings.Join(words[first:], " ")
}

func cutHonorific(words []string) (honorific, rest string) {
	n := 0
	for n < len(words) && honorifics[strings.ToLower(strings.TrimSuffix(words[n], "."))] {
		n++
	}
	if n == len(words) {
		n = 0
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:], " ")
}

func isHan(s string) bool {
	for _, c := range s {
		if !unicode.Is(unicode.Han, c) {
			return false
		}
	}
	return true
}

// splitHan takes the family name from the front of two to four characters.
func splitHan(full string) (given, family string) {
	characters := []rune(full)
	size := 1
	if len(characters) > 2 {
		for pairs := []rune(compounds); len(pairs) >= 2; pairs = pairs[2:] {
			if pairs[0] == characters[0] && pairs[1] == characters[1] {
				size = 2
			}
		}
	}
	if len(characters) < 2 || len(characters) > 4 {
		return "", ""
	}
	return string(characters[size:]), string(characters[:size])
}
