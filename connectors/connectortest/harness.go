// Package connectortest proves that a connector kind keeps the contract of package connectors.
//
// In comes a Harness: how to start a system of the kind's own sort, put records into it, break it
// and look at what it holds. Out goes a test for each promise: nothing lost, nothing acknowledged
// before it is durable, clean stops, honest outcomes. It never knows how a kind speaks to its
// system.
package connectortest

import (
	"context"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// Harness is one kind, as far as it can be proved. Source or Target may be nil: a kind may be only
// one of them. Only what the harness offers is tested; nothing is skipped.
type Harness struct {
	// Package is the import path of the kind. After each test none of its goroutines may be left;
	// harnesses stand in the kind's external test package, so that theirs do not count.
	Package string
	// Source starts a fresh, empty system for reading.
	Source func(t *testing.T) SourceSystem
	// Target starts a fresh, empty system for writing.
	Target func(t *testing.T) TargetSystem
	// Patience is how long to wait for what must happen. By default 90 s.
	Patience time.Duration
}

// Record is one record of a system. A system writes it in its own way; what matters is that
// SourceSystem.Record finds key and value in the frame again.
type Record struct {
	Key   string // "k0", "k1", …
	Value int    // grows with each version of one key
}

// SourceSystem is a system that a source reads.
type SourceSystem struct {
	// Open opens the source, as a hub process would at its start: after a restart it is called
	// again with the same Env.DataFolder and checkpoint. Sources that poll should look once at the
	// start and then as often as their schedule allows (robfig/cron: every second).
	Open func(env connectors.Env) (connectors.Source, error)
	// Put makes the system hold or send the records, in order. For a system that sends (webhooks),
	// Put returns at once and goes on sending each record until it is accepted.
	Put func(t *testing.T, records ...Record)
	// PutBad puts something in that is no record. Nil where the system cannot hold such a thing.
	PutBad func(t *testing.T)
	// Record reads key and value from a frame without Err.
	Record func(f formats.Frame) (Record, error)
	// LatestOnly says that the system may show only the newest version of a key (a table).
	LatestOnly bool

	// BadCredentials opens the source with credentials that the system refuses, Unreachable where
	// no system answers. Nil where there is no such thing.
	BadCredentials func(env connectors.Env) (connectors.Source, error)
	Unreachable    func(env connectors.Env) (connectors.Source, error)
}

// TargetSystem is a system that a target writes to.
type TargetSystem struct {
	// Open opens the target.
	Open func(env connectors.Env) (connectors.Target, error)
	// Payload is what the hub would send of a record: a JSON object.
	Payload func(r Record) []byte
	// Held is what the system holds: each record by its remote ID, once for every time that it is
	// there (a duplicate shows as a second remote ID with the same Record.Key).
	Held func(t *testing.T) map[string]Record
	// Operations are those that the target knows. By default create and update.
	Operations []connectors.Operation
	// Faults make the system fail from now on until undo is called. Faults that the system does
	// not have are left out.
	Faults map[Fault]func(t *testing.T) (undo func())
}

// Fault is a way in which a system fails.
type Fault string

// The faults, and the outcome that each must have.
const (
	// Unreachable: nobody answers; nothing is sent. Retry; Unknown where a target with keys may
	// have sent the create over a connection that was just being closed.
	Unreachable Fault = "unreachable"
	// Busy: the system is there and asks to come later (429). Retry, with After where it told one.
	Busy Fault = "busy"
	// BadCredentials: the system refuses the credentials. Unauthorised.
	BadCredentials Fault = "bad credentials"
	// Invalid: the system takes no record. Refused.
	Invalid Fault = "invalid"
	// Forgotten: the system has lost its records: updates and deletes find nothing. Missing.
	Forgotten Fault = "forgotten"
	// LostAnswer: the write is done and the answer is lost. Unknown, or Retry where a repetition
	// is safe; and then, repeated with the same key, it must have been done once.
	LostAnswer Fault = "lost answer"
	// Slow: the system takes a moment for each write (20 ms or more), so that a batch can be
	// cancelled while it is under way.
	Slow Fault = "slow"
)

// Run proves the kind.
func Run(t *testing.T, h Harness) {
	if h.Patience == 0 {
		h.Patience = 90 * time.Second
	}
	if h.Source != nil {
		t.Run("source", func(t *testing.T) { runSource(t, h) })
	}
	if h.Target != nil {
		t.Run("target", func(t *testing.T) { runTarget(t, h) })
	}
}

// proof is one promise and its test.
type proof struct {
	name    string
	offered bool // whether the harness has what it takes
	test    func(t *testing.T, h Harness)
}

func (h Harness) all(t *testing.T, proofs []proof) {
	for _, p := range proofs {
		if !p.offered {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			defer h.leftNothing(t)
			p.test(t, h)
		})
	}
}

// waiting gives a context that ends when patience does.
func (h Harness) waiting(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), h.Patience)
}
