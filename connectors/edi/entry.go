package edi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
	"github.com/touchstone-hub/touchstone/formats"
)

// entry is one interchange of a partner that is being taken.
type entry struct {
	*receipt
	partner *partner
	verdict *verdict

	row      connectors.Row
	body     interchange
	finished bool // it was taken before, and nothing is left to do
	refused  bool // it came before under its control number, and is not taken
	silent   bool // nothing is answered
	repeat   string
	letters  []connectors.Letter
	batch    map[string][]formats.Frame // by stream
	held     int
	size     int
	records  int64
}

// begin writes down that the interchange arrived, before anything is done with it, or finds that this
// was done. One whose control number came before in another delivery is a duplicate.
func (e *entry) begin(ctx context.Context) error {
	v := e.verdict
	first := "in/" + e.partner.name + "/" + v.head.ControlNumber
	return e.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		e.finished, e.refused, e.silent, e.repeat = false, false, false, ""
		again := first + "/" + digest(e.ordinal())
		rows, err := tx.Rows(ctx, kindInterchange, first, again)
		if err != nil {
			return err
		}
		key := first
		if row, known := rows[first]; known {
			b, err := body[interchange](row)
			if err != nil {
				return err
			}
			if b.Delivery != e.ordinal() {
				key = again
				if err := e.duplicate(first, b); err != nil {
					return err
				}
			}
		}
		e.row = connectors.Row{Kind: kindInterchange, Key: key, State: stateReceiving, At: e.env.Clock()}
		e.body = interchange{
			Partner: e.partner.name, Standard: e.partner.Standard, Control: v.head.ControlNumber, Test: v.head.Test,
			Name: e.Name(), Delivery: e.ordinal(), Sets: len(v.sets),
		}
		if row, known := rows[key]; known {
			e.row = row
			if e.body, err = body[interchange](row); err != nil {
				return err
			}
			e.finished = row.State != stateReceiving
			return nil
		}
		if err := put(ctx, tx, e.row, e.body); err != nil {
			return err
		}
		e.row.Version++
		return nil
	})
}

// duplicate decides what becomes of an interchange whose control number came before.
func (e *entry) duplicate(first string, before interchange) error {
	switch e.partner.Duplicates {
	case "ignore":
		e.refused, e.silent = true, true
	case "answer":
		e.refused, e.repeat = true, before.Answer
	case "retransmission":
		again, err := e.reissued()
		if err != nil {
			return err
		}
		e.refused = !again
	default:
		e.refused = true
	}
	if e.refused && !e.verdict.refused {
		e.verdict.refuse(duplicateFault(e.verdict, first))
	}
	return nil
}

// frames goes through the interchange's sets: acknowledgements are heeded, what is sound goes to its
// stream, what is not becomes a dead letter.
func (e *entry) frames(ctx context.Context) error {
	e.batch = map[string][]formats.Frame{}
	if e.verdict.answers() && !e.refused {
		if err := e.heed(ctx); err != nil {
			return err
		}
	}
	for {
		f, ok, err := e.frame(e.verdict.End)
		if err != nil {
			return err
		}
		if !ok {
			return e.flush(ctx)
		}
		if e.refused {
			continue
		}
		if err := e.set(ctx, f); err != nil {
			return err
		}
		if e.held >= mostSets || e.size >= mostBytes {
			if err := e.flush(ctx); err != nil {
				return err
			}
		}
		if len(e.letters) >= mostSets {
			if err := e.buryOnce(ctx, fmt.Sprintf("%s up to byte %d", e.ordinal(), f.Position.Offset), e.letters...); err != nil {
				return err
			}
			e.letters = nil
		}
	}
}

