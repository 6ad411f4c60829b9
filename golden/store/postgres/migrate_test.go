package postgres_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// A decision that was undone before the store knew of acts is one of its own, and found by its records.
func TestMigrate_decisionsFromBeforeActs(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	older, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := older.UpTo(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, url, `INSERT INTO decision (id, verdict, strength, "left", "right", author, reason, at, undone)
		VALUES ('d1', 'same', 'lock', '["erp/c/1","erp/c/2"]', '["shop/c/1"]', 'kim', 'so', now(), now())`)
	store := open(t, postgres.Config{URL: url})
	for _, record := range []string{"erp/c/2", "shop/c/1"} {
		found, err := store.Decisions(t.Context(), golden.DecisionQuery{Records: []string{record}, Undone: true})
		if err != nil || len(found) != 1 || found[0].Act != "d1" || found[0].Undone == nil {
			t.Errorf("decisions of %s: %+v, %v", record, found, err)
		}
	}
}
