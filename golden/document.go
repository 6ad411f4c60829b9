package golden

import (
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Document is an order, interaction or product as the store keeps it, for timelines and routes.
type Document struct {
	Entity   canonical.Entity
	Key      string // "system/stream/id"
	Doc      []byte // canonical JSON
	Hash     uint64
	Version  *canonical.Version
	Ingest   canonical.IngestSequence
	Revision int64
	Deleted  bool
	Time     time.Time // when it happened: of the order or the interaction; zero where unknown
	// Parties are the ways in which the document names customers: matched against the lookups of
	// golden records.
	Parties []DocumentParty
}

// DocumentParty is one way in which a document names a customer.
type DocumentParty struct {
	Role  string
	Kind  LookupKind
	Value string
}

// Compare orders two versions of one document as source records are ordered: by the system's own
// version, then by arrival, then by translation revision. 0: they are the same version.
func (d *Document) Compare(other *Document) int {
	return compareState(
		&SourceRecord{Version: d.Version, Ingest: d.Ingest, Revision: d.Revision},
		&SourceRecord{Version: other.Version, Ingest: other.Ingest, Revision: other.Revision},
	)
}
