package sqlstore

import (
	"context"
	"fmt"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	advanceOffset = plain(`INSERT INTO stage_offset (consumer, topic, partition, next)
		VALUES ({text}, {text}, {int}, {int})
		ON CONFLICT (consumer, topic, partition) DO UPDATE SET next = excluded.next
		WHERE stage_offset.next = {int}`)
	nextOffset = plain(`SELECT next FROM stage_offset
		WHERE consumer = {text} AND topic = {text} AND partition = {int}`)
)

// AdvanceOffset implements golden.Offsets.
func (t *tx) AdvanceOffset(ctx context.Context, group, topic string, partition int, expected, next int64) error {
	n, err := t.c.Exec(ctx, advanceOffset, group, topic, int64(partition), next, expected)
	if err != nil {
		return fmt.Errorf("advance offset of %s in %s/%d: %w", group, topic, partition, err)
	}
	if n == 0 {
		return golden.ErrFenced
	}
	return nil
}

// NextOffset implements golden.Work.
func (s *Store) NextOffset(ctx context.Context, group, topic string, partition int) (next int64, known bool, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		return c.Query(ctx, nextOffset, func(scan Scan) error {
			known = true
			return scan(&next)
		}, group, topic, int64(partition))
	})
	return next, known, doing("read offset", err)
}
