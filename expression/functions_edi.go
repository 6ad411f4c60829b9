package expression

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/touchstone-hub/touchstone/formats"
)

var ediFunctions = []*function{
	{signature: "period(scalar, text, text?) text", doc: `the date or time, read by a format code of EDIFACT (element 2379: 102, 203, 718) or X12 (element 1250: D8, DT, RD8), the code being a value of the record as well: period(DTM[137].2380, DTM[137].2379); of a period its beginning; a third argument names the time zone (UTC if none is named)`, build: buildPeriod(false)},
	{signature: "periodEnd(scalar, text, text?) text", doc: "the same of a period's end; nothing where the value is no period", build: buildPeriod(true)},
	{signature: "country(scalar) text", doc: "the country as ISO 3166-1 alpha-2, of its alpha-2, alpha-3 or numeric code; nothing where it is none", eval: country},
	{signature: "chunks(text, number) texts", doc: "the text in pieces of so many characters, for messages that have several short elements for one", eval: chunks},
	{signature: "implied(scalar, number) number", doc: `the number with so many implied decimal places: implied("17060", 2) is 170.60`, eval: implied},
	{signature: "withoutPoint(number, number) text", doc: `the reverse: withoutPoint(170.6, 2) is "17060"; rounded to so many places`, eval: withoutPoint},
}

// chunks divides a text for messages that have several short elements for one long text.
func chunks(m *Machine, args []*formats.Node) *formats.Node {
	size, ok := m.whole(args[1])
	if !ok || size < 1 {
		if ok {
			m.fail(fmt.Errorf("chunks: found %d characters; expected at least 1", size))
		}
		return &absent
	}
	mark := len(m.pile)
	for text := []rune(string(args[0].Text)); len(text) > 0 && m.spend(1); {
		n := min(size, len(text))
		m.pile = append(m.pile, *m.text(append(m.buf[:0], string(text[:n])...)))
		text = text[n:]
	}
	if len(m.pile) == mark {
		return &absent
	}
	return m.list(mark)
}

func country(m *Machine, args []*formats.Node) *formats.Node {
	region, err := language.ParseRegion(strings.TrimSpace(string(args[0].Text)))
	if err != nil || !region.IsCountry() {
		return &absent
	}
	return m.text(append(m.buf[:0], region.Canonicalize().String()...))
}

func implied(m *Machine, args []*formats.Node) *formats.Node {
	d, ok := m.decimalOf(args[0])
	places, okp := m.places(args[1])
	if !ok || !okp {
		return &absent
	}
	return m.exact(d.Shift(-places))
}

func withoutPoint(m *Machine, args []*formats.Node) *formats.Node {
	d, ok := m.decimalOf(args[0])
	places, okp := m.places(args[1])
	if !ok || !okp {
		return &absent
	}
	return m.text(append(m.buf[:0], d.Shift(places).Round(0).String()...))
}

// buildPeriod compiles period and periodEnd: the zone is fixed.
func buildPeriod(end bool) func(*compiler, *call) (op, *Type) {
	return func(c *compiler, call *call) (op, *Type) {
		o := &period{name: call.f.name, end: end, zone: time.UTC}
		if len(call.args) > 2 {
			zone, ok := c.fixedText(call, 2)
			if !ok {
				return &constant{value: &absent}, TextType
			}
			var err error
			if o.zone, err = time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
				return c.wrong(call.args[2].Location(), `a time zone such as "Europe/Berlin"`, "unknown time zone %q", zone)
			}
		}
		if !c.arguments(call) {
			return &constant{value: &absent}, TextType
		}
		o.of, o.code = call.ops[0], call.ops[1]
		return o, TextType
	}
}

// period reads a date, time or period by its format code.
type period struct {
	name     string
	end      bool
	zone     *time.Location
	of, code op
}

