package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// EraseRequest asks for the removal of a person.
type EraseRequest struct {
	Customer   string   `json:"customer" doc:"golden ID"`
	Records    []string `json:"records,omitempty" doc:"only these source records, system/stream/id; all of the customer's where absent"`
	Reason     string   `json:"reason,omitempty" doc:"why; it is kept for good and must not name the person; needed unless it is a dry run"`
	Orders     string   `json:"orders,omitempty" enum:"strip,delete" default:"strip" doc:"strip: orders stay without the person; delete: they go"`
	Identities bool     `json:"identities,omitempty" doc:"keep away also whoever comes with one of the person's own mail addresses, phones or unique identifiers"`
	Author     string   `json:"author,omitempty" doc:"who wants it; the name of the API key where absent"`
	DryRun     bool     `json:"dryRun,omitempty" doc:"say what would go, and change nothing"`
}

// Erasure is a removal with its state.
type Erasure struct {
	golden.Erasure
	State string `json:"state" enum:"pending,done,dry-run" doc:"pending: a target has yet to answer, refused, or a person has to look"`
	// Of a dry run only: they are kept nowhere.
	Records  []string `json:"records,omitempty" doc:"of a dry run: source records that would go"`
	Removed  []string `json:"documentsRemoved,omitempty" doc:"of a dry run: documents that would go"`
	Stripped []string `json:"documentsStripped,omitempty" doc:"of a dry run: documents that would stay without the person"`
	Warning  string   `json:"warning,omitempty" doc:"the person is erased, but something is left over for a while"`
	Shared   int      `json:"shared,omitempty" doc:"mail addresses, phones and identifiers that others have too: not suppressed"`
}

func erasureOf(e golden.Erasure) Erasure {
	state := "done"
	if slices.ContainsFunc(e.Receipts, func(r golden.Receipt) bool { return r.Open() }) {
		state = "pending"
	}
	return Erasure{Erasure: e, State: state}
}

// cutOff is the warning of an erasure of which nobody has noted that all of the rest was done.
const cutOff = "the answer was cut off: dead letters without a key, errors of earlier replays and the store's log may hold the person for a while"

// scrubTime is how long an erasure waits for reads that still need the store's log.
const scrubTime = 30 * time.Second

// Erase removes a person, or says what would go. It needs a hub that runs, which knows targets and
// topics. The store is rid of the person when it returns; targets answer later. keep is given the
// answer with a warning, since what follows the transaction is not done by then.
func (h *Hub) Erase(ctx context.Context, q EraseRequest, keep Keep) (Erasure, error) {
	if h.bus == nil {
		return Erasure{}, ErrNotRunning
	}
	if strings.TrimSpace(q.Reason) == "" && !q.DryRun {
		return Erasure{}, &RequestError{"reason", q.Reason, "why the person is erased"}
	}
	retention, err := h.retentions(ctx)
	if err != nil {
		return Erasure{}, err
	}
	h.turn.RLock()
	defer h.turn.RUnlock()
	done, err := h.generation().resolver.Erase(ctx, golden.Erase{
		Customer: q.Customer, Records: q.Records, Orders: golden.OrderPolicy(q.Orders), Identities: q.Identities,
		Author: q.Author, Reason: q.Reason, DryRun: q.DryRun, Receipts: h.receipts,
		Complete: func(e *golden.Erasure, records []golden.SourceRecord) error {
			e.Topics = topicsOf(e, records, retention)
			return nil
		},
		Done: func(ctx context.Context, tx golden.Tx, done golden.Removal) error {
			if keep == nil {
				return nil
			}
			out := erasureOf(done.Erasure)
			out.Shared, out.Warning = done.Shared, cutOff
			return keep(ctx, tx, out)
		},
	})
	if err != nil {
		return Erasure{}, h.unerased(ctx, q, err)
	}
	out := erasureOf(done.Erasure)
	out.Shared = done.Shared
	if q.DryRun {
		out.State, out.Records, out.Removed, out.Stripped = "dry-run", done.Records, done.Removed, done.Stripped
		return out, nil
	}
	h.log.Info("customer erased", "erasure", out.ID, "customer", out.Customer, "records", len(done.Records), "receipts", len(out.Receipts))
	h.wake.changes.signal()
	// what follows cannot be left undone because the caller went away
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), scrubTime)
	defer cancel()
	if err := errors.Join(h.loadSuppressions(after), h.forgetReplays(after), h.forgetLetters(after), h.scrub(after)); err != nil {
		out.Warning = err.Error()
		h.log.Warn("customer erased, but not all of the rest was done", "erasure", out.ID, "error", err)
	}
	return out, nil
}

