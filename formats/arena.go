package formats

// Arena lends nodes and bytes to one decoded record and takes all of them back at once. Decoders
// call Reset first, then allocate.
type Arena struct {
	nodes []Node
	bytes []byte
	names []string

	interned map[string]string
}

// What an arena keeps from one record to the next is bounded, so that one huge record does not
// hold its memory for as long as the arena lives.
const (
	keptNodes    = 1 << 15
	keptBytes    = 1 << 20
	keptInterned = 1 << 12
)

// Reset takes everything back. What was lent before must no longer be used.
func (a *Arena) Reset() {
	if cap(a.nodes) > keptNodes || cap(a.bytes) > keptBytes {
		*a = Arena{interned: a.interned}
		return
	}
	clear(a.nodes)
	a.nodes, a.bytes, a.names = a.nodes[:0], a.bytes[:0], a.names[:0]
}

// Nodes lends n zeroed nodes in a row.
func (a *Arena) Nodes(n int) []Node {
	if len(a.nodes)+n > cap(a.nodes) {
		a.nodes = make([]Node, 0, max(64, 2*cap(a.nodes), n))
	}
	at := len(a.nodes)
	a.nodes = a.nodes[:at+n]
	return a.nodes[at : at+n : at+n]
}

// Bytes lends a copy of b.
func (a *Arena) Bytes(b []byte) []byte {
	if len(a.bytes)+len(b) > cap(a.bytes) {
		a.bytes = make([]byte, 0, max(1024, 2*cap(a.bytes), len(b)))
	}
	at := len(a.bytes)
	a.bytes = append(a.bytes, b...)
	return a.bytes[at:len(a.bytes):len(a.bytes)]
}

// Room lends n bytes to be written to.
func (a *Arena) Room(n int) []byte {
	if len(a.bytes)+n > cap(a.bytes) {
		a.bytes = make([]byte, 0, max(1024, 2*cap(a.bytes), n))
	}
	at := len(a.bytes)
	a.bytes = a.bytes[:at+n]
	return a.bytes[at : at+n : at+n]
}

// Names lends n names in a row.
func (a *Arena) Names(n int) []string {
	if len(a.names)+n > cap(a.names) {
		a.names = make([]string, 0, max(64, 2*cap(a.names), n))
	}
	at := len(a.names)
	a.names = a.names[:at+n]
	return a.names[at : at+n : at+n]
}

// Intern returns b as a string that outlives the record. Names come again with every record, so
// a bounded number of them is remembered instead of being allocated each time.
func (a *Arena) Intern(b []byte) string {
	if s, ok := a.interned[string(b)]; ok {
		return s
	}
	s := string(b)
	if a.interned == nil {
		a.interned = make(map[string]string)
	}
	if len(a.interned) < keptInterned && len(s) <= 256 {
		a.interned[s] = s
	}
	return s
}

// Add lends one more node at the end of kids, for lists whose length is not known beforehand. It
// returns the longer list and the new node, which stays where it is until it has been written;
// earlier nodes may have moved.
func (a *Arena) Add(kids []Node) ([]Node, *Node) {
	n := len(kids)
	if n == cap(kids) {
		more := a.Nodes(max(4, 2*n))
		copy(more, kids)
		kids = more[:n]
	}
	kids = kids[:n+1]
	return kids, &kids[n]
}

// AddName lends one more name at the end of names.
func (a *Arena) AddName(names []string, name string) []string {
	n := len(names)
	if n == cap(names) {
		more := a.Names(max(4, 2*n))
		copy(more, names)
		names = more[:n]
	}
	return append(names, name)
}
