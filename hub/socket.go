package hub

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
)

// socketLength is the longest path that a Unix socket may have on every system we know (104 bytes
// with the final NUL on macOS, 108 on Linux).
const socketLength = 100

// SocketPath is where a running hub listens for commands: in the data folder, or, where that
// path would be too long for a socket, in the folder for temporary files under a name made of it.
func (f *Folder) SocketPath() string {
	path := filepath.Join(f.Settings.Data, "touchstone.sock")
	if len(path) <= socketLength {
		return path
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("touchstone-%016x.sock", xxhash.Sum64String(path)))
}
