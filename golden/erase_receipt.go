package golden

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Closing is a person's word that nothing is still to come of a receipt: who looked in the target,
// when, and what they found. Nothing in it says who the erased person was.
type Closing struct {
	At     time.Time     `json:"at"`
	Author string        `json:"author"`
	Reason string        `json:"reason"`
	Target string        `json:"target"`        // "system.stream"
	Remote uint64        `json:"remote,string"` // keyed hash of the record's ID in the target
	Was    ReceiptStatus `json:"was"`
}

// ErrSettled: the receipt waits for no person.
var ErrSettled = errors.New("a person is asked about no such receipt")

// CloseReceipt closes a receipt about which a person is asked, or which the target refused, on the word
// of the person who looked. remote 0 is the only such receipt of the target. Errors that callers
// decide on: ErrNotFound, ErrSettled, ErrNames. done is as that of Lift.
func (r *Resolver) CloseReceipt(ctx context.Context, id string, c Closing, done func(context.Context, Tx, Erasure) error) (Erasure, error) {
	if identifies(c.Reason) {
		return Erasure{}, ErrNames
	}
	c.At = r.o.Clock().UTC().Truncate(time.Microsecond)
	var out Erasure
	err := r.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		found, err := tx.Erasures(ctx, []string{id})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("erasure %q: %w", id, ErrNotFound)
		}
		out = found[0]
		at := slices.IndexFunc(out.Receipts, func(x Receipt) bool {
			return x.asks() && x.Target == c.Target && (c.Remote == 0 || c.Remote == x.Remote)
		})
		if at < 0 {
			return ErrSettled
		}
		if c.Remote == 0 && slices.ContainsFunc(out.Receipts[at+1:], func(x Receipt) bool { return x.asks() && x.Target == c.Target }) {
			return fmt.Errorf("%w: %s has several, say which", ErrSettled, c.Target)
		}
		receipt := &out.Receipts[at]
		closing := c
		closing.Remote, closing.Was = receipt.Remote, receipt.Status
		receipt.Erasure, receipt.Status, receipt.Reason, receipt.At = id, ReceiptClosed, c.Reason, c.At
		out.Closed = append(out.Closed, closing)
		if err := tx.PutReceipts(ctx, []Receipt{*receipt}); err != nil {
			return err
		}
		if err := tx.PutErasure(ctx, out); err != nil || done == nil {
			return err
		}
		return done(ctx, tx, out)
	})
	if err != nil {
		return Erasure{}, err
	}
	return out, nil
}

// asks says whether a person has to look after the receipt.
func (r *Receipt) asks() bool { return r.Status == ReceiptReview || r.Status == ReceiptRefused }

// identifies says whether a text holds what may be a mail address or a phone number: by now nobody
// knows any more what those of the person were.
func identifies(text string) bool {
	return mailLike.MatchString(text) || phoneLike.MatchString(dateLike.ReplaceAllString(text, ""))
}

var (
	mailLike  = regexp.MustCompile(`\S@\S`)
	phoneLike = regexp.MustCompile(`\d(?:[-\s/().]*\d){6}`)
	dateLike  = regexp.MustCompile(`\b\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b`)
)
