package hub

import (
	"math"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// loadBytes is about what a record takes in memory while it is loaded with others.
	loadBytes = 6 << 10
	// loadShare is the part of the memory that a first load may take: the database and the bus may be on the
	// same machine.
	loadShare = 3
)

// loadMost is how many records may be loaded at once: as many as is set, and as there is memory for, that of the
// container where the hub runs in one.
func loadMost(set int64, providers ...memlimit.Provider) int64 {
	least := uint64(math.MaxUint64)
	for _, memory := range providers {
		if limit, err := memory(); err == nil && limit > 0 {
			least = min(least, limit)
		}
	}
	return max(1, min(set, int64(min(least/loadShare/loadBytes, math.MaxInt64))))
}
