package bus

import (
	"context"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

const (
	// KeyMetadata is the metadata entry that travels as the Kafka record key.
	// Records of one key stay in order. A message without it goes to some
	// partition, together with the other keyless ones of the same call.
	KeyMetadata = "key"

	// uuidHeader holds the message's UUID, under the name that watermill's own
	// Kafka adapter gives it.
	uuidHeader = "_watermill_message_uuid"

	// epochHeader holds the number of partitions that the publisher chose
	// from. It is left out at one.
	epochHeader = "touchstone_epoch"
)

// Position is where a message stands in its topic.
type Position struct {
	Topic     string // without the bus's prefix
	Partition int
	Offset    int64
	Time      time.Time // when it was published, by the publisher's clock

	// Epoch counts up when a topic gets more partitions, which may move a key
	// to another one: positions of one key compare by (Epoch, Offset). It is
	// the number of partitions that the publisher chose from, at least 1.
	Epoch int
}

// PositionOf tells where a message that came from this package stood. It
// finds it through the message's context, also when that has been wrapped.
func PositionOf(m *message.Message) (Position, bool) {
	ctx := m.Context()
	if at, ok := ctx.(*standing); ok {
		return at.Position, true
	}
	if at, ok := ctx.Value(positionKey{}).(*standing); ok {
		return at.Position, true
	}
	return Position{}, false
}

type positionKey struct{}

// standing is a message's context: its consumer's, and where it stood. A fetch
// allocates them in one piece.
type standing struct {
	context.Context
	Position
}

func (s *standing) Value(key any) any {
	if key == (positionKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// fromRecord fills m from a Kafka record. It reads the record's key, value and
// headers, and keeps no reference to them.
func fromRecord(m *message.Message, at *standing, r *kafka.Record) error {
	m.Metadata = make(message.Metadata, len(r.Headers)+1)
	at.Epoch = 1
	for _, h := range r.Headers {
		switch h.Key {
		case uuidHeader:
			m.UUID = string(h.Value)
		case epochHeader:
			if n, err := strconv.Atoi(string(h.Value)); err == nil {
				at.Epoch = n
			}
		default:
			m.Metadata[h.Key] = string(h.Value)
		}
	}
	if r.Key != nil {
		key, err := takeBytes(r.Key)
		if err != nil {
			return err
		}
		m.Metadata[KeyMetadata] = string(key)
	}
	if r.Value != nil { // nil is a tombstone, and stays one
		value, err := takeBytes(r.Value)
		if err != nil {
			return err
		}
		m.Payload = value
	}
	at.Offset, at.Time = r.Offset, r.Time
	m.SetContext(at)
	return nil
}

// takeBytes copies b and gives its page back to kafka-go.
func takeBytes(b protocol.Bytes) ([]byte, error) {
	defer b.Close()
	return protocol.ReadAll(b)
}

// headersOf gives a message's metadata as Kafka headers, without the key.
func headersOf(m *message.Message, partitions int) []kafka.Header {
	out := make([]kafka.Header, 0, len(m.Metadata)+2)
	if m.UUID != "" {
		out = append(out, kafka.Header{Key: uuidHeader, Value: []byte(m.UUID)})
	}
	if partitions > 1 {
		out = append(out, kafka.Header{Key: epochHeader, Value: strconv.AppendInt(nil, int64(partitions), 10)})
	}
	for k, v := range m.Metadata {
		if k != KeyMetadata {
			out = append(out, kafka.Header{Key: k, Value: []byte(v)})
		}
	}
	return out
}
