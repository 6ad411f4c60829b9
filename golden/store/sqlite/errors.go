package sqlite

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// typed marks errors on which callers decide.
func typed(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || errors.Is(err, sqlstore.ErrFull) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return errors.Join(sqlstore.ErrFull, err)
	}
	return err
}
