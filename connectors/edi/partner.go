package edi

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// settings are the kind's `settings:`.
type settings struct {
	Root     string                         `yaml:"root" doc:"the folder that folders of partners are in; relative to the hub folder, which is the default"`
	Us       *identity                      `yaml:"us" doc:"who we are, in interchanges with all partners that say nothing else"`
	Partners config.Ordered[partnerSetting] `yaml:"partners" doc:"who interchanges are exchanged with, by a name of your own"`
}

// identity is how somebody is named in envelopes.
type identity struct {
	ID        config.Positioned[string] `yaml:"id,required" doc:"ISA06/ISA08, or UNB 0004/0010"`
	Qualifier config.Positioned[string] `yaml:"qualifier" doc:"what sort of ID it is: ISA05/ISA07 (ZZ where left out), or UNB 0007"`
	Group     config.Positioned[string] `yaml:"group" doc:"code of the application, GS02/GS03; the ID where left out"`
}

// partnerSetting is one partner as it stands in the file.
type partnerSetting struct {
	identity
	Us          *identity                   `yaml:"us" doc:"who we are to this partner, where that is not the same for all"`
	Standard    string                      `yaml:"standard,required" enum:"x12,edifact" doc:"what interchanges we send are written in"`
	Version     config.Positioned[string]   `yaml:"version" doc:"of what we send: 004010 (GS08), or D.96A (UNH 0052 and 0054); these where left out"`
	Syntax      config.Positioned[string]   `yaml:"syntax" doc:"EDIFACT: syntax and its version, such as UNOC:3, which holds where left out"`
	Test        bool                        `yaml:"test" doc:"whether what we send is marked as a test. What comes in so marked is acknowledged and goes no further, unless this is true"`
	Delimiters  *delimiters                 `yaml:"delimiters" doc:"of what we send, where they are not the customary ones"`
	LineBreaks  bool                        `yaml:"line_breaks" doc:"whether a line break follows each segment that we send"`
	UNA         bool                        `yaml:"una" default:"true" doc:"EDIFACT: whether what we send begins with a UNA"`
	Acknowledge acknowledge                 `yaml:"acknowledge" doc:"what the partner is told of what it sent"`
	Await       time.Duration               `yaml:"await" default:"24h" min:"0s" doc:"how long what we sent may wait for its acknowledgement before that is an alarm; 0s: none is awaited"`
	Resend      int                         `yaml:"resend" default:"0" min:"0" max:"100" doc:"how often what is not acknowledged in time is handed over again before that is an alarm"`
	Duplicates  string                      `yaml:"duplicates" enum:"reject,ignore,answer,retransmission" default:"reject" doc:"what becomes of an interchange whose control number came before: reject it; ignore it; answer it once more as before; retransmission: take it where its sets are marked as duplicates or reissued, else reject it"`
	Numbers     int64                       `yaml:"numbers_from" default:"1" min:"1" max:"999999999" doc:"control number to begin with"`
	Unguided    bool                        `yaml:"unguided" doc:"whether sets that no guide describes are taken by their envelope alone"`
	Guides      []config.Positioned[string] `yaml:"guides" doc:"guides of this partner, files in the hub folder; they go before those that are shipped"`
	In          inFolder                    `yaml:"in" doc:"where the partner's interchanges arrive"`
	Out         outFolder                   `yaml:"out" doc:"where ours are put for the partner"`
	Collect     collect                     `yaml:"collect" doc:"how documents are collected to interchanges"`
	Keep        time.Duration               `yaml:"keep" default:"2160h" min:"1h" doc:"how long interchanges are remembered once nothing is open about them, and duplicates known by it"`
}

// delimiters are single characters.
type delimiters struct {
	Element    config.Positioned[string] `yaml:"element"`
	Component  config.Positioned[string] `yaml:"component"`
	Repetition config.Positioned[string] `yaml:"repetition"`
	Release    config.Positioned[string] `yaml:"release"`
	Segment    config.Positioned[string] `yaml:"segment"`
}