// unerased turns why nobody was erased into what the caller can do about it.
func (h *Hub) unerased(ctx context.Context, q EraseRequest, err error) error {
	switch {
	case errors.Is(err, golden.ErrMerged):
		survivor, _, lookup := h.store.Customer(ctx, q.Customer)
		if lookup != nil {
			return lookup
		}
		return &RequestError{"customer", q.Customer, fmt.Sprintf(
			"the ID of the customer that it was merged into, %s, which has %d source records: all of them would go", survivor.ID, len(survivor.Sources))}
	case errors.Is(err, golden.ErrErased):
		return &RequestError{"customer", q.Customer, "a customer that was not erased already"}
	case errors.Is(err, golden.ErrNames):
		return &RequestError{"reason", "…", "one that does not name the person: it is kept for good"}
	}
	return err
}

// scrubber is a store whose files keep what was deleted for a while.
type scrubber interface {
	Scrub(ctx context.Context) error
}

func (h *Hub) scrub(ctx context.Context) error {
	s, ok := h.store.(scrubber)
	if !ok {
		return nil // PostgreSQL: dead rows go with its own vacuum
	}
	if err := s.Scrub(ctx); err != nil {
		return fmt.Errorf("the store's log still holds what was erased: %w", err)
	}
	return nil
}

// forgetReplays takes out of replays what their errors say of records, and the key that was asked for.
func (h *Hub) forgetReplays(ctx context.Context) error {
	for n := range int64(keptReplays) {
		err := amend(ctx, h.store, replaySlot(n), func(r *Replay) error {
			if r.ID == "" || r.pending() || len(r.Errors) == 0 && r.Request.Key == "" && r.Request.Where == "" {
				return errTaken
			}
			r.Errors, r.Request.Key, r.Request.Where = nil, "", ""
			return nil
		})
		if err != nil && !errors.Is(err, errTaken) {
			return err
		}
	}
	return nil
}

