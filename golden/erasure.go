package golden

import (
	"context"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Erasure is what is kept of the removal of a person: who wanted it, when, why, how much went, and
// what became of it in targets. Nothing in it says who the person was.
type Erasure struct {
	ID       string    `json:"id"`       // "E" and 26 characters
	Customer string    `json:"customer"` // golden ID; nothing is held under it any more
	Whole    bool      `json:"whole"`    // false: only some records of the customer were removed
	At       time.Time `json:"at"`
	Author   string    `json:"author"`
	Reason   string    `json:"reason"`
	// Merged are the golden IDs that forward to the customer; what was held under them went too.
	Merged     []string    `json:"merged,omitempty"`
	Orders     OrderPolicy `json:"orders"`
	Identities bool        `json:"identities"`
	// Counts says how much was removed, by sort of data.
	Counts       map[string]int64 `json:"counts"`
	Suppressions []Suppression    `json:"suppressions"`
	Held         []HeldAt         `json:"held"`
	Topics       []TopicRetention `json:"topics"`
	Lifted       []Lift           `json:"lifted,omitempty"`
	Closed       []Closing        `json:"closed,omitempty"`
	Receipts     []Receipt        `json:"receipts"` // kept apart, a row each
}

// OrderPolicy says what happens to orders and invoices of an erased customer.
type OrderPolicy string

// What happens to orders. Interactions that name nobody else are always removed.
const (
	// StripOrders keeps number, dates, positions and sums, which tax law may ask for, and removes
	// who it was: parties, notes, further attributes.
	StripOrders OrderPolicy = "strip"
	// DeleteOrders removes them.
	DeleteOrders OrderPolicy = "delete"
)

// Suppression is one entry that keeps what was removed from coming back.
type Suppression struct {
	Kind SuppressionKind `json:"kind"`
	Hash uint64          `json:"hash,string"`
}

// HeldAt says that systems still hold the person: the hub deletes nothing there unless a route says
// so.
type HeldAt struct {
	Stream  string `json:"stream"` // system/stream
	Records int    `json:"records"`
}

// TopicRetention says until when bytes of the person can be on Kafka.
type TopicRetention struct {
	Topic string `json:"topic"`
	// Last is when the newest record of the person came in, as far as the store knows.
	Last time.Time `json:"last,omitzero"`
	// Until is when the last of the bytes is gone; zero where the topic is kept for good.
	Until time.Time `json:"until,omitzero"`
	Note  string    `json:"note,omitempty"`
}

// Lift is the end of a suppression: the person came back by consent.
type Lift struct {
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	Reason string    `json:"reason"`
	Suppression
}

// Receipt says what became of one record in one target.
type Receipt struct {
	Erasure   string           `json:"-"`
	Target    string           `json:"target"`        // "system.stream"
	Remote    uint64           `json:"remote,string"` // keyed hash of its ID in the target
	Entity    canonical.Entity `json:"entity"`
	Route     string           `json:"route,omitempty"`
	Operation string           `json:"operation"` // delete, deactivate, keep, update
	Status    ReceiptStatus    `json:"status"`
	Reason    string           `json:"reason,omitempty"` // why it is kept, or was not done
	At        time.Time        `json:"at"`
}

// ReceiptStatus is the state of a record that is to leave a target.
type ReceiptStatus string

// The states of a receipt.
const (
	ReceiptPending ReceiptStatus = "pending" // the target has yet to answer
	ReceiptDone    ReceiptStatus = "done"
	ReceiptRefused ReceiptStatus = "refused" // the target will not; a person has to see to it
	ReceiptReview  ReceiptStatus = "review"  // not known whether there is a record; a person looks
	ReceiptKept    ReceiptStatus = "kept"    // by the route's policy
	ReceiptClosed  ReceiptStatus = "closed"  // by a person who looked in the target
)

// Open says whether something is still to come of the receipt.
func (r *Receipt) Open() bool {
	return r.Status != ReceiptDone && r.Status != ReceiptKept && r.Status != ReceiptClosed
}

// Membership is a time in which a record was a member of an entity.
type Membership struct {
	Record RecordNo
	Entity EntityNo
	Since  time.Time
	Until  time.Time // zero: it still is
}

// LetterPlace names the dead letters of one record.
type LetterPlace struct{ System, Stream, Key string }

// Erasures are the methods by which a person is removed. All that removes something says how many
// rows went.
type Erasures interface {
	// EntitiesByID returns the rows of golden IDs in whatever state they are.
	EntitiesByID(ctx context.Context, ids []string) ([]GoldenRecord, error)
	// OwnersOf returns, of ways to find a customer (phone, email, identifier), those by which live
	// customers are found, with the entity: one for each of several.
	OwnersOf(ctx context.Context, ways []Lookup) ([]Lookup, error)
	// DocumentsNaming returns the documents that name somebody in one of the ways, deleted ones too.
	DocumentsNaming(ctx context.Context, ways []Lookup) ([]Document, error)
	// StatesOf returns what all targets hold of the subjects, and what was begun there.
	StatesOf(ctx context.Context, subjects []string) ([]DeliveryState, []PendingCreate, error)
	// MembershipsOf returns where the records were members, now and before.
	MembershipsOf(ctx context.Context, nos []RecordNo) ([]Membership, error)
	// ChangesWithin returns the changes of an entity from a time to another, both included.
	ChangesWithin(ctx context.Context, entity EntityNo, since, until time.Time) ([]Change, error)
	// RewriteChanges replaces what changes say, by No; their place in the history stays.
	RewriteChanges(ctx context.Context, changes []Change) error

	// EraseRecords removes source records and everything that names their keys: membership, what the
	// hub wrote, links, decisions (whose text goes where other records are left in them), tasks.
	// further are keys of records that have not been reported yet.
	EraseRecords(ctx context.Context, records []SourceRecord, further []string) (map[string]int64, error)
	EraseDocuments(ctx context.Context, documents []Document) (int64, error)
	// EraseDeadLetters removes the letters of places, those of deliveries of the subjects, and those
	// without a key whose bytes contain one of texts, in upper or lower case.
	EraseDeadLetters(ctx context.Context, places []LetterPlace, subjects, texts []string) (int64, error)
	// EraseLetters removes dead letters by ID.
	EraseLetters(ctx context.Context, ids []int64) error
	// EraseDeliveries removes the rows of targets' records by (Target, RemoteID), EraseWork the
	// reconciler's rows of subjects in all targets.
	EraseDeliveries(ctx context.Context, states []DeliveryState) (int64, error)
	EraseWork(ctx context.Context, subjects []string) error

	// AnySuppression says whether there is one at all.
	AnySuppression(ctx context.Context) (bool, error)
	// LiftSuppressions ends suppressions.
	LiftSuppressions(ctx context.Context, hashes []uint64) (int64, error)
	// PutErasure inserts or replaces an erasure by ID, without its receipts.
	PutErasure(ctx context.Context, e Erasure) error
	// Erasures returns those of the IDs, and ErasuresOf those of customers, with their receipts.
	Erasures(ctx context.Context, ids []string) ([]Erasure, error)
	ErasuresOf(ctx context.Context, customers []string) ([]Erasure, error)
	// PutReceipts inserts or replaces receipts by (Erasure, Target, Remote). SettleReceipts changes
	// the open ones of (Target, Remote), whichever erasure they are of: Operation, Status, Reason, At.
	PutReceipts(ctx context.Context, receipts []Receipt) error
	SettleReceipts(ctx context.Context, receipts []Receipt) error
}

// ErasureReader is what is read of erasures outside of transactions.
type ErasureReader interface {
	// ListErasures returns erasures, newest first, with their receipts, before the ID.
	ListErasures(ctx context.Context, before string, limit int) ([]Erasure, error)
	// Erasure returns one; ErrNotFound where there is none of that ID.
	Erasure(ctx context.Context, id string) (Erasure, error)
	// AllSuppressions returns all hashes, and a mark that differs once erasures have changed.
	AllSuppressions(ctx context.Context) (hashes []uint64, mark string, err error)
	// SuppressionMark returns the mark only.
	SuppressionMark(ctx context.Context) (string, error)
}
