package http

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// content is what a request carries, and its media type.
func (t *target) content(op *operation, d *connectors.Delivery, v values) ([]byte, string, error) {
	const mediaType = "application/json"
	content := d.Payload
	var err error
	switch {
	case op.empty:
		return nil, "", nil
	case op.body != nil:
		if content, err = op.body.fill(v); err != nil {
			return nil, "", err
		}
	case t.format != nil:
		content, err = t.encoded(d)
		return content, "application/octet-stream", err
	}
	if t.keys.Encoding == "form" {
		content, err = form(content)
		return content, "application/x-www-form-urlencoded", err
	}
	return content, mediaType, nil
}

// encoded writes the payload in the target's own format.
func (t *target) encoded(d *connectors.Delivery) ([]byte, error) {
	root := d.Doc
	if root == nil {
		var doc formats.Doc
		if err := t.json.Decode(&doc, formats.Frame{Bytes: d.Payload}, &formats.Shape{Whole: true}); err != nil {
			return nil, fmt.Errorf("read the payload: %w", err)
		}
		root = &doc.Root
	}
	return t.format.Encode(nil, root)
}

// form writes a JSON object as a form, members below members as a[b] and a[0]. Null is empty.
func form(text []byte) ([]byte, error) {
	object, ok := decodeJSON(text).(map[string]any)
	if !ok {
		return nil, errors.New("a form is written from an object, and the body is none")
	}
	fields := url.Values{}
	for name, value := range object {
		addField(fields, name, value)
	}
	return []byte(fields.Encode()), nil
}

func addField(fields url.Values, name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			addField(fields, name+"["+key+"]", v[key])
		}
	case []any:
		for i, item := range v {
			addField(fields, name+"["+strconv.Itoa(i)+"]", item)
		}
	case json.Number, bool, string, nil:
		fields.Add(name, asText(v))
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
