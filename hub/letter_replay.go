package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// LetterChoice says which dead letters are meant: those of the IDs, whatever their state, or else
// those of the query.
type LetterChoice struct {
	IDs   []int64
	Query golden.DeadLetterQuery // Limit is not looked at
}

// LetterResult says what became of dead letters.
type LetterResult struct {
	Matched int      `json:"matched" doc:"letters that were meant"`
	Done    int      `json:"done" doc:"letters that are replayed or dropped now"`
	Failed  int      `json:"failed" doc:"letters that failed again, and stay open"`
	Errors  []string `json:"errors,omitempty" doc:"the first errors"`
	// Next is set where there are more than one call takes: the ID before which to go on.
	Next int64 `json:"next,omitempty" doc:"there are more: the number before which to go on"`
}

// LetterProgress is how far a call is that replays letters.
type LetterProgress struct {
	Result LetterResult `json:"result"` // so far
	IDs    int          `json:"ids"`    // of the choice that are behind it
	Before int64        `json:"before"` // the last letter of a query that is behind it; 0 for none
}

const (
	letterPage  = 200  // letters that are replayed in one step
	lettersMost = 5000 // letters of a query that one call replays or drops

	// keptBytes is how much the formats keep of bytes that are no record.
	keptBytes = 64 << 10
)

// ReplayLetters processes dead letters again, each from the stage that failed, with its original
// bytes and under its original ingest sequence: a version that came later still wins. One that
// fails once more is the same letter, with one attempt more. from is where an earlier call got to; keep is
// given a LetterProgress with each step.
func (h *Hub) ReplayLetters(ctx context.Context, choice LetterChoice, from LetterProgress, keep Keep) (LetterResult, error) {
	last, err := h.nextRevision(ctx, 0)
	if err != nil {
		return LetterResult{}, err
	}
	return h.eachLetter(ctx, choice, from, func(ctx context.Context, page []golden.DeadLetter, now *LetterProgress) error {
		return h.replayPage(ctx, page, last.Revision, now, keep)
	})
}

// DropLetters closes dead letters for good, with a reason: all of a call in one transaction.
func (h *Hub) DropLetters(ctx context.Context, choice LetterChoice, reason string, keep Keep) (LetterResult, error) {
	if strings.TrimSpace(reason) == "" {
		return LetterResult{}, &RequestError{"reason", reason, "why the records are not needed"}
	}
	var all []golden.DeadLetter
	result, err := h.eachLetter(ctx, choice, LetterProgress{}, func(_ context.Context, page []golden.DeadLetter, _ *LetterProgress) error {
		for _, l := range page {
			all = append(all, golden.DeadLetter{ID: l.ID, Attempts: l.Attempts}) // thousands with their bytes are many
		}
		return nil
	})
	if err != nil {
		return LetterResult{}, err
	}
	result.Done = len(all)
	err = h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		if err := tx.SettleDeadLetters(ctx, all, golden.DeadDropped, reason); err != nil || keep == nil {
			return err
		}
		return keep(ctx, tx, result)
	})
	if err != nil {
		return LetterResult{}, err
	}
	return result, nil
}

// eachLetter gives do the letters that are meant, with their bytes, some at a time, and how far it is with
// them.
func (h *Hub) eachLetter(ctx context.Context, choice LetterChoice, from LetterProgress, do func(context.Context, []golden.DeadLetter, *LetterProgress) error) (LetterResult, error) {
	now, result := &from, &from.Result
	ids := choice.IDs[min(from.IDs, len(choice.IDs)):]
	q := choice.Query
	q.Limit = letterPage
	if from.Before > 0 {
		q.Before = from.Before
	}
	for {
		page := make([]golden.DeadLetter, 0, letterPage)
		if len(choice.IDs) == 0 {
			if result.Matched >= lettersMost {
				result.Next = q.Before
				return *result, nil
			}
			found, err := h.store.DeadLetters(ctx, q)
			if err != nil {
				return *result, err
			}
			ids = ids[:0]
			for _, l := range found {
				ids = append(ids, l.ID)
				q.Before, now.Before = l.ID, l.ID
			}
		}
		for _, id := range ids[:min(letterPage, len(ids))] {
			l, err := h.store.DeadLetter(ctx, id)
			if err != nil {
				return *result, err
			}
			page = append(page, l)
		}
		if len(page) == 0 {
			return *result, nil
		}
		result.Matched += len(page)
		if len(choice.IDs) > 0 {
			ids = ids[len(page):]
			now.IDs += len(page)
		}
		if err := do(ctx, page, now); err != nil {
			return *result, err
		}
	}
}

