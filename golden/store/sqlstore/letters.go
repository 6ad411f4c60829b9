package sqlstore

import (
	"cmp"
	"context"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const groupLetters = `SELECT stage, system, stream, cause, count(*), min(at), max(id) FROM dead_letter `

var (
	reopenLetters = rows(`id int, cause text, error text, at time, bytes bytes`, `UPDATE dead_letter
		SET state = 'open', resolution = '', cause = v.cause, error = v.error, at = v.at, attempts = attempts + 1,
		bytes = coalesce(v.bytes, dead_letter.bytes)
		FROM v WHERE dead_letter.id = v.id`)
	settleLetters = rows(`id int, attempts int`, `UPDATE dead_letter SET state = {text}, resolution = {text}
		FROM v WHERE dead_letter.id = v.id AND dead_letter.attempts = v.attempts`)
	replayedLetters = plain(`SELECT ` + letterFields + `, NULL, NULL FROM dead_letter
		WHERE stage = {text} AND system = {text} AND stream = {text} AND state = 'replayed' AND key = {any text}`)
	lettersByID = plain(`SELECT ` + letterFields + `, NULL, NULL FROM dead_letter WHERE id = {any int}`)
)

// lettersOf are the conditions of a query without its place in the list.
func lettersOf(q golden.DeadLetterQuery) *where {
	if q.State == "" {
		q.State = golden.DeadOpen
	}
	w := &where{}
	w.equal("state", string(q.State))
	w.equal("stage", q.Stage)
	w.equal("system", q.System)
	w.equal("stream", q.Stream)
	w.equal("key", q.Key)
	w.equal("cause", q.Cause)
	if !q.Since.IsZero() {
		w.and("at >= {time}", q.Since)
	}
	if q.Topic != "" {
		w.and("topic = {text} AND partition = {int} AND topic_offset >= {int} AND topic_offset < {int}",
			q.Topic, int64(q.Partition), q.From, q.To)
	}
	return w
}

// ReopenDeadLetters implements golden.Deliveries.
func (t *tx) ReopenDeadLetters(ctx context.Context, letters []golden.DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	type L = golden.DeadLetter
	letters = lastBy(letters, func(l *L) int64 { return l.ID }, cmp.Compare[int64])
	return t.c.Put(ctx, "open dead letters again", reopenLetters,
		column(letters, func(l *L) int64 { return l.ID }),
		column(letters, func(l *L) string { return prose(l.Cause) }),
		column(letters, func(l *L) string { return prose(l.Error) }),
		column(letters, func(l *L) time.Time { return l.At }),
		column(letters, func(l *L) []byte { return l.Bytes }))
}

// SettleDeadLetters implements golden.Deliveries.
func (t *tx) SettleDeadLetters(ctx context.Context, letters []golden.DeadLetter, state golden.DeadLetterState, resolution string) error {
	if len(letters) == 0 {
		return nil
	}
	type L = golden.DeadLetter
	return t.c.Put(ctx, "settle dead letters", settleLetters,
		column(letters, func(l *L) int64 { return l.ID }),
		column(letters, func(l *L) int64 { return int64(l.Attempts) }), string(state), prose(resolution))
}

// ReplayedDeadLetters implements golden.Deliveries.
func (t *tx) ReplayedDeadLetters(ctx context.Context, stage, system, stream string, keys []string) ([]golden.DeadLetter, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read replayed dead letters", replayedLetters, scanLetter, stage, system, stream, keys)
}

// DeadLetterGroups implements golden.Reader.
func (s *Store) DeadLetterGroups(ctx context.Context, q golden.DeadLetterQuery) (groups []golden.DeadLetterGroup, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		groups, err = pick(ctx, c, "group dead letters", lettersOf(q), groupLetters,
			`GROUP BY stage, system, stream, cause ORDER BY count(*) DESC, max(id) DESC`, q.Limit, scanGroup)
		if err != nil || len(groups) == 0 {
			return err
		}
		newest, err := list(ctx, c, "read dead letters", lettersByID, scanLetter,
			column(groups, func(g *golden.DeadLetterGroup) int64 { return g.Newest.ID }))
		at := map[int64]golden.DeadLetter{}
		for _, l := range newest {
			at[l.ID] = l
		}
		for i := range groups {
			groups[i].Newest = at[groups[i].Newest.ID]
		}
		return err
	})
	return groups, err
}

func scanGroup(scan Scan, g *golden.DeadLetterGroup) error {
	return scan(&g.Stage, &g.System, &g.Stream, &g.Cause, &g.Count, &g.Oldest, &g.Newest.ID)
}
