package sql

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// state is a stream's checkpoint.
type state struct {
	Ledger   string               `json:"ledger"`          // whose hashes belong to it
	Sequence int64                `json:"sequence"`        // and how far those had come
	Settings string               `json:"settings"`        // the stream's fingerprint
	Swept    int64                `json:"swept,omitempty"` // when the last sweep ended, in Unix seconds of the hub's clock
	Feeds    map[string]*progress `json:"feeds,omitempty"`
}

// progress is how far the changes of one table are read, by its column of changes.
//
// A transaction that is committed late brings rows with values that were passed before. How late,
// `overlap` says. So values count as settled only when they had been seen, by the database's
// clock, longer ago than that: the rows above Low are read again each time, and known by their
// hashes. This asks nothing of the values but that they grow: they may be times of any clock and
// zone, or numbers.
type progress struct {
	Low     any    `json:"low,omitempty"`   // all rows up to this value are read
	At      []any  `json:"at,omitempty"`    // within a pass: the last row read, as changed and key
	Began   int64  `json:"began,omitempty"` // when the pass began, in microseconds of the database's clock
	Top     any    `json:"top,omitempty"`   // the highest value seen
	History []seen `json:"history,omitempty"`
}

// seen says that Top had this value when a pass ended.
type seen struct {
	At  int64 `json:"at"`
	Top any   `json:"top"`
}

// mostHistory bounds the checkpoint: dropping an entry means only reading some rows more often.
const mostHistory = 64

// begin starts a pass, unless one is to be resumed.
func (p *progress) begin(now time.Time) {
	if p.At == nil {
		p.Began = now.UnixMicro()
	}
}

// pass notes a page's rows, whose first column in order is that of changes. Top is the highest
// value that is not in the future, so that a row of the year 2999 hides nothing.
func (p *progress) pass(c column, rows [][]any, order []int, now time.Time) {
	p.At = cells(rows[len(rows)-1], order)
	for _, row := range slices.Backward(rows) {
		if counts(c, row[order[0]], now) {
			p.Top = row[order[0]]
			return
		}
	}
}

// counts is false for values that lie in the future, and for those that are no time though they
// stand among times.
func counts(c column, v any, now time.Time) bool {
	if _, text := v.(string); c.instant == nil || !text {
		return true
	}
	t, _, ok := c.instant(v)
	return ok && !t.After(now)
}

// end finishes a pass and settles what is old enough.
func (p *progress) end(c column, now time.Time, overlap time.Duration) {
	p.At = nil
	if p.Top != nil && (len(p.History) == 0 || p.History[len(p.History)-1].Top != p.Top) {
		p.History = append(p.History, seen{now.UnixMicro(), p.Top})
	}
	horizon := p.Began - (overlap + grain(c, p.Top)).Microseconds()
	settled := 0
	for settled < len(p.History) && p.History[settled].At <= horizon {
		p.Low = p.History[settled].Top
		settled++
	}
	p.Low = later(c, p.Low, p.Top, -(overlap + grain(c, p.Top)))
	// The last one stays, so that the same value is not taken for a new one.
	p.History = slices.Delete(p.History, 0, max(0, settled-1))
	if len(p.History) > mostHistory {
		p.History = slices.Delete(p.History, mostHistory/2, mostHistory/2+1)
	}
	p.Began = 0
}

// later gives low, or the time that lies back from top if that is later: what was not committed
// when top was seen cannot have been stamped before. For numbers, which have no such distance, only
// the history tells, so that the second pass reads all rows again.
func later(c column, low, top any, back time.Duration) any {
	if _, text := top.(string); c.instant == nil || !text {
		return low
	}
	t, render, ok := c.instant(top)
	if !ok {
		return low
	}
	t = t.Add(back)
	if old, _, known := c.instant(low); known && !old.Before(t) {
		return low
	}
	return render(t)
}

// grain is how far apart two different values are at least: within it, a new row may have the same
// value as one that was seen.
func grain(c column, v any) time.Duration {
	text, _ := v.(string)
	switch {
	case c.instant == nil:
	case len(text) == len(time.DateOnly):
		return 26 * time.Hour // the day on which the clocks change included
	case len(text) == len("2006-01-02 15:04"):
		return time.Minute
	}
	return time.Second
}

func decodeState(saved []byte) (*state, error) {
	s := &state{}
	d := json.NewDecoder(bytes.NewReader(saved))
	d.UseNumber()
	if err := d.Decode(s); err != nil {
		return nil, err
	}
	for _, p := range s.Feeds {
		p.Low, p.Top = cell(p.Low), cell(p.Top)
		for i := range p.At {
			p.At[i] = cell(p.At[i])
		}
		for i := range p.History {
			p.History[i].Top = cell(p.History[i].Top)
		}
	}
	return s, nil
}

// cell turns a number of JSON back into what SQLite stores.
func cell(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return i
	}
	f, _ := n.Float64()
	return f
}
