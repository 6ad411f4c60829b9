package edi

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/formats"
	ediformat "github.com/touchstone-hub/touchstone/formats/edi"
)

// stream is what takes the transaction sets of some types.
type stream struct {
	Sets     []config.Positioned[string] `yaml:"sets,required" doc:"types of transaction sets or messages that the stream takes, such as 850 or ORDERS"`
	Partners []config.Positioned[string] `yaml:"partners" doc:"only of these partners"`

	name   string
	sets   []string
	from   []*partner
	format formats.Format

	standard edi.Standard
	divides  bool // several records stand in a set
}

func (c *connector) openStream(s connectors.StreamSettings, ps *config.Problems) *stream {
	st := &stream{name: s.Name, format: s.Format}
	if s.Poll != "" {
		ps.Add(config.Problem{Position: s.At, Severity: config.Warning, What: "poll changes nothing here: interchanges are read as they come", Expected: "no poll:"})
	}
	if !s.Decode(st, ps) {
		return st
	}
	for _, set := range st.Sets {
		if acknowledgement(set.Value) {
			ps.Add(config.Problem{Position: set.Position(), What: fmt.Sprintf("%s is an acknowledgement, which the connector takes itself", set.Value), Expected: "types such as 850 or ORDERS"})
		}
		st.sets = append(st.sets, set.Value)
	}
	if f, ok := st.format.(*ediformat.Format); !ok {
		ps.Add(config.Problem{Position: s.At, What: "the stream's format is none of EDI", Expected: "format: edi.x12 or edi.edifact"})
	} else {
		st.standard, st.divides = f.Standard(), f.From() != ""
	}
	if len(st.Sets) == 0 {
		ps.Add(config.Problem{Position: s.At, What: "the stream takes no sets", Expected: "sets: [850] or [ORDERS]"})
	}
	for _, name := range st.Partners {
		if p := c.known(name, ps); p != nil {
			st.from = append(st.from, p)
		}
	}
	c.checkSets(st, ps)
	return st
}

// checkSets warns of sets that no guide of the stream's partners describes, mostly a slip: they are
// rejected, unless a partner's are taken by their envelope alone.
func (c *connector) checkSets(st *stream, ps *config.Problems) {
	if st.standard == edi.Unknown || len(c.partners) == 0 {
		return
	}
	if slices.ContainsFunc(c.sendersOf(st), func(p *partner) bool { return p.Unguided }) {
		return
	}
	known := c.describedSets(st)
	for _, set := range st.Sets {
		if acknowledgement(set.Value) || slices.Contains(known, set.Value) {
			continue
		}
		ps.Add(config.Problem{
			Position: set.Position(), Severity: config.Warning, What: fmt.Sprintf("no guide describes %s", set.Value),
			Expected: "a set of a guide, or a guide of the partner's: guides:", Hint: config.Nearest(set.Value, known),
		})
	}
}

// sendersOf are the partners whose sets the stream takes.
func (c *connector) sendersOf(st *stream) []*partner {
	if len(st.from) == 0 {
		return c.partners
	}
	return st.from
}

