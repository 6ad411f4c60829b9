package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// values are scalar arguments and lists as SQLite takes them.
func values(args []any) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := value(a)
		if err != nil {
			return nil, err
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out, nil
}

func value(a any) (driver.Value, error) {
	switch a := a.(type) {
	case int64, string, bool:
		return a, nil
	case []byte:
		return blob(a), nil
	case time.Time:
		return moment(a), nil
	case []int64, []string:
		text, err := json.Marshal(a)
		return string(text), err
	}
	return nil, fmt.Errorf("argument of type %T", a)
}

func length(columns []any) (int, error) {
	total := -1
	for i, column := range columns {
		var n int
		switch c := column.(type) {
		case []int64:
			n = len(c)
		case []string:
			n = len(c)
		case [][]byte:
			n = len(c)
		case []bool:
			n = len(c)
		case []time.Time:
			n = len(c)
		default:
			return 0, fmt.Errorf("column %d is %T", i, column)
		}
		if total >= 0 && n != total {
			return 0, fmt.Errorf("column %d has %d rows, not %d", i, n, total)
		}
		total = n
	}
	return total, nil
}

func cell(column any, row int) driver.Value {
	switch c := column.(type) {
	case []int64:
		return c[row]
	case []string:
		return c[row]
	case [][]byte:
		return blob(c[row])
	case []bool:
		return c[row]
	case []time.Time:
		return moment(c[row])
	}
	return nil
}

func blob(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return b
}

// moment is a time in microseconds, NULL for none.
func moment(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// assign copies the columns of a row.
func assign(dest []any, values []driver.Value) error {
	if len(dest) != len(values) {
		return fmt.Errorf("scan %d columns into %d", len(values), len(dest))
	}
	for i, d := range dest {
		v := values[i]
		var ok bool
		switch d := d.(type) {
		case *int64:
			*d, ok = as[int64](v)
		case *string:
			*d, ok = as[string](v)
		case *[]byte:
			*d, ok = as[[]byte](v)
		case *bool:
			var n int64
			n, ok = as[int64](v)
			*d = n != 0
		case *time.Time:
			var n int64
			n, ok = as[int64](v)
			if *d = (time.Time{}); v != nil && ok {
				*d = time.UnixMicro(n).UTC()
			}
		default:
			ok = false
		}
		if !ok {
			return fmt.Errorf("scan column %d, %T, into %T", i, v, d)
		}
	}
	return nil
}

func as[V any](v driver.Value) (out V, ok bool) {
	if v == nil {
		return out, true
	}
	out, ok = v.(V)
	return out, ok
}
