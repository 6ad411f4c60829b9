package hub

import (
	"testing"
	"time"
)

// HoldReplays keeps replays waiting, as if another process ran one, until ReleaseReplays.
func HoldReplays(t testing.TB, h *Hub) {
	t.Helper()
	if err := h.store.Lease(t.Context(), replayLease, "another", time.Hour); err != nil {
		t.Fatal(err)
	}
}

// ReleaseReplays ends what HoldReplays began.
func ReleaseReplays(t testing.TB, h *Hub) {
	t.Helper()
	if err := h.store.ReleaseLease(t.Context(), replayLease, "another"); err != nil {
		t.Fatal(err)
	}
}
