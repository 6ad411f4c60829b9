// Package sqlstore is the golden store in SQL, shared by the databases that can hold it.
//
// In come the calls of golden.Store and a Backend that opens transactions; out go statements whose
// text is written once and rendered for each dialect. The package never opens a database, never
// migrates one and never decides what is true of a customer.
package sqlstore
