// Package infer makes a guide out of sample interchanges, for sets and partners
// that have none. Samples come in, and a guide goes out that all of them follow:
// segments and loops in order, with what is always there and how often, and the
// forms and codes of elements. It knows from the guides that come with the library
// which segments begin loops; it never claims more than the samples show.
package infer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// Options say what to infer.
type Options struct {
	// Name is the guide's; empty is inferred/STANDARD-VERSION.
	Name string
	// Set takes sets of one kind only, such as 850 or ORDERS; empty takes all.
	Set string
}

// sampleLimit is how many sets of a kind are looked at, and segmentLimit how many
// segments of one.
const (
	sampleLimit  = 500
	segmentLimit = 20_000
)

// Samples are sets that were read.
type Samples struct {
	options  Options
	standard edi.Standard
	version  string
	order    []string            // the kinds of set, as they came
	sets     map[string][][]item // the segments of each set, by kind
	stats    map[string]*segmentStats
}

// item is a segment, or a loop that was found, at its place in a sample.
type item struct {
	tag  string
	loop *loop // nil: a segment
}

// like says whether two items may be laid over each other.
func (it item) like(other item) bool {
	return it.tag == other.tag && (it.loop == nil) == (other.loop == nil)
}

// New gives empty samples.
func New(o Options) *Samples {
	return &Samples{options: o, sets: map[string][][]item{}, stats: map[string]*segmentStats{}}
}

// Read takes the sets of r. All have to be of one standard and version.
func (s *Samples) Read(r io.Reader) error {
	w := edi.NewWalker(edi.NewScanner(r))
	var set []item
	for w.Next() {
		e := w.Event()
		if e.Set == nil || s.options.Set != "" && e.Set.ID != s.options.Set {
			continue
		}
		switch e.Kind {
		case edi.SetStart:
			if err := s.version1(e); err != nil {
				return err
			}
			set = nil
		case edi.SetEnd:
			s.keep(e.Set.ID, set, e.Segment)
			continue
		}
		if e.Segment != nil && len(set) < segmentLimit {
			set = append(set, item{tag: string(e.Segment.Tag())})
			s.note(e.Segment)
		}
	}
	return w.Err()
}

// version1 sees to it that all sets are of one version.
func (s *Samples) version1(e *edi.Event) error {
	standard, version := e.Interchange.Syntax.Standard, e.Set.Version+"."+e.Set.Release
	if standard == edi.X12 {
		version = e.Set.Version
		if len(version) > 6 {
			version = version[:6]
		}
	}
	if s.version == "" {
		s.standard, s.version = standard, version
	}
	if s.standard != standard || s.version != version {
		return fmt.Errorf("set %s %s is %s %s, and those before are %s %s: a guide is of one version", e.Set.ID, e.Set.ControlNumber, standard, version, s.standard, s.version)
	}
	return nil
}

func (s *Samples) keep(id string, set []item, trailer *edi.Segment) {
	if trailer == nil || len(set) < 2 {
		return // cut off: it says nothing of what is always there
	}
	set = append(set, item{tag: string(trailer.Tag())})
	s.note(trailer)
	if s.sets[id] == nil {
		s.order = append(s.order, id)
	}
	if len(s.sets[id]) < sampleLimit {
		s.sets[id] = append(s.sets[id], set)
	}
}

// note counts what a segment's elements hold.
func (s *Samples) note(seg *edi.Segment) {
	tag := string(seg.Tag())
	if s.stats[tag] == nil {
		s.stats[tag] = &segmentStats{}
	}
	s.stats[tag].add(seg)
}

// Guide makes the guide.
func (s *Samples) Guide() (*guide.Guide, error) {
	if len(s.sets) == 0 {
		return nil, fmt.Errorf("there are no whole sets in the samples")
	}
	name := s.options.Name
	if name == "" {
		name = "inferred/" + s.standard.String() + "-" + strings.ToLower(strings.ReplaceAll(s.version, ".", ""))
	}
	g := guide.New(name, s.standard, s.version)
	known := knowledgeOf(s.standard)
	count := 0
	for _, id := range s.order {
		m := &guide.Message{ID: id, Title: known.messages[id]}
		if s.standard == edi.X12 {
			m.Group = guides.Functional(id)
		}
		m.Body = known.level(s.sets[id])
		nameApart(m.Body)
		g.Messages[id] = m
		count += len(s.sets[id])
	}
	g.Title = fmt.Sprintf("Inferred from %d sets", count)
	for tag, stats := range s.stats {
		g.Segments[tag] = stats.segment(tag, known.titles[tag], s.standard)
	}
	for _, err := range g.Check() {
		return nil, fmt.Errorf("infer: %w", err)
	}
	return g, nil
}

// nameApart gives loops of one body names that differ: N1, N1-2.
func nameApart(body []*guide.Node) {
	seen := map[string]int{}
	for _, n := range body {
		if !n.IsGroup() {
			continue
		}
		if seen[n.ID]++; seen[n.ID] > 1 {
			n.ID = fmt.Sprintf("%s-%d", n.ID, seen[n.ID])
		}
		nameApart(n.Body)
	}
}

// knowledge is what the guides that come along tell of a standard's segments.
type knowledge struct {
	messages, titles map[string]string
	leads, stands    map[string]int    // how often a segment begins a group with more in it, and how often it stands anywhere
	within           map[[2]string]int // how often the second stands in a group that the first begins
}

func knowledgeOf(standard edi.Standard) *knowledge {
	k := &knowledge{messages: map[string]string{}, titles: map[string]string{}, leads: map[string]int{}, stands: map[string]int{}, within: map[[2]string]int{}}
	for _, name := range guides.Shipped.Names() {
		if !strings.HasPrefix(name, standard.String()+"/") {
			continue
		}
		g, err := guides.Shipped.Guide(name)
		if err != nil {
			continue // its own test tells
		}
		for id, m := range g.Messages {
			k.messages[id] = m.Title
			k.learn(m.Body, nil)
		}
		for id, s := range g.Segments {
			k.titles[id] = s.Title
		}
	}
	return k
}

func (k *knowledge) learn(body []*guide.Node, around []string) {
	for _, n := range body {
		if !n.IsGroup() {
			k.stands[n.ID]++
			for _, outer := range around {
				k.within[[2]string{outer, n.ID}]++
			}
			continue
		}
		lead := n.Trigger().ID
		if len(n.Body) > 1 {
			k.leads[lead]++
		}
		k.learn(n.Body, append(slices.Clone(around), lead))
	}
}

// leader says how likely it is that a segment begins a loop: 0 to 1.
func (k *knowledge) leader(tag string) float64 {
	if k.stands[tag] == 0 {
		return 0.5
	}
	return float64(k.leads[tag]) / float64(k.stands[tag])
}
