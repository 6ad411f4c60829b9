package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// ediAckOptions are the flags of an acknowledgement.
type ediAckOptions struct {
	control         int64
	functional, ta1 string
	all, rejected   bool
	oneLine, strict bool
	at              string
}

func (o *ediAckOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.Int64Var(&o.control, "control", 1, "the control number of the acknowledgement, of its first group and its first set")
	f.StringVar(&o.functional, "functional", "version", "the functional acknowledgement of X12: 997, 999, none, or what the version demands")
	f.StringVar(&o.ta1, "ta1", "asked", "when TA1 is made: asked (or the interchange has faults), always, never")
	f.BoolVar(&o.all, "all", false, "list all sets")
	f.BoolVar(&o.rejected, "rejected", false, "list rejected sets only")
	f.BoolVar(&o.strict, "strict", false, "reject groups whose own header or trailer is wrong with all their sets")
	f.BoolVar(&o.oneLine, "one-line", false, "no line breaks after segments")
	f.StringVar(&o.at, "time", "", "when it is made, as 2006-01-02T15:04 (default now)")
}

func (o *ediAckOptions) read() (ack.Options, error) {
	options := ack.Options{
		Time: time.Now(), Interchange: o.control, Group: o.control, Set: o.control,
		Strict: o.strict, Newlines: !o.oneLine,
	}
	functional, ok := map[string]ack.Functional{"version": ack.ByVersion, "997": ack.Use997, "999": ack.Use999, "none": ack.NoFunctional}[o.functional]
	if !ok {
		return options, fmt.Errorf("--functional %s: expected version, 997, 999 or none", o.functional)
	}
	ta1, ok := map[string]ack.When{"asked": ack.AsAsked, "always": ack.Always, "never": ack.Never}[o.ta1]
	if !ok {
		return options, fmt.Errorf("--ta1 %s: expected asked, always or never", o.ta1)
	}
	options.Functional, options.TA1 = functional, ta1
	switch {
	case o.all && o.rejected:
		return options, fmt.Errorf("--all and --rejected exclude each other")
	case o.all:
		options.List = ack.ListAll
	case o.rejected:
		options.List = ack.ListRejected
	}
	if o.at != "" {
		at, err := time.Parse("2006-01-02T15:04", o.at)
		if err != nil {
			return options, fmt.Errorf("--time %s: expected such as 2026-01-31T17:05", o.at)
		}
		options.Time = at
	}
	if o.control < 1 {
		return options, fmt.Errorf("--control %d: expected 1 or more", o.control)
	}
	return options, nil
}

// ediInterchange is a report as JSON.
type ediInterchange struct {
	Standard      string      `json:"standard,omitempty"`
	Version       string      `json:"version,omitempty"`
	Sender        string      `json:"sender,omitempty"`
	Receiver      string      `json:"receiver,omitempty"`
	ControlNumber string      `json:"control_number,omitempty"`
	Offset        int64       `json:"offset"`
	Status        string      `json:"status"`
	Faults        []ediFault  `json:"faults,omitempty"`
	Groups        []*ediGroup `json:"groups,omitempty"`
}

type ediGroup struct {
	ID            string     `json:"id,omitempty"`
	Version       string     `json:"version,omitempty"`
	ControlNumber string     `json:"control_number,omitempty"`
	Status        string     `json:"status"`
	Faults        []ediFault `json:"faults,omitempty"`
	Sets          []*ediSet  `json:"sets,omitempty"`
}

type ediSet struct {
	ID            string     `json:"id"`
	ControlNumber string     `json:"control_number"`
	Guide         string     `json:"guide,omitempty"`
	Offset        int64      `json:"offset"`
	Segments      int        `json:"segments"`
	Status        string     `json:"status"`
	Faults        []ediFault `json:"faults,omitempty"`
	More          int        `json:"more,omitempty"`
}

type ediFault struct {
	Offset     int64  `json:"offset"`
	Segment    int    `json:"segment"`
	InSet      int    `json:"in_set,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Loop       string `json:"loop,omitempty"`
	Element    int    `json:"element,omitempty"`
	Component  int    `json:"component,omitempty"`
	Repetition int    `json:"repetition,omitempty"`
	Ref        string `json:"ref,omitempty"`
	Kind       string `json:"kind"`
	Found      string `json:"found,omitempty"`
	Expected   string `json:"expected,omitempty"`
	Warning    bool   `json:"warning,omitempty"`
}

func newEDIInterchange(r *validate.Report) *ediInterchange {
	o := ack.Options{}
	i := &ediInterchange{Offset: r.Start, Status: o.InterchangeStatus(r).String(), Faults: ediFaults(r.Faults)}
	if h := r.Interchange; h != nil {
		i.Standard, i.Version, i.ControlNumber = h.Syntax.Standard.String(), h.Version, h.ControlNumber
		i.Sender, i.Receiver = ediParty(h.Sender), ediParty(h.Receiver)
	}
	for _, g := range r.Groups {
		status, _ := o.GroupStatus(g)
		group := &ediGroup{Status: status.String(), Faults: ediFaults(g.Faults)}
		if g.Group != nil {
			group.ID, group.Version, group.ControlNumber = g.Group.ID, g.Group.Version, g.Group.ControlNumber
		}
		for _, s := range g.Kept {
			group.Sets = append(group.Sets, &ediSet{
				ID: s.ID, ControlNumber: s.ControlNumber, Guide: s.Guide, Offset: s.Start, Segments: s.Segments,
				Status: o.SetStatus(s).String(), Faults: ediFaults(s.Faults), More: s.More,
			})
		}
		i.Groups = append(i.Groups, group)
	}
	return i
}

func ediParty(p edi.Party) string {
	if p.Qualifier == "" {
		return p.ID
	}
	return p.Qualifier + ":" + p.ID
}

func ediFaults(faults []edi.Fault) []ediFault {
	var all []ediFault
	for _, f := range faults {
		p := f.Position
		all = append(all, ediFault{
			Offset: p.Offset, Segment: p.Segment, InSet: p.InSet, Tag: p.Tag, Loop: f.Loop, Element: p.Element, Component: p.Component,
			Repetition: p.Repetition, Ref: f.Ref, Kind: f.Kind.String(), Found: f.Found, Expected: f.Expected, Warning: f.Warning,
		})
	}
	return all
}