// describedSets are the sets of all guides of the stream's partners, in its standard.
func (c *connector) describedSets(st *stream) (sets []string) {
	others := "x12/"
	if st.standard == edi.X12 {
		others = "edifact/"
	}
	for _, p := range c.sendersOf(st) {
		if p.library == nil {
			continue
		}
		for _, name := range p.library.Names() {
			if strings.HasPrefix(name, others) { // not worth reading
				continue
			}
			if g, err := p.library.Guide(name); err == nil && g.Standard == st.standard {
				sets = slices.AppendSeq(sets, maps.Keys(g.Messages))
			}
		}
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}

// records gives what the stream's format finds in a set: the set itself, or the loops that are records.
func (s *stream) records(ctx context.Context, set formats.Frame) ([]formats.Frame, error) {
	if !s.divides {
		return []formats.Frame{set}, nil
	}
	scan := edi.NewBytesScanner(set.Context)
	if !scan.Next() {
		return []formats.Frame{set}, nil
	}
	whole := slices.Concat(set.Context, set.Bytes, trailers(scan.Segment().Syntax, set.Header["group"], set.Header["interchange"]))
	var found []formats.Frame
	for f, err := range s.format.Frames(ctx, bytes.NewReader(whole), set.Position.Origin) {
		if err != nil {
			return nil, err
		}
		f.Position.Offset += set.Position.Offset - int64(len(set.Context))
		f.Position.Line += set.Position.Line - 1 - int64(bytes.Count(set.Context, []byte{'\n'}))
		found = append(found, f)
	}
	return found, nil
}

// trailers end the group and the interchange around one set.
func trailers(y *edi.Syntax, group, interchange string) []byte {
	var out []byte
	segment := func(tag, control string) {
		out = append(out, tag...)
		out = append(append(out, y.Element), '1', y.Element)
		out = append(append(out, control...), y.Segment)
	}
	ends := [2]string{"UNE", "UNZ"}
	if y.Standard == edi.X12 {
		ends = [2]string{"GE", "IEA"}
	}
	if group != "" {
		segment(ends[0], group)
	}
	segment(ends[1], interchange)
	return out
}

// checkOverlap finds sets that two streams take from one partner.
func (c *connector) checkOverlap(all []connectors.StreamSettings, ps *config.Problems) {
	for i, s := range all {
		for _, other := range all[:i] {
			a, b := c.streams[other.Name], c.streams[s.Name]
			for _, set := range b.Sets {
				if slices.Contains(a.sets, set.Value) && meet(a.from, b.from) {
					ps.Add(config.Problem{Position: set.Position(), What: fmt.Sprintf("streams %s and %s both take %s", other.Name, s.Name, set.Value), Expected: "one stream for each set of a partner"})
				}
			}
		}
	}
}

// meet says whether two lists of partners, of which an empty one is all, have one in common.
func meet(a, b []*partner) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(p *partner) bool { return slices.Contains(b, p) })
}

// acknowledgement says whether a set answers another one, so that it is never answered itself.
func acknowledgement(set string) bool {
	return slices.Contains([]string{"TA1", "997", "999", "CONTRL", "APERAK"}, strings.ToUpper(set))
}

// floor is where the connector's work meets its streams: it hands frames to whichever run of a stream
// is there, and waits for one where none is.
type floor struct {
	mu      sync.Mutex
	emits   map[string]*running
	changed chan struct{} // closed, and made anew, when a stream comes
}

// running is one run of a stream.
type running struct {
	emit connectors.Emit
	busy sync.WaitGroup
}

func newFloor() *floor { return &floor{emits: map[string]*running{}, changed: make(chan struct{})} }

// open has a stream take frames until the function that it returns is called, which waits for those
// under way.
func (f *floor) open(name string, emit connectors.Emit) (leave func()) {
	r := &running{emit: emit}
	f.mu.Lock()
	f.emits[name] = r
	close(f.changed)
	f.changed = make(chan struct{})
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		if f.emits[name] == r {
			delete(f.emits, name)
		}
		f.mu.Unlock()
		r.busy.Wait()
	}
}

// emit hands frames to a stream.
func (f *floor) emit(ctx context.Context, name string, frames []formats.Frame) error {
	for {
		f.mu.Lock()
		r, changed := f.emits[name], f.changed
		if r != nil {
			r.busy.Add(1)
		}
		f.mu.Unlock()
		if r != nil {
			defer r.busy.Done()
			return r.emit(ctx, frames)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// source is a run of one stream: what it takes comes from the connector's work.
type source struct {
	*stream
	floor *floor
}

// Run takes frames until ctx ends; see [connectors.Source].
func (s *source) Run(ctx context.Context, emit connectors.Emit) error {
	leave := s.floor.open(s.name, emit)
	defer leave()
	<-ctx.Done()
	return nil
}
