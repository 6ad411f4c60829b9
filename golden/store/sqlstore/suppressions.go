package sqlstore

import (
	"context"
	"time"
)

var (
	suppressed      = plain(`SELECT hash FROM suppression WHERE hash = {any int}`)
	putSuppressions = rows("h int", `INSERT INTO suppression (hash, reason, at)
		SELECT h, {text}, {time} FROM v WHERE true ON CONFLICT (hash) DO NOTHING`)
)

// Suppressed implements golden.Results.
func (t *tx) Suppressed(ctx context.Context, hashes []uint64) ([]uint64, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read suppressions", suppressed, func(scan Scan, h *uint64) error {
		var signed int64
		err := scan(&signed)
		*h = uint64(signed)
		return err
	}, sortedSigned(hashes))
}

// PutSuppressions implements golden.Results.
func (t *tx) PutSuppressions(ctx context.Context, hashes []uint64, reason string, at time.Time) error {
	return t.c.Put(ctx, "write suppressions", putSuppressions, sortedSigned(hashes), prose(reason), at)
}
