package survive

import (
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Source is one record of the customer.
type Source struct {
	Key      string // "system/stream/id"
	System   string
	Stream   string
	Customer *canonical.Customer
	Time     time.Time // when its content changed in the system's own business; zero where unknown
	// Since has the earlier times of attributes that the record still states as it did before its
	// content last changed.
	Since map[string]time.Time
	// Pinned: a person stated these values. They win over every rule.
	Pinned bool
	// Written are the values that the hub wrote into the record and that originate elsewhere.
	Written []Written
	// Silent are the conditions (Rule.When) under which the record has no say, each with the reason
	// for people; nil where there are none.
	Silent map[string]string
}

// Written is one value, or the emptiness of an attribute, that the hub wrote into a record. It
// states nothing of its own there.
type Written struct {
	Attribute string // JSON name of the top-level attribute
	Hash      uint64 // of the standardised value; 0 for "no value"
}

// stated is when the record first stated an attribute as it does now.
func (s *Source) stated(attribute string) time.Time {
	if t, earlier := s.Since[attribute]; earlier {
		return t
	}
	return s.Time
}

func (s *Source) wrote(attribute string, hash uint64) bool {
	return len(s.Written) > 0 && slices.Contains(s.Written, Written{attribute, hash})
}

func (s *Source) clears(attribute string) bool {
	return slices.Contains(s.Customer.Cleared, attribute) && !s.wrote(attribute, 0)
}

// Forms gives the standardised forms by which values are equal. An empty result means that the
// value has none; it is then compared as folded text.
type Forms interface {
	Phone(value string) string
	Email(value string) string
	// Identifier also gives the scheme by its one name, and the issuer, "" where the value tells it.
	Identifier(id canonical.Identifier) canonical.Identifier
	Address(address canonical.Address) string
	Fold(text string) string // without case, width and accents
}

// Result is what survives.
type Result struct {
	Customer canonical.Customer
	Lineage  []Attribute // of the attributes that have a value or are known to be empty, by struct order
}

// Attribute is the lineage of one attribute: one value, or one for each item of a list.
type Attribute struct {
	Name   string // JSON name
	Values []Value
}

// NoRule is the rule of a Value that is none: no record that states the attribute has a say. What
// they state is all lost, and the golden record does not have the attribute.
const NoRule = ""

// Value is the origin of one value.
type Value struct {
	Source string
	Rule   string
	Time   time.Time // zero where unknown
	Hash   uint64    // of the standardised value; 0 where the attribute is known to be empty
	Also   []string
	Lost   []Lost
}

// Lost is a value that lost.
type Lost struct {
	Source string
	Value  []byte // JSON
	Why    string
}
