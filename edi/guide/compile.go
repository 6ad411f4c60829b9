package guide

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/touchstone-hub/touchstone/edi"
)

// Plan is a message in flat tables: for each place the places that may follow,
// by tag. It does not change, and serves any number of Matchers and goroutines.
type Plan struct {
	Guide   *Guide
	Message *Message
	// Places are the nodes of the message in the order of its table, a group
	// before what it holds. The first is the header's, the last the trailer's.
	Places []Place

	tags tagTable
	next []int32 // [place*len(tags)+tag]: where its candidates begin in ways; 0 is none
	ways []way
	skip []int32 // the lists of mandatory places that ways pass over
}

// Place is a node of a compiled message.
type Place struct {
	*Node
	// Index is the place's own number.
	Index int
	// Parent is the group that the place stands in; -1 at the top.
	Parent int
	// Trigger is, of a group, the place of its first segment.
	Trigger int
	// End is the number after that of the last place within the group; of a
	// segment, the number after its own.
	End int
	// Path are the names of the groups around the place and its own: PO1/N1/N3.
	Path string
	// Layout is what the segment may hold; nil for a group.
	Layout *Layout
}

// way is one candidate: a place that a tag may stand for, after another place.
type way struct {
	place   int32 // the segment's
	group   int32 // the group that begins with it, or -1
	max     int32 // how often place, or group, may stand there
	end     int32 // of the group
	skip    int32 // where the mandatory places that are passed over begin in Plan.skip
	skipped uint16
	more    bool // the next candidate follows
	choice  bool // the segment's values decide too
}

// maxWays bounds the candidates for one tag after one place.
const maxWays = 6

// Compile makes the tables of one message. Everything that its guide leaves open
// is an error: see Guide.Check.
func (g *Guide) Compile(message string) (*Plan, error) {
	m := g.Messages[message]
	if m == nil {
		return nil, fmt.Errorf("guide %s has no message %s", g.Name, message)
	}
	c := checker{guide: g}
	if c.message(m); len(c.errors) > 0 {
		return nil, fmt.Errorf("compile %s of guide %s: %w", message, g.Name, c.errors[0])
	}
	p := &Plan{Guide: g, Message: m, ways: make([]way, 1)}
	layouts := layouts{guide: g, byID: map[string]*Layout{}, sets: map[*CodeList]*Codes{}}
	if err := p.place(m.Body, -1, "", &layouts); err != nil {
		return nil, fmt.Errorf("compile %s of guide %s: %w", message, g.Name, err)
	}
	p.tags = newTagTable(p.Places)
	p.next = make([]int32, len(p.Places)*p.tags.n)
	for i := range p.Places {
		if !p.Places[i].IsGroup() {
			p.connect(i)
		}
	}
	return p, nil
}

// place lays a body out, in order.
func (p *Plan) place(body []*Node, parent int, path string, layouts *layouts) error {
	for _, n := range body {
		if n.Need == Unused {
			continue // nothing may stand there
		}
		i := len(p.Places)
		p.Places = append(p.Places, Place{Node: n, Index: i, Parent: parent, Trigger: i, Path: path + n.ID})
		if n.IsGroup() {
			p.Places[i].Trigger = i + 1
			if err := p.place(n.Body, i, path+n.ID+"/", layouts); err != nil {
				return err
			}
		} else {
			layout, err := layouts.segment(n)
			if err != nil {
				return fmt.Errorf("%s: %w", path+n.ID, err)
			}
			p.Places[i].Layout = layout
		}
		p.Places[i].End = len(p.Places)
	}
	return nil
}

// connect finds what may follow the segment at a place: itself again, what
// stands after it in its group, the group again, what stands after the group, and
// so on outwards. Within EDIFACT and X12 the first of these that fits is meant:
// the design rules of both ask that messages are made so (ISO 9735-1 §8.4).
func (p *Plan) connect(from int) {
	found := make([][]way, p.tags.n)
	var passed []int32
	at := from
	if p.Places[from].Parent < 0 || p.Places[p.Places[from].Parent].Trigger != from {
		p.candidate(found, from, nil)
	}
	for {
		parent := p.Places[at].Parent
		end := len(p.Places)
		if parent >= 0 {
			end = p.Places[parent].End
		}
		for i := p.Places[at].End; i < end; i = p.Places[i].End {
			p.candidate(found, i, passed)
			if p.Places[i].Need == Mandatory {
				passed = append(passed[:len(passed):len(passed)], int32(i))
			}
		}
		if parent < 0 {
			break
		}
		p.candidate(found, parent, passed)
		at = parent
	}
	for tag, ways := range found {
		if len(ways) == 0 {
			continue
		}
		p.next[from*p.tags.n+tag] = int32(len(p.ways))
		for i := range ways {
			ways[i].more = i+1 < len(ways)
		}
		p.ways = append(p.ways, ways...)
	}
}

func (p *Plan) candidate(found [][]way, place int, passed []int32) {
	at := &p.Places[place]
	w := way{place: int32(at.Trigger), group: -1, max: math.MaxInt32, choice: len(at.When)+len(p.Places[at.Trigger].When) > 0}
	if at.Max > 0 {
		w.max = int32(at.Max)
	}
	if at.IsGroup() {
		w.group, w.end = int32(place), int32(at.End)
	}
	tag := p.tags.index(edi.Code(p.Places[w.place].ID))
	if len(found[tag]) == maxWays {
		return
	}
	if len(passed) > 0 {
		w.skip, w.skipped = p.remember(passed), uint16(len(passed))
	}
	found[tag] = append(found[tag], w)
}

// remember keeps a list of places, and shares one that was kept just before.
func (p *Plan) remember(passed []int32) int32 {
	if n := len(p.skip) - len(passed); n >= 0 {
		same := true
		for i, place := range passed {
			same = same && p.skip[n+i] == place
		}
		if same {
			return int32(n)
		}
	}
	p.skip = append(p.skip, passed...)
	return int32(len(p.skip) - len(passed))
}

// Knows says whether the message has a segment with the tag anywhere.
func (p *Plan) Knows(tag string) bool { return p.tags.index(edi.Code(tag)) >= 0 }

// Find gives the place with the path (PO1/N1/N3), or nil.
func (p *Plan) Find(path string) *Place {
	for i := range p.Places {
		if p.Places[i].Path == path {
			return &p.Places[i]
		}
	}
	return nil
}

// tagTable finds a tag's number in one or two steps.
type tagTable struct {
	n     int
	shift uint8
	slots []tagSlot // open addressing, a power of two
}

type tagSlot struct {
	code  uint64
	index int32 // -1: free
}

func newTagTable(places []Place) tagTable {
	size := 1 << bits.Len(uint(2*len(places)+2))
	t := tagTable{slots: make([]tagSlot, size), shift: uint8(64 - bits.TrailingZeros(uint(size)))}
	for i := range t.slots {
		t.slots[i].index = -1
	}
	for i := range places {
		if places[i].IsGroup() {
			continue
		}
		code := edi.Code(places[i].ID)
		if slot := t.slot(code); t.slots[slot].index < 0 {
			t.slots[slot] = tagSlot{code: code, index: int32(t.n)}
			t.n++
		}
	}
	return t
}

// slot is where the code is, or would be put.
func (t *tagTable) slot(code uint64) int {
	i := int(code * 0x9E3779B97F4A7C15 >> t.shift)
	for t.slots[i].index >= 0 && t.slots[i].code != code {
		i = (i + 1) & (len(t.slots) - 1)
	}
	return i
}

func (t *tagTable) index(code uint64) int { return int(t.slots[t.slot(code)].index) }
