package hub

import (
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// note translates one outcome into what the store has to know.
func (r *round) note(n *notes, row int, w *write, out connectors.Outcome) {
	state := w.state
	state.UpdatedAt = time.Now()
	switch {
	case w.doubtful:
		n.tasks = append(n.tasks, outcomeTask(r.target.String(), w, errors.New("the hub was stopped before the answer came")))
		return
	case w.recognised:
		r.noteDone(n, row, w, state, connectors.Outcome{})
		n.answered = append(n.answered, outcomeID(r.target.String(), w.Subject))
		r.results[row].hold(errRecognised, 0)
		return
	case w.settled:
		r.noteDone(n, row, w, state, connectors.Outcome{})
		return
	}
	r.hub.metrics.deliveries.WithLabelValues(r.target.String(), string(w.Operation), string(out.Status)).Inc()
	if w.erased {
		n.ending[w.RemoteID] = true
		r.noteErased(n, row, w, state, out)
		return
	}
	switch out.Status {
	case connectors.Done:
		r.done = true
		r.noteDone(n, row, w, state, out)
	case connectors.Missing:
		r.done = true
		state.Status, state.SentHash = golden.Gone, 0
		n.states = append(n.states, state)
		if w.Operation == connectors.Update {
			r.results[row].hold(fmt.Errorf("%s: the remote record is gone and will be created again", w.RemoteID), 0)
		}
	case connectors.Refused:
		r.noteFailed(n, w, state, golden.Refused, out)
		n.letters = append(n.letters, r.unsent("refused", w, out.Err))
	case connectors.Unknown:
		if w.Operation == connectors.Create && r.writer.Repeat() == connectors.RepeatNone {
			r.noteFailed(n, w, state, golden.Review, out)
			n.tasks = append(n.tasks, outcomeTask(r.target.String(), w, out.Err))
			return
		}
		r.noteRetry(n, row, w, state, out)
	case connectors.Unauthorised:
		r.refused = orStatus(out)
		r.noteFailed(n, w, state, golden.Failing, out)
		r.results[row].hold(r.refused, 0)
	default:
		r.noteRetry(n, row, w, state, out)
	}
}

func (r *round) noteDone(n *notes, row int, w *write, state golden.DeliveryState, out connectors.Outcome) {
	if out.RemoteID != "" {
		state.RemoteID = out.RemoteID
	}
	if state.RemoteID == "" {
		state.RemoteID = w.Subject // the target tells no ID of its own
	}
	if out.RemoteVersion != "" {
		state.RemoteVersion = out.RemoteVersion
	}
	if w.Operation == connectors.Create {
		n.created = append(n.created, w.Subject)
		n.keys[state.RemoteID] = w.Key
		if !w.recognised {
			r.noteCreated(row, w, &state)
		}
	}
	if r.isSource() && state.Record == "" {
		state.Record = r.target.System + "/" + r.target.Name + "/" + state.RemoteID
	}
	n.states = append(n.states, state)
	if state.Record == "" || w.route.Entity() != canonical.EntityCustomer || w.Operation != connectors.Create {
		return
	}
	if w.golden != nil {
		found := out.Found && !w.again() // else it may be what an earlier attempt made
		n.written = append(n.written, &reached{write: w, record: state.Record, made: !found, found: found})
	}
	if w.origin != "" && w.origin != state.Record {
		n.links = append(n.links, golden.Link{Remote: state.Record, Origin: w.origin, Target: r.target.String(), At: state.UpdatedAt})
	}
}

// noteCreated notes what a record holds of which the target has said that the create made it.
func (r *round) noteCreated(row int, w *write, state *golden.DeliveryState) {
	state.SentHash = w.asUpdate(state.RemoteID)
	if r.writer.Repeat() == connectors.RepeatKey && w.again() && w.begun.Arrived != w.hash {
		// the target knows the key, perhaps, and answered with what it made of an earlier payload
		err := errors.New("created in an earlier state perhaps: it is written once more")
		state.SentHash, state.Status, state.Error = 0, golden.Failing, err.Error()
		r.results[row].hold(err, 0)
	}
}

// noteFailed notes a write that was not done, or of which that is not known.
func (r *round) noteFailed(n *notes, w *write, state golden.DeliveryState, status golden.DeliveryStatus, out connectors.Outcome) {
	err := orStatus(out)
	if w.Operation == connectors.Create {
		n.creates = append(n.creates, r.pending(w, status, out.Status == connectors.Unknown, err))
		return
	}
	if status != golden.Refused {
		state.SentHash = 0 // not known what it holds now
	}
	state.Status, state.Error = status, text(err)
	state.Attempts++
	n.states = append(n.states, state)
}

// noteRetry notes a write that may work later. After as many attempts as the target's policy says
// it is left to a person.
func (r *round) noteRetry(n *notes, row int, w *write, state golden.DeliveryState, out connectors.Outcome) {
	err := orStatus(out)
	var held *notBegun
	if errors.As(err, &held) || r.stopped {
		r.noteFailed(n, w, state, golden.Failing, out)
		r.results[row].hold(err, out.After)
		return
	}
	if r.failed == nil {
		r.failed = err
	}
	r.pause = max(r.pause, out.After)
	most := r.target.Policy.Attempts
	if most > 0 && r.rows[row].Attempt+1 >= most {
		r.noteFailed(n, w, state, golden.Review, out)
		n.letters = append(n.letters, r.unsent("attempts", w, fmt.Errorf("given up after %d attempts: %w", most, err)))
		return
	}
	r.noteFailed(n, w, state, golden.Failing, out)
	r.results[row].fail(err)
	r.results[row].after = max(r.results[row].after, out.After)
}

// orStatus is the outcome's error.
func orStatus(out connectors.Outcome) error {
	if out.Err != nil {
		return out.Err
	}
	return errors.New(string(out.Status))
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
