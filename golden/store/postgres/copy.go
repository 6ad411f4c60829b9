package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// copyReader gives columns as rows of the binary COPY format (PostgreSQL manual, COPY, "Binary
// Format"). pgx's own copying takes a row as a slice of values, which costs several times as much.
type copyReader struct {
	columns []any
	widths  []int // bytes of a whole number, by column
	rows    int
	next    int
	b       []byte // encoded and not read yet
	begun   bool
	ended   bool
	err     error
}

var widths = map[uint32]int{pgtype.Int8OID: 8, pgtype.Int4OID: 4, pgtype.Int2OID: 2}

// newCopyReader asks the server how wide the table's whole numbers are.
func newCopyReader(ctx context.Context, tx pgx.Tx, t *sqlstore.Table, columns []any) (*copyReader, error) {
	names := strings.Join(t.Columns, ", ")
	described, err := tx.Prepare(ctx, "fill "+t.Name+" ("+names+")", "SELECT "+names+" FROM "+t.Name)
	if err != nil {
		return nil, err
	}
	r := &copyReader{columns: columns, rows: -1}
	for i, f := range described.Fields {
		r.widths = append(r.widths, widths[f.DataTypeOID])
		n, err := lengthOf(columns[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
		if r.rows >= 0 && n != r.rows {
			return nil, fmt.Errorf("column %s has %d rows, not %d", f.Name, n, r.rows)
		}
		r.rows = n
	}
	return r, nil
}

func lengthOf(column any) (int, error) {
	switch c := column.(type) {
	case []int64:
		return len(c), nil
	case []string:
		return len(c), nil
	case [][]byte:
		return len(c), nil
	case []bool:
		return len(c), nil
	case []time.Time:
		return len(c), nil
	}
	return 0, fmt.Errorf("is %T", column)
}

// Read implements io.Reader.
func (r *copyReader) Read(into []byte) (int, error) {
	if !r.begun {
		r.begun = true
		r.b = append(r.b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	}
	if !r.ended && len(r.b) < len(into) {
		r.encode(len(into))
	}
	if r.err != nil {
		return 0, r.err
	}
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(into, r.b)
	r.b = r.b[:copy(r.b, r.b[n:])]
	return n, nil
}

// encode appends rows, at least so many bytes unless they end.
func (r *copyReader) encode(bytes int) {
	for ; r.next < r.rows && len(r.b) < bytes; r.next++ {
		r.b = binary.BigEndian.AppendUint16(r.b, uint16(len(r.columns)))
		for i, column := range r.columns {
			r.cell(column, r.widths[i])
		}
	}
	if r.next == r.rows && len(r.b) < bytes {
		r.b = append(r.b, 0xff, 0xff)
		r.ended = true
	}
}

// null is the length of no value.
const null = 0xffffffff

// epoch is where the server counts microseconds from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

func (r *copyReader) cell(column any, width int) {
	switch c := column.(type) {
	case []int64:
		r.number(c[r.next], width)
	case []string:
		r.b = binary.BigEndian.AppendUint32(r.b, uint32(len(c[r.next])))
		r.b = append(r.b, c[r.next]...)
	case [][]byte:
		if c[r.next] == nil {
			r.b = binary.BigEndian.AppendUint32(r.b, null)
			return
		}
		r.b = binary.BigEndian.AppendUint32(r.b, uint32(len(c[r.next])))
		r.b = append(r.b, c[r.next]...)
	case []bool:
		value := byte(0)
		if c[r.next] {
			value = 1
		}
		r.b = append(binary.BigEndian.AppendUint32(r.b, 1), value)
	case []time.Time:
		if c[r.next].IsZero() {
			r.b = binary.BigEndian.AppendUint32(r.b, null)
			return
		}
		r.number(c[r.next].UnixMicro()-epoch, 8)
	}
}

func (r *copyReader) number(n int64, width int) {
	if unused := 64 - 8*width; n<<unused>>unused != n {
		r.err = fmt.Errorf("%d does not fit into %d bytes", n, width)
	}
	r.b = binary.BigEndian.AppendUint32(r.b, uint32(width))
	switch width {
	case 8:
		r.b = binary.BigEndian.AppendUint64(r.b, uint64(n))
	case 4:
		r.b = binary.BigEndian.AppendUint32(r.b, uint32(n))
	case 2:
		r.b = binary.BigEndian.AppendUint16(r.b, uint16(n))
	}
}
