package company

import (
	"slices"
	"sync"
	"time"
)

// Call is one request that a stand-in received.
type Call struct {
	At     time.Time
	Method string
	Path   string // with the query
	Key    string // idempotency key, where there was one
	Body   string
	Status int // of the answer
}

// Write says whether the call was meant to change anything.
func (c Call) Write() bool { return c.Method != "GET" && c.Method != "HEAD" }

// calls are the requests that a stand-in received, in order of arrival.
type calls struct {
	mu  sync.Mutex
	all []Call
}

func (l *calls) add(c Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
}

// Calls lists all requests so far.
func (l *calls) Calls() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// Writes lists the requests that were meant to change something.
func (l *calls) Writes() []Call {
	return slices.DeleteFunc(l.Calls(), func(c Call) bool { return !c.Write() })
}
