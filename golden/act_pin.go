package golden

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// Pin states the value of one attribute of a customer, above every rule and for good: the whole
// attribute, a list with all its items. value is JSON, null for "has none". It goes with the record
// whose value it replaces, else with the customer's first.
func Pin(id, attribute string, value json.RawMessage) Doing {
	return func(ctx context.Context, a *acting) error {
		record, err := a.customer(ctx, id)
		if err != nil {
			return err
		}
		value, err := pinnable(attribute, value)
		if err != nil {
			return err
		}
		lineage, err := ReadLineage(record)
		if err != nil {
			return err
		}
		anchors := slices.Clone(record.Sources)
		if had := lineage[attribute]; len(had) > 0 && slices.Contains(anchors, had[0].Source) {
			anchors = append([]string{had[0].Source}, without(anchors, []string{had[0].Source})...)
		}
		return a.make(ctx, Decision{Verdict: Pinned, Left: anchors, Attribute: attribute, Value: value})
	}
}

// Unpin lets go what people pinned of an attribute of a customer, so that the rules decide again.
func Unpin(id, attribute string) Doing {
	return func(ctx context.Context, a *acting) error {
		record, err := a.customer(ctx, id)
		if err != nil {
			return err
		}
		pins, err := a.tx.DecisionsOf(ctx, record.Sources)
		if err != nil {
			return err
		}
		pins = slices.DeleteFunc(pins, func(p Decision) bool { return p.Verdict != Pinned || p.Attribute != attribute })
		for _, p := range pins {
			if err := a.loadByKey(ctx, p.Left); err != nil {
				return err
			}
		}
		pins = slices.DeleteFunc(pins, func(p Decision) bool {
			return !slices.Contains(record.Sources, a.anchor(p))
		})
		if len(pins) == 0 {
			return &StandsError{fmt.Sprintf("nobody has pinned %s of %s", attribute, record.ID)}
		}
		return a.undo(ctx, pins)
	}
}

// pinnable checks the value of an attribute against the model, and gives it in the model's own form.
func pinnable(attribute string, value json.RawMessage) (json.RawMessage, error) {
	if _, _, known := survive.IsList(attribute); !known {
		return nil, &InvalidError{"attribute", attribute, "an attribute of the customer model, such as language or emails"}
	}
	if !json.Valid(value) {
		return nil, &InvalidError{"value", fmt.Sprintf("%.100q", value), `a value as JSON, such as "fr" or null`}
	}
	doc := pinDocument(Decision{Attribute: attribute, Value: value})
	if problems := canonical.Validate(canonical.EntityCustomer, doc); len(problems) > 0 {
		return nil, &InvalidError{"value", problems[0].Found + " at " + problems[0].Pointer, problems[0].Expected}
	}
	var c canonical.Customer
	if err := c.UnmarshalJSON(doc); err != nil {
		return nil, &InvalidError{"value", fmt.Sprintf("%.100q", value), err.Error()}
	}
	text, err := c.AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("read the value of %s: %w", attribute, err)
	}
	own, stated := members[attribute]
	if !stated || bytes.Equal(own, []byte("[]")) || bytes.Equal(own, []byte("{}")) {
		return nil, &InvalidError{"value", string(value), `a value that is not empty, or null for "has none"`}
	}
	return own, nil
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
