// Package edi reads and writes electronic data interchange as X12, EDIFACT and TRADACOMS spell it.
// Bytes come in and segments, interchanges, groups and sets go out, each with its exact bytes, its
// place and what is wrong with it; written again they are the same bytes. It knows envelopes and
// never what a message means: structure and code lists are the business of edi/guide.
package edi
