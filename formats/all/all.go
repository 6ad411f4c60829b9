// Package all lists the formats that are compiled in.
//
// Nothing comes in; the list goes out, one line a format. The package never registers anything
// behind anybody's back: who adds a format adds its line here.
package all

import (
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/csv"
	"github.com/touchstone-hub/touchstone/formats/edi"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// Kinds are the formats that hub folders can ask for.
func Kinds() []formats.Kind {
	return []formats.Kind{
		json.JSON,
		json.NDJSON,
		csv.CSV,
		csv.TSV,
		edi.X12,
		edi.EDIFACT,
	}
}
