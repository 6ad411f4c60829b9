package mappings

import (
	"bytes"
	"time"
)

// inUTC turns a time by RFC 3339 with an offset into the same in UTC; anything else stays as it
// is, for the check that follows.
func inUTC(text []byte) []byte {
	if len(text) < len("2006-01-02T15:04:05Z") || text[len(text)-1] == 'Z' || !bytes.ContainsAny(text[19:], "+-") {
		return text
	}
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return text
	}
	return t.UTC().AppendFormat(nil, time.RFC3339Nano)
}
