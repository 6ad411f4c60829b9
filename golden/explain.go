package golden

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Explanation says of every value of a golden record where it comes from and why it won.
type Explanation struct {
	ID         string                 `json:"id"`
	State      EntityState            `json:"state"`
	Version    int64                  `json:"version"`
	UpdatedAt  time.Time              `json:"updatedAt"`
	Attributes []AttributeExplanation `json:"attributes"`
	Sources    []SourceExplanation    `json:"sources"` // by key
	// Decisions are what people decided about the source records, newest first, undone ones too.
	Decisions []Decision `json:"decisions,omitempty"`
}

// AttributeExplanation explains one attribute; a list has one value for each item. An attribute
// that is known to be empty has one value that is null.
type AttributeExplanation struct {
	Attribute string             `json:"attribute"` // JSON name
	Values    []ValueExplanation `json:"values"`
	// Unheard is what records state that have no say here, where no other record states anything.
	// There are no values then.
	Unheard []LostExplanation `json:"unheard,omitempty"`
}

// ValueExplanation explains one value.
type ValueExplanation struct {
	Path   string          `json:"path"` // JSON pointer into the golden document
	Value  json.RawMessage `json:"value"`
	Source string          `json:"source"` // key of the record whose value it is
	Rule   string          `json:"rule"`
	Time   string          `json:"time,omitempty"`  // business time, RFC 3339
	Where  string          `json:"where,omitempty"` // origin and position of the bytes
	// Inputs are the paths in those bytes from which the record's mapping makes the attribute, as
	// the mapping is now.
	Inputs []string          `json:"inputs,omitempty"`
	Also   []string          `json:"also,omitempty"`   // records that state the same
	Lost   []LostExplanation `json:"lost,omitempty"`   // values that lost, and why
	Pinned *Decision         `json:"pinned,omitempty"` // who stated it, when and why, of a pinned value
}

// LostExplanation explains a value that lost.
type LostExplanation struct {
	Value  json.RawMessage `json:"value"`
	Source string          `json:"source"`
	Why    string          `json:"why"`
	Where  string          `json:"where,omitempty"` // origin and position of the bytes
}

// SourceExplanation is one source record of the customer.
type SourceExplanation struct {
	Key          string                   `json:"key"`
	Deleted      bool                     `json:"deleted,omitempty"`
	Version      *canonical.Version       `json:"version,omitempty"`
	BusinessTime string                   `json:"businessTime,omitempty"`
	ReceivedAt   time.Time                `json:"receivedAt"`
	Where        string                   `json:"where,omitempty"`
	Mapping      string                   `json:"mapping,omitempty"`
	Ingest       canonical.IngestSequence `json:"ingest"`
	// Written are the attributes with values that the hub wrote into the record: they count as
	// their origin's, not as the record's.
	Written []string `json:"written,omitempty"`
}

// Explain puts a golden record's document, lineage and source records together, for the API and
// the command line. Attributes stand in the order of the model.
func Explain(record GoldenRecord, sources []SourceRecord) (Explanation, error) {
	e := Explanation{ID: record.ID, State: record.State, Version: record.Version, UpdatedAt: record.UpdatedAt}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(record.Doc, &values); err != nil {
		return e, fmt.Errorf("read golden record %s: %w", record.ID, err)
	}
	lineage, err := readLineage(record)
	if err != nil {
		return e, err
	}
	places := map[string]string{}
	for i := range sources {
		e.Sources = append(e.Sources, explainSource(&sources[i]))
		places[sources[i].Key] = e.Sources[i].Where
	}
	for _, name := range attributeOrder(lineage) {
		a, err := explainAttribute(name, values[name], lineage[name], places)
		if err != nil {
			return e, err
		}
		e.Attributes = append(e.Attributes, a)
	}
	slices.SortFunc(e.Sources, func(a, b SourceExplanation) int { return strings.Compare(a.Key, b.Key) })
	return e, nil
}

