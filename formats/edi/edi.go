// Package edi reads and writes sets of X12 and messages of EDIFACT as records.
//
// In come interchanges; out go frames, one a set with its envelope, and from a frame the tree of
// loops, segments and elements that a mapping asks for; a payload of the same shape becomes a set in
// the order of its guide. The package never validates what it reads and never answers it: that is
// for the partner's connector.
package edi

import (
	"fmt"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/config"
	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/charset"
	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/formats"
)

// X12 is the kind `edi.x12`.
var X12 = formats.Kind{Name: "edi.x12", Options: options{}, Keys: keys, Open: func(n *config.Node, ps *config.Problems) formats.Format {
	return configure(n, ps, edilib.X12)
}}

// EDIFACT is the kind `edi.edifact`.
var EDIFACT = formats.Kind{Name: "edi.edifact", Options: options{}, Keys: keys, Open: func(n *config.Node, ps *config.Problems) formats.Format {
	return configure(n, ps, edilib.EDIFACT)
}}

// keys are those of options.
var keys = []string{"set", "version", "association", "guide", "from", "charset", "max_record"}

// options stand beside `format: edi.x12`.
type options struct {
	Set         string          `yaml:"set" doc:"the set or message, such as 850 or ORDERS: what is written, and what names in mappings are checked against"`
	Version     string          `yaml:"version" doc:"its version, such as 004010 or D.96A"`
	Association string          `yaml:"association" doc:"the association assigned code of messages that are written, such as EAN008"`
	Guide       string          `yaml:"guide" doc:"the guide to read by, such as x12/004010; by default the one of the version that a message names, or the nearest that has the message"`
	From        string          `yaml:"from" doc:"the loop of which each is a record, such as LIN or SG4, with what stands before the first one; by default the set is the record"`
	Charset     string          `yaml:"charset" doc:"the character set where it is not the one that the interchange names: utf-8, windows-1252, iso-8859-1 and others"`
	MaxRecord   config.ByteSize `yaml:"max_record" default:"16MB" doc:"beyond this a set is a dead letter"`
}

// Format is one configured format.
type Format struct {
	standard edilib.Standard
	options  options
	layout   *layout // of Set and Version; nil where they are not given
	max      int

	library *guides.Library
	layouts sync.Map  // of *layout by set and version; nil where there is none
	pool    sync.Pool // of *message
	plans   sync.Map  // of *plan, by *formats.Shape
}

func configure(n *config.Node, ps *config.Problems, standard edilib.Standard) formats.Format {
	var o options
	if !n.Decode(&o, ps) {
		return nil
	}
	before := ps.Len()
	f := &Format{standard: standard, options: o, max: int(o.MaxRecord), library: guides.Shipped}
	if f.max < 1 || f.max > 1<<30 {
		ps.Errorf(n.Get("max_record").Position(), "max_record %v; expected 1 to 1GB", o.MaxRecord)
	}
	if standard == edilib.X12 && o.Association != "" {
		ps.Errorf(n.Get("association").Position(), "association is of EDIFACT; X12 has it in version, such as 004010X357")
	}
	if _, known := charset.For(o.Charset); o.Charset != "" && !known {
		ps.Add(config.Problem{
			Position: n.Get("charset").Position(), What: fmt.Sprintf("unknown charset %q", o.Charset),
			Expected: "a name such as utf-8, windows-1252, iso-8859-1",
		})
	}
	f.openGuide(n, ps)
	if ps.Len() > before {
		return nil
	}
	return f
}

// openGuide finds the guide by which names are checked.
func (f *Format) openGuide(n *config.Node, ps *config.Problems) {
	o := &f.options
	o.Version = dotted(f.standard, o.Version)
	if o.Set == "" {
		for _, key := range []string{"version", "guide"} {
			if n.Get(key).IsSet() && key == "version" {
				ps.Errorf(n.Get(key).Position(), "version without set; expected set: the set or message that it is the version of")
			}
		}
		if o.Guide != "" && f.guideNamed(o.Guide) == nil {
			f.unknownGuide(n, ps)
		}
		return
	}
	if o.Guide != "" && f.guideNamed(o.Guide) == nil {
		f.unknownGuide(n, ps)
		return
	}
	f.layout = f.layoutOf(o.Set, o.Version)
	if f.layout == nil {
		ps.Add(config.Problem{
			Position: n.Get("set").Position(), What: strings.TrimSpace(fmt.Sprintf("there is no guide for %s %s", o.Set, o.Version)),
			Expected: "one of " + strings.Join(f.knownSets(), ", "), Hint: config.Nearest(o.Set, f.knownSets()),
		})
		return
	}
	if o.Version == "" {
		o.Version = f.layout.version
	}
	if o.From != "" && f.layout.root.repeated(o.From) == nil {
		ps.Add(config.Problem{
			Position: n.Get("from").Position(), What: fmt.Sprintf("%s has no loop %q that repeats", o.Set, o.From),
			Expected: "one of " + strings.Join(f.layout.root.loops(), ", "), Hint: config.Nearest(o.From, f.layout.root.loops()),
		})
	}
}

