package sql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// classifyPostgres reads the SQLSTATE (PostgreSQL manual, appendix A).
func classifyPostgres(err error) failure {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return failure{}
	}
	code := refused.Code
	f := failure{answered: true}
	switch {
	case strings.HasPrefix(code, "28"), code == "3D000", code == "42501":
		f.class = unauthorised
	case code == "23503": // foreign key: the other record may be on its way
		f.class = waiting
	case code == "42804", code == "42846": // a value's type, where a cast is lacking
		f.class = badValue
	case code == "0A000" && refused.Routine == "RevalidateCachedQuery":
		// the table was altered since the statement was prepared; the next attempt prepares it anew
	case strings.HasPrefix(code, "42"), code == "3F000", code == "25006", code == "0A000":
		f.class = wrongSetting
	case strings.HasPrefix(code, "22"), strings.HasPrefix(code, "23"), strings.HasPrefix(code, "44"), code == "P0001":
		f.class = badValue
	case strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "08"):
		f.answered = false // the connection ends here, and with it what was begun
	}
	return f
}

// classifySQLite reads the result code (https://sqlite.org/rescode.html).
func classifySQLite(err error) failure {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return failure{class: unauthorised, answered: true}
	case errors.Is(err, fs.ErrNotExist):
		return failure{answered: true}
	}
	var refused *driver.Error
	if !errors.As(err, &refused) {
		return failure{}
	}
	f := failure{answered: true}
	switch code := refused.Code(); code & 0xff {
	case sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PERM:
		f.class = unauthorised
	case sqlite3.SQLITE_CONSTRAINT:
		f.class = badValue
		if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY {
			f.class = waiting
		}
	case sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
		f.class = badValue
	case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY:
		f.class = wrongSetting
	}
	return f
}

// reading gives an error of a source its class; at is the setting that a person would mend.
func reading(db database, at config.Position, doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if already := (*connectors.PermanentError)(nil); errors.As(err, &already) {
		return err
	}
	switch db.classify(err).class {
	case unauthorised:
		return &connectors.UnauthorisedError{Err: fmt.Errorf("%s: %w", doing, err)}
	case wrongSetting, badValue:
		return permanent(at, "%s: %w", doing, err)
	}
	return &connectors.RetryableError{Err: fmt.Errorf("%s: %w", doing, err)}
}

// permanent is an error that stands in the connector file.
func permanent(at config.Position, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if where := at.String(); where != "" {
		err = fmt.Errorf("%s: %w", where, err)
	}
	return &connectors.PermanentError{Err: err}
}
