package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/golden/store/storetest"
)

// older makes a store as it was after a migration, with what a statement puts into it, and returns its path.
func older(t *testing.T, version int64, statement string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A decision that was undone before the store knew of acts is one of its own, and found by its records.
func TestMigrate_decisionsFromBeforeActs(t *testing.T) {
	t.Parallel()
	path := older(t, 7, `INSERT INTO decision (id, verdict, strength, "left", "right", author, reason, at, undone)
		VALUES ('d1', 'same', 'lock', CAST('["erp/c/1","erp/c/2"]' AS BLOB), CAST('["shop/c/1"]' AS BLOB), 'kim', 'so', 1000000, 2000000)`)
	store := open(t, sqlite.Config{Path: path})
	for _, record := range []string{"erp/c/2", "shop/c/1"} {
		found, err := store.Decisions(t.Context(), golden.DecisionQuery{Records: []string{record}, Undone: true})
		if err != nil || len(found) != 1 || found[0].Act != "d1" || found[0].Undone == nil {
			t.Errorf("decisions of %s: %+v, %v", record, found, err)
		}
	}
}

// Names of an older store are found by several words before the hub has written them anew, and customers by
// what they were found by.
func TestMigrate_namesFromBeforeWords(t *testing.T) {
	t.Parallel()
	path := older(t, 9, `INSERT INTO entity (no, id, state, into_no, version) VALUES (1, 'G1', 'live', 0, 1), (2, 'G2', 'live', 0, 1);
		INSERT INTO lookup (kind, value, entity) VALUES (4, 'anna', 1), (4, 'lee', 1), (1, '+441752764055', 1), (1, '1752764055', 1), (4, 'anna', 2), (2, 'a@x.example', 2)`)
	checkWords(t, open(t, sqlite.Config{Path: path}))
}

func checkWords(t *testing.T, store golden.Store) {
	t.Helper()
	for text, want := range map[string]int{"anna": 2, "lee anna": 1, "055 anna": 1, "99 anna": 0} {
		var q golden.Search
		for word := range strings.FieldsSeq(text) {
			q.Words = append(q.Words, golden.Word{Text: word})
		}
		if hits, err := store.Search(t.Context(), q); err != nil || len(hits) != want {
			t.Errorf("%q finds %d customers, want %d: %v", text, len(hits), want, err)
		}
	}
	for key, want := range map[golden.Lookup]string{
		{Kind: golden.LookupPhone, Value: "+441752764055"}: "G1", {Kind: golden.LookupEmail, Value: "a@x.example"}: "G2",
		{Kind: golden.LookupPhone, Value: "a@x.example"}: "",
	} {
		found, err := store.FindCustomers(t.Context(), golden.Query{Lookups: []golden.Lookup{key}})
		if err != nil || len(found) > 1 || len(found) == 1 != (want != "") || want != "" && found[0].ID != want {
			t.Errorf("%+v finds %+v, want %q: %v", key, found, want, err)
		}
	}
}

// Block keys of an older store are found as they were: those of few records, of many, and in between.
func TestMigrate_keysFromBeforeBlocks(t *testing.T) {
	t.Parallel()
	path := older(t, 11, `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 400), k(k) AS (VALUES (-5), (7), (9), (11))
		INSERT INTO record_key (key, record) SELECT k, n FROM r, k WHERE k = -5 AND n <= 1 OR k = 7 AND n <= 128 OR k = 9 AND n > 271 OR k = 11;
		INSERT INTO key_count (key, n) VALUES (7, 128), (9, 129), (11, 400)`)
	storetest.CheckBlocks(t, open(t, sqlite.Config{Path: path}), map[uint64][2]golden.RecordNo{1<<64 - 5: {1, 1}, 7: {1, 128}, 9: {272, 400}, 11: {1, 400}})
}
