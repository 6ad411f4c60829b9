package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"
)

// ErrLocked says that another process has the folder open.
var ErrLocked = errors.New("folder is in use")

// FolderLock keeps other processes off a folder until it is unlocked or the
// process ends, however it ends.
type FolderLock struct{ file *flock.Flock }

// Lock takes a folder for this process. A folder that another process has is
// an error that wraps ErrLocked and names that process.
func Lock(folder string) (*FolderLock, error) {
	path := filepath.Join(folder, "lock")
	file := flock.New(path, flock.SetPermissions(0o600))
	got, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock folder %s: %w", folder, err)
	}
	if !got {
		holder := "another process"
		if pid, err := os.ReadFile(path); err == nil && len(bytes.TrimSpace(pid)) > 0 {
			holder = "process " + string(bytes.TrimSpace(pid))
		}
		return nil, fmt.Errorf("%w: %s has %s open; one process works on it at a time", ErrLocked, holder, folder)
	}
	// The number in the file is for the message above; the lock is the kernel's.
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		_ = file.Unlock()
		return nil, fmt.Errorf("lock folder %s: %w", folder, err)
	}
	return &FolderLock{file: file}, nil
}

// Unlock lets others have the folder.
func (l *FolderLock) Unlock() error {
	_ = os.Truncate(l.file.Path(), 0)
	return l.file.Unlock()
}