func (f *Format) unknownGuide(n *config.Node, ps *config.Problems) {
	known := f.guideNames()
	ps.Add(config.Problem{
		Position: n.Get("guide").Position(), What: fmt.Sprintf("unknown guide %q", f.options.Guide),
		Expected: "one of " + strings.Join(known, ", "), Hint: config.Nearest(f.options.Guide, known),
	})
}

// dotted writes D:96A:UN, D96A and D.96A as D.96A.
func dotted(standard edilib.Standard, version string) string {
	if standard != edilib.EDIFACT || version == "" {
		return version
	}
	parts := strings.Split(strings.ToUpper(version), ":")
	if len(parts) == 1 && !strings.Contains(version, ".") && len(version) == 4 {
		return strings.ToUpper(version[:1] + "." + version[1:])
	}
	if len(parts) > 1 {
		return parts[0] + "." + parts[1]
	}
	return strings.ToUpper(version)
}

// Record describes what mappings may read; see [formats.Segmented].
func (f *Format) Record() formats.Part { return &recordPart{layout: f.layout, standard: f.standard} }

// Set is what the format writes: the set or message, its version and the association assigned code.
func (f *Format) Set() (set, version, association string) {
	return f.options.Set, f.options.Version, f.options.Association
}

// From is the loop of which each is a record; "" where the set is one. See [formats.Divided].
func (f *Format) From() string { return f.options.From }

// Standard is X12 or EDIFACT.
func (f *Format) Standard() edilib.Standard { return f.standard }

// Decode fills d with what want asks of a set; see [formats.Format]. Segments and loops are found by
// the guide of the set's version; without one all segments stand side by side, and Guide says so.
func (f *Format) Decode(d *formats.Doc, fr formats.Frame, want *formats.Shape) error {
	d.Arena.Reset()
	d.Root = formats.Node{}
	if want == nil {
		want = &formats.Shape{}
	}
	m, _ := f.pool.Get().(*message)
	if m == nil {
		m = &message{}
	}
	defer f.pool.Put(m)
	if err := f.prepare(m, &d.Arena, fr); err != nil {
		return err
	}
	l := f.layoutOf(m.kind())
	m.arrange(l)
	dec := &decoder{message: m, arena: &d.Arena, layout: l}
	d.Root = dec.record(f.planFor(want))
	if dec.bad != nil {
		dec.bad.Position = fr.Position
		d.Root = formats.Node{}
		return dec.bad
	}
	return nil
}

// prepare takes a frame apart.
func (f *Format) prepare(m *message, a *formats.Arena, fr formats.Frame) error {
	if err := m.read(a, fr.Context, fr.Bytes); err != nil {
		return &formats.SyntaxError{Position: fr.Position, Found: err.Error(), Expected: "a set with its envelope"}
	}
	set := 0
	for i := range m.segments {
		if isHeader(m.segments[i].tag) {
			set++
		}
	}
	if set != 1 || m.syntax.Standard != f.standard {
		return &formats.SyntaxError{Position: fr.Position, Found: fmt.Sprintf("%d sets of %s", set, m.syntax.Standard), Expected: "one set of " + f.standard.String()}
	}
	m.text = f.charsetOf(m)
	return nil
}

// planFor gives what a shape asks for, which is worked out once.
func (f *Format) planFor(want *formats.Shape) *plan {
	if known, ok := f.plans.Load(want); ok {
		return known.(*plan)
	}
	p := newPlan(want)
	f.plans.Store(want, p)
	return p
}

// Guide names the guide by which the set of a frame is read, such as x12/004010 850; "" where there
// is none, so that the set is the flat list of its segments.
func (f *Format) Guide(fr formats.Frame) string {
	m := &message{}
	if f.prepare(m, &formats.Arena{}, fr) != nil {
		return ""
	}
	if l := f.layoutOf(m.kind()); l != nil {
		return l.name
	}
	return ""
}