// replayPage replays letters, those that only have to be published in one call a topic. How far that is
// is kept with what the store then says of the letters.
func (h *Hub) replayPage(ctx context.Context, page []golden.DeadLetter, revision int64, now *LetterProgress, keep Keep) error {
	result := &now.Result
	out := map[string][]*message.Message{}
	var sent, failed []golden.DeadLetter
	var erased []int64
	for _, l := range page {
		err := contained(func() error {
			if l.Stage == "deliver" {
				return h.replayUnsent(ctx, l)
			}
			topic, messages, err := h.replayed(ctx, l, revision)
			out[topic] = append(out[topic], messages...)
			return err
		})
		var fault *letterError
		switch {
		case errors.Is(err, errErased):
			erased = append(erased, l.ID)
			result.Done++
		case errors.As(err, &fault):
			l.Cause, l.Error, l.At, l.Bytes = fault.cause, fault.err.Error(), time.Now(), nil
			failed = append(failed, l)
			result.note(l)
		case err != nil:
			return err
		case l.Stage == "deliver":
			result.Done++
		default:
			sent = append(sent, l)
		}
	}
	for topic, messages := range out {
		if err := h.bus.Publish(ctx, topic, messages...); err != nil {
			return err
		}
	}
	result.Done += len(sent)
	return h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.SettleDeadLetters(ctx, sent, golden.DeadReplayed, "replayed as revision "+strconv.FormatInt(revision, 10)); err != nil {
			return err
		}
		if err := tx.EraseLetters(ctx, erased); err != nil {
			return err
		}
		if err := tx.ReopenDeadLetters(ctx, failed); err != nil || keep == nil {
			return err
		}
		return keep(ctx, tx, now)
	})
}

// errErased says that a letter is of an erased person: it goes instead of being replayed.
var errErased = errors.New("the record was erased")

func (r *LetterResult) note(l golden.DeadLetter) {
	r.Failed++
	if len(r.Errors) < 10 {
		r.Errors = append(r.Errors, fmt.Sprintf("dead letter %d: %s", l.ID, l.Error))
	}
}

// letterError says that a letter failed again.
type letterError struct {
	cause string
	err   error
}

func (e *letterError) Error() string { return e.err.Error() }
func (e *letterError) Unwrap() error { return e.err }

// replayed gives what is to be published for a letter, and where. A *letterError means that it
// failed again.
func (h *Hub) replayed(ctx context.Context, l golden.DeadLetter, revision int64) (topic string, messages []*message.Message, err error) {
	if h.bus == nil {
		return "", nil, ErrNotRunning
	}
	if l.Stage == "resolve" || l.Stage == "documents" {
		m, err := canonicalAgain(l)
		return l.Topic, []*message.Message{m}, err
	}
	s, ok := h.generation().streams[l.System+"/"+l.Stream]
	switch {
	case !ok:
		return "", nil, &letterError{"stream", fmt.Errorf("stream %q of system %s is not configured", l.Stream, l.System)}
	case l.Stage == "ingest":
		messages, err = h.framedAgain(ctx, s, l)
		return RawTopic(l.System), messages, err
	case l.Stage != "translate":
		return "", nil, &letterError{l.Cause, fmt.Errorf("letters of stage %q cannot be replayed", l.Stage)}
	case s.Mapping == nil:
		return "", nil, nil // kept as it is, and nothing more
	}
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	m, cause, err := translateInput(doc, s, letterInput(l, revision))
	switch {
	case h.suppressions.of(s, l.Key), h.suppressions.of(s, idIn(err)), m != nil && h.suppressions.of(s, m.Metadata[headerRecord]):
		h.leftOut(l.System, "deadletters", 1)
		return "", nil, errErased
	case err != nil:
		return "", nil, &letterError{cause, err}
	case m != nil:
		messages = append(messages, m)
	}
	return CanonicalTopic(s.Mapping.Entity()), messages, nil
}

