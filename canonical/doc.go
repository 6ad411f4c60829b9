// Package canonical is the shared customer model: the Go types, their JSON form, validation,
// JSON Schema and the standardised forms that matching compares.
//
// In come entities as mappings write them (JSON), out come typed values, problems with JSON
// pointers, and standardised text. The package knows nothing of systems, Kafka or stores: it
// never does I/O and imports no other room.
package canonical