// forgetLetters removes dead letters of erased records whose ID nobody knew as they were stored, but
// that can be read by today's mapping.
func (h *Hub) forgetLetters(ctx context.Context) error {
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	for _, state := range []golden.DeadLetterState{golden.DeadOpen, golden.DeadReplayed, golden.DeadDropped} {
		q := golden.DeadLetterQuery{Stage: "translate", State: state, Limit: letterPage}
		for {
			page, err := h.store.DeadLetters(ctx, q)
			if err != nil || len(page) == 0 {
				if err != nil {
					return err
				}
				break
			}
			q.Before = page[len(page)-1].ID
			gone, err := h.erasedLetters(ctx, doc, page)
			if err != nil {
				return err
			}
			err = h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error { return tx.EraseLetters(ctx, gone) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *Hub) erasedLetters(ctx context.Context, doc *formats.Doc, page []golden.DeadLetter) (gone []int64, err error) {
	for _, l := range page {
		s := h.generation().streams[l.System+"/"+l.Stream]
		if l.Key != "" || s == nil || s.Format == nil || s.Mapping == nil {
			continue
		}
		whole, err := h.store.DeadLetter(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		m, _, failed := translateInput(doc, s, letterInput(whole, 0))
		if h.suppressions.of(s, idIn(failed)) || m != nil && h.suppressions.of(s, m.Metadata[headerRecord]) {
			gone = append(gone, l.ID)
		}
	}
	return gone, nil
}

// retentions are those of the topics that hold people's data.
func (h *Hub) retentions(ctx context.Context) (map[string]bus.Retention, error) {
	var topics []string
	for _, t := range h.generation().topics() {
		topics = append(topics, t.Name)
	}
	return h.bus.Retentions(ctx, topics)
}

// retentionCheck is within what time brokers remove what is past its retention.
const retentionCheck = 5 * time.Minute

// topicsOf says until when bytes of the person can be on Kafka. From the erasure on nothing is added,
// so that it is when what came in just before is past its retention.
func topicsOf(e *golden.Erasure, records []golden.SourceRecord, retention map[string]bus.Retention) []golden.TopicRetention {
	last := map[string]time.Time{}
	for _, rec := range records {
		topic := RawTopic(rec.System)
		if rec.ReceivedAt.After(last[topic]) {
			last[topic] = rec.ReceivedAt
		}
	}
	for _, entity := range []canonical.Entity{canonical.EntityCustomer, canonical.EntityOrder, canonical.EntityInteraction} {
		last[CanonicalTopic(entity)] = time.Time{}
	}
	last[GoldenTopic] = time.Time{}
	list := []golden.TopicRetention{}
	for _, topic := range slices.Sorted(maps.Keys(last)) {
		r, known := retention[topic]
		if !known {
			continue // a system that is no longer in the folder
		}
		one := golden.TopicRetention{Topic: topic, Last: last[topic]}
		switch {
		case r.Compacted && r.Compaction > 0:
			one.Until = e.At.Add(r.Compaction + r.Segment + retentionCheck)
			one.Note = "compacted: a tombstone removes the customer"
		case r.Compacted:
			one.Note = "compacted: a tombstone removes the customer as soon as the broker compacts, for which it has no limit: set max.compaction.lag.ms"
		case r.Keep < 0:
			one.Note = "kept for ever: retention.ms has no limit"
		default:
			one.Until = e.At.Add(r.Keep + r.Segment + retentionCheck)
			one.Note = fmt.Sprintf("can be replayed until %s, and is left out", e.At.Add(r.Keep).UTC().Format(time.RFC3339))
		}
		list = append(list, one)
	}
	return list
}

// Erasures are those done, newest first, before an ID.
func (h *Hub) Erasures(ctx context.Context, before string, limit int) ([]Erasure, error) {
	found, err := h.store.ListErasures(ctx, before, limit)
	list := make([]Erasure, 0, len(found))
	for _, e := range found {
		list = append(list, erasureOf(e))
	}
	return list, err
}

// Erasure is one, golden.ErrNotFound where there is none of that ID.
func (h *Hub) Erasure(ctx context.Context, id string) (Erasure, error) {
	e, err := h.store.Erasure(ctx, id)
	return erasureOf(e), err
}

// LiftRequest asks for a person to be let in again.
type LiftRequest struct {
	Record string `json:"record" minLength:"1" doc:"system/stream/id of a source record, or email:…, phone:…, identifier:SCHEME:VALUE"`
	Reason string `json:"reason" minLength:"1" doc:"why, such as consent; it is kept and must not name the person"`
	Author string `json:"author,omitempty"`
}

// LiftErasure lets a record in again that an erasure keeps away.
func (h *Hub) LiftErasure(ctx context.Context, id string, q LiftRequest, keep Keep) (Erasure, error) {
	if strings.TrimSpace(q.Reason) == "" {
		return Erasure{}, &RequestError{"reason", q.Reason, "why the person is let in again"}
	}
	if _, err := h.store.Erasure(ctx, id); err != nil {
		return Erasure{}, err
	}
	e, err := h.generation().resolver.Lift(ctx, id, q.Record, q.Author, q.Reason, keep.erasure())
	if errors.Is(err, golden.ErrNotFound) {
		return Erasure{}, &RequestError{"record", "…", "a record or value that erasure " + id + " keeps away"}
	}
	if err != nil {
		return Erasure{}, err
	}
	h.log.Info("erasure lifted for a record", "erasure", id)
	return erasureOf(e), h.loadSuppressions(ctx)
}

// CloseReceiptRequest closes a receipt on the word of a person who looked in the target.
type CloseReceiptRequest struct {
	Target string `json:"target" minLength:"3" doc:"system.stream"`
	Remote string `json:"remote,omitempty" doc:"of the receipt; may be left out where a person is asked about one of the target only"`
	Reason string `json:"reason" minLength:"1" doc:"what was found there; it is kept for good and must not name the person"`
	Author string `json:"author,omitempty"`
}

// CloseReceipt closes a receipt about which a person is asked, or which the target refused.
func (h *Hub) CloseReceipt(ctx context.Context, id string, q CloseReceiptRequest, keep Keep) (Erasure, error) {
	if strings.TrimSpace(q.Reason) == "" {
		return Erasure{}, &RequestError{"reason", q.Reason, "what was found in the target"}
	}
	c := golden.Closing{Author: q.Author, Reason: q.Reason, Target: q.Target}
	if q.Remote != "" {
		var err error
		if c.Remote, err = strconv.ParseUint(q.Remote, 10, 64); err != nil || c.Remote == 0 {
			return Erasure{}, &RequestError{"remote", q.Remote, "the receipt's own, a number"}
		}
	}
	e, err := h.generation().resolver.CloseReceipt(ctx, id, c, keep.erasure())
	switch {
	case errors.Is(err, golden.ErrSettled):
		return Erasure{}, &RequestError{"target", strings.TrimSpace(q.Target + " " + q.Remote), "one receipt in state review or refused: " + err.Error()}
	case errors.Is(err, golden.ErrNames):
		return Erasure{}, &RequestError{"reason", "…", "one without mail addresses and phone numbers: it is kept for good"}
	case err != nil:
		return Erasure{}, err
	}
	h.log.Info("receipt closed by a person", "erasure", id, "target", q.Target, "author", q.Author)
	return erasureOf(e), nil
}
