// Package connectors is the contract between the hub and outside systems.
//
// A kind (http, sql, file, …) reads its own part of a connector file and offers streams to read
// from (Source) and to write to (Target). Sources hand over frames and acknowledge their side only
// once the frames are durable; targets say for each write what became of it. A kind never maps,
// never matches and never retries: the hub does.
package connectors

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// Kind is a way of speaking to systems, as `kind:` names it.
type Kind struct {
	// Name is what stands in `kind:`.
	Name string
	// Doc is one line for `touchstone connectors`.
	Doc string
	// Format names the format that streams have where they name none; "" for kinds whose streams
	// have none (database rows) or must name one.
	Format string
	// Fixed says that the kind writes the records of its streams itself, as a database's rows: they
	// are of Format whatever a file says, and no option of a format changes them.
	Fixed bool
	// Joint says that all streams and targets of one connector hang together: whatever changes in its
	// file begins all of them anew.
	Joint bool
	// OneWay says that what targets are given is somebody else's from then on, and does not come back
	// through the streams.
	OneWay bool
	// Policy is how the hub writes to targets of the kind where the connector file says nothing;
	// what is zero in it is that of DefaultPolicy.
	Policy TargetPolicy
	// Keys hold a value of each struct that the kind's Open decodes: from `settings:`, from a stream
	// and from a target, beside the keys that every kind has. JSON Schemas are made of them.
	Keys struct{ Settings, Stream, Target any }
	// Open checks the parts of a connector file that belong to the kind and returns the connector.
	// It adds every problem to ps and does no I/O; the result is nil where there are errors.
	Open func(s Settings, ps *config.Problems) Connector
}

// Settings are the parts of one connector file that belong to its kind.
type Settings struct {
	System   string           // the system's name
	Region   string           // the hub's region, ISO 3166-1 alpha-2
	Folder   string           // the hub folder, against which relative paths are resolved
	Settings *config.Node     // `settings:`
	Streams  []StreamSettings // `streams:`
	Targets  []TargetSettings // `target:`
	Formats  []formats.Kind   // formats that streams may name
}

// StreamSettings are one stream's settings: those that every kind has, and the rest.
type StreamSettings struct {
	Name    string
	At      config.Position
	Poll    string         // cron expression or "@every 15m", checked; "" where the kind does not poll or uses its default
	Format  formats.Format // nil: neither the stream nor the kind names one
	Keys    []string       // `key:` paths; the hub takes the key from the frame by them
	KeysAt  config.Position
	Mapping string
	// MappingAt is where the mapping is named, for whoever finds that there is none of that name.
	MappingAt config.Position
	Rest      *config.Node // keys of the kind's own
}

// TargetSettings are one target stream's settings.
type TargetSettings struct {
	Name   string
	At     config.Position
	Format formats.Format // nil: the kind's default
	Rest   *config.Node
}

// Connector is a configured link to one system. A connector may offer sources, targets or both;
// what it does not offer is an error of its Open, not of the calls below.
type Connector interface {
	// Source opens the stream for reading, as described by its settings.
	Source(stream string, env Env) (Source, error)
	// Target opens the stream for writing.
	Target(stream string, env Env) (Target, error)
}

// Env is what the hub lends to the sources and targets of one connector.
type Env struct {
	Log        *slog.Logger
	DataFolder string     // for ledgers and the like; exists
	Checkpoint Checkpoint // of this stream
	Intake     Intake     // where webhooks arrive
	Deliveries Deliveries // webhooks that came before; nil: they are not remembered
	Ledger     Ledger     // of the connector, in the hub's store
	Clock      func() time.Time
}

// Checkpoint keeps how far a source has read, in the hub's store. Save is called only after emit
// returned nil for everything that the checkpoint covers: it is never ahead of Kafka.
type Checkpoint interface {
	Load(ctx context.Context) ([]byte, error) // nil where nothing was saved
	Save(ctx context.Context, state []byte) error
}

// Intake is the hub's HTTP listener for webhooks.
type Intake interface {
	// Handle serves requests to /in/<system>/<stream> until remove is called. remove waits for
	// requests under way.
	Handle(system, stream string, h http.Handler) (remove func())
}

