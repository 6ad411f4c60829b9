package golden

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Act is one thing that a person does about customers: it makes decisions, or undoes them, and is
// undone as one.
type Act struct {
	Author   string
	Reason   string
	Strength Strength // of the verdicts it makes; Lock where empty
	// DryRun: everything is done as it would be, told as Effects, and taken back.
	DryRun bool
	// Seen are the customers as the person saw them: golden ID to version. The act is refused with a
	// *VersionError where it names a customer by a golden ID that is not among them, or is of another
	// version by now. nil: in whatever state they are.
	Seen map[string]int64
	Do   Doing
	// Done is called in the transaction once all is done; its error takes it back. Not in a dry run.
	Done func(ctx context.Context, tx Tx, e Effects) error
}

// Doing is what an act does: see Merge, SplitOff, Move, Judge, Answer, Pin, Unpin, UndoOf.
type Doing func(ctx context.Context, a *acting) error

// VersionError says that a customer is not as the person saw it.
type VersionError struct {
	ID      string
	Version int64 // now
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has changed meanwhile: it is of version %d now", e.ID, e.Version)
}

// InvalidError says what is wrong with an act itself.
type InvalidError struct{ Field, Found, Expected string }

func (e *InvalidError) Error() string {
	return e.Field + ": found " + e.Found + "; expected " + e.Expected
}

// StandsError says that an act cannot be done because of how things stand by now.
type StandsError struct{ What string }

func (e *StandsError) Error() string { return e.What }

// acting is an act within its transaction.
type acting struct {
	*settling
	Act
	id        string     // of the act
	decisions []Decision // made or undone by it
	marks     *marking
}

// errDryRun ends the transaction of a dry run.
var errDryRun = errors.New("dry run")

