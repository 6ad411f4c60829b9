package golden

import (
	"encoding/json"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// RecordNo is the store's number of a source record.
type RecordNo int64

// EntityNo is the store's number of a customer entity (what a golden ID stands for).
type EntityNo int64

// SourceRecord is one system's canonical Customer as the store keeps it. A deleted record stays as
// a tombstone, so that an older version that arrives late cannot bring it back.
type SourceRecord struct {
	No       RecordNo // 0 until the store has numbered it
	Key      string   // "system/stream/id"
	System   string
	Stream   string
	ID       string
	Doc      []byte // canonical JSON; of a tombstone the last that was known
	Hash     uint64 // of Doc without its source block
	Version  *canonical.Version
	Ingest   canonical.IngestSequence
	Revision int64 // translation revision, for the same ingest sequence
	Deleted  bool
	// BusinessTime is when the content changed in the system's own business; zero where unknown.
	BusinessTime time.Time
	// Written lists the values that the hub wrote into the remote record and that originate
	// elsewhere. They keep their origin: survivorship passes over them here. It also has the times
	// of attributes that are older than BusinessTime.
	Written    []WrittenValue
	ReceivedAt time.Time // hub time of the last version
	Entity     EntityNo  // the entity it is a member of; 0 for none
}

// WrittenValue is one attribute value, or one item of a list, that the hub wrote into a remote
// record, or the form in which the remote system returned it.
type WrittenValue struct {
	Attribute string `json:"a"` // JSON name of the top-level attribute; "" for what holds of the record
	Hash      uint64 `json:"h"` // of the standardised value; 0 for "no value" (the hub cleared it)
	// Of is, of a form in which the system returned a value, the hash of the value that was written.
	Of uint64 `json:"o,omitempty"`
	// Version is the golden version with which the value was first written.
	Version int64 `json:"v,omitempty"`
	// Sent is the text of a value that the system has not returned yet in any form, its parts
	// parted by NUL; "" once it has.
	Sent string `json:"s,omitempty"`
	// Since, of an entry that stands for an attribute which the record itself states: since when it
	// has stated it as it does, in microseconds of Unix time, where its content changed in other
	// attributes since. Such an entry has no other member set.
	Since int64 `json:"t,omitempty"`
	// Own, of an entry for a value that the record states of its own accord and that the hub wrote
	// into it again: since when it states it, in microseconds of Unix time. When it comes back, it
	// is as old as that.
	Own int64 `json:"w,omitempty"`
	// Dropped: the last write no longer has it. It is kept until the system has it no more, and long
	// enough for reports that are late.
	Dropped bool `json:"d,omitempty"`
	// Again: it was dropped and written again, so that a report with it may be of either write.
	Again bool `json:"r,omitempty"`
	// At is the hub time, in microseconds of Unix time, of the last write that had the value.
	At int64 `json:"at,omitempty"`
}

// RecordKeys are the block keys of one record, and what matching compares of it.
type RecordKeys struct {
	Record   RecordNo
	Keys     []uint64 // sorted, without repetition
	Features []byte   // encoded, see Ruleset.packFeatures; nil where none are kept, or are to stay as they are
}

// Edge joins two records that may be the same customer. A is smaller than B.
type Edge struct {
	A, B   RecordNo
	Weight int32 // in 1/1024 bit
}

// Link says that two source records are the same because the hub created one from the other. It
// names records by key, since the remote record may not have come back yet.
type Link struct {
	Remote string // key of the record that the hub created
	Origin string // key of a source record of the golden record it was created from
	Target string // the target through which it was created
	At     time.Time
}

// Verdict is what a person said of records.
type Verdict string

// The verdicts. The first two are about records, the third about a value.
const (
	Same      Verdict = "same"
	Different Verdict = "different"
	Pinned    Verdict = "pinned"
)

// Strength says how far a decision binds.
type Strength string

// The strengths, strongest first.
const (
	Lock    Strength = "lock"
	Suggest Strength = "suggest"
	Auto    Strength = "auto"
)

// Decision is what a person decided, and outlives every re-run. It names source records by key.
//
// Same and Different are a verdict between two sets of records: every record of Left against every
// record of Right. Pinned states the value of one attribute of a customer: that of the first live
// record of Left, so that the statement goes with that record where the customer is split.
type Decision struct {
	ID       string   `json:"id"`
	Verdict  Verdict  `json:"verdict" enum:"same,different,pinned"`
	Strength Strength `json:"strength,omitempty" enum:"lock,suggest,auto"`
	Left     []string `json:"left"`
	Right    []string `json:"right,omitempty"`
	// Attribute and Value are of Pinned: a JSON name, and its value as JSON, null for "has none".
	Attribute string          `json:"attribute,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"`
	// Act is the ID of what the person did: the decisions of one act are made and undone together.
	// It is the ID of the first of them.
	Act          string     `json:"act"`
	Author       string     `json:"author"`
	Reason       string     `json:"reason,omitempty"`
	At           time.Time  `json:"at"`
	Undone       *time.Time `json:"undone,omitempty"`
	UndoneBy     string     `json:"undoneBy,omitempty"`
	UndoneReason string     `json:"undoneReason,omitempty"`
}

// Member says which entity a record belongs to.
type Member struct {
	Record RecordNo
	Entity EntityNo
}

// EntityState is the state of an entity.
type EntityState string

// The states of an entity. A merged one forwards; an empty one has no live records left.
const (
	Live   EntityState = "live"
	Merged EntityState = "merged"
	Empty  EntityState = "empty"
	Erased EntityState = "erased"
)

// Entity is what a golden ID stands for.
type Entity struct {
	No      EntityNo // 0 until the store has numbered it
	ID      string   // the golden ID
	State   EntityState
	Into    EntityNo // where a merged entity forwards to
	Version int64    // raised by every change of the golden record or the membership
}

// GoldenRecord is what the hub holds true of one customer: document and lineage in one row.
type GoldenRecord struct {
	Entity
	Doc       []byte   // canonical Customer without source
	Lineage   []byte   // packed, see ReadLineage
	Sources   []string // keys of the live member records, sorted; of a merged one those it held last
	UpdatedAt time.Time
}

// LookupKind is a way of finding a customer.
type LookupKind string

// The ways of finding a customer. Values are standardised; identifiers are "scheme:value".
const (
	LookupPhone      LookupKind = "phone"
	LookupEmail      LookupKind = "email"
	LookupIdentifier LookupKind = "identifier"
	LookupName       LookupKind = "name"      // one token of a name
	LookupRecord     LookupKind = "record"    // system/stream/id
	LookupPlace      LookupKind = "place"     // one word of a town, or a postcode
	LookupBorn       LookupKind = "birthDate" // YYYY-MM-DD; narrows searches, finds nobody by itself
)

// Points says whether a value of the kind is one person's, or a few people's: names, places and days
// of birth are everybody's.
func (k LookupKind) Points() bool { return k != LookupName && k != LookupPlace && k != LookupBorn }

// Lookup is one entry of the index by which customers are found.
type Lookup struct {
	Entity EntityNo
	Kind   LookupKind
	Value  string
}
