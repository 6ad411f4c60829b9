package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/golden/survive"
)

// diff lists what differs between two golden documents, by attribute in order of name: of a list
// item by item, by index.
func diff(before, after []byte, lineage []survive.Attribute) ([]PathChange, error) {
	var old, now map[string]json.RawMessage
	if err := json.Unmarshal(before, &old); err != nil {
		return nil, fmt.Errorf("read the golden record as it was: %w", err)
	}
	if err := json.Unmarshal(after, &now); err != nil {
		return nil, fmt.Errorf("read the golden record: %w", err)
	}
	names := slices.Sorted(maps.Keys(old))
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, there := old[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var changes []PathChange
	for _, name := range names {
		if bytes.Equal(old[name], now[name]) {
			continue
		}
		var origin []survive.Value
		if i := slices.IndexFunc(lineage, func(a survive.Attribute) bool { return a.Name == name }); i >= 0 {
			origin = lineage[i].Values
		}
		more, err := diffAttribute("/"+pointerEscape.Replace(name), old[name], now[name], origin)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	return changes, nil
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

func diffAttribute(path string, old, now json.RawMessage, origin []survive.Value) ([]PathChange, error) {
	if !isList(old) && !isList(now) || string(old) == "null" || string(now) == "null" {
		change := PathChange{Path: path, Old: old, New: now}
		change.attribute(origin, 0)
		return []PathChange{change}, nil
	}
	var oldItems, items []json.RawMessage
	for _, list := range []struct {
		raw  json.RawMessage
		into *[]json.RawMessage
	}{{old, &oldItems}, {now, &items}} {
		if list.raw == nil {
			continue
		}
		if err := json.Unmarshal(list.raw, list.into); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	var changes []PathChange
	for i := range max(len(oldItems), len(items)) {
		change := PathChange{Path: path + "/" + strconv.Itoa(i)}
		if i < len(oldItems) {
			change.Old = oldItems[i]
		}
		if i < len(items) {
			change.New = items[i]
			change.attribute(origin, i)
		}
		if !bytes.Equal(change.Old, change.New) {
			changes = append(changes, change)
		}
	}
	return changes, nil
}

func (c *PathChange) attribute(origin []survive.Value, i int) {
	if c.New != nil && i < len(origin) {
		c.Source, c.Rule = origin[i].Source, origin[i].Rule
	}
}

func isList(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '[' }
