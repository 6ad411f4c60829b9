// Package golden decides which source records are one customer and what is true of them.
//
// In come batches of canonical customers; out go golden records with their lineage, changes for
// the feed, tasks for people and marks of what targets now lack, all in one transaction of the
// Store. The package never talks to systems or Kafka, and never decides by the clock.
package golden
