package edi

// Party is a sender or receiver as an envelope names it.
type Party struct {
	ID        string // without the padding of X12
	Qualifier string // what kind of ID it is, such as ZZ, 01, 14
	Internal  string // EDIFACT's internal identification or routing address (0008, 0014); a TRADACOMS name
}

// Interchange is what an interchange header says. Values are without padding and release characters.
type Interchange struct {
	Syntax        *Syntax
	Index         int      // the interchange's number in the stream, from 1
	Position      Position // of the header, or of the first segment where that is missing
	Header        *Segment // nil where it is missing
	Sender        Party
	Receiver      Party
	ControlNumber string // ISA13, UNB 0020, the sender's reference in STX
	Version       string // ISA12 such as 00401; EDIFACT's syntax version, 1 to 4
	Date          string // as it is written: YYMMDD, and YYYYMMDD in syntax 4
	Time          string // as it is written: HHMM
	Application   string // UNB 0026
	Acknowledge   bool   // an acknowledgement is asked for: ISA14, UNB 0031
	Test          bool   // ISA15 is T, UNB 0035 is 1
	Usage         string // ISA15 or UNB 0035 as it is written

	Groups int // counted, known at its end
	Sets   int // counted, known at its end
}

// Group is what a functional group header says.
type Group struct {
	Index         int      // the group's number in its interchange, from 1
	Position      Position // of the header, or of the first segment where that is missing
	Header        *Segment // nil where it is missing
	ID            string   // GS01 such as PO; UNG 0038 such as ORDERS
	Sender        Party
	Receiver      Party
	ControlNumber string // GS06, UNG 0048
	Agency        string // GS07, UNG 0051
	Version       string // GS08 such as 004010; UNG S008 as version and release, such as D96A
	Date          string
	Time          string

	Sets int // counted, known at its end
}

// Set is what the header of a transaction set or message says.
type Set struct {
	Index         int      // the set's number in its group, or in its interchange where there is none, from 1
	Position      Position // of the header
	Header        *Segment
	ID            string // ST01 such as 850; S009 0065 such as ORDERS; the type in MHD such as ORDHDR
	ControlNumber string // ST02, UNH 0062, MHD's sequence number
	Version       string // ST03 or else GS08; S009 0052, such as D; MHD's version
	Release       string // S009 0054, such as 96A
	Agency        string // S009 0051, such as UN
	Association   string // S009 0057, such as EAN008

	Segments int // counted, header and trailer among them, known at its end
}

// role is what a segment does in an envelope.
type role uint8

const (
	plain role = iota
	advice
	interchangeHeader
	interchangeTrailer
	groupHeader
	groupTrailer
	setHeader
	setTrailer
)

// role gives what the segment with a tag does.
func (y *Syntax) role(tag []byte) role {
	if len(tag) < 2 || len(tag) > 3 {
		return plain
	}
	switch y.Standard {
	case X12:
		return roleX12(tag)
	case EDIFACT:
		if tag[0] == 'U' {
			return roleEDIFACT(tag)
		}
	case TRADACOMS:
		return roleTRADACOMS(tag)
	}
	return plain
}

func roleX12(tag []byte) role {
	switch string(tag) {
	case "ST":
		return setHeader
	case "SE":
		return setTrailer
	case "GS":
		return groupHeader
	case "GE":
		return groupTrailer
	case "ISA":
		return interchangeHeader
	case "IEA":
		return interchangeTrailer
	}
	return plain
}

func roleEDIFACT(tag []byte) role {
	switch string(tag) {
	case "UNH", "UIH", "UNO":
		return setHeader
	case "UNT", "UIT", "UNP":
		return setTrailer
	case "UNG":
		return groupHeader
	case "UNE":
		return groupTrailer
	case "UNB", "UIB":
		return interchangeHeader
	case "UNZ", "UIZ":
		return interchangeTrailer
	case "UNA":
		return advice
	}
	return plain
}

func roleTRADACOMS(tag []byte) role {
	switch string(tag) {
	case "MHD":
		return setHeader
	case "MTR":
		return setTrailer
	case "BAT":
		return groupHeader
	case "EOB":
		return groupTrailer
	case "STX":
		return interchangeHeader
	case "END":
		return interchangeTrailer
	}
	return plain
}
