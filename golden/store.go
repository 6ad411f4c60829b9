package golden

import (
	"context"
	"errors"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Errors that callers decide on.
var (
	// ErrFenced: the offset is not where the caller expects it, so the partition belongs to
	// another process now. The whole transaction is dropped.
	ErrFenced = errors.New("fenced: another process has taken over this partition")
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrLeaseLost: the lease is held by another owner.
	ErrLeaseLost = errors.New("lease is held by another process")
	// ErrText: a key, value or name is not UTF-8 text or contains NUL, which not every database can
	// store. It will be refused again. (Documents and raw bytes are stored as they are.)
	ErrText = errors.New("not text that can be stored")
	// ErrFull: the disk is full. The transaction can be tried again when there is room.
	ErrFull = errors.New("the store's disk is full")
	// ErrInterrupted: the database broke off a transaction whose work cannot be done again as it is. It
	// did nothing; the caller can begin anew.
	ErrInterrupted = errors.New("the transaction was interrupted")
	// ErrUnavailable: the database cannot be reached or went away, perhaps while it committed. The
	// transaction can be tried again; whether it took effect shows in its offset or its keys.
	ErrUnavailable = errors.New("the store cannot be reached")
	// ErrNotEmpty: the store holds something already, so that it cannot be filled at once.
	ErrNotEmpty = errors.New("the store is not empty")
	// ErrNewer: the store was written by a newer version of the program.
	ErrNewer = errors.New("the store belongs to a newer version of this program")
)

// Store keeps everything that the hub must not forget. Implementations are safe for concurrent
// use. Methods that take slices are one statement, or a fixed number of them, whatever the length;
// results come in no particular order unless said. Times are UTC with microseconds.
type Store interface {
	// InTx runs do in one transaction. Where the database asks for it (deadlock, serialisation,
	// lost connection before commit) do runs again from the start, so it must not keep state from
	// an earlier run. The error of do rolls back and is returned as it is. Implementations may
	// commit several callers' transactions together, and may have a method that only writes return
	// before it has written: later methods find it written, and where it fails, they or InTx say so.
	InTx(ctx context.Context, do func(ctx context.Context, tx Tx) error) error
	// Load fills a store that holds no customers: no records, decisions, links, written values or
	// suppressions, and nothing that comes of them; ErrNotEmpty where it does. do runs once, in one
	// transaction that has settled. In it, what is put is new and put once; records, entities and
	// changes may be put in several parts, in order of their keys and IDs, keys and edges in one. What
	// was put may not be read before the transaction ends, but for StakesOf. Readers of customers may
	// wait for the end. note, where not nil, is told how long each step took.
	Load(ctx context.Context, note func(step string, took time.Duration), do func(ctx context.Context, tx Tx) error) error
	// Empty says whether Load would find the store empty now.
	Empty(ctx context.Context) (bool, error)
	// InView runs do on one state of the store, in which every transaction is that ended before. It
	// waits for no writer.
	InView(ctx context.Context, do func(ctx context.Context, v View) error) error
	Reader
	Work
	Ping(ctx context.Context) error
	Close() error
}

// Tx is one transaction: what resolve and the other writing stages need.
type Tx interface {
	Offsets
	Records
	Graph
	Results
	Deliveries
	Erasures
	Checkpoints
	Ledger
}

// View reads one state of the store: what the reconciler has to know of many subjects at once.
type View interface {
	// Customers is as of Reader, DocumentsByKey as of Results, the others as of Tx.
	Customers(ctx context.Context, ids []string) ([]GoldenRecord, error)
	// RecordsOf returns the member records of entities, tombstones included, ordered by key.
	RecordsOf(ctx context.Context, entities []EntityNo) ([]SourceRecord, error)
	RecordsByKey(ctx context.Context, keys []string) ([]SourceRecord, error)
	MergedInto(ctx context.Context, entities []EntityNo) ([]GoldenRecord, error)
	LinksOf(ctx context.Context, keys []string) ([]Link, error)
	DecisionsOf(ctx context.Context, keys []string) ([]Decision, error)
	DocumentsByKey(ctx context.Context, entity canonical.Entity, keys []string) ([]Document, error)
	DeliveriesOf(ctx context.Context, target string, subjects []string) ([]DeliveryState, error)
	DeliveriesOfRecords(ctx context.Context, records []string) ([]DeliveryState, error)
	PendingCreates(ctx context.Context, target string, subjects []string) ([]PendingCreate, error)
}

// Checkpoints are as of Work, in the transaction.
type Checkpoints interface {
	LoadCheckpoint(ctx context.Context, name string) ([]byte, error)
	SaveCheckpoint(ctx context.Context, name string, state []byte) error
}

// Offsets fence the stages.
type Offsets interface {
	// AdvanceOffset moves the next offset of (group, topic, partition) from expected to next, or
	// returns ErrFenced. Where nothing is stored yet, it is stored as next whatever expected is.
	AdvanceOffset(ctx context.Context, group, topic string, partition int, expected, next int64) error
}

// Records are source records and their block keys.
type Records interface {
	// Settle takes the lease under which components are re-partitioned, until the transaction
	// ends: one at a time in the whole store. It is called first in the transaction.
	Settle(ctx context.Context) error
	// RecordsByKey returns the records that exist among keys, tombstones included.
	RecordsByKey(ctx context.Context, keys []string) ([]SourceRecord, error)
	// RecordsByNo likewise.
	RecordsByNo(ctx context.Context, nos []RecordNo) ([]SourceRecord, error)
	// RecordsOf is as of View.
	RecordsOf(ctx context.Context, entities []EntityNo) ([]SourceRecord, error)
	// PutRecords inserts (No 0) or replaces records, and sets No of the inserted ones. Entity is
	// not written: see PutMembers. Written is kept as it is where it is nil here, and replaced
	// where it is not (empty: removed).
	PutRecords(ctx context.Context, records []SourceRecord) error
	// KeysOf returns the stored block keys and features of the records.
	KeysOf(ctx context.Context, nos []RecordNo) ([]RecordKeys, error)
	// FeaturesOf returns the features of the records; those that have none are left out.
	FeaturesOf(ctx context.Context, nos []RecordNo) (map[RecordNo][]byte, error)
	// PutFeatures replaces the features of records that have block keys.
	PutFeatures(ctx context.Context, features map[RecordNo][]byte) error
	// PutKeys replaces the block keys of the records, and their features where there are some (no keys:
	// removes both), and maintains the live count of every key. It returns the counts of the keys that a
	// record gained or lost, 0 included. The transaction has to have settled: counts are exact for one
	// at a time.
	PutKeys(ctx context.Context, keys []RecordKeys) (map[uint64]int64, error)
	// KeyCounts returns the live counts of keys; those without members are left out.
	KeyCounts(ctx context.Context, keys []uint64) (map[uint64]int64, error)
	// KeyMembers returns the members of keys, at most limit for each (0: all).
	KeyMembers(ctx context.Context, keys []uint64, limit int) (map[uint64][]RecordNo, error)
}

// Graph is what joins records: edges, links, decisions, membership.
type Graph interface {
	// EdgesOf returns every edge that has an end among nos.
	EdgesOf(ctx context.Context, nos []RecordNo) ([]Edge, error)
	// PutEdges removes every edge that has an end among of and inserts edges.
	PutEdges(ctx context.Context, of []RecordNo, edges []Edge) error
	// LinksOf returns the links that name one of the record keys at either end.
	LinksOf(ctx context.Context, keys []string) ([]Link, error)
	PutLinks(ctx context.Context, links []Link) error
	// DecisionsOf returns the decisions in force, pinned values among them, that name one of the
	// record keys.
	DecisionsOf(ctx context.Context, keys []string) ([]Decision, error)
	// DecisionsOfAct returns all decisions of the act that a decision belongs to, be they undone or
	// not, ordered by ID; id is any of theirs, or the act's, of whose decisions the first may be erased.
	DecisionsOfAct(ctx context.Context, id string) ([]Decision, error)
	// PutDecisions inserts decisions, or replaces those of the same ID (to undo one). One that names
	// no act is an act of its own.
	PutDecisions(ctx context.Context, decisions []Decision) error
	// MembersOf returns all members of the entities.
	MembersOf(ctx context.Context, entities []EntityNo) ([]Member, error)
	// PutMembers moves records to entities (0: to none) and keeps the history of it.
	PutMembers(ctx context.Context, members []Member, at time.Time, cause string) error
	// LastEntityOf returns for each record the entity that it was last a member of, present or past.
	LastEntityOf(ctx context.Context, nos []RecordNo) ([]Member, error)
	// MergedInto returns the merged entities that forward straight to one of entities, with the
	// Sources that they held last: after a split they may be revived.
	MergedInto(ctx context.Context, entities []EntityNo) ([]GoldenRecord, error)
}

// Results are what resolving brings out.
type Results interface {
	// Entities returns entities by number, with the golden record's content where there is one.
	Entities(ctx context.Context, nos []EntityNo) ([]GoldenRecord, error)
	// Customers is as of Reader.
	Customers(ctx context.Context, ids []string) ([]GoldenRecord, error)
	// StakesOf returns what hangs on the entities; those on which nothing does may be left out.
	StakesOf(ctx context.Context, entities []Entity) (map[EntityNo]Stakes, error)
	// PutEntities inserts (No 0) or replaces entities and golden records, and sets No of the
	// inserted ones. A record that is not Live keeps its row, so that the ID resolves.
	PutEntities(ctx context.Context, records []GoldenRecord) error
	// PutLookups replaces all lookups of the entities in of. Those of LookupRecord serve timelines:
	// searches find the customer of a live record by its membership. A name or place is searched
	// where it is one word of at most 256 bytes, without " ", |, # and =; of a customer's words no more
	// are than fit into 1,024 bytes.
	PutLookups(ctx context.Context, of []EntityNo, lookups []Lookup) error
	// PutTasks inserts tasks whose ID is new, opens those again that are closed, with what the task
	// says now, and brings score, priority and detail of open ones up to date; CloseTasks closes open
	// tasks all of whose records are among the keys and whose ID is not in keep. It leaves tasks of kind TaskOutcome alone, which
	// are not the resolver's.
	PutTasks(ctx context.Context, tasks []Task) error
	CloseTasks(ctx context.Context, keys []string, keep []string, at time.Time) error
	// Task returns one task, open or closed; ErrNotFound where there is none of the ID.
	Task(ctx context.Context, id string) (Task, error)
	// SettleTasks closes the open tasks of the IDs, of whatever kind.
	SettleTasks(ctx context.Context, ids []string, at time.Time) error
	// AddChanges writes changes to the history and to the outbox.
	AddChanges(ctx context.Context, changes []Change) error
	// DocumentsByKey and PutDocuments keep orders, interactions and products.
	DocumentsByKey(ctx context.Context, entity canonical.Entity, keys []string) ([]Document, error)
	PutDocuments(ctx context.Context, documents []Document) error
	// Suppressed returns which of the keyed hashes are suppressed by an erasure.
	Suppressed(ctx context.Context, hashes []uint64) ([]uint64, error)
	PutSuppressions(ctx context.Context, hashes []uint64, reason string, at time.Time) error
}

// Deliveries are the reconciler's rows.
type Deliveries interface {
	// MarkDirty marks (target, subject) pairs; a pair marked already gets a higher Mark and is
	// looked at as soon as the earlier of the two times says.
	MarkDirty(ctx context.Context, marks []Dirty) error
	// SettleDirty removes the row if its Mark is still the same, else leaves it for another look
	// at once. retry (with Error, Attempt and NotSent set) keeps it for later instead. Either way
	// the claim ends.
	SettleDirty(ctx context.Context, done []Dirty, retry []Dirty) error
	// ForgiveDirty forgets the failed attempts of rows that nobody has claimed, so that the next one
	// counts as the first.
	ForgiveDirty(ctx context.Context, target string, subjects []string) error
	// DeliveriesOf returns what is known of the subjects' records in target.
	DeliveriesOf(ctx context.Context, target string, subjects []string) ([]DeliveryState, error)
	// DeliveriesOfRecords returns the states whose Record is among the source record keys.
	DeliveriesOfRecords(ctx context.Context, records []string) ([]DeliveryState, error)
	// DeliveriesOfOrigins returns the states of target whose Origin is among the source record keys;
	// DeliveriesByID those of remote IDs.
	DeliveriesOfOrigins(ctx context.Context, target string, origins []string) ([]DeliveryState, error)
	DeliveriesByID(ctx context.Context, target string, remoteIDs []string) ([]DeliveryState, error)
	// PutDeliveries inserts or replaces by (Target, RemoteID).
	PutDeliveries(ctx context.Context, states []DeliveryState) error
	PendingCreates(ctx context.Context, target string, subjects []string) ([]PendingCreate, error)
	PutPendingCreates(ctx context.Context, creates []PendingCreate) error
	DeletePendingCreates(ctx context.Context, target string, subjects []string) error
	// PutWritten records, for source records by key, the values that the hub wrote into them.
	// A record not known yet gets them when it is first put.
	PutWritten(ctx context.Context, written map[string][]WrittenValue) error
	// WrittenOf returns what PutWritten recorded, also for records not known yet; keys without any
	// are left out.
	WrittenOf(ctx context.Context, keys []string) (map[string][]WrittenValue, error)
	// AddDeadLetters stores dead letters.
	AddDeadLetters(ctx context.Context, letters []DeadLetter) error
	// ReopenDeadLetters opens letters again, by ID, which failed once more: Cause, Error, At
	// and, where there are some, Bytes are replaced and the attempts counted up. IDs that are not known are passed over.
	ReopenDeadLetters(ctx context.Context, letters []DeadLetter) error
	// SettleDeadLetters sets the state of letters with a reason, by ID, where Attempts are still the
	// same: one that failed again meanwhile stays open.
	SettleDeadLetters(ctx context.Context, letters []DeadLetter, state DeadLetterState, resolution string) error
	// ReplayedDeadLetters returns the letters of record keys that were replayed, without their bytes.
	ReplayedDeadLetters(ctx context.Context, stage, system, stream string, keys []string) ([]DeadLetter, error)
}

// Work is what the stages need outside transactions of their own.
type Work interface {
	// Lease takes or renews the named lease for owner until ttl from now by the store's clock;
	// ErrLeaseLost where another owner holds it.
	Lease(ctx context.Context, name, owner string, ttl time.Duration) error
	ReleaseLease(ctx context.Context, name, owner string) error

	// NextOffset returns where a group continues; known is false where nothing is stored.
	NextOffset(ctx context.Context, group, topic string, partition int) (next int64, known bool, err error)

	// LoadCheckpoint returns nil where there is none. Names are "system/stream".
	LoadCheckpoint(ctx context.Context, name string) ([]byte, error)
	SaveCheckpoint(ctx context.Context, name string, state []byte) error
	// SwapCheckpoint saves only where what is stored is still before (nil: nothing), and says
	// whether it did: for what several processes change.
	SwapCheckpoint(ctx context.Context, name string, before, state []byte) (swapped bool, err error)

	// Outbox returns up to limit unpublished changes in an order in which no change of a golden
	// record stands before an earlier one of it. Published gives them their feed sequence, in
	// the order of the slice (in which it sets Seq), and takes them out of the outbox;
	// ErrLeaseLost where another process has published one of them.
	Outbox(ctx context.Context, limit int) ([]Change, error)
	Published(ctx context.Context, changes []Change) error

	// ClaimDirty returns up to limit rows of target that are due and not claimed, and claims them
	// for owner until ttl from now. In the order in which they became due.
	ClaimDirty(ctx context.Context, target, owner string, limit int, ttl time.Duration) ([]Dirty, error)
	// NextDirty returns when the earliest row of target that is not due yet becomes due, be it that
	// its backoff ends or a claim on it; zero where there is none.
	NextDirty(ctx context.Context, target string) (time.Time, error)

	// SeenDelivery says whether a webhook's delivery ID was recorded; RecordDelivery records it,
	// and forgets the stream's entries older than keep.
	SeenDelivery(ctx context.Context, stream, id string) (bool, error)
	RecordDelivery(ctx context.Context, stream, id string, keep time.Duration) error
}

// Reader is what the API, the console and the command line read.
type Reader interface {
	ErasureReader
	LedgerReader
	// Customer returns the golden record of an ID, following forwards; asked says what the ID
	// itself stands for. ErrNotFound where the ID was never given.
	Customer(ctx context.Context, id string) (record GoldenRecord, asked Entity, err error)
	// Customers returns the rows of golden IDs in whatever state they are, without following
	// forwards; IDs never given are left out.
	Customers(ctx context.Context, ids []string) ([]GoldenRecord, error)
	// FindCustomers returns live golden records, ordered by ID, after the ID in q.After.
	FindCustomers(ctx context.Context, q Query) ([]GoldenRecord, error)
	// Search returns live golden records by words, without their lineage, in the order of their
	// places, after the one in q.After. The order does not depend on how the store finds them.
	Search(ctx context.Context, q Search) ([]Hit, error)
	// SourcesOf returns the member records of an entity, tombstones included, ordered by key.
	SourcesOf(ctx context.Context, entity EntityNo) ([]SourceRecord, error)
	// Timeline returns the documents that name the entity by one of its lookups, newest first.
	Timeline(ctx context.Context, entity EntityNo, q TimelineQuery) ([]Document, error)
	// Document returns one document.
	Document(ctx context.Context, entity canonical.Entity, key string) (Document, error)
	// DocumentKeys returns the keys of an entity's documents that are not deleted, after one, in order.
	DocumentKeys(ctx context.Context, entity canonical.Entity, after string, limit int) ([]string, error)
	// History returns the changes of a golden record, oldest first, from version on.
	History(ctx context.Context, entity EntityNo, from int64, limit int) ([]Change, error)
	// LastChange returns the number of the change that was written last, 0 before the first. Moved
	// reads up to limit changes after one number up to another, in order, and returns the keys of the
	// records that they name, with the number of the last one read: after where there are no more.
	LastChange(ctx context.Context) (int64, error)
	Moved(ctx context.Context, after, until int64, limit int) (keys []string, last int64, err error)
	// Feed returns published changes after the sequence, in order; oldest is the first that is kept.
	Feed(ctx context.Context, after int64, limit int) (changes []Change, oldest int64, err error)
	// FeedEnd returns the sequence of the change published last; 0 before the first.
	FeedEnd(ctx context.Context) (int64, error)
	// Tasks returns tasks by priority.
	Tasks(ctx context.Context, q TaskQuery) ([]Task, error)
	// Decisions returns what people decided, newest first.
	Decisions(ctx context.Context, q DecisionQuery) ([]Decision, error)
	// ListDeliveries, ListDirty and ListPendingCreates show the reconciler's rows, of one target
	// or all (""), of one subject or all, ordered by (target, subject).
	ListDeliveries(ctx context.Context, q DeliveryQuery) ([]DeliveryState, error)
	ListDirty(ctx context.Context, q DeliveryQuery) ([]Dirty, error)
	ListPendingCreates(ctx context.Context, q DeliveryQuery) ([]PendingCreate, error)
	// DeadLetters returns dead letters, newest first, without their bytes; DeadLetter one with them.
	DeadLetters(ctx context.Context, q DeadLetterQuery) ([]DeadLetter, error)
	DeadLetter(ctx context.Context, id int64) (DeadLetter, error)
	// DeadLetterGroups counts dead letters by stage, system, stream and cause, largest group first.
	DeadLetterGroups(ctx context.Context, q DeadLetterQuery) ([]DeadLetterGroup, error)
	// ResolveDeadLetters sets the state of letters with a reason.
	ResolveDeadLetters(ctx context.Context, ids []int64, state DeadLetterState, resolution string) error
	// Statistics counts what the store holds.
	Statistics(ctx context.Context) (Statistics, error)
	// Snapshot calls yield for every live golden record in order of ID, from one consistent view,
	// and returns the feed sequence up to which it holds.
	Snapshot(ctx context.Context, yield func(GoldenRecord) error) (seq int64, err error)
}

// Query finds golden records: all conditions that are set must hold. Values are standardised.
type Query struct {
	Lookups []Lookup // Entity is ignored
	After   string   // golden ID
	Limit   int
}

// TimelineQuery selects documents.
type TimelineQuery struct {
	Entities []canonical.Entity // empty: all
	Before   time.Time          // zero: from the newest
	After    string             // key of the last document seen at Before
	Limit    int
}

// TaskQuery selects tasks.
type TaskQuery struct {
	ID     string   // "": all
	Kind   TaskKind // "": all
	Record string   // "": all
	Closed bool     // closed ones too
	// After is the ID of the last task seen, and AfterPriority its priority then: it may have another
	// by now.
	After         string
	AfterPriority int32
	Limit         int
}

// DecisionQuery selects decisions: all conditions that are set must hold.
type DecisionQuery struct {
	IDs     []string // where not nil: of these IDs only
	Records []string // where not nil: only those that name one of these record keys
	Act     string   // "": all
	Author  string   // "": all
	Verdict Verdict  // "": all
	Undone  bool     // undone ones too
	After   string   // ID
	Limit   int
}

// Stakes are what hangs on a customer, each counted to a thousand at most.
type Stakes struct {
	Remotes int // records in targets that the hub keeps in step with it
	Orders  int // that name it
}

// DeliveryQuery selects the reconciler's rows.
type DeliveryQuery struct {
	Target       string
	Subject      string
	Subjects     []string // where set: of these only
	Status       DeliveryStatus
	Error        string // only rows whose error contains it, in upper or lower case
	AfterTarget  string
	AfterSubject string
	// AfterRemoteID continues within the deliveries of (AfterTarget, AfterSubject), which are
	// ordered by it; "" goes on with the next subject.
	AfterRemoteID string
	Limit         int
}

// DeadLetterQuery selects dead letters.
type DeadLetterQuery struct {
	Stage  string
	System string
	Stream string
	Key    string
	Cause  string
	State  DeadLetterState // "": open
	Since  time.Time       // not older than this; zero: all
	Before int64           // ID; 0: from the newest
	// Topic, where set, asks for letters of frames that stand there: in Partition, from offset From
	// on and before To.
	Topic     string
	Partition int
	From, To  int64
	Limit     int
}

// Statistics counts what the store holds.
type Statistics struct {
	Customers   int64                               // live golden records
	Merged      int64                               // golden IDs that forward
	Records     map[string]int64                    // live source records by "system/stream"
	Deleted     map[string]int64                    // tombstones by "system/stream"
	Documents   map[canonical.Entity]int64          // live orders, interactions, products
	Deliveries  map[string]map[DeliveryStatus]int64 // remote records by target and state
	Creates     map[string]map[DeliveryStatus]int64 // pending creates by target and state
	Dirty       map[string]int64                    // by target
	Oldest      map[string]time.Time
	Tasks       map[TaskKind]int64 // open
	DeadLetters map[string]int64   // open, by stage
	Outbox      int64
	FeedLast    int64
}
