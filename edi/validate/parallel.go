package validate

import (
	"errors"
	"io"

	"github.com/touchstone-hub/touchstone/edi"
)

// errStopped ends a walk whose reports nobody wants any more.
var errStopped = errors.New("stopped")

// parallel validates on several goroutines: one divides the stream, the workers
// check whole sets, and the caller's puts reports together in the order of the
// stream.
func parallel(r io.Reader, o *Options, yield func(*Report, error) bool) {
	back := back{options: o}
	fronts := make([]front, o.Workers)
	for i := range fronts {
		fronts[i].options = o
	}
	work := func(worker int, b *edi.Batch) error {
		var items []item
		for b.Next() {
			if it, ok := fronts[worker].event(b.Event()); ok {
				items = append(items, it)
			}
		}
		b.Result = items
		return nil
	}
	done := func(b *edi.Batch) error {
		items, _ := b.Result.([]item)
		for i := range items {
			if report := back.apply(&items[i]); report != nil && !yield(report, nil) {
				return errStopped
			}
		}
		return nil
	}
	err := edi.Parallel(edi.NewWalker(edi.NewScanner(r)), o.Workers, work, done)
	if !errors.Is(err, errStopped) {
		back.finish(err, yield)
	}
}
