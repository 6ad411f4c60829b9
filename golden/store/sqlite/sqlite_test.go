package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/golden/store/storetest"
)

func TestStore(t *testing.T) { storetest.Run(t, temporary) }

func temporary(t *testing.T) golden.Store {
	t.Helper()
	return open(t, sqlite.Config{Temporary: true})
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
