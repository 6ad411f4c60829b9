package sqlite_test

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/golden/store/storetest"
)

func TestStore(t *testing.T) { storetest.Run(t, temporary) }

func temporary(t *testing.T) golden.Store {
	t.Helper()
	s := open(t, sqlite.Config{Temporary: true})
	t.Cleanup(func() { checkPlans(t, s) })
	return s
}

// scans are the tables that a statement may read from end to end: small ones, intermediate results,
// and what is counted or listed as a whole.
var scans = regexp.MustCompile(`^SCAN (v|json_each|hit|x|o|f|names|\d+ CONSTANT ROWS?|CONSTANT ROW|feed_state|outbox|suppression|sqlite_schema|VIRTUAL.*)\b|^SCAN .* USING (COVERING )?INDEX`)

// checkPlans looks at how every statement of the test was run: no table is read whole, or sorted
// for itself, that may have a million rows.
func checkPlans(t *testing.T, s *sqlite.Store) {
	if s.Ping(context.Background()) != nil {
		return // closed by its test
	}
	plans, err := s.Plans(context.Background())
	if err != nil {
		t.Error(err)
	}
	for statement, plan := range plans {
		whole := strings.HasPrefix(statement, "DELETE FROM ") && !strings.Contains(statement, "WHERE")
		whole = whole || strings.HasPrefix(statement, "SELECT EXISTS (SELECT 1 FROM ") // the first row is enough
		if whole || strings.Contains(statement, "count(*)") || strings.HasSuffix(statement, "ORDER BY target, subject LIMIT ? + 0") {
			continue
		}
		for _, step := range plan {
			wholeTarget := strings.HasSuffix(step, " USING PRIMARY KEY (target=?)") && !strings.Contains(statement, "ORDER BY")
			if strings.HasPrefix(step, "SCAN") && !scans.MatchString(step) || strings.Contains(step, "AUTOMATIC") || wholeTarget {
				t.Errorf("%s\n\tis run as\n\t%s", statement, strings.Join(plan, "\n\t"))
				break
			}
		}
	}
}

func open(t *testing.T, config sqlite.Config) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func BenchmarkStore(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	storetest.Benchmark(b, s)
}

func BenchmarkReads(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	storetest.BenchmarkReads(b, s, 100)
}
