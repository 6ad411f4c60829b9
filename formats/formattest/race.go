//go:build race

package formattest

// streamSize is smaller under the race detector, which makes bytes ten times as dear.
const streamSize = 4 << 20
