// Package survive chooses what is true of a customer from what several records state.
//
// In come the source records of one customer and the rules; out go the golden customer and, for
// every value, whose it is, by which rule, who else states it and what lost against it. The
// package never reads a store or a clock, and the order of the records never matters.
package survive
