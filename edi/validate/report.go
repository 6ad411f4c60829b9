package validate

import (
	"slices"

	"github.com/touchstone-hub/touchstone/edi"
)

// Report is what was found in one interchange.
type Report struct {
	// Interchange is what its header says; nil where bytes belong to none.
	Interchange *edi.Interchange
	// Start and End are byte offsets in the stream: of the header's first byte, and
	// after the trailer's last.
	Start, End int64
	// Faults are those of the interchange itself and between its groups. Those of the
	// receiver's own may be added: DuplicateExchange, BadPartner.
	Faults []edi.Fault
	// Groups are the functional groups, in order; of EDIFACT without groups one, with
	// nothing in Group.
	Groups []*Group
	// Sets and Rejected count the sets of all groups.
	Sets, Rejected int
	// Acknowledgements counts the TA1 segments before the groups.
	Acknowledgements int
}

// Group is what was found in one functional group.
type Group struct {
	// Group is what its header says; nil in EDIFACT without groups.
	Group *edi.Group
	// Faults are those of the group's header and trailer.
	Faults []edi.Fault
	// Kept are its sets, unless Options.Each takes them.
	Kept []*Set
	// Sets and Rejected count them.
	Sets, Rejected int
	// Included is how many there are as the trailer says.
	Included string
}

// Set is what was found in one transaction set or message.
type Set struct {
	ID            string // 850, ORDERS
	ControlNumber string // ST02, UNH 0062
	Version       string // GS08 or ST03; S009 0052
	Release       string // S009 0054
	Agency        string // S009 0051
	Association   string // S009 0057
	Reference     string // ST03
	// Guide is the name of the guide; empty where there is none.
	Guide string
	// Start and End are byte offsets in the stream.
	Start, End int64
	// Segments counts them, header and trailer among them.
	Segments int
	// Faults are in the order of the segments. The receiver's own may be added.
	Faults []edi.Fault
	// More is how many there are beyond Options.Limit; they count as errors.
	More int
}

func (s *Set) header(h *edi.Set) {
	s.ID, s.ControlNumber = h.ID, h.ControlNumber
	s.Version, s.Release, s.Agency, s.Association = h.Version, h.Release, h.Agency, h.Association
	s.Start = h.Position.Offset
	if h.Header != nil {
		s.End = end(h.Header)
		if h.Header.Syntax.Standard == edi.X12 && h.Header.Len() >= 3 {
			s.Reference = string(h.Header.Value(3))
		}
	}
}

// serious says whether any of the faults is more than a warning.
func serious(faults []edi.Fault) bool {
	return slices.ContainsFunc(faults, func(f edi.Fault) bool { return !f.Warning })
}

// Rejected says whether the set has faults that are more than warnings.
func (s *Set) Rejected() bool { return s.More > 0 || serious(s.Faults) }

// Broken says whether the group's own header or trailer has faults.
func (g *Group) Broken() bool { return serious(g.Faults) }

// Broken says whether the interchange's own header or trailer has faults.
func (r *Report) Broken() bool { return serious(r.Faults) }

// Clean says whether nothing is wrong with the interchange and anything in it,
// warnings aside.
func (r *Report) Clean() bool {
	return !r.Broken() && r.Rejected == 0 && !slices.ContainsFunc(r.Groups, (*Group).Broken)
}

// All gives every fault of the report in the order of the stream, those of the
// sets as far as they were kept.
func (r *Report) All() []edi.Fault {
	all := slices.Clone(r.Faults)
	for _, g := range r.Groups {
		all = append(all, g.Faults...)
		for _, s := range g.Kept {
			all = append(all, s.Faults...)
		}
	}
	slices.SortStableFunc(all, func(a, b edi.Fault) int {
		switch {
		case a.Position.Offset < b.Position.Offset:
			return -1
		case a.Position.Offset > b.Position.Offset:
			return 1
		}
		return 0
	})
	return all
}
