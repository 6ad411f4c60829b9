// Package config reads the YAML of a hub folder and keeps the position of everything in it.
// YAML text comes in; nodes, strictly decoded structs and a list of all problems, each with file, line and column, go out.
// It never knows what a key means (each room reads its own part), never stops at the first problem and never prints the value of an environment variable.
package config

import "fmt"

// Position is a place in a file. Line and Column are 1-based; Column counts
// characters (runes), not bytes, as editors do. The zero Position is "nowhere".
type Position struct {
	File   string `json:"file"` // as given to ParseFile or Parse
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// String gives "file:line:col", the form that editors and terminals make a link of.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Environment looks up an environment variable; os.LookupEnv is one.
type Environment func(name string) (value string, found bool)
