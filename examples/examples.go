// Package examples holds hub folders to start from: acme, the example company, and starter, which
// needs no outside system.
//
// Nothing comes in; the files of the folders go out, as they stand here. The package never holds
// what a hub that ran in one of the folders left behind.
package examples

import "embed"

// FS holds the folders acme and starter.
//
//go:embed acme/*.yaml acme/connectors acme/mappings acme/routes
//go:embed starter/*.yaml starter/connectors starter/mappings starter/routes starter/inbox/*.csv
var FS embed.FS
