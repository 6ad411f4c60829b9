// Package mappings compiles, runs and tests the mapping language.
//
// In come mapping files (YAML for the structure, expressions for the leaves) and decoded records;
// out go canonical entities as JSON, or the payloads that targets get, or problems with file, line
// and column. A mapping never does I/O while it runs, never lets a value pass that the canonical
// model does not allow, and gives the same bytes for the same record always.
package mappings
