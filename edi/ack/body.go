package ack

import (
	"fmt"
	"io"
	"strconv"

	"github.com/touchstone-hub/touchstone/edi/validate"
)

// body is what an answer says of the sets of one group.
type body struct {
	writer
	tally
	contents bool // there are sets that may be answered: not CONTRL
	id       string
	version  string
	contrl   *contrl
	parts    []part // what is before writer.b
	run      run    // what is behind it
}

// part is some bytes of a body, and the run behind them.
type part struct {
	bytes []byte
	run   run
}

// run are accepted sets with consecutive control numbers. An interchange may have a
// million of them, and they take no more room than one.
type run struct {
	id    string
	first uint64
	width int // of the control number, with its leading zeros
	count uint64
}

// next says whether a set goes on where the run ends.
func (r *run) next(set *validate.Set, n uint64) bool {
	return r.count > 0 && r.id == set.ID && r.first+r.count == n && (len(set.ControlNumber) == r.width || !padded(r, set))
}

// padded says whether leading zeros are in play, which fix the width.
func padded(r *run, set *validate.Set) bool {
	return set.ControlNumber[0] == '0' || len(strconv.FormatUint(r.first, 10)) < r.width
}

func (b *body) add(o *Options, set *validate.Set, status Status) {
	b.tally.add(status)
	switch {
	case b.contrl != nil:
		b.contents = b.contents || set.ID != "CONTRL"
		if set.ID != "CONTRL" && (status == Rejected || o.List == ListAll) {
			b.contrl.writer = b.writer
			b.contrl.set(set, status)
			b.writer = b.contrl.writer
		}
	case status == Accepted && o.List == ListRejected:
	case status == Accepted && set.Reference == "" && b.follow(set):
		b.segments += 2
	default:
		b.settle()
		b.set(b.id, set, status, b.version >= "005010")
	}
}

// follow takes an accepted set into the run, or begins one with it; false where
// its control number is not one to count with.
func (b *body) follow(set *validate.Set) bool {
	n, err := strconv.ParseUint(set.ControlNumber, 10, 63)
	if err != nil || set.ControlNumber[0] == '+' {
		return false
	}
	if b.run.next(set, n) {
		b.run.count++
		return true
	}
	b.settle()
	b.run = run{id: set.ID, first: n, width: len(set.ControlNumber), count: 1}
	return true
}

// settle puts the run behind what was written before, so that more may follow.
func (b *body) settle() {
	if b.run.count == 0 {
		return
	}
	b.parts = append(b.parts, part{bytes: b.b, run: b.run})
	b.b, b.run = nil, run{}
}

// joinSize is how much of an answer is put together before it is written.
const joinSize = 64 << 10

// join puts the body behind what is in w, which goes on to where the answer goes
// as it grows.
func (b *body) join(w *writer, to io.Writer) error {
	if b == nil {
		return nil
	}
	segments := w.segments + b.segments
	for _, p := range append(b.parts, part{bytes: b.b, run: b.run}) {
		w.b = append(w.b, p.bytes...)
		for i := range p.run.count {
			w.segment("AK2", p.run.id, fmt.Sprintf("%0*d", p.run.width, p.run.first+i))
			w.segment(closing(b.id), "A")
			if err := w.spill(to); err != nil {
				return err
			}
		}
		if err := w.spill(to); err != nil {
			return err
		}
	}
	w.segments = segments
	return nil
}

// closing is the segment that ends what is said of a set.
func closing(id string) string {
	if id == "999" {
		return "IK5"
	}
	return "AK5"
}

// spill writes what is there, where it is much.
func (w *writer) spill(to io.Writer) error {
	if len(w.b) < joinSize {
		return nil
	}
	_, err := to.Write(w.b)
	w.b = w.b[:0]
	return err
}
