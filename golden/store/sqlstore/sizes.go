package sqlstore

import (
	"context"
	"sync"
	"time"
)

// How exactly, for how long and of how many spans a store knows how large they are.
const (
	countMost  = 20_000
	countAge   = 10 * time.Minute
	countSpans = 1 << 15
)

// countSpan counts the rows of spans of the index, up to countMost of each.
var countSpan = rows("no int, low text, high text", `SELECT v.no, (SELECT count(*) FROM
	(SELECT 1 FROM lookup l WHERE l.way >= v.low AND l.way <= v.high LIMIT {int}) AS few) FROM v`)

// spanSizes remembers how large spans are. They only decide in which way a search goes: one that has
// grown meanwhile makes a search slow, never wrong.
type spanSizes struct {
	mu    sync.Mutex
	known map[span]counted
}

type counted struct {
	n  int64
	at time.Time
}

func (s *spanSizes) get(of span, now time.Time) (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.known[of]
	return c.n, ok && now.Sub(c.at) < countAge
}

func (s *spanSizes) put(of span, n int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= countSpans {
		s.known = make(map[span]counted, 1024)
	}
	s.known[of] = counted{n, now}
}

// everybody stands for all customers among the spans.
var everybody = span{class: classes}

var lastEntity = plain(`SELECT coalesce(max(no), 0) FROM entity`)

// measure counts the spans of all words. An empty span is counted again each time: the first customer
// of a name is found at once.
func (f *finder) measure(ctx context.Context) (err error) {
	f.sizes = map[span]int64{}
	now := time.Now()
	var unknown []span
	for i := range f.q.words {
		of := f.q.spans(&f.q.words[i])
		f.spans = append(f.spans, of)
		for _, s := range of {
			n, ok := f.store.sizes.get(s, now)
			if !ok {
				unknown = append(unknown, s)
			}
			f.sizes[s] = n
		}
	}
	var ok bool
	if f.customers, ok = f.store.sizes.get(everybody, now); !ok {
		if f.customers, err = one[int64](ctx, f.c, lastEntity); err != nil {
			return err
		}
		f.store.sizes.put(everybody, f.customers, now)
	}
	if len(unknown) == 0 {
		return nil
	}
	numbers := make([]int64, len(unknown))
	for i := range numbers {
		numbers[i] = int64(i)
	}
	return f.c.Query(ctx, countSpan, func(scan Scan) error {
		var no, n int64
		if err := scan(&no, &n); err != nil {
			return err
		}
		f.sizes[unknown[no]] = n
		if n > 0 {
			f.store.sizes.put(unknown[no], n, now)
		}
		return nil
	}, numbers, column(unknown, func(s *span) string { return s.low() }), column(unknown, func(s *span) string { return s.high() }), int64(countMost))
}

// total is how many rows of the index a word has.
func (f *finder) total(word int) (n int64) {
	for _, s := range f.spans[word] {
		n += f.sizes[s]
	}
	return n
}