// acknowledge says what we answer.
type acknowledge struct {
	With config.Positioned[string] `yaml:"with" enum:"auto,997,999,contrl,none" default:"auto" doc:"auto: 997 for X12, 999 for the health care guides of 005010, CONTRL for EDIFACT"`
	When string                    `yaml:"when" enum:"always,errors" default:"always" doc:"always, or only where something was wrong"`
	TA1  config.Positioned[string] `yaml:"ta1" enum:"requested,always,errors,never" default:"requested" doc:"X12: whether a TA1 answers the interchange: where ISA14 asks for it or the envelope is wrong; always; only where it is wrong; never"`
}

// inFolder is a drop folder.
type inFolder struct {
	Folder  config.Positioned[string] `yaml:"folder" doc:"where interchanges are dropped, in the root; in/PARTNER where left out. Partners may share one"`
	Pattern config.Positioned[string] `yaml:"pattern" doc:"names of the files to read, with * and ?"`
	Settle  time.Duration             `yaml:"settle" default:"1s" min:"0s" doc:"how long a file must not have changed before it is read"`
}

// outFolder is a pick-up folder.
type outFolder struct {
	File config.Positioned[string] `yaml:"file" doc:"name of an interchange's file, in the root: {control} its number, {partner}, {date}; out/PARTNER/{control}.edi where left out"`
}

// collect says when documents leave. What comes first counts.
type collect struct {
	Count    int                       `yaml:"count" default:"100" min:"1" max:"10000" doc:"as soon as there are so many; an interchange holds no more"`
	After    time.Duration             `yaml:"after" default:"5s" min:"0s" doc:"as soon as one has waited so long"`
	Schedule config.Positioned[string] `yaml:"schedule" doc:"at these times in place of after: a cron expression"`
}

// partner is one partner, checked.
type partner struct {
	partnerSetting
	name     string
	at       config.Position
	standard edi.Standard
	us       party
	them     party
	delim    edi.Delimiters
	schedule cron.Schedule // nil: after
	library  *guides.Library
}

// party is a name in an envelope.
type party struct{ id, qualifier, group string }

func (c *connector) openPartners(node *config.Node, ps *config.Problems) {
	var set settings
	node.Decode(&set, ps)
	c.root = set.Root
	if !filepath.IsAbs(c.root) {
		c.root = filepath.Join(c.folder, c.root)
	}
	if len(set.Partners) == 0 {
		ps.Add(config.Problem{Position: node.Position(), What: "there are no partners", Expected: "partners: with a name, and id: and standard: below it"})
	}
	for _, one := range set.Partners {
		p := openPartner(one, set.Us, ps)
		p.openGuides(c.folder, ps)
		c.partners = append(c.partners, p)
	}
	c.checkTwice(ps)
}

var partnerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

func openPartner(n config.Named[partnerSetting], us *identity, ps *config.Problems) *partner {
	p := &partner{partnerSetting: n.Value, name: n.Name, at: n.Position}
	if !partnerName.MatchString(p.name) {
		ps.Add(config.Problem{Position: p.at, What: fmt.Sprintf("%q cannot name a partner", p.name), Expected: "small letters, digits and -, beginning with a letter"})
	}
	standard, err := edi.ParseStandard(p.Standard)
	if err != nil {
		return p // told of by its enum
	}
	p.standard = standard
	if p.Us == nil {
		p.Us = us
	}
	p.them = p.party(&p.identity, ps)
	if p.Us == nil {
		ps.Add(config.Problem{Position: p.at, What: fmt.Sprintf("nothing says who we are to %s", p.name), Expected: "us: {id: …}, here or in the settings for all partners"})
	} else {
		p.us = p.party(p.Us, ps)
	}
	p.checkVersion(ps)
	p.checkDelimiters(ps)
	p.checkAcknowledge(ps)
	p.checkPlaces(ps)
	return p
}

// party checks an identity for the partner's standard.
func (p *partner) party(i *identity, ps *config.Problems) party {
	most, qualifier := 35, 4 // UNB 0004, 0007 (ISO 9735)
	if p.standard == edi.X12 {
		most, qualifier = 15, 2 // ISA06, ISA05
		if i.Qualifier.Value == "" {
			i.Qualifier.Value = "ZZ"
		}
	}
	check := func(what string, v config.Positioned[string], most int) {
		if len(v.Value) > most {
			ps.Add(config.Problem{Position: v.Position(), What: fmt.Sprintf("%s %q has %d characters", what, v.Value, len(v.Value)), Expected: fmt.Sprintf("at most %d in %s", most, p.Standard)})
		}
	}
	check("id", i.ID, most)
	check("qualifier", i.Qualifier, qualifier)
	check("group", i.Group, most)
	return party{id: i.ID.Value, qualifier: i.Qualifier.Value, group: cmp.Or(i.Group.Value, i.ID.Value)}
}

