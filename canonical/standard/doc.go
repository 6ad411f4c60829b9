// Package standard derives the forms of names, mail addresses, phone numbers, postal addresses
// and identifiers that matching compares.
//
// In come canonical values as systems wrote them; out come standardised ones, each with the place
// of its original: folded, transliterated, E.164, check digits examined. It is pure: the same
// input, Standardiser and Version give the same forms on every machine; it never edits the
// original, never guesses by clock or network, and never decides who matches whom.
package standard

// Version is the version of all standardisers together. It is part of every ruleset, and is
// raised whenever any input would get another form than before, be it through code or data
// (phone metadata, the tables of characters and readings): stored forms are then derived anew.
const Version = "2"
