package match

import "time"

// Component is one connected component of the graph of edges, links and decisions.
type Component struct {
	Nodes      []Node // in order of Key
	Edges      []Edge
	Statements []Statement
}

// Node is one live source record.
type Node struct {
	Key      string // "system/stream/id": breaks ties, the same everywhere
	Features *Features
}

// Edge joins two nodes, by index, A < B, that may be the same customer.
type Edge struct {
	A, B   int
	Weight int32 // in 1/1024 bit
}

// Strength says how far a statement binds, strongest first.
type Strength int

// The strengths. Lock, suggest and auto are a person's; creation is the hub's own: it made the one
// record from the other.
const (
	Lock Strength = iota
	Suggest
	Auto
	Creation
)

// Statement says of two sets of nodes that every one of Left is the same customer as every one of
// Right, or a different one. Nodes that are not in the component are left out of the sets.
type Statement struct {
	ID          string
	Different   bool
	Strength    Strength
	At          time.Time
	Left, Right []int
}

// Outcome is the partition of a component.
type Outcome struct {
	Clusters [][]int // each in order, ordered by their first node
	Findings []Finding
	Compared int // pairs weighed
}

// FindingKind says why a person should look.
type FindingKind int

// The kinds of finding.
const (
	Doubtful     FindingKind = iota // may be the same, the evidence is not enough
	Conflict                        // would be the same, but unique identifiers differ
	Contradicted                    // statements contradict each other; the weaker one lost
	Oversize                        // the component is larger than the limit and was cut
	BetterHome                      // a 'same' of strength suggest holds the first of the pair, or the second, from the other
)

// Finding is something that a person should look at.
type Finding struct {
	Kind   FindingKind
	Nodes  []int // of a pair the two; of an oversize component the first few
	Weight int32
	Detail string // what contradicts: a scheme or the IDs of statements; of BetterHome the statement that holds
	Size   int    // of an oversize component
}
