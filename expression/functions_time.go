package expression

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // time zones do not depend on the machine

	"github.com/touchstone-hub/touchstone/formats"
)

var timeFunctions = []*function{
	{signature: "date(scalar, text?) text", doc: `the date as YYYY-MM-DD, read by a layout such as "DD.MM.YYYY"; without one, from a date or time by RFC 3339`, build: buildTime},
	{signature: "datetime(scalar, text?, text?) text", doc: `the time by RFC 3339 in UTC, read by a layout such as "YYYY-MM-DD hh:mm:ss" in a time zone such as "Europe/Berlin" (UTC if none is named); the layouts unix and unixms are seconds and milliseconds since 1970`, build: buildTime},
	{signature: "formatTime(text, text, text?) text", doc: `a date or time by RFC 3339 written in a layout and a time zone`, build: buildTime},
}

// buildTime compiles date, datetime and formatTime: layout and zone are fixed.
func buildTime(c *compiler, call *call) (op, *Type) {
	o := &clock{name: call.f.name, zone: time.UTC}
	nothing := &constant{value: &absent}
	if len(call.args) > 1 {
		layout, ok := c.fixedText(call, 1)
		if !ok {
			return nothing, TextType
		}
		o.written = layout
		if layout == "unix" || layout == "unixms" {
			o.unix = layout
		} else if o.layout, ok = goLayout(layout); !ok {
			return c.wrong(call.args[1].Location(), `YYYY, YY, MM, MMM, DD, D, M, hh, h, mm, ss, SSS, A (AM or PM), Z (offset) and signs between them, "unix" or "unixms"`, "found the layout %q", layout)
		}
	}
	if len(call.args) > 2 {
		zone, ok := c.fixedText(call, 2)
		if !ok {
			return nothing, TextType
		}
		var err error
		if o.zone, err = time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
			return c.wrong(call.args[2].Location(), `a time zone such as "Europe/Berlin"`, "unknown time zone %q", zone)
		}
	}
	if !c.arguments(call) {
		return nothing, TextType
	}
	o.of = call.ops[0]
	return o, TextType
}

// tokens of layouts, longest first, with what Go calls them.
var layoutTokens = []struct{ token, layout string }{
	{"YYYY", "2006"},
	{"MMMM", "January"},
	{"MMM", "Jan"},
	{"SSS", "000"},
	{"YY", "06"},
	{"MM", "01"},
	{"DD", "02"},
	{"hh", "15"},
	{"mm", "04"},
	{"ss", "05"},
	{"M", "1"},
	{"D", "2"},
	{"h", "15"},
	{"A", "PM"},
	{"Z", "Z07:00"},
	{"T", "T"},
}

// goLayout translates a layout; false where it has other letters or digits.
func goLayout(layout string) (string, bool) {
	var out strings.Builder
	rest := layout
next:
	for rest != "" {
		for _, t := range layoutTokens {
			if after, ok := strings.CutPrefix(rest, t.token); ok {
				out.WriteString(t.layout)
				rest = after
				continue next
			}
		}
		if c := rest[0]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' {
			return "", false
		}
		out.WriteByte(rest[0])
		rest = rest[1:]
	}
	text := out.String()
	if strings.Contains(text, "PM") {
		if strings.Contains(layout, "hh") {
			text = strings.Replace(text, "15", "03", 1)
		} else {
			text = strings.Replace(text, "15", "3", 1)
		}
	}
	return text, layout != ""
}

// clock reads or writes times.
type clock struct {
	name    string
	written string // the layout as in the mapping
	layout  string // Go's; "" for RFC 3339
	unix    string // unix or unixms
	zone    *time.Location
	of      op
}

func (o *clock) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	if missing(n) {
		return n
	}
	if n.Kind != formats.Text && n.Kind != formats.Number || !m.spend(1) {
		return m.fail(fmt.Errorf("argument 1 of %s: found %s; expected text", o.name, Show(n)))
	}
	text := strings.TrimSpace(string(n.Text))
	if text == "" {
		return &absent
	}
	t, ok := o.read(m, n, text)
	if !ok {
		return &absent
	}
	switch o.name {
	case "date":
		return m.text(t.AppendFormat(m.buf[:0], time.DateOnly))
	case "datetime":
		return m.text(t.UTC().AppendFormat(m.buf[:0], "2006-01-02T15:04:05.999999999Z07:00"))
	}
	if o.unix != "" {
		stamp := t.Unix()
		if o.unix == "unixms" {
			stamp = t.UnixMilli()
		}
		return m.text(fmt.Append(m.buf[:0], stamp))
	}
	return m.text(t.In(o.zone).AppendFormat(m.buf[:0], o.layout))
}

func (o *clock) read(m *Machine, n *formats.Node, text string) (time.Time, bool) {
	switch {
	case o.name == "formatTime" || o.layout == "" && o.unix == "":
		return o.readRFC3339(m, n, text)
	case o.unix != "":
		d, ok := m.decimalOf(n)
		if o.unix == "unix" {
			d = d.Shift(3)
		}
		if ok && len(d.Truncate(0).String()) > 15 {
			m.fail(fmt.Errorf("found %s; expected %s since 1970", Show(n), map[string]string{"unix": "seconds", "unixms": "milliseconds"}[o.unix]))
			return time.Time{}, false
		}
		return time.UnixMilli(d.IntPart()).UTC(), ok
	}
	t, err := time.ParseInLocation(o.layout, text, o.zone)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		m.fail(fmt.Errorf("found %s; expected a time written as %s", Show(n), o.written))
		return time.Time{}, false
	}
	return t, true
}

func (o *clock) readRFC3339(m *Machine, n *formats.Node, text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, text, time.UTC)
	}
	if err != nil {
		m.fail(fmt.Errorf("found %s; expected a date or time by RFC 3339 (a second argument names another layout)", Show(n)))
	}
	return t, err == nil
}