// canonicalAgain is the message of a letter of a stage that reads canonical entities.
func canonicalAgain(l golden.DeadLetter) (*message.Message, error) {
	var head struct{ Source *canonical.Source }
	if err := json.Unmarshal(l.Bytes, &head); err != nil || head.Source == nil {
		return nil, &letterError{"canonical", errors.Join(errors.New("the entity says nothing of its source"), err)}
	}
	src := head.Source
	entity := strings.TrimPrefix(l.Topic, CanonicalTopic(""))
	kind := "translated"
	if src.Status == canonical.Deleted {
		kind = "deleted"
	}
	m := message.NewMessage(watermill.NewUUID(), l.Bytes)
	stamp(m, "touchstone."+entity+"."+kind+".v1", "/"+src.System+"/"+src.Stream, src.Key(), time.Now())
	for _, e := range canonical.Entities {
		if CanonicalTopic(e) == l.Topic {
			m.Metadata["ce_dataschema"] = canonical.SchemaID(e)
		}
	}
	m.Metadata[bus.KeyMetadata] = src.Key()
	m.Metadata[headerStream], m.Metadata[headerRecord] = src.Stream, src.ID
	m.Metadata[headerCorrelation] = l.Correlation
	m.Metadata[headerLetter] = strconv.FormatInt(l.ID, 10)
	if p := src.Provenance; p != nil && p.Ingest != nil {
		m.Metadata[headerIngest] = ingestText(*p.Ingest)
		if p.Revision > 0 {
			m.Metadata[headerRevision] = strconv.FormatInt(p.Revision, 10)
		}
	}
	if src.Status == canonical.Deleted {
		m.Metadata[headerDeleted] = "true"
	}
	return m, nil
}

