package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

func TestStart_givesEachTestADatabase(t *testing.T) {
	for range 2 {
		c, err := pgx.Connect(t.Context(), pgtest.Start(t))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(t.Context())
		if _, err := c.Exec(t.Context(), "CREATE TABLE mine (a int)"); err != nil {
			t.Errorf("not an empty database: %v", err)
		}
	}
}
