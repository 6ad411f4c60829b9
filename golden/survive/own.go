package survive

import (
	"encoding/json"
	"maps"
	"slices"
)

// Own is what the record states of its own: its customer without what the hub wrote into it.
func (s *Source) Own(forms Forms) *customer {
	if len(s.Written) == 0 {
		return s.Customer
	}
	own := *s.Customer
	own.Cleared = slices.DeleteFunc(slices.Clone(own.Cleared), func(attribute string) bool { return s.wrote(attribute, 0) })
	for _, a := range attributes {
		if wroteInto(s, a.label()) {
			a.leaveOwn(&own, s, forms)
		}
	}
	own.Extra = maps.Clone(own.Extra)
	maps.DeleteFunc(own.Extra, func(name string, raw json.RawMessage) bool { return s.wrote(name, hash(string(raw))) })
	return &own
}

func wroteInto(s *Source, attribute string) bool {
	return slices.ContainsFunc(s.Written, func(w Written) bool { return w.Attribute == attribute })
}

func (a *single[T]) leaveOwn(c *customer, s *Source, forms Forms) {
	if hashes := a.hashes(c, forms); len(hashes) == 1 && s.wrote(a.name, hashes[0]) {
		var none T
		*a.at(c) = none
	}
}

func (a *list[T]) leaveOwn(c *customer, s *Source, forms Forms) {
	items := *a.at(c)
	own := make([]T, 0, len(items))
	for i := range items {
		if !s.wrote(a.name, a.hash(&items[i], forms)) {
			own = append(own, items[i])
		}
	}
	*a.at(c) = own
}

func (a *named) leaveOwn(c *customer, s *Source, forms Forms) {
	own := maps.Clone(*a.at(c))
	maps.DeleteFunc(own, func(name, text string) bool { return s.wrote(a.name, a.hash(name, text, forms)) })
	*a.at(c) = own
}
