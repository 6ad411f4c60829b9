package golden

import "time"

// Dirty asks the reconciler to look at one subject for one target. Marking it again while it is
// worked on raises Mark, so that the work is done again.
type Dirty struct {
	Target  string // "system.stream"
	Subject string // golden ID, or "system/stream/id" of an order or interaction
	Entity  string // "customer", "order", "interaction", "product"
	Mark    int64
	Since   time.Time // when it was first marked
	NotSent time.Time // do not look before (backoff); zero for now
	Attempt int       // failed attempts since it was last clean
	Error   string    // of the last attempt
	// Owner holds the claim, set by ClaimDirty. SettleDirty passes over a row that another owner has
	// claimed meanwhile; "" settles whoever holds it.
	Owner string
	// Correlation of the record that caused the first mark that has not been worked on.
	Correlation string
	// Trace is the trace context of that mark, as in Change; where it has none, that of the first that has.
	Trace string
}

// DeliveryState is what the hub knows of one record in one target.
type DeliveryState struct {
	Target   string
	RemoteID string
	Subject  string // what it was written from
	Route    string
	// Record is the key under which the target's own report of the record arrives as a source
	// record ("system/stream/id"); "" where the target is no source.
	Record string
	// Origin is the source record from which the hub made it: where the customer is split, the remote
	// record goes with it. "" where the hub did not make it, and for orders and the like.
	Origin        string
	RemoteVersion string
	SentHash      uint64 // of the payload last written; 0 for none
	SentVersion   int64  // golden version it was made from
	// Circumstances is a hash of what that payload depended on beside the golden record's values; 0
	// where that is not known.
	Circumstances uint64
	ObservedHash  uint64 // of the target's own record after the write; 0 until it was seen
	Again         int64  // how often a person asked for it to be sent again
	Status        DeliveryStatus
	Attempts      int
	Error         string
	UpdatedAt     time.Time
}

// DeliveryStatus is the state of a remote record.
type DeliveryStatus string

// The states of a remote record or pending create.
const (
	Settled  DeliveryStatus = "settled"  // sent is wanted
	Failing  DeliveryStatus = "failing"  // will be tried again
	Refused  DeliveryStatus = "refused"  // the target will not take this payload; a new one is tried
	Review   DeliveryStatus = "review"   // outcome unknown, a person decides
	Inactive DeliveryStatus = "inactive" // deactivated by the route's policy
	Gone     DeliveryStatus = "gone"     // deleted in the target
)

// PendingCreate is a create that was begun and whose remote ID is not known yet. There is at most
// one per (target, subject); it is written before the request leaves.
type PendingCreate struct {
	Target      string
	Subject     string
	Route       string
	Key         string // idempotency key, the same in every attempt
	PayloadHash uint64 // of the attempt that was made last
	// Arrived is the hash of the payload that an attempt may have left in the target: of one whose
	// outcome is unknown. 0 where none can have, Mixed where it may be one of several.
	Arrived   uint64
	Version   int64 // golden version
	Status    DeliveryStatus
	Attempts  int
	Error     string
	StartedAt time.Time // of the first attempt under the key
	// Written are the values that the attempts have sent, where the target reports what it holds: of
	// those that it may have they are the hub's, whoever is asked first.
	Written []WrittenValue
}

// Mixed is what no payload hashes to: several payloads may have arrived.
const Mixed = 1

// MayHold notes that one more payload may have arrived.
func (c *PendingCreate) MayHold(payload uint64) {
	switch c.Arrived {
	case 0, payload:
		c.Arrived = payload
	default:
		c.Arrived = Mixed
	}
}

// DeadLetter is a record that could not be processed.
type DeadLetter struct {
	ID          int64
	Stage       string // ingest, translate, resolve, documents, deliver
	System      string
	Stream      string
	Key         string // record key where known
	Cause       string // short class by which letters are grouped
	Error       string // the whole message, with position
	Position    string // where the bytes stood
	Topic       string // where the frame stands on Kafka; "" where it never got there
	Partition   int
	Offset      int64
	Bytes       []byte            // the original bytes
	Context     []byte            // what the bytes need around them (CSV header, EDI envelope)
	Header      map[string]string // headers of the message
	Attempts    int
	At          time.Time
	State       DeadLetterState
	Resolution  string // reason of a drop, or what replayed it
	Correlation string
}

// DeadLetterState is the state of a dead letter.
type DeadLetterState string

// The states of a dead letter.
const (
	DeadOpen     DeadLetterState = "open"
	DeadReplayed DeadLetterState = "replayed"
	DeadDropped  DeadLetterState = "dropped"
)

// DeadLetterGroup is what dead letters of one cause have in common.
type DeadLetterGroup struct {
	Stage  string
	System string
	Stream string
	Cause  string
	Count  int64
	Oldest time.Time
	Newest DeadLetter // without its bytes
}
