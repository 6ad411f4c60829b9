package mappings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMapping_inputsAreWhatAnAttributeIsMadeOf(t *testing.T) {
	t.Parallel()
	m := load(t, `
mapping: m
to: Customer
id: string(id)
let: {firm: type == "F"}
fields:
  kind: 'firm ? "organisation" : "person"'
  names:
    - {when: firm, fields: {full: company}}
    - {given: first ?? nick, family: last}
  emails: [{when: has(mail), fields: {value: email(contact.mail)}}]
  addresses:
    each: places
    fields: {lines: "[street]", locality: city}
  attributes: {tier: loyalty.tier}
`)
	for attribute, want := range map[string][]string{
		"names": {"company", "first", "nick", "last"}, "emails": {"contact.mail"}, "addresses": {"places[].street", "places[].city"},
		"attributes": {"loyalty.tier"}, "kind": nil, "phones": nil,
	} {
		if diff := cmp.Diff(want, m.Inputs(attribute)); diff != "" {
			t.Errorf("%s: %s", attribute, diff)
		}
	}
}
