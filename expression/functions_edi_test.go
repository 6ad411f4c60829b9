package expression_test

import "testing"

// TestEDI_datesAreReadByTheirFormatCode holds against the code lists of UN/EDIFACT element 2379 and
// X12 element 1250.
func TestEDI_datesAreReadByTheirFormatCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`period("20261127", "102")`:                      `"2026-11-27"`,
		`period("261127", "101")`:                        `"2026-11-27"`,
		`period("991127", "101")`:                        `"1999-11-27"`,
		`period("202611271830", "203")`:                  `"2026-11-27T18:30:00Z"`,
		`period("202611271830", "203", "Europe/Berlin")`: `"2026-11-27T17:30:00Z"`,
		`period("20261127183059", "204")`:                `"2026-11-27T18:30:59Z"`,
		`period("202611271830+0100", "205")`:             `"2026-11-27T17:30:00Z"`,
		`period("202611271830UTC", "303")`:               `"2026-11-27T18:30:00Z"`,
		`period("27112026", "4")`:                        `"2026-11-27"`,
		`period("202611", "610")`:                        `"2026-11-01"`,
		`period("202648", "616")`:                        `"2026-11-23"`,
		`period("202601", "616")`:                        `"2025-12-29"`,
		`period("20261127-20261231", "718")`:             `"2026-11-27"`,
		`period("2026112720261231", "718")`:              `"2026-11-27"`,
		`periodEnd("2026112720261231", "718")`:           `"2026-12-31"`,
		`periodEnd("20261127", "102")`:                   `absent`,
		`period("20261127", "D8")`:                       `"2026-11-27"`,
		`period("070201", "D8")`:                         `"2007-02-01"`,
		`period("20261127", "DT")`:                       `"2026-11-27"`,
		`period("202611271830", "DT")`:                   `"2026-11-27T18:30:00Z"`,
		`period("20261127-20261231", "RD8")`:             `"2026-11-27"`,
		`periodEnd("20261127-20261231", "RD8")`:          `"2026-12-31"`,
		`period(nothing, "102")`:                         `absent`,
		`period("2026112", "102")`:                       `problem: period: found text "2026112"; expected a value of the format code text "102"`,
		`period("20261127", "999")`:                      `problem: period: found the format code text "999"; expected one that says a day or a time, such as 102, 203, 718, D8, DT, RD8`,
		`period("20261127", none)`:                       `error: period: found text "20261127" with the format code null; expected a text with its code`,
		`period("20261127", "102", "Mars")`:              `problem: unknown time zone "Mars"`,
		`implied("17060", 2)`:                            `170.60`,
		`implied("-5", 2)`:                               `-0.05`,
		`implied("7", 31)`:                               `problem: found number 31; expected 0 to 30 decimal places`,
		`withoutPoint(170.6, 2)`:                         `"17060"`,
		`withoutPoint(0.005, 2)`:                         `"1"`,
		`withoutPoint(qty, 0)`:                           `"3"`,
		`implied(withoutPoint(price, 4), 4) == price`:    `true`,
	} {
		if got := eval(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