// framedAgain cuts the bytes of an ingest letter into records by today's format and takes their
// keys. All of them have to be good: what is cut off in the middle is no record.
func (h *Hub) framedAgain(ctx context.Context, s *Stream, l golden.DeadLetter) ([]*message.Message, error) {
	in := &ingest{hub: h, stream: s}
	frames := []formats.Frame{letterFrame(l)}
	if l.Cause == "format" {
		frames = frames[:0]
		for f := range reframe(ctx, s, letterFrame(l)) {
			frames = append(frames, f)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(frames) == 0 {
			return nil, &letterError{"format", errors.New("there is no record in the bytes")}
		}
	}
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	now := time.Now()
	var left error
	messages := make([]*message.Message, 0, len(frames))
	for _, f := range frames {
		id, cause, err := in.key(doc, f)
		if err != nil {
			return nil, &letterError{cause, err}
		}
		if h.suppressions.of(s, id) {
			h.leftOut(l.System, "deadletters", 1)
			left = errErased // the others are good, but the letter's bytes have to go
			continue
		}
		messages = append(messages, in.message(f, id, now))
	}
	return messages, left
}

// reframe yields the frames within a bad one, at the places where they stood.
func reframe(ctx context.Context, s *Stream, bad formats.Frame) func(yield func(formats.Frame) bool) {
	return func(yield func(formats.Frame) bool) {
		switch {
		case s.Format == nil:
			bad.Err = errors.New("the stream names no format by which the bytes could be read")
			yield(bad)
			return
		case len(bad.Bytes) >= keptBytes:
			bad.Err = fmt.Errorf("only the first %d bytes of the record were kept; its system has to send it again", len(bad.Bytes))
			yield(bad)
			return
		}
		var head []byte
		if len(bad.Context) > 0 {
			head = append(append(head, bad.Context...), '\n')
		}
		text := append(bytes.Clone(head), bad.Bytes...)
		lines := int64(bytes.Count(head, []byte{'\n'}))
		for f, err := range s.Format.Frames(ctx, bytes.NewReader(text), bad.Position.Origin) {
			if err != nil {
				f = formats.Frame{Err: err}
			}
			at := &f.Position
			at.Path = bad.Position.Path
			if bad.Position.Offset >= 0 && at.Offset >= 0 {
				at.Offset += bad.Position.Offset - int64(len(head))
			}
			if bad.Position.Line > 0 && at.Line > 0 {
				at.Line += bad.Position.Line - 1 - lines
			}
			if bad.Position.Record > 0 && at.Record > 0 {
				at.Record += bad.Position.Record - 1
			}
			f.Header, f.Deleted = bad.Header, bad.Deleted
			var syntax *formats.SyntaxError
			if errors.As(f.Err, &syntax) {
				syntax.Position = f.Position
			}
			if !yield(f) {
				return
			}
		}
	}
}

// replayUnsent has the reconciler look at a letter's subject again, as if the target had never
// refused it.
func (h *Hub) replayUnsent(ctx context.Context, l golden.DeadLetter) error {
	target := l.System + "." + l.Stream
	err := h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		entity, err := entityOf(ctx, tx, l.Key)
		if err != nil {
			return err
		}
		if err := forgive(ctx, tx, target, l.Key); err != nil {
			return err
		}
		mark := golden.Dirty{Target: target, Subject: l.Key, Entity: entity, Since: time.Now(), Correlation: l.Correlation}
		if err := tx.MarkDirty(ctx, []golden.Dirty{mark}); err != nil {
			return err
		}
		return tx.SettleDeadLetters(ctx, []golden.DeadLetter{l}, golden.DeadReplayed, "to be delivered again")
	})
	h.wake.changes.signal()
	return err
}

// forgive forgets that a target refused a subject.
func forgive(ctx context.Context, tx golden.Tx, target, subject string) error {
	states, err := tx.DeliveriesOf(ctx, target, []string{subject})
	if err != nil {
		return err
	}
	var again []golden.DeliveryState
	for _, d := range states {
		if d.Status == golden.Refused {
			d.Status, d.SentHash, d.Error, d.UpdatedAt = golden.Failing, 0, "", time.Now()
			again = append(again, d)
		}
	}
	if len(again) > 0 {
		if err := tx.PutDeliveries(ctx, again); err != nil {
			return err
		}
	}
	creates, err := tx.PendingCreates(ctx, target, []string{subject})
	if err != nil || len(creates) == 0 || creates[0].Status != golden.Refused {
		return err
	}
	if creates[0].Arrived != 0 { // an earlier attempt was done, perhaps: under its key it is not done twice
		creates[0].Status, creates[0].Error = golden.Failing, ""
		return tx.PutPendingCreates(ctx, creates)
	}
	return tx.DeletePendingCreates(ctx, target, []string{subject})
}

// entityOf is what a subject is: a customer by its golden ID, or a document by its key.
func entityOf(ctx context.Context, tx golden.Tx, subject string) (string, error) {
	if !strings.Contains(subject, "/") {
		return "customer", nil
	}
	for _, e := range documentEntities {
		found, err := tx.DocumentsByKey(ctx, e, []string{subject})
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return strings.ToLower(string(e)), nil
		}
	}
	return "", &letterError{"subject", fmt.Errorf("there is no order, interaction or product %s", subject)}
}
