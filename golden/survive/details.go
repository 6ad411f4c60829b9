package survive

import (
	"github.com/touchstone-hub/touchstone/canonical"
)

// Detail is one value of an attribute, or one item of a list, as its texts: the same number of
// them in the same order for all items of an attribute, contacts apart.
type Detail struct {
	Hash  uint64 // as Hashes gives it
	Parts []string
}

// Details returns the values of a customer by the JSON name of the attribute, in the order in which
// lineage lists them.
func Details(c *canonical.Customer, forms Forms) map[string][]Detail {
	all := make(map[string][]Detail, 16)
	for _, a := range attributes {
		if own := a.details(c, forms); len(own) > 0 {
			all[a.label()] = own
		}
	}
	for name, raw := range c.Extra {
		all[name] = []Detail{{Hash: hash(string(raw)), Parts: []string{string(raw)}}}
	}
	return all
}

func (a *single[T]) details(c *canonical.Customer, forms Forms) []Detail {
	var none T
	v := *a.at(c)
	if v == none {
		return nil
	}
	leaves := a.leaves(v)
	return []Detail{{Hash: hash(fold(forms, leaves)), Parts: leaves}}
}

func (a *list[T]) details(c *canonical.Customer, forms Forms) []Detail {
	items := *a.at(c)
	details := make([]Detail, len(items))
	for i := range items {
		details[i] = Detail{Hash: a.hash(&items[i], forms), Parts: a.leaves(&items[i])}
	}
	return details
}

func (a *named) details(c *canonical.Customer, forms Forms) []Detail {
	entries := *a.at(c)
	details := make([]Detail, 0, len(entries))
	for _, name := range sortedKeys(entries) {
		details = append(details, Detail{Hash: a.hash(name, entries[name], forms), Parts: []string{name, entries[name]}})
	}
	return details
}
