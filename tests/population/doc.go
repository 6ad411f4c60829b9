// Package population makes up labelled customer records that are as hard to match as real ones.
//
// In go a number of records, a seed, and the rates that stand as constants in this package; out come
// records with the cluster (the person) that each belongs to, the same for the same seed on every
// machine. The package never uses data of real people: names, streets and towns are words, put
// together at random, and mail addresses are under the domain that is reserved for examples.
//
// # People
//
// Names are as unequal as in life (Zipf and Mandelbrot's law), given names go by generation and sex,
// and a town has surnames that are frequent there. [InHouseholds] of the people share surname,
// address and landline with their family, some of them mailbox, given name or birth date too;
// [WithCompany] of them are known as somebody at a firm, with its switchboard, address or mailbox
// info@. Postcodes are British: the outward half ("LS6") has [PeopleInDistrict] people, the whole one
// names a street.
//
// # Records
//
// [Duplicates] of the records are further records of a person, with the noise that the constants of
// this package give: typos of four kinds, swapped names, nicknames, initials, abbreviations, moves,
// marriages, other mailboxes and numbers, wrong digits, days and months in each other's place, and
// gaps. The records stand in random order, and neither id nor cluster tells of the other.
//
// [Measure] counts how many other records share a blocking key with a record: more than ten on
// average, most of them strangers.
//
// # Chinese names
//
// [Chinese] makes a second population, of people and organisations whose names stand in Chinese
// characters, simplified or traditional, in pinyin, or in Wade-Giles; see there.
package population