// set takes one frame.
func (e *entry) set(ctx context.Context, f formats.Frame) error {
	s := e.verdict.at(f.Position.Offset)
	kind := f.Header["type"]
	switch {
	case acknowledgement(kind), s == nil && bytes.HasPrefix(f.Bytes, []byte("TA1")):
		return nil // they were heeded
	case s == nil && aroundSets(f):
		return nil // what is wrong with it stands among the interchange's faults
	case s == nil:
		if f.Err == nil {
			f.Err = errors.New("the set stands outside of its interchange")
		}
		e.bury("", "syntax", f)
		return nil
	}
	stream := e.takes(e.partner, kind)
	if stream == "" {
		unwanted(s, fmt.Sprintf("no stream takes %s of %s", kind, e.partner.name))
	}
	switch {
	case e.verdict.refused:
		f.Err = fmt.Errorf("interchange %s is rejected: %s", e.verdict.head.ControlNumber, listed(e.verdict.Faults))
		e.bury(stream, "rejected", f)
	case s.Rejected():
		f.Err = reason(s)
		e.bury(stream, "rejected", f)
	case f.Err != nil: // the format cannot read what the envelope leaves in order
		s.Faults = append(s.Faults, edi.Fault{Level: edi.InSet, Kind: edi.BadTag, Position: edi.Position{Offset: s.Start}, Expected: f.Err.Error()})
		e.bury(stream, "rejected", f)
	case e.verdict.head.Test && !e.partner.Test:
		// it was sent to be checked, and goes no further
	default:
		return e.take(ctx, stream, s, f)
	}
	return nil
}

// take hands a sound set on, or the records in it where the stream's format finds several.
func (e *entry) take(ctx context.Context, stream string, s *validate.Set, f formats.Frame) error {
	frames, err := e.streams[stream].records(ctx, f)
	if err != nil {
		return err
	}
	for _, r := range frames {
		if r.Err != nil { // the format finds no record where the guide finds no fault
			s.Faults = append(s.Faults, edi.Fault{Level: edi.InSet, Kind: edi.BadPattern, Position: edi.Position{Offset: s.Start}, Expected: r.Err.Error()})
			f.Err = r.Err
			e.bury(stream, "format", f)
			return nil
		}
	}
	for _, r := range frames {
		e.records++
		r.Position.Record = e.records
		e.batch[stream] = append(e.batch[stream], r)
		e.held++
		e.size += len(r.Bytes)
	}
	return nil
}

// aroundSets says whether a frame is no set but a header or trailer around sets, or the want of one.
func aroundSets(f formats.Frame) bool {
	if len(f.Bytes) == 0 {
		return true
	}
	for _, tag := range []string{"GS", "GE", "IEA", "UNG", "UNE", "UNZ"} {
		if bytes.HasPrefix(f.Bytes, []byte(tag)) {
			return true
		}
	}
	return false
}

// bury keeps a dead letter until the interchange is finished: it is written once with it.
func (e *entry) bury(stream, cause string, f formats.Frame) {
	e.letters = append(e.letters, connectors.Letter{Stream: stream, Key: f.Key, Cause: cause, Err: f.Err, Frame: f})
	e.note(f.Position.Path + ": " + f.Err.Error())
}

// mostProblems is how many problems an interchange's row shows.
const mostProblems = 20

func (e *entry) note(problem string) {
	if len(e.body.Problems) < mostProblems {
		e.body.Problems = append(e.body.Problems, strings.ToValidUTF8(problem, "\uFFFD"))
	}
}

// flush makes sound sets durable.
func (e *entry) flush(ctx context.Context) error {
	for stream, frames := range e.batch {
		if err := e.floor.emit(ctx, stream, frames); err != nil {
			return fmt.Errorf("hand %d sets to stream %s: %w", len(frames), stream, err)
		}
	}
	clear(e.batch)
	e.held, e.size = 0, 0
	return nil
}

// finish writes down what became of the interchange, its dead letters and its answer, with the
// numbers of the answer: all of it, or nothing, so that it is answered once.
func (e *entry) finish(ctx context.Context) error {
	v := e.verdict
	state := v.state()
	if e.refused {
		state = stateDuplicate
	}
	for _, f := range v.faults() {
		e.note(f.Error())
	}
	e.body.Rejected = v.rejectedSets()
	err := e.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		row, b := e.row, e.body
		row.State = state
		answer, err := e.answer(ctx, tx)
		if err != nil {
			return err
		}
		b.Answer = answer
		if err := put(ctx, tx, row, b); err != nil {
			return err
		}
		return tx.Bury(ctx, e.letters...)
	})
	if err != nil {
		return fmt.Errorf("note interchange %s of %s: %w", v.head.ControlNumber, e.partner.name, err)
	}
	e.log.Info("interchange was received", "partner", e.partner.name, "control", v.head.ControlNumber, "state", state,
		"sets", len(v.sets), "rejected", e.body.Rejected, "file", e.Name())
	e.poke()
	return nil
}
