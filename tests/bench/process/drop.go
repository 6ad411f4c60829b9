package process

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Drop puts a copy of a file into the hub folder's folder "in", in one step: a file that is renamed
// into it is complete.
func (h *Hub) Drop(path, name string) error {
	whole := filepath.Join(h.Folder, "incoming")
	if err := copyFile(path, whole); err != nil {
		return err
	}
	return os.Rename(whole, filepath.Join(h.Folder, "in", name))
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