// Deliveries remembers the delivery IDs of one stream's webhooks, so that a delivery that the sender
// repeats is taken once. Looking and recording are two steps: an ID is recorded only after emit
// returned nil, so that a crash between the two repeats a delivery instead of losing it.
type Deliveries interface {
	Seen(ctx context.Context, id string) (bool, error)
	Record(ctx context.Context, id string) error
}

// Emit makes frames durable: those with Err as dead letters, the rest in raw.<system>. It returns
// nil once all of them are; a source may call it from several goroutines. An error means that the
// frames may or may not have been written: the source reads them again.
type Emit func(ctx context.Context, frames []formats.Frame) error

// Source reads one stream of one system.
type Source interface {
	// Run reads until ctx ends (then it returns nil, having acknowledged what emit accepted) or
	// something fails. It acknowledges its side only after emit returned nil. The hub runs it again
	// after an error: at once for none, later and with backoff by the error's class (see Retry).
	Run(ctx context.Context, emit Emit) error
}

// Repeat says how a write to a target may be repeated when its outcome is unknown.
type Repeat string

// The ways of repeating.
const (
	RepeatKey    Repeat = "key"    // the target takes an idempotency key
	RepeatUpsert Repeat = "upsert" // writing twice is writing once
	RepeatFind   Repeat = "find"   // the target looks for the record before it creates
	RepeatNone   Repeat = "none"   // a create of unknown outcome must go to review
)

// Target writes to one stream of one system.
type Target interface {
	Repeat() Repeat
	// Deliver writes the batch and returns one outcome for each delivery, in the same order. It
	// never returns before all outcomes are known; on cancellation the rest are Retry (not begun)
	// or Unknown (begun).
	Deliver(ctx context.Context, batch []Delivery) []Outcome
}

// Describer is implemented by connectors that can tell what a target can do before it is opened, so
// that a hub folder is checked without any I/O.
type Describer interface {
	// Describe gives the abilities of one of the targets in the settings.
	Describe(target string) Abilities
}

// Abilities are what a target can do.
type Abilities struct {
	Repeat     Repeat
	Operations []Operation
}

// Lister is implemented by targets that can show what they hold, so that the hub can compare and mend.
type Lister interface {
	List(ctx context.Context) iter.Seq2[formats.Frame, error]
}

// Operation is what a delivery asks of a target.
type Operation string

// The operations.
const (
	Create     Operation = "create"
	Update     Operation = "update"
	Deactivate Operation = "deactivate"
	Delete     Operation = "delete"
)

// Delivery is one write to a target.
type Delivery struct {
	// Key is the idempotency key: the same for every attempt at one write, different for every other.
	Key string
	// Subject is the golden ID, or system/stream/id of an order or interaction.
	Subject       string
	Operation     Operation
	RemoteID      string // the record's ID in the target; "" in a create
	RemoteVersion string // what the target said last, for targets with optimistic locking
	Payload       []byte // JSON, as the outbound mapping wrote it; empty in a delete
	Doc           *formats.Node
	Correlation   string
	// TraceParent and TraceState are the W3C trace context of the write, for targets that can hand it
	// on; "" for none.
	TraceParent, TraceState string
}

// Outcome is what became of one write.
type Outcome struct {
	Status        Status
	RemoteID      string        // learnt by a create
	Found         bool          // of a create: the record was there already, and was updated
	RemoteVersion string        // ETag or version, where the target tells one
	After         time.Duration // with Retry: not before (0: the hub's backoff)
	Response      []byte        // what the target answered, cut to a few KB: for the log of the delivery
	Err           error         // why it is not Done
}

// Status is the class of an outcome.
type Status string

// The classes of outcome.
const (
	Done         Status = "done"
	Retry        Status = "retry"        // may work later: unreachable, 429, 5xx before anything was done
	Refused      Status = "refused"      // will not work with this payload: 4xx
	Unauthorised Status = "unauthorised" // will not work with these credentials, for any payload
	Missing      Status = "missing"      // the remote record is gone: update or delete of an ID unknown to the target
	Unknown      Status = "unknown"      // begun, and not known whether done: time-out after the request was sent
)
