package ports_test

import (
	"net"
	"slices"
	"strconv"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/ports"
)

func TestFree_givesPortsThatTheSystemHandsToNobody(t *testing.T) {
	free, err := ports.Free(50)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(free)
	if n := len(slices.Compact(slices.Clone(free))); n != 50 {
		t.Errorf("%d different ports", n)
	}
	for _, port := range free {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Errorf("port %d: %v", port, err)
			continue
		}
		defer l.Close()
	}
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if port := l.Addr().(*net.TCPAddr).Port; port >= free[0] && port <= free[len(free)-1] {
			t.Errorf("the system handed out %d, between %d and %d", port, free[0], free[len(free)-1])
		}
	}
}
