// Package match decides which source records are one customer.
//
// In come customers, as the features by which they are compared, the edges between them and what people and the hub
// itself have said of them; out go block keys, weights of pairs with their reasons, parameters that were learnt without
// labels, and the partition of a connected component or of all records at once. The package never reads a store or a
// clock: everything is a pure function of its input.
package match
