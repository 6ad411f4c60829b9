package main

import (
	"bytes"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// evaluated is the F1 that the command prints for a file and an example folder.
func evaluated(t *testing.T, file, example, truth string) float64 {
	t.Helper()
	var out, errs bytes.Buffer
	args := []string{"match", "eval", file, "-C", filepath.Join("..", "..", "examples", "match", example), "-m", example, "--truth", truth, "--json", "--sweep=false", "--mistakes", "0"}
	if code := Main(t.Context(), args, strings.NewReader(""), &out, &errs); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var r struct{ F1 float64 }
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return r.F1
}

// Nothing in the example folders was fitted on labels, so that the figures hold for files like these
// too; they may fall only by little.
func TestMatchEval_publicFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, example, truth string
		least                float64
	}{
		{"febrl1.csv", "febrl", `split(rec_id, "-")[1]`, 1},
		{"febrl3.csv", "febrl", `split(rec_id, "-")[1]`, 0.9999},
		{"fake_1000.csv", "fake", "cluster", 0.97},
		{"historical_tune.csv", "historical", "cluster", 0.925},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			if got := evaluated(t, hubtest.Data(t, "match/"+c.file), c.example, c.truth); got < c.least {
				t.Errorf("F1 %.5f, expected %.5f at least", got, c.least)
			}
		})
	}
}

func TestMatchEval_chineseNames(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 7} {
		people := population.Chinese(3000, seed)
		if got := evaluated(t, written(t, population.ChineseColumns, people.Rows()), "chinese", "cluster"); got < 0.955 {
			t.Errorf("seed %d: F1 %.5f", seed, got)
		}
	}
}

// written is a CSV file of rows.
func written(t testing.TB, columns []string, rows iter.Seq[[]string]) string {
	t.Helper()
	var text bytes.Buffer
	if err := population.WriteCSV(&text, columns, rows); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
