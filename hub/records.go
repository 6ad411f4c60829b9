package hub

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
)

// OpenIdle opens the folder's store and connects to Kafka, for commands that look at records while
// no hub runs: nothing is read from systems and no webhook is taken.
func OpenIdle(ctx context.Context, f *Folder, o Options) (h *Hub, err error) {
	h = newHub(f, o)
	if err = h.openStore(ctx); err == nil {
		err = h.openBus(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// RecordQuery asks for what a system wrote, as far as raw.<system> still holds it.
type RecordQuery struct {
	System      string
	Stream, Key string    // only of this stream, of this record; all where empty
	Correlation string    // only the record that has it; all where empty
	Oldest      bool      // oldest first; newest first where false
	Since       time.Time // only what came in at this time or later, by the hub's clock
	Translate   bool      // run today's mapping over each record
	Limit       int       // most records in the answer
	// From is where to go on, by partition: the Next of an earlier answer. Oldest first it is the
	// first offset to look at, newest first the one after it. Where it is set, partitions that it
	// does not name are left out.
	From map[int]int64
}

// Records is one answer. It is shorter than the query's limit also where a filter left out very
// many, or where the records are large.
type Records struct {
	Found []Record
	Next  map[int]int64 // nil where nothing is left
}

// Record is one frame as it came in, and where it stands in raw.<system>.
type Record struct {
	formats.Frame
	System, Stream   string
	At               bus.Position
	Correlation      string
	Translated       bool             // that it was run through a mapping: Entity to Err say how it went
	Entity           canonical.Entity // "" where the stream has no mapping
	Output           []byte           // the canonical document; nil where the mapping left the record out, or failed
	TranslationError error
}

// What one answer may cost.
const (
	recordsLooked = 100_000 // records looked at
	recordsBytes  = 8 << 20 // bytes of the records found
	recordsChunk  = 256     // records read at once when going backwards
)

// UnknownError says that a query names a system or stream that the folder does not have.
type UnknownError struct {
	What, Name string   // "system" or "stream", as it was named
	Known      []string // those that there are
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s %q is not in the hub folder; expected one of %s", e.What, e.Name, strings.Join(e.Known, ", "))
}

// Records reads raw.<system> outside of any group: looking changes nothing. It fails with an
// UnknownError or the broker's error. A stream that is no longer configured is found as long as
// records of it are retained.
func (h *Hub) Records(ctx context.Context, q RecordQuery) (Records, error) {
	var systems, streams []string
	for _, s := range h.generation().streamList() {
		systems = append(systems, s.System)
		if s.System == q.System {
			streams = append(streams, s.Name)
		}
	}
	if len(streams) == 0 {
		return Records{}, &UnknownError{What: "system", Name: q.System, Known: slices.Compact(systems)}
	}
	found, err := h.readRecords(ctx, q)
	if err == nil && len(found.Found) == 0 && found.Next == nil && q.From == nil && q.Stream != "" && !slices.Contains(streams, q.Stream) {
		return Records{}, &UnknownError{What: "stream", Name: q.Stream, Known: streams}
	}
	return found, err
}

func (h *Hub) readRecords(ctx context.Context, q RecordQuery) (Records, error) {
	if h.bus == nil {
		return Records{}, errors.New("read records: the hub's Kafka is not open")
	}
	q.Since = q.Since.Truncate(time.Millisecond) // Kafka's own precision: what came in just then counts
	topic := RawTopic(q.System)
	spans, err := h.bus.Spans(ctx, topic)
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		return Records{}, nil // nothing ever came in
	case err != nil:
		return Records{}, fmt.Errorf("read records: %w", err)
	}
	if q.From == nil && q.Oldest && !q.Since.IsZero() {
		if q.From, err = h.bus.Since(ctx, topic, q.Since); err != nil {
			return Records{}, fmt.Errorf("read records: %w", err)
		}
	}
	w := &recordWalk{hub: h, query: q, topic: topic, next: map[int]int64{}}
	return w.run(ctx, spans)
}

// recordWalk goes over the partitions of a topic at once, in the order of time.
type recordWalk struct {
	hub    *Hub
	query  RecordQuery
	topic  string
	looked int
	bytes  int
	next   map[int]int64 // by partition, where the walk stands
}

func (w *recordWalk) run(ctx context.Context, spans []bus.Span) (out Records, err error) {
	var heads []*recordHead
	defer func() {
		for _, head := range heads {
			head.stop()
		}
	}()
	for _, s := range spans {
		head, err := w.open(ctx, s)
		if head != nil {
			heads = append(heads, head)
		}
		if err != nil {
			return Records{}, err
		}
	}
	for {
		heads = slices.DeleteFunc(heads, func(head *recordHead) bool { return head.m == nil })
		if len(heads) == 0 {
			return out, nil
		}
		if len(out.Found) == w.query.Limit || w.looked >= recordsLooked || w.bytes >= recordsBytes {
			out.Next = maps.Clone(w.next)
			return out, nil
		}
		head := slices.MinFunc(heads, w.compare)
		if r, ok := w.take(head); ok {
			out.Found = append(out.Found, r)
		}
		if err := head.advance(); err != nil {
			return Records{}, fmt.Errorf("read records: %w", err)
		}
	}
}

// compare puts first whose record is next.
func (w *recordWalk) compare(a, b *recordHead) int {
	order := a.at.Time.Compare(b.at.Time)
	if !w.query.Oldest {
		order = -order
	}
	if order == 0 {
		order = a.at.Partition - b.at.Partition
	}
	return order
}

// recordHead is the next record of one partition; m is nil at the partition's end.
type recordHead struct {
	m    *message.Message
	at   bus.Position
	pull func() (*message.Message, error, bool)
	stop func()
}

func (w *recordWalk) open(ctx context.Context, s bus.Span) (*recordHead, error) {
	from, to := s.First, s.Next
	if w.query.From != nil {
		given, named := w.query.From[s.Partition]
		switch {
		case !named:
			return nil, nil
		case w.query.Oldest:
			from = max(from, given)
		default:
			to = min(to, given)
		}
	}
	var records iter.Seq2[*message.Message, error]
	if w.query.Oldest {
		w.next[s.Partition] = from
		records = w.hub.bus.Read(ctx, w.topic, s.Partition, from, to)
	} else {
		w.next[s.Partition] = to
		records = w.backwards(ctx, s.Partition, from, to)
	}
	head := &recordHead{}
	head.pull, head.stop = iter.Pull2(records)
	if err := head.advance(); err != nil {
		return head, fmt.Errorf("read records: %w", err)
	}
	return head, nil
}

func (r *recordHead) advance() error {
	m, err, ok := r.pull()
	if !ok || err != nil {
		r.m = nil
		return err
	}
	r.m = m
	r.at, _ = bus.PositionOf(m)
	return nil
}

// backwards goes over a partition from its end, chunk by chunk: Kafka reads forwards only.
func (w *recordWalk) backwards(ctx context.Context, partition int, from, to int64) iter.Seq2[*message.Message, error] {
	return func(yield func(*message.Message, error) bool) {
		for end := to; end > from; end -= recordsChunk {
			var chunk []*message.Message
			for m, err := range w.hub.bus.Read(ctx, w.topic, partition, max(from, end-recordsChunk), end) {
				if err != nil {
					yield(nil, err)
					return
				}
				chunk = append(chunk, m)
			}
			for _, m := range slices.Backward(chunk) {
				at, _ := bus.PositionOf(m)
				if at.Time.Before(w.query.Since) || !yield(m, nil) {
					return
				}
			}
		}
	}
}

// take is the head's record, where the query asks for it.
func (w *recordWalk) take(head *recordHead) (Record, bool) {
	w.looked++
	w.next[head.at.Partition] = head.at.Offset
	if w.query.Oldest {
		w.next[head.at.Partition]++
	}
	stream := head.m.Metadata[headerStream]
	switch {
	case head.at.Time.Before(w.query.Since),
		w.query.Stream != "" && stream != w.query.Stream,
		w.query.Key != "" && recordKey(head.m) != w.query.Key,
		w.query.Correlation != "" && head.m.Metadata[headerCorrelation] != w.query.Correlation:
		return Record{}, false
	}
	w.bytes += len(head.m.Payload)
	r := Record{
		Frame: readFrame(head.m), System: w.query.System, Stream: stream, At: head.at,
		Correlation: head.m.Metadata[headerCorrelation],
	}
	if w.query.Translate {
		w.hub.showTranslation(&r, head.m)
	}
	return r, true
}

// recordKey is the ID that the record came in with; "" where only the mapping knows it.
func recordKey(m *message.Message) string {
	if key := m.Metadata[headerRecord]; key != "" {
		return key
	}
	_, key, _ := strings.Cut(m.Metadata[bus.KeyMetadata], "/")
	return key
}

// showTranslation adds what today's mapping makes of a record.
func (h *Hub) showTranslation(r *Record, m *message.Message) {
	s := h.generation().streams[r.System+"/"+r.Stream]
	r.Translated = true
	switch {
	case s == nil:
		r.TranslationError = fmt.Errorf("stream %q of system %s is not configured", r.Stream, r.System)
		return
	case s.Mapping == nil:
		return
	}
	r.Entity = s.Mapping.Entity()
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	r.TranslationError = contained(func() error {
		entity, _, err := translateOne(doc, s, m)
		if entity != nil {
			r.Output = entity.Payload
		}
		return err
	})
}
