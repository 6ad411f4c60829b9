package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const listLetters = `SELECT ` + letterFields + `, NULL, NULL FROM dead_letter `

const letterFields = `id, state, stage, system, stream, key, cause, position, topic, partition, topic_offset,
	attempts, at, resolution, correlation, error, header`

var (
	insertLetters = rows(`id int, state text, stage text, system text, stream text, key text, cause text,
		position text, topic text, partition int, topic_offset int, attempts int, at time, resolution text,
		correlation text, error text, header bytes, context bytes, bytes bytes`,
		`INSERT INTO dead_letter (id, state, stage, system, stream, key, cause, position, topic, partition,
		topic_offset, attempts, at, resolution, correlation, error, header, context, bytes) SELECT * FROM v`)
	letterByID     = plain(`SELECT ` + letterFields + `, context, bytes FROM dead_letter WHERE id = {int}`)
	resolveLetters = plain(`UPDATE dead_letter SET state = {text}, resolution = {text} WHERE id = {any int}`)
)

// AddDeadLetters implements golden.Deliveries. It sets the IDs.
func (t *tx) AddDeadLetters(ctx context.Context, dead []golden.DeadLetter) error {
	if len(dead) == 0 {
		return nil
	}
	ids, err := t.c.Allocate(ctx, LetterNumbers, len(dead))
	if err != nil {
		return fmt.Errorf("number dead letters: %w", err)
	}
	for i := range dead {
		dead[i].ID = ids[i]
		if dead[i].State == "" {
			dead[i].State = golden.DeadOpen
		}
	}
	// What a dead letter says is for people: it is stored whatever stands in it.
	text := func(of func(*golden.DeadLetter) string) []string {
		return column(dead, func(l *golden.DeadLetter) string { return prose(of(l)) })
	}
	type L = golden.DeadLetter
	return t.c.Put(ctx, "write dead letters", insertLetters, ids,
		text(func(l *L) string { return string(l.State) }),
		text(func(l *L) string { return l.Stage }),
		text(func(l *L) string { return l.System }),
		text(func(l *L) string { return l.Stream }),
		text(func(l *L) string { return l.Key }),
		text(func(l *L) string { return l.Cause }),
		text(func(l *L) string { return l.Position }),
		text(func(l *L) string { return l.Topic }),
		column(dead, func(l *L) int64 { return int64(l.Partition) }),
		column(dead, func(l *L) int64 { return l.Offset }),
		column(dead, func(l *L) int64 { return int64(l.Attempts) }),
		column(dead, func(l *L) time.Time { return l.At }),
		text(func(l *L) string { return l.Resolution }),
		text(func(l *L) string { return l.Correlation }),
		text(func(l *L) string { return l.Error }),
		column(dead, func(l *L) []byte { return encoded(l.Header) }),
		column(dead, func(l *L) []byte { return l.Context }),
		column(dead, func(l *L) []byte { return l.Bytes }))
}

// DeadLetters implements golden.Reader.
func (s *Store) DeadLetters(ctx context.Context, q golden.DeadLetterQuery) (dead []golden.DeadLetter, err error) {
	w := lettersOf(q)
	if q.Before > 0 {
		w.and("id < {int}", q.Before)
	}
	err = s.backend.Read(ctx, func(c Conn) error {
		dead, err = pick(ctx, c, "read dead letters", w, listLetters, `ORDER BY id DESC`, q.Limit, scanLetter)
		return err
	})
	return dead, err
}

// DeadLetter implements golden.Reader.
func (s *Store) DeadLetter(ctx context.Context, id int64) (letter golden.DeadLetter, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		found, err := list(ctx, c, "read dead letter", letterByID, scanLetter, id)
		if err == nil && len(found) == 0 {
			return fmt.Errorf("dead letter %d: %w", id, golden.ErrNotFound)
		}
		if err == nil {
			letter = found[0]
		}
		return err
	})
	return letter, err
}

// ResolveDeadLetters implements golden.Reader.
func (s *Store) ResolveDeadLetters(ctx context.Context, ids []int64, state golden.DeadLetterState, resolution string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		return c.Put(ctx, "resolve dead letters", resolveLetters, string(state), prose(resolution), unique(ids))
	})
}

func scanLetter(scan Scan, l *golden.DeadLetter) error {
	var state string
	var partition, attempts int64
	var header []byte
	if err := scan(&l.ID, &state, &l.Stage, &l.System, &l.Stream, &l.Key, &l.Cause, &l.Position, &l.Topic, &partition,
		&l.Offset, &attempts, &l.At, &l.Resolution, &l.Correlation, &l.Error, &header, &l.Context, &l.Bytes); err != nil {
		return err
	}
	l.State, l.Partition, l.Attempts = golden.DeadLetterState(state), int(partition), int(attempts)
	return decode(header, &l.Header, "header of dead letter")
}
