package edi

// Batch is a run of events with the bytes of their segments, to be gone through when and where one
// likes, once or more often. Unless a set is longer than a batch can be, it holds whole sets.
type Batch struct {
	// Number is the batch's number in the stream, from 0.
	Number int
	// Continues says that the batch begins within a set whose beginning was in the one before.
	Continues bool
	// Result is what the work on the batch left for whoever comes after it.
	Result any

	buf      []byte
	ends     []uint32
	subs     []uint32
	records  []record
	contexts []context
	faults   [][]Fault

	at      int // of the event that Next gives
	segment Segment
	event   Event
	done    chan struct{}
}

// record is an event in a few words; a Segment would have ten times as many bytes as what it stands for.
type record struct {
	kind       EventKind
	segment    bool
	terminated bool
	faults     int32 // in Batch.faults, from 1
	context    int32
	inSet      int32
	before     uint32 // bytes before the tag
	start, end uint32
	ends, subs uint32 // where the segment's marks end
	offset     int64
	index      int
}

// context is what events have in common with those around them.
type context struct {
	syntax      *Syntax
	interchange *Interchange
	group       *Group
	set         *Set
}

// Add takes an event, with a copy of its segment, behind those that are there.
func (b *Batch) Add(e *Event) {
	c := context{interchange: e.Interchange, group: e.Group, set: e.Set}
	r := record{kind: e.Kind, inSet: int32(e.InSet)}
	if g := e.Segment; g != nil {
		c.syntax = g.Syntax
		r.segment, r.terminated, r.offset, r.index = true, g.Terminated, g.Offset, g.Index
		r.before = uint32(len(g.Before))
		b.buf = append(b.buf, g.Before...)
		r.start = uint32(len(b.buf))
		b.buf = append(b.buf, g.Bytes()...)
		r.end = r.start + uint32(g.end-g.start)
		move := r.start - uint32(g.start) // modulo 2^32, as are the sums with it
		for _, at := range g.ends {
			b.ends = append(b.ends, at+move)
		}
		for _, at := range g.subs {
			b.subs = append(b.subs, at+move)
		}
		r.ends, r.subs = uint32(len(b.ends)), uint32(len(b.subs))
	} else if n := len(b.records); n > 0 {
		r.ends, r.subs = b.records[n-1].ends, b.records[n-1].subs
	}
	if len(e.Faults) > 0 {
		b.faults = append(b.faults, e.Faults)
		r.faults = int32(len(b.faults))
	}
	if n := len(b.contexts); n == 0 || b.contexts[n-1] != c {
		b.contexts = append(b.contexts, c)
	}
	r.context = int32(len(b.contexts) - 1)
	b.records = append(b.records, r)
}

// Len is the number of bytes that the batch holds.
func (b *Batch) Len() int { return len(b.buf) }

// Reset makes the batch empty. Its memory is used again.
func (b *Batch) Reset() {
	clear(b.contexts)
	clear(b.faults)
	*b = Batch{
		buf: b.buf[:0], ends: b.ends[:0], subs: b.subs[:0],
		records: b.records[:0], contexts: b.contexts[:0], faults: b.faults[:0],
	}
}

// Rewind goes back to the first event.
func (b *Batch) Rewind() { b.at = 0 }

// Next goes to the next event, as Walker.Next does.
func (b *Batch) Next() bool {
	if b.at == len(b.records) {
		return false
	}
	r := &b.records[b.at]
	c := &b.contexts[r.context]
	b.event.Kind, b.event.InSet, b.event.Segment, b.event.Faults = r.kind, int(r.inSet), nil, nil
	b.event.Interchange, b.event.Group, b.event.Set = c.interchange, c.group, c.set
	if r.faults > 0 {
		b.event.Faults = b.faults[r.faults-1]
	}
	if r.segment {
		var ends, subs uint32
		if b.at > 0 {
			ends, subs = b.records[b.at-1].ends, b.records[b.at-1].subs
		}
		g := &b.segment
		g.Syntax, g.Offset, g.Index, g.Terminated = c.syntax, r.offset, r.index, r.terminated
		g.Before = b.buf[r.start-r.before : r.start]
		g.buf, g.start, g.end, g.ends, g.subs = b.buf, int(r.start), int(r.end), b.ends[ends:r.ends], b.subs[subs:r.subs]
		b.event.Segment = g
	}
	b.at++
	return true
}

// Event is what Next came upon. It holds until Next is called again.
func (b *Batch) Event() *Event { return &b.event }
