package population

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// WriteCSV writes rows below a line of column names, by RFC 4180 with LF at the ends of lines.
func WriteCSV(w io.Writer, columns []string, rows iter.Seq[[]string]) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for row := range rows {
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// WriteNDJSON writes one JSON object a line, with an empty text where a value is unknown.
func WriteNDJSON[T any](w io.Writer, records iter.Seq[T]) error {
	buffered := bufio.NewWriterSize(w, 1<<18)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	for r := range records {
		if err := out.Encode(&r); err != nil {
			return fmt.Errorf("write NDJSON: %w", err)
		}
	}
	return buffered.Flush()
}

// Rows are the records as CSV has them.
func (p *Population) Rows() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for r := range p.Records() {
			if !yield(r.Row()) {
				return
			}
		}
	}
}
