package hub_test

import (
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/hub"
)

// A store that takes long to count is counted seldom: no more than one part in 200 of the time.
func TestNextCount_restsAsLongAsCountingIsDear(t *testing.T) {
	t.Parallel()
	began := time.Unix(1000, 0)
	for took, want := range map[time.Duration]time.Duration{
		5 * time.Millisecond: time.Second, 150 * time.Millisecond: 30 * time.Second,
	} {
		if got := hub.NextCount(began, took).Sub(began); got != want {
			t.Errorf("after a count of %v the next one is due in %v, want %v", took, got, want)
		}
	}
}
