package golden

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Labels are pairs of records of which a file says whether they are one customer's.
type Labels struct {
	file     string
	pairs    []labelledPair
	clusters []labelledRecord
}

type labelledPair struct {
	a, b string
	same bool
	line int
}

type labelledRecord struct {
	record, cluster string
	line            int
}

// LabelWeight is for how many pairs one of a file stands where nothing else is said.
const LabelWeight = 10

// LabelError is a place in a file of labels.
type LabelError struct {
	File            string
	Line            int
	Found, Expected string
}

func (e *LabelError) Error() string {
	return fmt.Sprintf("%s:%d: found %s; expected %s", e.File, e.Line, e.Found, e.Expected)
}

// ReadLabels reads labels from CSV. With the columns a, b, verdict each line is a pair of records,
// `same` or `different`; with the columns record, cluster records of one cluster are one customer's,
// and those of two are not. Records are named by their keys, system/stream/id.
func ReadLabels(file string, text []byte) (*Labels, error) {
	l := &Labels{file: file}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF"))))
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return nil, &LabelError{File: file, Line: 1, Found: "no header", Expected: "a,b,verdict or record,cluster"}
	}
	take := l.takePair
	switch strings.ToLower(strings.Join(header, ",")) {
	case "a,b,verdict":
	case "record,cluster":
		take = l.takeRecord
	default:
		return nil, &LabelError{File: file, Line: 1, Found: fmt.Sprintf("%q", strings.Join(header, ",")), Expected: "a,b,verdict or record,cluster"}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, &LabelError{File: file, Line: bad.Line, Found: "a line that cannot be read: " + bad.Err.Error(), Expected: fmt.Sprintf("%d fields", len(header))}
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if err := take(fields, line); err != nil {
			return nil, err
		}
	}
	if len(l.pairs)+len(l.clusters) == 0 {
		return nil, &LabelError{File: file, Line: 1, Found: "no labels", Expected: "at least one line after the header"}
	}
	return l, nil
}

func (l *Labels) takePair(fields []string, line int) error {
	a, b, verdict := fields[0], fields[1], strings.ToLower(fields[2])
	switch {
	case a == "" || b == "":
		return &LabelError{File: l.file, Line: line, Found: "no record", Expected: "the key of a record, system/stream/id"}
	case a == b:
		return &LabelError{File: l.file, Line: line, Found: fmt.Sprintf("%q twice", a), Expected: "two records"}
	case verdict != string(Same) && verdict != string(Different):
		return &LabelError{File: l.file, Line: line, Found: fmt.Sprintf("verdict %q", fields[2]), Expected: "same or different"}
	}
	l.pairs = append(l.pairs, labelledPair{a, b, verdict == string(Same), line})
	return nil
}

func (l *Labels) takeRecord(fields []string, line int) error {
	if fields[0] == "" || fields[1] == "" {
		return &LabelError{File: l.file, Line: line, Found: "no record or no cluster", Expected: "the key of a record, system/stream/id, and the name of its cluster"}
	}
	l.clusters = append(l.clusters, labelledRecord{fields[0], fields[1], line})
	return nil
}
