package guides

// functional maps transaction sets to the functional identifier (GS01) of the
// groups that they travel in.
var functional = map[string]string{
	"104": "SA", "204": "SM", "210": "IM", "211": "BL", "214": "QM", "240": "MZ",
	"270": "HS", "271": "HB", "276": "HR", "277": "HN", "278": "HI",
	"810": "IN", "811": "CI", "812": "CD", "816": "OR", "820": "RA", "823": "LB", "824": "AG", "830": "PS", "832": "SC",
	"834": "BE", "835": "HP", "837": "HC", "838": "TD", "840": "RQ", "843": "RR", "845": "PA", "846": "IB",
	"850": "PO", "852": "PD", "855": "PR", "856": "SH", "858": "SI", "860": "PC", "861": "RC", "862": "SS", "863": "RT",
	"864": "TX", "865": "CA", "866": "SQ", "867": "PT", "869": "RS", "870": "RS", "875": "OG", "880": "GP",
	"940": "OW", "943": "AR", "944": "RE", "945": "SW", "947": "AW", "990": "GF", "997": "FA", "999": "FA",
}

// Functional gives the functional identifier (GS01) of a transaction set's groups;
// empty where it is not known.
func Functional(set string) string { return functional[set] }
