package mappings

import (
	"strconv"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats/json"
)

func appendSource(dst []byte, s *canonical.Source) []byte {
	dst = json.AppendString(append(dst, `{"system":`...), s.System)
	dst = json.AppendString(append(dst, `,"stream":`...), s.Stream)
	dst = json.AppendString(append(dst, `,"id":`...), s.ID)
	if v := s.Version; v != nil {
		if v.Integer != nil {
			dst = strconv.AppendInt(append(dst, `,"version":{"integer":`...), *v.Integer, 10)
		} else {
			dst = json.AppendString(append(dst, `,"version":{"time":`...), v.Time)
		}
		dst = append(dst, '}')
	}
	if s.BusinessTime != "" {
		dst = json.AppendString(append(dst, `,"businessTime":`...), s.BusinessTime)
	}
	dst = json.AppendString(append(dst, `,"status":`...), string(s.Status))
	if s.Provenance != nil {
		dst = appendProvenance(append(dst, `,"provenance":`...), s.Provenance)
	}
	return append(dst, '}')
}

func appendProvenance(dst []byte, p *canonical.Provenance) []byte {
	start := len(dst)
	member := func(name, value string) {
		if value != "" {
			dst = append(append(append(dst, `,"`...), name...), `":`...)
			dst = json.AppendString(dst, value)
		}
	}
	member("origin", p.Origin)
	member("position", p.Position)
	if i := p.Ingest; i != nil {
		dst = json.AppendString(append(dst, `,"ingest":{"topic":`...), i.Topic)
		if i.Epoch != 0 {
			dst = strconv.AppendInt(append(dst, `,"epoch":`...), int64(i.Epoch), 10)
		}
		dst = strconv.AppendInt(append(dst, `,"partition":`...), int64(i.Partition), 10)
		dst = strconv.AppendInt(append(dst, `,"offset":`...), i.Offset, 10)
		dst = append(dst, '}')
	}
	member("mapping", p.Mapping)
	if p.Revision != 0 {
		dst = strconv.AppendInt(append(dst, `,"revision":`...), p.Revision, 10)
	}
	member("correlation", p.Correlation)
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{'
	return append(dst, '}')
}
