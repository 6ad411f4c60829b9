package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres speaks to PostgreSQL in the text form of its types, in which every value is exact and
// every type, known or not, can be read.
type postgres struct {
	pool *pgxpool.Pool
	postgresSession
}

// pool gives the settings of the pool.
func (s *settings) pool(reading bool) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(s.URL.Reveal())
	if err != nil {
		return nil, errors.New("the url cannot be read") // pgx's own error shows parts of the url
	}
	c.MaxConns = int32(s.Pool)
	c.ConnConfig.ConnectTimeout = s.ConnectTimeout
	set := c.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"timezone": "UTC", "datestyle": "ISO", "intervalstyle": "iso_8601", "bytea_output": "hex",
		"extra_float_digits": "1", "client_encoding": "UTF8",
		"statement_timeout": strconv.FormatInt(s.Timeout.Milliseconds(), 10),
	} {
		set[name] = value
	}
	if set["application_name"] == "" {
		set["application_name"] = "touchstone"
	}
	if reading {
		set["default_transaction_read_only"] = "on"
	}
	return c, nil
}

func openPostgres(ctx context.Context, s settings, reading bool) (*postgres, error) {
	c, err := s.pool(reading)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &postgres{pool: pool, postgresSession: postgresSession{pool, s.Timeout}}, nil
}

func (p *postgres) close()                               { p.pool.Close() }
func (p *postgres) classify(err error) failure           { return classifyPostgres(err) }
func (p *postgres) parameter(n int) string               { return "$" + strconv.Itoa(n) }
func (p *postgres) sortable(c column, ref string) string { return ref + "::text" }

func (p *postgres) read(ref string) string { return ref }

// bind gives every value as text, of which the database makes the column's type.
func (p *postgres) bind(_ column, v any) any {
	if v == nil {
		return nil
	}
	return fmt.Sprint(v)
}

func (p *postgres) now(ctx context.Context) (now time.Time, err error) {
	err = p.each(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`, nil, func(row []any) error {
		micros, err := strconv.ParseInt(row[0].(string), 10, 64)
		now = time.UnixMicro(micros)
		return err
	})
	return now, err
}

// describe asks for the types as they are sent: of a domain, its base type.
func (p *postgres) describe(ctx context.Context, from string, zone *time.Location) ([]column, error) {
	rows, err := p.pool.Query(ctx, "SELECT * FROM "+from+" AS t LIMIT 0")
	if err != nil {
		return nil, err
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	fields := slices.Clone(rows.FieldDescriptions()) // the connection uses them again
	columns := make([]column, len(fields))
	var oids []string
	for i, f := range fields {
		columns[i].name = f.Name
		oids = append(oids, strconv.FormatUint(uint64(f.DataTypeOID), 10))
	}
	type known struct {
		name, category string
		element        uint32
	}
	types := map[string]known{}
	err = p.each(ctx, `SELECT oid::text, format_type(oid, -1), typcategory::text, typelem::text FROM pg_type WHERE oid = ANY($1::oid[])`,
		[]any{arrayLiteral(oids)}, func(row []any) error {
			element, err := strconv.ParseUint(row[3].(string), 10, 32)
			types[row[0].(string)] = known{row[1].(string), row[2].(string), uint32(element)}
			return err
		})
	for i, f := range fields {
		t := types[oids[i]]
		columns[i].typ = t.name
		if t.category == "A" && t.element != 0 {
			var element column
			element.asPostgres(t.element, zone)
			columns[i].write = writeArray(element.write)
			continue
		}
		columns[i].asPostgres(f.DataTypeOID, zone)
	}
	return columns, err
}

// asPostgres sets how values of a type are read.
func (c *column) asPostgres(oid uint32, zone *time.Location) {
	c.write = writeText
	switch oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
		c.write = writeNumber
	case pgtype.BoolOID:
		c.write = writeBool
	case pgtype.JSONOID, pgtype.JSONBOID:
		c.write, c.json = writeJSON, true
	case pgtype.ByteaOID:
		c.write = writeBytea
	case pgtype.BPCharOID:
		c.write = writePadded
	case pgtype.TimestamptzOID:
		c.instant = instantOf(time.UTC, "2006-01-02 15:04:05.999999Z07")
		c.write = writeInstant(c.instant)
	case pgtype.TimestampOID:
		c.instant = instantOf(zone, "2006-01-02 15:04:05.999999")
		c.write = writeInstant(c.instant)
	case pgtype.DateOID:
		c.instant = instantOf(zone, time.DateOnly)
	}
}

func (p *postgres) tuples(types []column, tuples [][]any) (joined, error) {
	j := joined{ordinal: "(u.n - 1)"}
	var arrays, names []string
	for i, t := range types {
		texts := make([]string, len(tuples))
		for n, tuple := range tuples {
			text, ok := tuple[i].(string)
			if !ok {
				return j, fmt.Errorf("%s is %T, and no text", t.name, tuple[i])
			}
			texts[n] = text
		}
		name := "k" + strconv.Itoa(i)
		j.args = append(j.args, arrayLiteral(texts))
		j.refs = append(j.refs, "u."+name)
		arrays, names = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, t.typ)), append(names, name)
	}
	j.from = fmt.Sprintf("unnest(%s) WITH ORDINALITY AS u(%s, n)", strings.Join(arrays, ", "), strings.Join(names, ", "))
	return j, nil
}

// arrayLiteral writes texts as an array of PostgreSQL.
func arrayLiteral(texts []string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var b strings.Builder
	b.WriteByte('{')
	for i, text := range texts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		_, _ = quoted.WriteString(&b, text)
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// querier is a pool or a transaction of pgx.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

type postgresSession struct {
	on      querier
	timeout time.Duration
}

// late is how much longer than the server, which ends a statement in time, a client waits for one
// that has gone silent.
const late = 5 * time.Second

func (s postgresSession) each(ctx context.Context, query string, args []any, row func([]any) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout+late)
	defer cancel()
	rows, err := s.on.Query(ctx, query, append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var values []any
	for rows.Next() {
		values = values[:0]
		for _, raw := range rows.RawValues() {
			if raw == nil {
				values = append(values, nil)
			} else {
				values = append(values, string(raw))
			}
		}
		if err := row(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s postgresSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout+late)
	defer cancel()
	rows, err := s.on.Query(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	rows.Close()
	return rows.CommandTag().RowsAffected(), rows.Err()
}

func (p *postgres) begin(ctx context.Context) (transaction, error) {
	tx, err := p.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return postgresTransaction{postgresSession{tx, p.timeout}, tx}, nil
}

type postgresTransaction struct {
	postgresSession
	tx pgx.Tx
}

func (t postgresTransaction) commit(ctx context.Context) error { return t.tx.Commit(ctx) }

func (t postgresTransaction) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = t.tx.Rollback(ctx)
}
