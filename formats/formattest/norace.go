//go:build !race

package formattest

// streamSize is how much the proof of constant memory reads.
const streamSize = 64 << 20
