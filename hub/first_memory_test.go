package hub

import (
	"errors"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// A first load takes no more records than a third of the memory holds, of a container as of a machine.
func TestLoadMost(t *testing.T) {
	t.Parallel()
	const machine = 24 << 30
	none := func() (uint64, error) { return 0, errors.New("no cgroup") }
	for name, c := range map[string]struct {
		set       int64
		container memlimit.Provider
		want      int64
	}{
		"as set":               {1_000_000, none, 1_000_000},
		"as the machine holds": {5_000_000, none, 1_398_101},
		"as the container has": {1_000_000, memlimit.Limit(2 << 30), 116_508},
		"hardly any memory":    {1_000_000, memlimit.Limit(4096), 1},
	} {
		if got := loadMost(c.set, c.container, memlimit.Limit(machine)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := loadMost(700, none, none); got != 700 {
		t.Errorf("of unknown memory: %d", got)
	}
}