// ediLayouts are the layouts of the format codes that say a day or a time of a day: UN/EDIFACT
// directory element 2379, X12 element 1250. The layouts are Go's; several are told apart by length.
// A code with from names that of each of a period's ends.
var ediLayouts = map[string]struct {
	layouts []string
	from    string
}{
	"2": {layouts: []string{"020106"}}, "3": {layouts: []string{"010206"}}, "4": {layouts: []string{"02012006"}},
	"5": {layouts: []string{"020120061504"}}, "10": {layouts: []string{"20060102T1504"}},
	"101": {layouts: []string{"060102"}}, "102": {layouts: []string{"20060102"}}, "105": {layouts: []string{"06002"}},
	"201": {layouts: []string{"0601021504"}}, "202": {layouts: []string{"060102150405"}},
	"203": {layouts: []string{"200601021504"}}, "204": {layouts: []string{"20060102150405"}},
	"205": {layouts: []string{"200601021504-0700"}},
	"301": {layouts: []string{"0601021504MST"}}, "302": {layouts: []string{"060102150405MST"}},
	"303": {layouts: []string{"200601021504MST"}}, "304": {layouts: []string{"20060102150405MST"}},
	"602": {layouts: []string{"2006"}}, "609": {layouts: []string{"0601"}}, "610": {layouts: []string{"200601"}},
	"702": {from: "602"}, "709": {from: "609"}, "710": {from: "610"}, "713": {from: "201"},
	"716": {from: "616"}, "717": {from: "101"}, "718": {from: "102"}, "719": {from: "203"},
	"D6": {layouts: []string{"060102"}}, "D8": {layouts: []string{"20060102", "060102"}},
	"DB": {layouts: []string{"01022006"}}, "DT": {layouts: []string{"200601021504", "20060102150405", "20060102", "2006010215040500"}},
	"RTS": {layouts: []string{"20060102150405"}}, "CM": {layouts: []string{"200601"}}, "CY": {layouts: []string{"2006"}},
	"UN": {layouts: []string{"20060102", "060102"}}, "YMM": {layouts: []string{"2006Jan"}},
	"RD6": {from: "D6"}, "RD8": {from: "D8"}, "RDT": {from: "DT"}, "RMY": {from: "CM"}, "RD": {from: "DB"},
}

func (o *period) eval(m *Machine) *formats.Node {
	n, c := o.of.eval(m), o.code.eval(m)
	if missing(n) || len(n.Text) == 0 || !m.spend(1) {
		return &absent
	}
	if n.Kind != formats.Text && n.Kind != formats.Number || missing(c) || c.Kind != formats.Text && c.Kind != formats.Number {
		return m.fail(fmt.Errorf("%s: found %s with the format code %s; expected a text with its code", o.name, Show(n), Show(c)))
	}
	text, code := strings.TrimSpace(string(n.Text)), string(c.Text)
	known, ok := ediLayouts[code]
	if !ok && code != "616" && code != "615" {
		return m.fail(fmt.Errorf("%s: found the format code %s; expected one that says a day or a time, such as 102, 203, 718, D8, DT, RD8", o.name, Show(c)))
	}
	if known.from != "" {
		begin, end := halves(text)
		if text, code = begin, known.from; o.end {
			text = end
		}
		known = ediLayouts[code]
	} else if o.end {
		return &absent
	}
	if code == "616" || code == "615" {
		return o.week(m, n, text, code)
	}
	for _, layout := range known.layouts {
		if t, err := time.ParseInLocation(layout, text, o.zone); err == nil && len(text) >= len(layout)-1 {
			return o.write(m, t, strings.Contains(layout, "15"))
		}
	}
	return m.fail(fmt.Errorf("%s: found %s; expected a value of the format code %s", o.name, Show(n), Show(c)))
}

// halves divides a period: its ends are divided by a hyphen, or are the halves of the text.
func halves(text string) (begin, end string) {
	if begin, end, found := strings.Cut(text, "-"); found {
		return begin, end
	}
	return text[:len(text)/2], text[len(text)/2:]
}

func (o *period) write(m *Machine, t time.Time, clock bool) *formats.Node {
	if clock {
		return m.text(t.UTC().AppendFormat(m.buf[:0], "2006-01-02T15:04:05.999999999Z07:00"))
	}
	return m.text(t.AppendFormat(m.buf[:0], time.DateOnly))
}

// week is the Monday of a week: YYWW, CCYYWW (ISO 8601).
func (o *period) week(m *Machine, n *formats.Node, text, code string) *formats.Node {
	if code == "615" {
		text = "20" + text
	}
	year, err := strconv.Atoi(text[:min(4, len(text))])
	week, err2 := strconv.Atoi(text[min(4, len(text)):])
	if err != nil || err2 != nil || len(text) != 6 || week < 1 || week > 53 {
		return m.fail(fmt.Errorf("%s: found %s; expected a value of the format code %s", o.name, Show(n), code))
	}
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in the first week
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(week-1))
	return o.write(m, monday, false)
}