var (
	x12Version     = regexp.MustCompile(`^\d{6}[A-Z0-9]{0,6}$`)
	edifactVersion = regexp.MustCompile(`^[A-Z0-9]{1,3}\.[A-Z0-9]{1,3}$`)
	syntaxLevel    = regexp.MustCompile(`^UNO[A-Y]:[1-4]$`)
)

func (p *partner) checkVersion(ps *config.Problems) {
	versions, usual, example := x12Version, "004010", "004010 or 005010X222A1"
	if p.standard == edi.EDIFACT {
		versions, usual, example = edifactVersion, "D.96A", "D.96A or D.01B"
	}
	if !p.Version.IsSet() {
		p.Version.Value = usual
	}
	if !versions.MatchString(p.Version.Value) {
		ps.Add(config.Problem{Position: p.Version.Position(), What: fmt.Sprintf("version %q is none of %s", p.Version.Value, p.Standard), Expected: example})
	}
	switch {
	case p.Syntax.IsSet() && p.standard == edi.X12:
		ps.Add(config.Problem{Position: p.Syntax.Position(), What: "syntax is of EDIFACT, and the partner's standard is x12", Expected: "no syntax:"})
	case p.Syntax.IsSet() && !syntaxLevel.MatchString(p.Syntax.Value):
		ps.Add(config.Problem{Position: p.Syntax.Position(), What: fmt.Sprintf("syntax %q is none", p.Syntax.Value), Expected: "UNOA:1 to UNOY:4, such as UNOC:3"})
	case !p.Syntax.IsSet():
		p.Syntax.Value = "UNOC:3"
	}
}

func (p *partner) checkDelimiters(ps *config.Problems) {
	p.delim = edi.X12Delimiters
	if p.standard == edi.EDIFACT {
		p.delim = edi.EDIFACTDelimiters
		if strings.HasSuffix(p.Syntax.Value, ":4") {
			p.delim = edi.EDIFACT4Delimiters
		}
	}
	if p.standard == edi.X12 && p.Version.Value < "00402" {
		p.delim.Repetition = 0
	}
	d := p.Delimiters
	if d == nil {
		return
	}
	taken := map[byte]string{}
	for _, one := range []struct {
		name  string
		given config.Positioned[string]
		into  *byte
	}{
		{"element", d.Element, &p.delim.Element},
		{"component", d.Component, &p.delim.Component},
		{"repetition", d.Repetition, &p.delim.Repetition},
		{"release", d.Release, &p.delim.Release},
		{"segment", d.Segment, &p.delim.Segment},
	} {
		text, at := one.given.Value, one.given.Position()
		switch {
		case !one.given.IsSet():
		case len(text) != 1 || text[0] >= 0x80 || text[0] > ' ' && isWord(text[0]):
			ps.Add(config.Problem{Position: at, What: fmt.Sprintf("%s delimiter is %q", one.name, text), Expected: "one ASCII character that is no letter, digit or space"})
			continue
		case p.standard == edi.X12 && one.name == "release":
			ps.Add(config.Problem{Position: at, What: "X12 has no release character", Expected: "no release:"})
			continue
		default:
			*one.into = text[0]
		}
		if other := taken[*one.into]; *one.into != 0 && other != "" {
			ps.Add(config.Problem{Position: p.Delimiters.position(p.at), What: fmt.Sprintf("%s and %s are both %q", other, one.name, *one.into), Expected: "delimiters that differ"})
		}
		taken[*one.into] = one.name
	}
}