// Locate fills in where in the bytes of their records the values stand: inputs lists the paths from
// which a mapping makes an attribute.
func (e *Explanation) Locate(inputs func(mapping, attribute string) []string) {
	mapping := map[string]string{}
	for i := range e.Sources {
		mapping[e.Sources[i].Key] = e.Sources[i].Mapping
	}
	for i := range e.Attributes {
		a := &e.Attributes[i]
		for j := range a.Values {
			a.Values[j].Inputs = inputs(mapping[a.Values[j].Source], a.Attribute)
		}
	}
}

// Decided adds what people decided about the source records, newest first.
func (e *Explanation) Decided(decisions []Decision) {
	e.Decisions = decisions
	for i := range e.Attributes {
		values := e.Attributes[i].Values
		for n := range values {
			at := slices.IndexFunc(decisions, func(d Decision) bool {
				return d.Verdict == Pinned && d.Undone == nil && d.Attribute == e.Attributes[i].Attribute && slices.Contains(d.Left, values[n].Source)
			})
			if values[n].Rule == rulePinned && at >= 0 {
				values[n].Pinned = &decisions[at]
			}
		}
	}
}

// attributeOrder lists the attributes of a lineage as the model has them, unknown ones last.
func attributeOrder(lineage Lineage) (names []string) {
	for _, field := range canonical.SchemaOf(canonical.EntityCustomer).Fields {
		if _, has := lineage[field.Name]; has {
			names = append(names, field.Name)
		}
	}
	known := len(names)
	for name := range lineage {
		if !slices.Contains(names[:known], name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[known:])
	return names
}

func explainAttribute(name string, value json.RawMessage, origins []ValueLineage, places map[string]string) (AttributeExplanation, error) {
	a := AttributeExplanation{Attribute: name, Values: []ValueExplanation{}}
	if unheard(origins) {
		a.Unheard = explainLost(origins[0].Lost, places)
		return a, nil
	}
	paths, values := []string{"/" + pointerEscape.Replace(name)}, []json.RawMessage{value}
	switch {
	case isList(value):
		if err := json.Unmarshal(value, &values); err != nil {
			return a, fmt.Errorf("read /%s: %w", name, err)
		}
		path := paths[0]
		paths = nil
		for i := range values {
			paths = append(paths, path+"/"+strconv.Itoa(i))
		}
	case name == "attributes" && len(value) > 0 && value[0] == '{':
		var entries map[string]json.RawMessage
		if err := json.Unmarshal(value, &entries); err != nil {
			return a, fmt.Errorf("read /%s: %w", name, err)
		}
		paths, values = nil, nil
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			paths, values = append(paths, "/attributes/"+pointerEscape.Replace(key)), append(values, entries[key])
		}
	case value == nil:
		values[0] = json.RawMessage("null")
	}
	for i, o := range origins {
		if i >= len(values) {
			break
		}
		a.Values = append(a.Values, ValueExplanation{
			Path: paths[i], Value: values[i], Source: o.Source, Rule: o.Rule, Time: o.Time, Where: places[o.Source], Also: o.Also,
			Lost: explainLost(o.Lost, places),
		})
	}
	return a, nil
}

func explainLost(lost []LostVal, places map[string]string) (explained []LostExplanation) {
	for _, l := range lost {
		explained = append(explained, LostExplanation{Value: l.Value, Source: l.Source, Why: l.Why, Where: places[l.Source]})
	}
	return explained
}

func explainSource(rec *SourceRecord) SourceExplanation {
	s := SourceExplanation{Key: rec.Key, Deleted: rec.Deleted, Version: rec.Version, ReceivedAt: rec.ReceivedAt, Ingest: rec.Ingest}
	if !rec.BusinessTime.IsZero() {
		s.BusinessTime = rec.BusinessTime.UTC().Format(time.RFC3339Nano)
	}
	var c canonical.Customer
	if err := c.UnmarshalJSON(rec.Doc); err == nil && c.Source != nil { // a document that cannot be read still has a key
		s.Where = where(c.Source)
		if c.Source.Provenance != nil {
			s.Mapping = c.Source.Provenance.Mapping
		}
	}
	for _, w := range rec.Written {
		if w.value() && !slices.Contains(s.Written, w.Attribute) {
			s.Written = append(s.Written, w.Attribute)
		}
	}
	return s
}
