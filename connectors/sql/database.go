package sql

import (
	"context"
	"time"
)

// database is what differs between PostgreSQL and SQLite. Values of rows and parameters are nil,
// text as PostgreSQL writes it, or what SQLite stores: int64, float64, string and []byte.
type database interface {
	session
	// describe gives the columns of what stands after FROM.
	describe(ctx context.Context, from string, zone *time.Location) ([]column, error)
	// now is the database's clock.
	now(ctx context.Context) (time.Time, error)
	// begin opens a transaction for writing, on a connection of its own.
	begin(ctx context.Context) (transaction, error)
	// tuples gives SQL for a table u of the tuples, to be joined, with each tuple's number. Args
	// are its parameters, which are the first of their statement.
	tuples(types []column, tuples [][]any) (joined, error)
	// parameter is the n-th parameter of a statement, counted from 1.
	parameter(n int) string
	// read selects a column as it is stored.
	read(ref string) string
	// sortable makes of a column something that every type can be sorted by.
	sortable(c column, ref string) string
	// bind makes of a value of JSON (nil, bool, json.Number, string) a parameter for a column.
	bind(c column, v any) any
	// classify gives an error its class, and says whether the server itself answered so.
	classify(err error) failure
	close()
}

// session runs statements.
type session interface {
	// each runs a statement and hands over its rows; the slice is valid until row returns.
	each(ctx context.Context, query string, args []any, row func([]any) error) error
	// exec runs a statement and counts the rows that it touched.
	exec(ctx context.Context, query string, args ...any) (int64, error)
}

// transaction is a session that ends.
type transaction interface {
	session
	commit(ctx context.Context) error
	rollback()
}

// column is one column of a table or query.
type column struct {
	name string
	// typ is the type's name in SQL; of SQLite, as it was declared.
	typ string
	// write appends a value, which is not nil, as JSON.
	write func(dst []byte, v any) ([]byte, error)
	// instant reads a value as a time and tells how another time would be written in its place; ok
	// is false where it is none, though the column holds times.
	instant func(v any) (t time.Time, render func(time.Time) any, ok bool)
	// json is true where values are documents.
	json bool
}

// joined is a table of tuples in SQL.
type joined struct {
	from    string   // what stands after FROM
	refs    []string // the tuple's members
	ordinal string   // its number, counted from 0 in the result
	args    []any
}

// failure is what an error of the database means.
type failure struct {
	class    failureClass
	answered bool // the server refused: nothing of the statement was done
}

type failureClass int

const (
	passing      failureClass = iota // may work later
	unauthorised                     // credentials or rights are lacking
	wrongSetting                     // no such table or column, or bad SQL: for a person to mend
	badValue                         // this record cannot be written
	waiting                          // this record may be written later: what it refers to is not there yet
)
