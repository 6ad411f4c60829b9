package expression

import (
	"bytes"
	"sync"
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
