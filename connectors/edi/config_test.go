package edi_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/edi"
	"github.com/touchstone-hub/touchstone/formats/all"
)

// partner is a connector file whose partner has these lines, each indented by six blanks.
func partner(lines string) string {
	return "kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme:\n" + lines + "\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12}\n"
}

// Every message that a user can see, with its place.
func TestOpen_tellsEveryMistakeWithItsPlace(t *testing.T) {
	const x12 = "      id: ACME\n      standard: x12\n"
	const edifact = "      id: ACME\n      standard: edifact\n"
	for name, c := range map[string]struct{ yaml, want string }{
		"a set that no guide describes": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: edifact}\nstreams:\n  orders: {sets: [ORDRES], format: edi.edifact}\n",
			`partners.yaml:7:19: warning: no guide describes ORDRES; expected a set of a guide, or a guide of the partner's: guides:; did you mean "ORDERS"?`,
		},
		"no partners": {
			"kind: edi\nsettings: {}\nstreams:\n  orders: {sets: [\"850\"]}\n",
			`partners.yaml:2:11: there are no partners; expected partners: with a name, and id: and standard: below it`,
		},
		"a partner without a standard": {
			partner("      id: ACME\n"),
			`partners.yaml:6:7: "standard" is missing; expected one of x12, edifact`,
		},
		"a partner without an ID": {
			partner("      standard: x12\n"),
			`partners.yaml:6:7: "id" is missing; expected text`,
		},
		"an unknown standard": {
			partner("      id: ACME\n      standard: edifakt\n"),
			`partners.yaml:7:17: standard is "edifakt"; expected one of x12, edifact; did you mean "edifact"?`,
		},
		"an unknown key": {
			partner(x12 + "      delimeters: {element: \"|\"}\n"),
			`partners.yaml:8:7: unknown key "delimeters"; expected one of id, qualifier, group, us, standard, version, syntax, test, delimiters, line_breaks, una, acknowledge, …; did you mean "delimiters"?`,
		},
		"a name that is none": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    Acme Inc: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12}\n",
			`partners.yaml:5:5: "Acme Inc" cannot name a partner; expected small letters, digits and -, beginning with a letter`,
		},
		"nobody says who we are": {
			"kind: edi\nsettings:\n  partners:\n    acme: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12}\n",
			`partners.yaml:4:5: nothing says who we are to acme; expected us: {id: …}, here or in the settings for all partners`,
		},
		"an ID that is too long": {
			partner("      id: ACME-INDUSTRIES-LTD\n      standard: x12\n"),
			`partners.yaml:6:11: id "ACME-INDUSTRIES-LTD" has 19 characters; expected at most 15 in x12`,
		},
		"a qualifier that is too long": {
			partner(x12 + "      qualifier: \"001\"\n"),
			`partners.yaml:8:18: qualifier "001" has 3 characters; expected at most 2 in x12`,
		},
		"a version of the other standard": {
			partner(x12 + "      version: D.96A\n"),
			`partners.yaml:8:16: version "D.96A" is none of x12; expected 004010 or 005010X222A1`,
		},
		"a version of EDIFACT that is none": {
			partner(edifact + "      version: 96A\n"),
			`partners.yaml:8:16: version "96A" is none of edifact; expected D.96A or D.01B`,
		},
		"a syntax for X12": {
			partner(x12 + "      syntax: UNOC:3\n"),
			`partners.yaml:8:15: syntax is of EDIFACT, and the partner's standard is x12; expected no syntax:`,
		},
		"a syntax that is none": {
			partner(edifact + "      syntax: UNOZ:3\n"),
			`partners.yaml:8:15: syntax "UNOZ:3" is none; expected UNOA:1 to UNOY:4, such as UNOC:3`,
		},
		"a delimiter that is a letter": {
			partner(x12 + "      delimiters: {element: x}\n"),
			`partners.yaml:8:29: element delimiter is "x"; expected one ASCII character that is no letter, digit or space`,
		},
		"a delimiter of several characters": {
			partner(x12 + "      delimiters: {segment: \"~~\"}\n"),
			`partners.yaml:8:29: segment delimiter is "~~"; expected one ASCII character that is no letter, digit or space`,
		},
		"a release character for X12": {
			partner(x12 + "      delimiters: {release: \"?\"}\n"),
			`partners.yaml:8:29: X12 has no release character; expected no release:`,
		},
		"delimiters that are the same": {
			partner(x12 + "      delimiters: {element: \":\"}\n"),
			`partners.yaml:8:29: element and component are both ':'; expected delimiters that differ`,
		},
		"a CONTRL for X12": {
			partner(x12 + "      acknowledge: {with: contrl}\n"),
			`partners.yaml:8:27: acknowledge with contrl does not go with x12; expected 997, 999 for x12; contrl for edifact; auto; none`,
		},
		"a TA1 for EDIFACT": {
			partner(edifact + "      acknowledge: {ta1: always}\n"),
			`partners.yaml:8:26: ta1 is of X12, and the partner's standard is edifact; expected no ta1:`,
		},
		"an acknowledgement that is none": {
			partner(x12 + "      acknowledge: {with: \"998\"}\n"),
			`partners.yaml:8:27: with is "998" in quotes; expected one of auto, 997, 999, contrl, none; did you mean "997"?`,
		},
		"a policy on duplicates that is none": {
			partner(x12 + "      duplicates: accept\n"),
			`partners.yaml:8:19: duplicates is "accept"; expected one of reject, ignore, answer, retransmission`,
		},
		"a folder elsewhere": {
			partner(x12 + "      in: {folder: ../in}\n"),
			`partners.yaml:8:20: folder "../in" leads out of the root folder; expected a relative path without .. (folders elsewhere: settings: {root: /the/folder})`,
		},
		"a pattern with folders": {
			partner(x12 + "      in: {pattern: \"a/*.edi\"}\n"),
			`partners.yaml:8:21: pattern is "a/*.edi"; expected a file name with * and ?, such as *.edi`,
		},
		"a file's name that is always the same": {
			partner(x12 + "      out: {file: out.edi}\n"),
			`partners.yaml:8:19: each interchange would replace "out.edi"; expected {control} in the name`,
		},
		"an unknown placeholder": {
			partner(x12 + "      out: {file: \"{control}-{datum}.edi\"}\n"),
			`partners.yaml:8:19: unknown placeholder {datum}; expected {control}, {partner}, {date}; did you mean "{date}"?`,
		},
		"a schedule that is none": {
			partner(x12 + "      collect: {schedule: nightly}\n"),
			`partners.yaml:8:27: schedule "nightly" is none; expected a cron expression such as "0 6-20 * * 1-5", or @every 15m`,
		},
		"a number to begin with": {
			partner(x12 + "      numbers_from: 0\n"),
			`partners.yaml:8:21: numbers_from is "0"; expected an integer from 1 to 999999999`,
		},
		"two partners that nothing tells apart": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12}\n    other: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12}\n",
			`partners.yaml:6:17: partners acme and other have the same ID, qualifier and standard; expected partners that their interchanges tell apart`,
		},
		"two partners whose files have the same names": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12, out: {file: \"out/{control}\"}}\n    other: {id: OTHER, standard: x12, out: {file: \"out/{control}\"}}\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12}\n",
			`partners.yaml:6:51: files for acme and other have the same names; expected {partner} in the name, or a folder of its own`,
		},
		"a stream without sets": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [], format: edi.x12}\n",
			`partners.yaml:7:3: the stream takes no sets; expected sets: [850] or [ORDERS]`,
		},
		"a stream of acknowledgements": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"997\"], format: edi.x12}\n",
			`partners.yaml:7:19: 997 is an acknowledgement, which the connector takes itself; expected types such as 850 or ORDERS`,
		},
		"a partner that there is not": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"850\"], partners: [acne], format: edi.x12}\n",
			`partners.yaml:7:38: partner "acne" is not defined; expected one of acme; did you mean "acme"?`,
		},
		"two streams of one set": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12}\n  more: {sets: [\"850\"], format: edi.x12}\n",
			`partners.yaml:8:17: streams orders and more both take 850; expected one stream for each set of a partner`,
		},
		"a target without a partner": {
			partner(x12) + "target:\n  answers: {set: \"855\"}\n",
			`partners.yaml:12:12: "partner" is missing; expected text`,
		},
		"a target for nobody": {
			partner(x12) + "target:\n  answers: {partner: apex, set: \"855\"}\n",
			`partners.yaml:12:22: partner "apex" is not defined; expected one of acme`,
		},
		"a target of acknowledgements": {
			partner(x12) + "target:\n  answers: {partner: acme, set: \"997\"}\n",
			`partners.yaml:12:33: 997 is an acknowledgement, which the connector makes itself; expected a type such as 855 or ORDRSP`,
		},
		"a target with a format": {
			partner(x12) + "target:\n  answers: {partner: acme, set: \"997\", format: json}\n",
			`partners.yaml:12:3: format is given, and the partner says what is written; expected no format:`,
		},
		"a stream that is polled": {
			"kind: edi\nsettings:\n  us: {id: WE}\n  partners:\n    acme: {id: ACME, standard: x12}\nstreams:\n  orders: {sets: [\"850\"], format: edi.x12, poll: \"@every 1m\"}\n",
			`partners.yaml:7:3: warning: poll changes nothing here: interchanges are read as they come; expected no poll:`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ps config.Problems
			n := config.Parse("partners.yaml", []byte(c.yaml), nil, &ps)
			connectors.Load(n, "partners", connectors.LoadOptions{Kinds: []connectors.Kind{edi.Kind}, Formats: all.Kinds(), Folder: t.TempDir()}, &ps)
			var got []string
			for _, p := range ps.Sorted() {
				got = append(got, p.String())
			}
			if len(got) == 0 || got[0] != c.want {
				t.Errorf("%s", cmp.Diff(c.want, strings.Join(got, "\n")))
			}
		})
	}
}
