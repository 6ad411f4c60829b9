package hub

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// Elements says of the values of an explanation, where their records' formats can tell, at which
// places in the records' bytes they stand: it maps the records again as they came in. Records that
// are no longer retained keep the paths that their mapping reads.
func (h *Hub) Elements(ctx context.Context, e *golden.Explanation) error {
	records := map[string]*elements{}
	for _, s := range e.Sources {
		found, err := h.elementsOf(ctx, s)
		if err != nil {
			return err
		}
		records[s.Key] = found
	}
	for i := range e.Attributes {
		for j := range e.Attributes[i].Values {
			v := &e.Attributes[i].Values[j]
			if places := records[v.Source].of(e.Attributes[i].Attribute, v.Value); places != nil {
				v.Inputs = places
			}
		}
	}
	return nil
}

// elements are a record with what it was mapped to, and from where.
type elements struct {
	frame   formats.Frame
	locator formats.Locator
	entity  []byte
	origins []mappings.Origin
}

// elementsOf reads a record again; nil where its format cannot tell places, or it is not retained.
func (h *Hub) elementsOf(ctx context.Context, s golden.SourceExplanation) (*elements, error) {
	parts := strings.SplitN(s.Key, "/", 3)
	if len(parts) != 3 || s.Deleted {
		return nil, nil
	}
	stream := h.Folder().streams[parts[0]+"/"+parts[1]]
	if stream == nil || stream.Mapping == nil || stream.Format == nil {
		return nil, nil
	}
	found := &elements{}
	var able bool
	if found.locator, able = stream.Format.(formats.Locator); !able {
		return nil, nil
	}
	t := &tracer{hub: h}
	for m, err := range t.read(ctx, s.Ingest.Topic, s.Ingest.Partition, s.Ingest.Offset, s.Ingest.Offset+1) {
		if err != nil {
			return nil, err
		}
		if at, _ := bus.PositionOf(m); at.Offset != s.Ingest.Offset {
			return nil, nil // it is no longer retained; this is a later one
		}
		found.frame = readFrame(m)
		return found.mapped(stream, parts), nil
	}
	return nil, nil
}

// mapped maps the record; nil where it cannot be mapped by the mapping as it is now.
func (e *elements) mapped(stream *Stream, parts []string) *elements {
	var doc formats.Doc
	if stream.Format.Decode(&doc, e.frame, stream.Mapping.Shape()) != nil {
		return nil
	}
	out, origins, err := stream.Mapping.Origins(mappings.Input{
		Root: &doc.Root, Position: e.frame.Position, Header: e.frame.Header, Key: e.frame.Key,
		Source: canonical.Source{System: parts[0], Stream: parts[1]},
	})
	if err != nil {
		return nil
	}
	e.entity, e.origins = out.Bytes, origins
	return e
}

// of lists where a value of an attribute comes from: the paths, each with its place.
func (e *elements) of(attribute string, value json.RawMessage) (places []string) {
	if e == nil {
		return nil
	}
	start, end := e.span(attribute, value)
	for _, o := range e.origins {
		if o.Start < start || o.End > end {
			continue
		}
		for _, r := range o.Reads {
			place := r.Path + " (" + e.locator.Locate(e.frame, r.Offset) + ")"
			if !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
	}
	return places
}

// span finds a value in the entity: the item of a list that equals it, else the attribute.
func (e *elements) span(attribute string, value json.RawMessage) (start, end int) {
	members := json.NewDecoder(strings.NewReader(string(e.entity)))
	_, _ = members.Token() // {
	for members.More() {
		name, err := members.Token()
		if err != nil {
			return 0, 0
		}
		var raw json.RawMessage
		if members.Decode(&raw) != nil {
			return 0, 0
		}
		if name != attribute {
			continue
		}
		end = int(members.InputOffset())
		start = end - len(raw)
		if itemStart, itemEnd, found := itemSpan(raw, value); found {
			return start + itemStart, start + itemEnd
		}
		return start, end
	}
	return 0, 0
}

// itemSpan finds an item of a list that equals a value.
func itemSpan(list, value json.RawMessage) (start, end int, found bool) {
	var want any
	items := json.NewDecoder(strings.NewReader(string(list)))
	if token, err := items.Token(); err != nil || token != json.Delim('[') || json.Unmarshal(value, &want) != nil {
		return 0, 0, false
	}
	for items.More() {
		var raw json.RawMessage
		var got any
		if items.Decode(&raw) != nil || json.Unmarshal(raw, &got) != nil {
			return 0, 0, false
		}
		if reflect.DeepEqual(got, want) {
			end = int(items.InputOffset())
			return end - len(raw), end, true
		}
	}
	return 0, 0, false
}
