// Package expression compiles and evaluates the leaves of mappings, routes and rules.
//
// In come the text of an expression in the grammar of expr-lang and the names and types that it
// may use; out goes a program that reads record trees and gives a node, or problems that point
// into the text. An expression never does I/O, never knows the time of day, never turns a number
// into a float and never runs beyond its budget: the same record always gives the same value.
//
// The grammar is that of github.com/expr-lang/expr, whose parser is used. The evaluator is this
// package's own, because records need what that machine does not have: numbers as exact decimals,
// values that are absent, a budget counted in steps (so that a replay ends as the first run did)
// and simple expressions that cost no allocation.
package expression
