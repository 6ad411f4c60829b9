package edi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/formats"
	ediformat "github.com/touchstone-hub/touchstone/formats/edi"
)

// A batch of sets is handed to their streams when it has so many or so many bytes.
const (
	mostSets  = 500
	mostBytes = 1 << 20
	// keptBytes is how much a dead letter keeps of what belongs to no set.
	keptBytes = 64 << 10
)

// receive takes what comes into one inbox until ctx ends.
func (w *worker) receive(ctx context.Context, box inbox) error {
	for {
		d, err := box.Next(ctx)
		if err != nil {
			return err
		}
		if err := w.take(ctx, d); err != nil {
			d.Back()
			return fmt.Errorf("read %s: %w", d.Name(), err)
		}
	}
}

// take works through one delivery: every interchange in it, and then it is put away. It may be begun
// again at any time: each interchange knows in the ledger how far it got.
func (w *worker) take(ctx context.Context, d delivery) error {
	in, err := d.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	again, err := d.Open()
	if err != nil {
		return err
	}
	defer again.Close()
	r := &receipt{worker: w, delivery: d}
	next, stop := iter.Pull2(w.frames(ctx, again, d.Name()))
	defer stop()
	r.next = next
	for v, err := range w.judge(ctx, in) {
		if err != nil {
			return err
		}
		r.count++
		if err := r.interchange(ctx, v); err != nil {
			return err
		}
	}
	if err := r.rest(ctx); err != nil {
		return err
	}
	kept, err := d.Done(r.why())
	if err != nil {
		return err
	}
	return r.noteKept(ctx, kept)
}

// receipt is one delivery that is being worked through.
type receipt struct {
	*worker
	delivery
	next  func() (formats.Frame, error, bool)
	ahead *formats.Frame // was read and belongs to what comes next
	count int            // interchanges so far
	keys  []string       // rows of those that are new
	bad   []error        // why something in it could not be taken
	read  bool           // heard holds the acknowledgements in it
	heard []ack.Receipt
}

// why says that nothing in the delivery could be taken; nil where something was.
func (r *receipt) why() error {
	if len(r.bad) == 0 || len(r.keys) > 0 {
		return nil
	}
	return errors.Join(r.bad...)
}

// frame gives the next frame that begins before an offset; -1 is the end. ok is false where there is none.
func (r *receipt) frame(before int64) (f formats.Frame, ok bool, err error) {
	if r.ahead == nil {
		f, err, more := r.next()
		if err != nil || !more {
			return formats.Frame{}, false, err
		}
		r.ahead = &f
	}
	if before >= 0 && r.ahead.Position.Offset >= before {
		return formats.Frame{}, false, nil
	}
	f, r.ahead = *r.ahead, nil
	return f, true, nil
}

// ordinal names the interchange within the delivery.
func (r *receipt) ordinal() string { return fmt.Sprintf("%s #%d", r.ID(), r.count) }

// interchange takes one interchange, unless that was done before.
func (r *receipt) interchange(ctx context.Context, v *verdict) error {
	p := r.sender(v.head)
	if p == nil {
		return r.stranger(ctx, v)
	}
	e := &entry{receipt: r, partner: p, verdict: v}
	if err := e.begin(ctx); err != nil {
		return err
	}
	r.keys = append(r.keys, e.row.Key)
	if e.finished {
		return r.skip(ctx, v)
	}
	if err := e.frames(ctx); err != nil {
		return err
	}
	return e.finish(ctx)
}

// is says whether an envelope names the party. A qualifier that the settings leave out is any.
func (p party) is(in edi.Party) bool {
	return p.id == in.ID && (p.qualifier == "" || p.qualifier == in.Qualifier)
}

// skip passes over the frames of an interchange.
func (r *receipt) skip(_ context.Context, v *verdict) error {
	for {
		if _, ok, err := r.frame(v.End); err != nil || !ok {
			return err
		}
	}
}

// stranger buries an interchange of nobody known: who it is from and to, and its first bytes.
func (r *receipt) stranger(ctx context.Context, v *verdict) error {
	err := fmt.Errorf("interchange %s is from %s to %s; expected one of the partners' IDs and ours", v.head.ControlNumber, shown(v.head.Sender), shown(v.head.Receiver))
	letter := connectors.Letter{Cause: "partner", Err: err, Key: v.head.ControlNumber, Frame: formats.Frame{Position: formats.Position{Origin: r.Name(), Record: int64(r.count), Offset: v.Start}}}
	r.bad = append(r.bad, err)
	for {
		f, ok, err := r.frame(v.End)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if len(letter.Frame.Bytes) == 0 {
			letter.Frame.Bytes, letter.Frame.Context = f.Bytes[:min(len(f.Bytes), keptBytes)], f.Context
		}
	}
	return r.buryOnce(ctx, fmt.Sprintf("stranger %d", r.count), letter)
}

func shown(p edi.Party) string {
	if p.Qualifier == "" {
		return p.ID
	}
	return p.ID + ":" + p.Qualifier
}

// rest buries what stands behind the last interchange, and a delivery that holds none.
func (r *receipt) rest(ctx context.Context) error {
	for n := 1; ; n++ {
		f, ok, err := r.frame(-1)
		if err != nil || !ok {
			return err
		}
		if f.Err == nil {
			f.Err = errors.New("the set stands in no interchange")
		}
		r.bad = append(r.bad, f.Err)
		f.Bytes = f.Bytes[:min(len(f.Bytes), keptBytes)]
		if err := r.buryOnce(ctx, fmt.Sprintf("rest %d", n), connectors.Letter{Cause: "syntax", Err: f.Err, Frame: f}); err != nil {
			return err
		}
	}
}

// buryOnce writes dead letters of a delivery, which may be worked through again, once.
func (r *receipt) buryOnce(ctx context.Context, name string, letters ...connectors.Letter) error {
	row := connectors.Row{Kind: kindLetter, Key: digest(r.ID() + " " + name), State: stateDone, At: r.env.Clock()}
	return r.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		known, err := tx.Rows(ctx, row.Kind, row.Key)
		if _, buried := known[row.Key]; err != nil || buried {
			return err
		}
		if err := put(ctx, tx, row, name); err != nil {
			return err
		}
		return tx.Bury(ctx, letters...)
	})
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// noteKept notes where the originals of the delivery's interchanges are kept.
func (r *receipt) noteKept(ctx context.Context, kept string) error {
	if kept == "" || len(r.keys) == 0 {
		return nil
	}
	return r.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		rows, err := tx.Rows(ctx, kindInterchange, r.keys...)
		if err != nil {
			return err
		}
		for _, row := range rows {
			b, err := body[interchange](row)
			if err != nil {
				return err
			}
			if b.Kept == kept {
				continue
			}
			b.Kept = kept
			if err := put(ctx, tx, row, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// frames cuts a delivery into sets, whatever the standards of its interchanges.
func (w *worker) frames(ctx context.Context, in io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	return cutter.Frames(ctx, in, origin)
}

// cutter cuts deliveries into sets. It knows each interchange's standard by itself.
var cutter = ediformat.X12.Open(nil, &config.Problems{})