// Act does what a person asks, in one transaction, and tells what came of it. Errors that callers
// decide on: *VersionError, *InvalidError, *StandsError, *ContradictionError, ErrNotFound.
func (r *Resolver) Act(ctx context.Context, act Act) (Effects, error) {
	switch act.Strength {
	case "":
		act.Strength = Lock
	case Lock, Suggest, Auto:
	default:
		return Effects{}, &InvalidError{"strength", string(act.Strength), "lock, suggest or auto"}
	}
	var effects Effects
	var a *acting
	var within context.Context
	_, err := r.settledThen(ctx, "", func(ctx context.Context, s *settling) error {
		within = ctx
		a = &acting{settling: s, Act: act, id: r.newDecisionID(), marks: &marking{Tx: s.tx}}
		s.tx = a.marks
		if act.DryRun {
			s.newID = provisional()
		}
		return act.Do(ctx, a)
	}, func() error {
		effects = a.effects()
		if act.DryRun {
			return errDryRun
		}
		if act.Done != nil {
			return act.Done(within, a.marks.Tx, effects)
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return effects, err
}

func (r *Resolver) newDecisionID() string { return "D" + strings.TrimPrefix(r.o.NewID(), "G") }

// provisional names the customers that a dry run makes: IDs that were given and taken back would be
// looked for later.
func provisional() func() string {
	n := 0
	return func() string {
		n++
		return fmt.Sprintf("new-%d", n)
	}
}

// marking notes what a transaction marks for targets.
type marking struct {
	Tx
	dirty []Dirty
}

// MarkDirty implements Deliveries.
func (m *marking) MarkDirty(ctx context.Context, marks []Dirty) error {
	m.dirty = append(m.dirty, marks...)
	return m.Tx.MarkDirty(ctx, marks)
}

// make records decisions of the act. Those that name records are held against the locks in force,
// the earlier ones of the act included.
func (a *acting) make(ctx context.Context, decisions ...Decision) error {
	var keys []string
	for _, d := range decisions {
		d.ID = a.id
		if len(a.decisions) > 0 {
			d.ID = a.r.newDecisionID()
		}
		d.Act, d.Author, d.Reason, d.At = a.id, a.Author, a.Reason, a.now
		if d.Verdict != Pinned {
			d.Strength = a.Strength
		}
		if err := a.take(ctx, d); err != nil {
			return err
		}
		a.decisions = append(a.decisions, d)
		keys = append(append(keys, d.Left...), d.Right...)
	}
	return a.again(ctx, keys, causeDecision+a.id)
}

// customer returns the live customer that a golden ID leads to, as the person saw it.
func (a *acting) customer(ctx context.Context, id string) (GoldenRecord, error) {
	found, err := a.tx.Customers(ctx, []string{id})
	if err != nil {
		return GoldenRecord{}, err
	}
	if len(found) == 0 {
		return GoldenRecord{}, fmt.Errorf("customer %s: %w", id, ErrNotFound)
	}
	record := found[0]
	for record.State == Merged {
		next, err := a.tx.Entities(ctx, []EntityNo{record.Into})
		if err != nil {
			return GoldenRecord{}, err
		}
		if len(next) == 0 {
			return GoldenRecord{}, fmt.Errorf("customer %s, which %s was merged into: %w", id, record.ID, ErrNotFound)
		}
		record = next[0]
	}
	if a.Seen != nil && a.Seen[record.ID] != record.Version {
		return GoldenRecord{}, &VersionError{record.ID, record.Version}
	}
	if record.State != Live {
		return GoldenRecord{}, &StandsError{fmt.Sprintf("%s has no live records: it is %s", record.ID, record.State)}
	}
	return record, nil
}

// known fails unless all of the record keys are those of records, tombstones included.
func (a *acting) known(ctx context.Context, field string, keys []string) error {
	if len(keys) == 0 {
		return &InvalidError{field, "none", "at least one source record, system/stream/id"}
	}
	if err := a.loadByKey(ctx, keys); err != nil {
		return err
	}
	for _, key := range keys {
		if a.byKey[key] == nil {
			return fmt.Errorf("source record %s: %w", key, ErrNotFound)
		}
	}
	return nil
}

// Effects are what an act did, or in a dry run would do.
type Effects struct {
	DryRun    bool             `json:"dryRun"`
	Act       string           `json:"act,omitempty" doc:"ID by which the act is undone; absent of an undo"`
	Decisions []Decision       `json:"decisions" doc:"made or undone by the act"`
	Customers []CustomerEffect `json:"customers" doc:"customers that change, with what they were and are then"`
	Targets   []TargetEffect   `json:"targets" doc:"targets that have to look at customers because of it"`
	Open      []string         `json:"open" doc:"questions about the records concerned that are open then"`
}

// CustomerEffect is what an act does to one customer.
type CustomerEffect struct {
	ID      string         `json:"id" doc:"golden ID; new-1, new-2, … where a dry run makes a customer"`
	Type    ChangeType     `json:"type" enum:"created,changed,merged,split,deleted,erased"`
	Revived bool           `json:"revived,omitempty" doc:"an ID that was merged or empty is in use again"`
	Into    string         `json:"into,omitempty" doc:"the customer that this one is merged into"`
	From    []string       `json:"from,omitempty" doc:"customers that are merged into this one, or that it is split from"`
	Records []string       `json:"records,omitempty" doc:"source records that come or leave"`
	Changed []PathChange   `json:"changed,omitempty" doc:"values that change"`
	Before  *CustomerState `json:"before,omitempty"`
	After   *CustomerState `json:"after,omitempty"`
}

// CustomerState is a customer at one time.
type CustomerState struct {
	State    EntityState     `json:"state" enum:"live,merged,empty,erased"`
	Version  int64           `json:"version"`
	Sources  []string        `json:"sources"`
	Customer json.RawMessage `json:"customer,omitempty" doc:"absent unless live"`
}

// TargetEffect says which customers a target has to look at.
type TargetEffect struct {
	Target    string   `json:"target" doc:"system.stream"`
	Customers []string `json:"customers"`
}

// CauseDecision takes the cause of a change apart that stands for a decision; ok is false for
// others, such as a source record.
func CauseDecision(cause string) (act string, undo, ok bool) {
	if act, undo = strings.CutPrefix(cause, causeUndo); undo {
		return act, true, true
	}
	act, ok = strings.CutPrefix(cause, causeDecision)
	return act, false, ok
}

const (
	causeDecision = "decision "
	causeUndo     = "undo of decision "
)

// undoneAt says when and by whom a decision was undone.
func undoneAt(d Decision) string {
	text := "decision " + d.ID + " was undone on " + d.Undone.UTC().Format(time.RFC3339)
	if d.UndoneBy != "" {
		text += " by " + d.UndoneBy
	}
	return text
}
