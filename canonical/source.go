package canonical

// Status says whether the system still holds the record.
type Status string

// The states of a source record.
const (
	Active  Status = "active"
	Deleted Status = "deleted"
)

// Source identifies the record that an entity was translated from and says how old it is.
type Source struct {
	System       string      `json:"system" doc:"the system's name"`
	Stream       string      `json:"stream" doc:"the stream within the system"`
	ID           string      `json:"id" doc:"the record's key in the stream"`
	Version      *Version    `json:"version,omitempty" doc:"the system's own version of the record"`
	BusinessTime string      `json:"businessTime,omitempty" format:"date-time" doc:"when the content changed in the system's own business"`
	Status       Status      `json:"status,omitempty" enum:"active,deleted" doc:"whether the system still holds the record"`
	Provenance   *Provenance `json:"provenance,omitempty" doc:"where the bytes stood"`
}

// Key is "system/stream/id", the record's key on Kafka and in the store.
func (s *Source) Key() string { return s.System + "/" + s.Stream + "/" + s.ID }

// Version is a system's own version of a record: exactly one of the two is set, as the mapping
// declares it. Versions of different types do not compare.
type Version struct {
	Integer *int64 `json:"integer,omitempty" doc:"a counter"`
	Time    string `json:"time,omitempty" format:"date-time" doc:"a time of change, RFC 3339"`
}

// Provenance tells where the record's bytes stood, in the outside world and on Kafka.
type Provenance struct {
	Origin      string          `json:"origin,omitempty" doc:"file name, table, URL path or mailbox"`
	Position    string          `json:"position,omitempty" doc:"place within the origin, such as line 12, byte 4711"`
	Ingest      *IngestSequence `json:"ingest,omitempty" doc:"place in the raw topic"`
	Mapping     string          `json:"mapping,omitempty" doc:"the mapping that translated it"`
	Revision    int64           `json:"revision,omitempty" doc:"translation revision: raised by every replay"`
	Correlation string          `json:"correlation,omitempty" doc:"correlation ID from first byte to last delivery"`
}

// IngestSequence is the hub's arrival order: where a frame stands in raw.<system>. Sequences
// order the frames of one key, which share a partition; a higher epoch is later than a lower one.
type IngestSequence struct {
	Topic     string `json:"topic"`
	Epoch     int    `json:"epoch,omitempty"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
}
