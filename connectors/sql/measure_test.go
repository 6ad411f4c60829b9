package sql

import (
	"context"
	"testing"

	"github.com/touchstone-hub/touchstone/formats"
)

// BenchmarkFirstScan reads a table of 100,000 rows from the beginning.
func BenchmarkFirstScan(b *testing.B) {
	const rows = 100_000
	file, _ := newSQLite(b,
		`CREATE TABLE c (id INTEGER PRIMARY KEY, company TEXT, contact TEXT, phone TEXT, email TEXT, city TEXT, credit DECIMAL(12,2), active BOOLEAN, at DATETIME)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
			INSERT INTO c SELECT i, 'Company ' || i || ' GmbH', 'Contact ' || i, '+49 30 ' || i, 'c' || i || '@example.com', '北京', i / 7.0, i % 2,
				strftime('%Y-%m-%d %H:%M:%f', 1700000000 + i / 50, 'unixepoch') FROM n`,
		`CREATE INDEX c_at ON c (at, id)`)
	for name, keys := range map[string]string{"changes": "changed: at", "whole table": "page: 1000"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				bench := newBench(b, sqliteFile(file, "streams:\n  c: {key: id, table: c, "+keys+"}\n"), "c", nil)
				count := 0
				bench.reader.emit = func(_ context.Context, frames []formats.Frame) error {
					count += len(frames)
					return nil
				}
				bench.poll()
				if count != rows {
					b.Fatalf("%d rows", count)
				}
				bench.stop()
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