func (d *delimiters) position(otherwise config.Position) config.Position {
	for _, one := range []config.Positioned[string]{d.Segment, d.Release, d.Repetition, d.Component, d.Element} {
		if one.IsSet() {
			return one.Position()
		}
	}
	return otherwise
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

func (p *partner) checkAcknowledge(ps *config.Problems) {
	with := p.Acknowledge.With
	x12 := with.Value == "997" || with.Value == "999"
	if x12 && p.standard == edi.EDIFACT || with.Value == "contrl" && p.standard == edi.X12 {
		ps.Add(config.Problem{Position: with.Position(), What: fmt.Sprintf("acknowledge with %s does not go with %s", with.Value, p.Standard), Expected: "997, 999 for x12; contrl for edifact; auto; none"})
	}
	if given := p.Acknowledge.TA1; given.Node.IsSet() && given.Value != "requested" && p.standard == edi.EDIFACT {
		ps.Add(config.Problem{Position: given.Position(), What: "ta1 is of X12, and the partner's standard is edifact", Expected: "no ta1:"})
	}
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func (p *partner) checkPlaces(ps *config.Problems) {
	if p.In.Folder.Value == "" {
		p.In.Folder.Value = "in/" + p.name
	}
	if p.Out.File.Value == "" {
		p.Out.File.Value = "out/{partner}/{control}.edi"
	}
	local := func(key string, v config.Positioned[string]) {
		if !filepath.IsLocal(v.Value) {
			ps.Add(config.Problem{Position: v.Position(), What: fmt.Sprintf("%s %q leads out of the root folder", key, v.Value), Expected: "a relative path without .. (folders elsewhere: settings: {root: /the/folder})"})
		}
	}
	local("folder", p.In.Folder)
	local("file", p.Out.File)
	if v := p.In.Pattern; v.IsSet() {
		if _, err := filepath.Match(v.Value, ""); err != nil || v.Value == "" || strings.Contains(v.Value, "/") {
			ps.Add(config.Problem{Position: v.Position(), What: fmt.Sprintf("pattern is %q", v.Value), Expected: "a file name with * and ?, such as *.edi"})
		}
	}
	known := []string{"{control}", "{partner}", "{date}"}
	used := placeholder.FindAllString(p.Out.File.Value, -1)
	for _, u := range used {
		if !slices.Contains(known, u) {
			ps.Add(config.Problem{Position: p.Out.File.Position(), What: "unknown placeholder " + u, Expected: strings.Join(known, ", "), Hint: config.Nearest(u, known)})
		}
	}
	if !slices.Contains(used, "{control}") {
		ps.Add(config.Problem{Position: p.Out.File.Position(), What: fmt.Sprintf("each interchange would replace %q", p.Out.File.Value), Expected: "{control} in the name"})
	}
	if v := p.Collect.Schedule; v.IsSet() {
		schedule, err := cron.ParseStandard(v.Value)
		if err != nil {
			ps.Add(config.Problem{Position: v.Position(), What: fmt.Sprintf("schedule %q is none", v.Value), Expected: `a cron expression such as "0 6-20 * * 1-5", or @every 15m`})
		}
		p.schedule = schedule
	}
}

// openGuides reads the partner's own guides.
func (p *partner) openGuides(folder string, ps *config.Problems) {
	p.library = guides.Shipped
	if len(p.Guides) == 0 {
		return
	}
	p.library = &guides.Library{}
	for _, name := range p.Guides {
		if !filepath.IsLocal(name.Value) {
			ps.Add(config.Problem{Position: name.Position(), What: fmt.Sprintf("guide %q leads out of the hub folder", name.Value), Expected: "a file in the hub folder, such as guides/acme-850.yaml"})
			continue
		}
		if _, err := p.library.AddPath(filepath.Join(folder, name.Value)); err != nil {
			ps.Errorf(name.Position(), "guide %s cannot be read: %v", name.Value, err)
		}
	}
}

// checkTwice finds partners that could not be told apart.
func (c *connector) checkTwice(ps *config.Problems) {
	for i, p := range c.partners {
		for _, other := range c.partners[:i] {
			if p.standard == other.standard && p.them.id == other.them.id && p.them.qualifier == other.them.qualifier && p.us == other.us {
				ps.Add(config.Problem{Position: p.ID.Position(), What: fmt.Sprintf("partners %s and %s have the same ID, qualifier and standard", other.name, p.name), Expected: "partners that their interchanges tell apart"})
			}
			if p.Out.File.Value == other.Out.File.Value && !strings.Contains(p.Out.File.Value, "{partner}") {
				ps.Add(config.Problem{Position: p.Out.File.Position(), What: fmt.Sprintf("files for %s and %s have the same names", other.name, p.name), Expected: "{partner} in the name, or a folder of its own"})
			}
		}
	}
}
