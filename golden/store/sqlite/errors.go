package sqlite

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/touchstone-hub/touchstone/golden"
)

// typed marks errors on which callers decide.
func typed(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || errors.Is(err, golden.ErrFull) || errors.Is(err, golden.ErrUnavailable) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return errors.Join(golden.ErrFull, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return errors.Join(golden.ErrUnavailable, err)
	}
	return err
}
