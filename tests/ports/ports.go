// Package ports finds ports for servers of tests that bind them later, or again after an outage.
//
// In comes a number; out go ports that nobody listens on, of those that the system never hands out
// by itself: a port that it did hand out may be somebody's outgoing connection a moment later. The
// package binds nothing for longer than it looks.
package ports

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Below the ports that Linux (32768), macOS, Windows and the BSDs (49152) hand out by themselves.
const (
	lowest  = 20_000
	highest = 29_999
)

// Free gives n different ports on 127.0.0.1.
func Free(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range 1000 + n {
		if len(ports) == n {
			return ports, nil
		}
		port := lowest + rand.IntN(highest-lowest+1)
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		defer l.Close() // with the last, so that all are different
		ports = append(ports, port)
	}
	if len(ports) == n {
		return ports, nil
	}
	return nil, fmt.Errorf("found %d of %d free ports from %d to %d", len(ports), n, lowest, highest)
}

// Address is a free port as 127.0.0.1:port.
func Address(t testing.TB) string {
	t.Helper()
	one, err := Free(1)
	if err != nil {
		t.Fatal(err)
	}
	return address(one[0])
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
