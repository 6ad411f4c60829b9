package formats

// Arena lends nodes and bytes to one decoded record and takes all of them back at once. Decoders
// call Reset first, then allocate.
type Arena struct {
	nodes []Node
	bytes []byte
	names []string
}

// Reset takes everything back. What was lent before must no longer be used.
func (a *Arena) Reset() {
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

// Names lends n names in a row.
func (a *Arena) Names(n int) []string {
	if len(a.names)+n > cap(a.names) {
		a.names = make([]string, 0, max(64, 2*cap(a.names), n))
	}
	at := len(a.names)
	a.names = a.names[:at+n]
	return a.names[at : at+n : at+n]
}
