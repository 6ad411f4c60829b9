package guide

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteYAML_isReadBackAsItWas(t *testing.T) {
	for _, file := range []string{"x12-004010.txt", "x12-005010-999.txt"} {
		g := readTable(t, "edi", "structure", file)
		var b bytes.Buffer
		if err := g.WriteYAML(&b); err != nil {
			t.Fatal(err)
		}
		again, err := Read(b.Bytes(), "again.yaml", nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, again); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

// small is a guide of its own, with everything that YAML can say.
const small = `
guide: test/small
title: A small order
standard: x12
version: "004010"
messages:
  "850":
    title: Order
    group: PO
    body:
      - ST M 1
      - {segment: BEG, use: M 1, position: "020"}
      - REF O 3
      - {group: Buyer, use: M 1, when: {1: [BY]}, body: [N1 M 1, N3 O 2]}
      - {group: ShipTo, use: O 2, when: {1: [ST, DP]}, body: [{segment: N1, use: M 1, elements: {2: M AN 1..10}}, N3 M 1]}
      - {group: PO1, use: "M *", body: [PO1 M 1]}
      - SE M 1
segments:
  ST: {elements: [M ID 3..3, M AN 4..9]}
  BEG: {title: Beginning, elements: [{use: M ID 2..2, codes: {"00": Original, "05": Replace}}, M AN 1..22, O DT 8..8]}
  REF: {elements: [M ID 2..3, O AN 1..30, O AN 1..80], conditions: [R0203]}
  N1: {elements: [M ID 2..3, O AN 1..60]}
  N3: {elements: [M AN 1..55, O AN 1..55]}
  PO1: {elements: [O AN 1..20, O R 1..9, {use: O composite, components: [M AN 1..3, O AN 1..3], conditions: [P0102]}]}
  SE: {elements: [M N0 1..10, M AN 4..9]}
codes:
  "235": [BP, VP]
`

func base(name string) (*Guide, error) {
	if name != "test/small" {
		return nil, fmt.Errorf("there is no guide %s", name)
	}
	return Read([]byte(small), "small.yaml", nil)
}

func TestRead_everythingThatYAMLCanSay(t *testing.T) {
	g, err := base("test/small")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := g.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Read(b.Bytes(), "again.yaml", nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if diff := cmp.Diff(g, again); diff != "" {
		t.Error(diff)
	}
}

func TestRead_changesOfAPartner(t *testing.T) {
	g, err := Read([]byte(`
guide: acme/orders
extends: test/small
messages:
  "850":
    change:
      - {at: REF, use: M 2}
      - {at: Buyer/N3, remove: true}
      - {at: Buyer, after: [{group: Seller, use: O 1, when: {1: SE}, body: [N1 M 1]}]}
      - {at: ShipTo, elements: {2: X}}
segments:
  BEG: {elements: {1: {codes: {add: {"06": Confirmation}, remove: ["05"]}}, 2: M AN 1..10}}
codes:
  "235": {add: [UP]}
`), "acme.yaml", base)
	if err != nil {
		t.Fatal(err)
	}
	var body []string
	for _, n := range g.Messages["850"].Body {
		body = append(body, fmt.Sprintf("%s %s %d", n.ID, nodeUse(n, g.Standard), len(n.Body)))
	}
	want := []string{"ST M 1 0", "BEG M 1 0", "REF M 2 0", "Buyer M 1 1", "Seller O 1 1", "ShipTo O 2 2", "PO1 M * 1", "SE M 1 0"}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	if got := useText(g.Segments["BEG"].Elements[0], g.Standard); got != "M ID 2..2 =00,06" {
		t.Errorf("BEG01 is %s", got)
	}
	if got := useText(g.Segments["BEG"].Elements[1], g.Standard); got != "M AN 1..10" {
		t.Errorf("BEG02 is %s", got)
	}
	if got := g.Messages["850"].Body[5].Body[0].Segment.Elements[1].Need; got != Unused {
		t.Errorf("N102 of ShipTo is %v", got)
	}
	if !g.Codes["235"].Has("UP") || !g.Codes["235"].Has("BP") {
		t.Errorf("codes of 235: %v", g.Codes["235"].Codes)
	}
	old, _ := base("test/small")
	if len(old.Messages["850"].Body[3].Body) != 2 || old.Segments["BEG"].Elements[1].Form.Max != 22 {
		t.Error("the base was changed")
	}
}

func TestRead_tellsEverythingThatIsWrongWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "g.yaml:1:1: the guide is empty",
		"guide: a\nstandard: asn1\n":        `g.yaml:2:11: "asn1" is neither x12 nor edifact`,
		"guide: a\nstandrd: x12\n":          `g.yaml:2:1: "standrd" is not known here; known are codes, composites, elements, extends, guide, messages, only, segments, standard, title and version`,
		"guide: a\nextends: b\n":            "g.yaml:2:10: there is no guide b",
		"guide: a\nextends: [test/small]\n": "g.yaml:2:10: a single value is expected here",
		"guide: a\nextends: test/small\nstandard: edifact\n":                                                 "g.yaml:3:11: test/small is extended, and that is x12",
		"guide: a\nextends: test/small\nmessages:\n  \"850\": {change: [{at: N9, use: M 1}]}\n":              "g.yaml:4:25: message 850 has no N9",
		"guide: a\nextends: test/small\nmessages:\n  \"850\": {change: [{use: M 1}]}\n":                      "g.yaml:4:21: a change does not say where: write at: PO1/N1",
		"guide: a\nextends: test/small\nmessages:\n  \"850\": {change: [{at: REF, use: Q 1}]}\n":             `g.yaml:4:35: "Q" is no requirement: M is mandatory, O or C is not, X may not be there`,
		"guide: a\nextends: test/small\nsegments:\n  BEG: {elements: {9: M AN 1..2}}\n":                      `g.yaml:4:20: "9" is no place: there are 3, and one more may be added`,
		"guide: a\nextends: test/small\nsegments:\n  BEG: {conditions: [P03]}\n":                             `g.yaml:4:22: "P03" is no condition: write P0304, R0506, E0102, C0304, L030405 or D1(1,2) to D7(1,2)`,
		"guide: a\nextends: test/small\nsegments:\n  BEG: {conditions: [P0309]}\n":                           "g.yaml:1:1: BEG: condition P0309 is about place 9, and there are 3",
		"guide: a\nextends: test/small\ncodes:\n  \"235\": {remove: [XX]}\n":                                 "g.yaml:4:20: code XX is not in the list",
		"guide: a\nstandard: x12\nmessages:\n  \"850\": {body: [{group: N1, body: [N1 M 1]}]}\n":             "g.yaml:4:19: N1 does not say how it is used: write use: M 1, O 5 or O *",
		"guide: a\nstandard: x12\nelements:\n  \"1\": {title: T}\n":                                          "g.yaml:4:9: element 1 has no form: write an..35 or AN 1..35",
		"guide: a\nstandard: x12\nmessages:\n  \"850\": {body: [{segment: N1, use: M 1, when: {a: [b]}}]}\n": `g.yaml:4:49: "a" is no place: write 1 for an element, 1.2 for its second component`,
		"guide: a\n- b\n": "g.yaml:2:1: YAML: non-map value is specified",
	} {
		_, err := Read([]byte(text), "g.yaml", base)
		if err == nil {
			t.Errorf("%q is read", text)
		} else if got, _, _ := strings.Cut(err.Error(), "\n"); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}
