package golden

import (
	"fmt"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Incoming is one version of a source record, read and ready to be resolved.
type Incoming struct {
	Record   SourceRecord // No, Written and Entity are not set
	Customer canonical.Customer
	// Correlation of the message, carried into the changes that it causes.
	Correlation string
	// Trace is the message's trace context, carried into the changes that it causes; "" for none.
	Trace string
}

// Key is the key of the source record.
func (in *Incoming) Key() string { return in.Record.Key }

// ParseIncoming reads a canonical Customer as it stands on canonical.Customer: its source block
// says which record it is, its version, business time, ingest sequence, translation revision and
// correlation. doc is kept and must not be changed afterwards. The error says which part of the
// document is wrong; it is permanent.
func ParseIncoming(doc []byte) (Incoming, error) {
	var in Incoming
	if err := in.Parse(doc); err != nil {
		return Incoming{}, err
	}
	return in, nil
}

// Parse is ParseIncoming into in. What in held before is gone from it, but not changed.
func (in *Incoming) Parse(doc []byte) error {
	err := in.read(doc)
	if err != nil {
		return err
	}
	if in.Record.Hash, err = contentHash(&in.Customer); err != nil {
		return fmt.Errorf("hash %s: %w", in.Record.Key, err)
	}
	return nil
}

// read is Parse without the hash.
func (in *Incoming) read(doc []byte) error {
	in.Record, in.Correlation, in.Trace = SourceRecord{Doc: doc}, "", ""
	if err := in.Customer.UnmarshalJSON(doc); err != nil {
		return fmt.Errorf("read customer: %w", err)
	}
	s := in.Customer.Source
	if s == nil || s.System == "" || s.Stream == "" || s.ID == "" {
		return &canonical.Problem{Pointer: "/source", Found: "no record", Expected: "system, stream and id"}
	}
	r := &in.Record
	r.Key = s.Key()
	r.System, r.Stream, r.ID = r.Key[:len(s.System)], r.Key[len(s.System)+1:len(r.Key)-len(s.ID)-1], r.Key[len(r.Key)-len(s.ID):]
	r.Version = s.Version
	r.Deleted = s.Status == canonical.Deleted
	if p := s.Provenance; p != nil {
		r.Revision, in.Correlation = p.Revision, p.Correlation
		if p.Ingest != nil {
			r.Ingest = *p.Ingest
		}
	}
	var err error
	r.BusinessTime, err = businessTime(s)
	return err
}

// businessTime is the source's own; where it states none, the time by which it versions its
// records; zero where there is neither.
func businessTime(s *canonical.Source) (time.Time, error) {
	text, pointer := s.BusinessTime, "/source/businessTime"
	if text == "" && s.Version != nil {
		text, pointer = s.Version.Time, "/source/version/time"
	}
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, &canonical.Problem{Pointer: pointer, Found: text, Expected: "a time by RFC 3339"}
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// contentHash hashes what the record says of the customer, without its source block: equal
// content hashes equal whatever its spelling as JSON. It is never 0.
func contentHash(c *canonical.Customer) (uint64, error) {
	buffer := hashed.Get().(*[]byte)
	defer hashed.Put(buffer)
	source := c.Source
	c.Source = nil
	content, err := c.AppendJSON((*buffer)[:0])
	c.Source = source
	if err != nil {
		return 0, err
	}
	*buffer = content
	return max(xxhash.Sum64(content), 1), nil
}

var hashed = sync.Pool{New: func() any { return new([]byte) }}
