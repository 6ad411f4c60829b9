package postgres_test

import (
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/storetest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

func TestStore(t *testing.T) { storetest.Run(t, fresh) }

func fresh(t *testing.T) golden.Store {
	t.Helper()
	return open(t, postgres.Config{URL: pgtest.Start(t)})
}

func open(t *testing.T, config postgres.Config) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), config)
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
