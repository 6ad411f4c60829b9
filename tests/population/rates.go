package population

// How the people live, in thousandths of the people where nothing else is said.
const (
	// Duplicates is the share of the records that are another record of a person who has one already.
	Duplicates = 250
	// InHouseholds is the share of the people who share surname, address and landline with others.
	InHouseholds = 220
	// OwnSurname is the share of the second adults of households who keep a surname of their own.
	OwnSurname = 100
	// NamedAfterParent is the share of the children of households who have the given name of the
	// parent of their sex: a junior.
	NamedAfterParent = 30
	// Twins is the share of the children who have the birth date of the child before them.
	Twins = 25
	// FamilyMailbox is the share of the people in households whose mail address is the family's.
	FamilyMailbox = 120
	// LocalSurname is the share of the people who have one of the surnames that are frequent in
	// their town: names stay where they come from, which makes them hot there.
	LocalSurname = 200
	// LocalSurnames is how many such names a town has.
	LocalSurnames = 5
	// DoubleSurname is the share of the people with a double-barrelled surname.
	DoubleSurname = 15
	// WithCompany is the share of the people who are known as somebody at a firm.
	WithCompany = 120
	// FirmSize is how many people a firm has on average; firms are as unequal as surnames.
	FirmSize = 8
	// AtSwitchboard, AtFirmAddress, InfoMailbox and FirmMailbox are shares of the people at firms:
	// known by its switchboard, by its address, by its mailbox info@, by their own mailbox there.
	AtSwitchboard = 650
	AtFirmAddress = 500
	InfoMailbox   = 120
	FirmMailbox   = 450
	// PeopleInDistrict is how many people an outward postcode has on average.
	PeopleInDistrict = 800
)

// What records leave out, in thousandths of the records.
const (
	NoBirthDate = 80
	NoLandline  = 450
	NoMobile    = 250
	NoEmail     = 200
	NoAddress   = 30
	NoGivenName = 5
)

// What a duplicate says otherwise than the person's first record, in thousandths of the duplicates.
// Each is thrown by itself, so that a duplicate may have several of them or none.
const (
	// Typos in one attribute: each is a slip on the keyboard, a letter misread from paper (OCR), one
	// written by ear, or two letters that changed places.
	TypoInGivenName = 90
	TypoInSurname   = 90
	TypoInStreet    = 100
	TypoInCity      = 50
	TypoInPostcode  = 40
	TypoInEmail     = 40

	SwappedNames = 20  // given name and surname in each other's field
	Nickname     = 120 // of those who have a usual one: Bob for Robert
	Initial      = 30  // the given name's first letter only
	MiddleName   = 40  // a second given name, or its initial
	MarriedName  = 50  // of the women: another surname, the old one kept in front at times
	Abbreviated  = 300 // Rd for Road, St for Street
	Moved        = 90  // another address, and another landline
	OtherEmail   = 130
	OtherMobile  = 70

	BirthDigit    = 30 // one digit of the birth date is wrong
	DayMonthSwap  = 20 // 03-04 for 04-03, where both are dates
	BirthStandIn  = 10 // the first of January, of the right year
	PhoneDigit    = 30 // one digit of the landline is wrong
	MobileDigit   = 30
	LeftOut       = 60 // of each of birth date, landline, mobile, mail address and address, besides the gaps above
	CompanyShort  = 300
	MoreThanTwice = 400 // of the people with duplicates: they have a second one, of those a third, …
	MostCopies    = 6   // a number of records: no person has more
)
