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

func TestDurable_syncsWhatItCommits(t *testing.T) {
	url, err := pgtest.Durable()
	if err != nil {
		t.Skipf("no PostgreSQL: %v", err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := c.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&value); err != nil || value != "on" {
			t.Errorf("%s is %q (%v), expected on", setting, value, err)
		}
	}
}
