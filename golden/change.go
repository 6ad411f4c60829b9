package golden

import (
	"encoding/json"
	"time"
)

// ChangeType is what happened to a golden record.
type ChangeType string

// The types of change.
const (
	Created ChangeType = "created"
	Changed ChangeType = "changed"
	MergedT ChangeType = "merged"
	Split   ChangeType = "split"
	Emptied ChangeType = "deleted"
	ErasedT ChangeType = "erased"
)

// Change is one step in the history of a golden record. It is written with the record itself and
// leaves the hub through the outbox.
type Change struct {
	No      int64 // the store's number, given by AddChanges; Published knows the change by it
	Seq     int64 // feed sequence; given by the relay as it publishes, 0 before
	Entity  EntityNo
	ID      string // golden ID
	Version int64  // of the golden record after the change
	Type    ChangeType
	// Paths lists what changed, as JSON pointers into the document, with old and new value,
	// winning source and rule.
	Paths []PathChange
	// Into is the golden ID that a merged record forwards to; From are the IDs that were absorbed,
	// or, for a split, the ID that the records came from.
	Into string
	From []string
	// Records are the source records that moved, by key.
	Records     []string
	At          time.Time // hub time
	Cause       string    // key of the source record, decision or replay that caused it
	Correlation string
	// Trace is the trace context in which the cause was resolved: a traceparent and, after a blank,
	// the tracestate; "" for none.
	Trace string
}

// PathChange is one changed value.
type PathChange struct {
	Path   string          `json:"path"`
	Old    json.RawMessage `json:"old,omitempty"`
	New    json.RawMessage `json:"new,omitempty"`
	Source string          `json:"source,omitempty"`
	Rule   string          `json:"rule,omitempty"`
}

// Lineage tells for every attribute of a golden record where it comes from: attribute (JSON name)
// to one entry per value; a list has one entry per item, in the order of the items.
type Lineage map[string][]ValueLineage

// ValueLineage is the origin of one value.
type ValueLineage struct {
	Source string    `json:"source"`         // key of the record whose value it is
	Rule   string    `json:"rule"`           // survivorship rule that chose it
	Time   string    `json:"time,omitempty"` // business time of the value, RFC 3339
	Hash   uint64    `json:"hash,omitempty"` // of the standardised value
	Also   []string  `json:"also,omitempty"` // records that state the same value
	Lost   []LostVal `json:"lost,omitempty"` // values that lost against it
}

// LostVal is a value that lost.
type LostVal struct {
	Source string          `json:"source"`
	Value  json.RawMessage `json:"value"`
	Why    string          `json:"why"`
}

// TaskKind is what a person is asked.
type TaskKind string

// The kinds of task.
const (
	TaskMatch    TaskKind = "match"    // are these the same?
	TaskConflict TaskKind = "conflict" // unique identifiers or decisions contradict
	TaskSize     TaskKind = "size"     // a component is too large
	TaskHome     TaskKind = "home"     // a decision holds a record that fits another customer better
	TaskOutcome  TaskKind = "outcome"  // a write to a target whose outcome is unknown
)

// Task asks a person. It names source records, never golden IDs. Its ID is a hash of kind and
// records, so that asking twice is asking once, and asking again after it was closed opens it anew.
type Task struct {
	ID       string
	Kind     TaskKind
	Records  []string
	Score    int32 // in 1/1024 bit
	Priority int32
	Detail   json.RawMessage
	At       time.Time
	Closed   *time.Time
	Earlier  []TaskSpan // when it was open before, oldest first; the store keeps it
}

// TaskSpan is a time in which a task was open.
type TaskSpan struct {
	At     time.Time `json:"at"`
	Closed time.Time `json:"closed"`
}
