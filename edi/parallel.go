package edi

import "sync"

// Sizes of batches in bytes: one is handed on at the end of a set from the first size on, and within
// a set from the second on.
const (
	batchSize  = 128 << 10
	batchLimit = 2 << 20
)

// Parallel goes through a stream on several goroutines. The walk itself is done by one; work gets
// batch after batch on one of the workers, numbered from 0, and done gets them in the order of the
// stream on the goroutine that called Parallel. A batch that Continues goes to the worker that had the
// one before. The first error of work or done ends it, as does the walker's.
//
// Memory is bounded: no more than a few batches a worker are under way.
func Parallel(w *Walker, workers int, work func(worker int, b *Batch) error, done func(b *Batch) error) error {
	p := &parallel{
		queues: make([]chan *Batch, max(workers, 1)),
		order:  make(chan *Batch, 2*max(workers, 1)),
		stop:   make(chan struct{}),
		free:   sync.Pool{New: func() any { return &Batch{} }},
	}
	errs := make([]error, len(p.queues))
	var running sync.WaitGroup
	for i := range p.queues {
		p.queues[i] = make(chan *Batch, 2)
		running.Go(func() {
			for b := range p.queues[i] {
				if errs[i] == nil {
					if errs[i] = work(i, b); errs[i] != nil {
						p.end()
					}
				}
				close(b.done)
			}
		})
	}
	running.Go(func() { p.produce(w) })
	var failed error
	for b := range p.order {
		<-b.done
		if failed == nil && !p.stopped() {
			b.Rewind()
			if failed = done(b); failed != nil {
				p.end()
			}
		}
		b.Reset()
		p.free.Put(b)
	}
	running.Wait()
	for _, err := range append(errs, failed) {
		if err != nil {
			return err
		}
	}
	return w.Err()
}

type parallel struct {
	queues []chan *Batch
	order  chan *Batch
	stop   chan struct{}
	once   sync.Once
	free   sync.Pool
}

func (p *parallel) end() { p.once.Do(func() { close(p.stop) }) }

func (p *parallel) stopped() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// produce fills batches and hands them to workers in turn.
func (p *parallel) produce(w *Walker) {
	defer close(p.order)
	defer func() {
		for _, q := range p.queues {
			close(q)
		}
	}()
	worker, number := 0, 0
	b := p.free.Get().(*Batch)
	send := func(within bool) bool {
		b.Number, b.done = number, make(chan struct{})
		number++
		if !b.Continues {
			worker = (worker + 1) % len(p.queues)
		}
		select {
		case p.queues[worker] <- b:
			p.order <- b
		case <-p.stop:
			return false
		}
		b = p.free.Get().(*Batch)
		b.Continues = within
		return true
	}
	for w.Next() {
		e := w.Event()
		b.Add(e)
		if n := b.Len(); n < batchSize || n < batchLimit && e.Kind == SegmentRead || e.Kind == SetStart {
			continue
		}
		if !send(e.Kind == SegmentRead && e.Set != nil) {
			return
		}
	}
	send(false)
}
