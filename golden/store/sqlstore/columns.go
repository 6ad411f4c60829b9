package sqlstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/golden"
)

// column gathers one column of rows.
func column[R, C any](rows []R, of func(*R) C) []C {
	out := make([]C, len(rows))
	for i := range rows {
		out[i] = of(&rows[i])
	}
	return out
}

// ints turns numbers of any named type into a column.
func ints[N ~int64 | ~uint64](numbers []N) []int64 {
	out := make([]int64, len(numbers))
	for i, n := range numbers {
		out[i] = int64(n)
	}
	return out
}

// texts turns strings of any named type into a column.
func texts[S ~string](values []S) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// lastBy returns rows ordered by key, of equal keys the last only. Databases lock rows in the
// order in which they are written, so that writers that go by key cannot wait for each other.
func lastBy[R any, K any](rows []R, key func(*R) K, compare func(a, b K) int) []R {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b R) int { return compare(key(&a), key(&b)) })
	out := sorted[:0]
	for i := range sorted {
		if n := len(out); n > 0 && compare(key(&out[n-1]), key(&sorted[i])) == 0 {
			out[n-1] = sorted[i]
			continue
		}
		out = append(out, sorted[i])
	}
	return out
}

// unique returns values sorted, without repetition.
func unique[V cmp.Ordered](values []V) []V {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}

// known returns those of values that can be in a store at all, sorted.
func known(values []string) []string {
	return slices.DeleteFunc(unique(values), func(v string) bool { return !storable(v) })
}

func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// checkText refuses text by which things are found again and that could not be stored as it is.
func checkText(what string, values ...string) error {
	for _, v := range values {
		if !storable(v) {
			return fmt.Errorf("%s %q: %w", what, v, golden.ErrText)
		}
	}
	return nil
}

// prose makes text that people read storable: what cannot be stored becomes U+FFFD.
func prose(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// encoded is v as JSON; nil for the zero values that are left out.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // only strings, numbers and maps of them come here
		panic(err)
	}
	if string(b) == "null" {
		return nil
	}
	return b
}

// decode reads what encoded wrote.
func decode(b []byte, into any, what string) error {
	if len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read stored %s: %w", what, err)
	}
	return nil
}

// doing says in an error what was being done.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// list gathers the rows of a query.
func list[R any](ctx context.Context, c Conn, what string, s *Statement, row func(scan Scan, r *R) error, args ...any) ([]R, error) {
	var out []R
	err := c.Query(ctx, s, func(scan Scan) error {
		var r R
		if err := row(scan, &r); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	}, args...)
	return out, doing(what, err)
}

// micro is t as stores keep it.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
