package outage

import (
	"maps"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// smallDisk is a file system of 64 MB of the test's own; where none may be mounted the test is
// skipped.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("no small disk can be mounted (it takes root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return folder
}

func free(t *testing.T, folder string) int64 {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		t.Fatal(os.NewSyscallError("statfs", err))
	}
	return int64(s.Bavail) * int64(s.Bsize)
}

// notReady is what the hub says that it lacks.
func notReady(t *testing.T, h *hubtest.Hub) []string {
	t.Helper()
	return slices.Collect(maps.Values(h.Status().NotReady))
}
