package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// unfinished are endings that programs give to files while they write them.
var unfinished = []string{".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp"}

// candidate is a file as a look at the folder found it.
type candidate struct {
	path string // in the root folder
	signature
}

// signature changes when a file does.
type signature struct {
	size     int64
	modified time.Time
	inode    uint64
}

func sign(info fs.FileInfo) signature {
	s := signature{size: info.Size(), modified: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = st.Ino
	}
	return s
}

// seen is how a file looked, and since when.
type seen struct {
	signature
	since time.Time
	told  bool // of trouble with this version of the file
}

// list gives the files that the stream asks for, the oldest first.
func (s *source) list() ([]candidate, error) {
	var files []candidate
	err := fs.WalkDir(s.root.FS(), s.Folder, func(p string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && p != s.Folder:
			return nil // gone in the meantime
		case err != nil:
			return err
		case d.IsDir() && p != s.Folder && (!s.Recursive || strings.HasPrefix(d.Name(), ".") || p == path.Join(s.Folder, s.Archive) || p == path.Join(s.Folder, s.Quarantine)):
			return fs.SkipDir
		case d.IsDir() || strings.HasPrefix(d.Name(), ".") || !s.Pattern.match(d.Name()) || slices.Contains(unfinished, strings.ToLower(path.Ext(d.Name()))):
			return nil
		}
		info, err := s.root.Stat(p) // follows links, within the root only
		if err != nil || !info.Mode().IsRegular() {
			return nil // gone, a link that leads out, or no file
		}
		files = append(files, candidate{path: p, signature: sign(info)})
		return nil
	})
	slices.SortFunc(files, func(a, b candidate) int {
		if c := a.modified.Compare(b.modified); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	return files, err
}

// stable gives the files that look as they did at least `settle` before, in a look of their own.
// wait is how long until the next may be; 0 where there are none.
func (s *source) stable(files []candidate) (ready []candidate, wait time.Duration) {
	now := s.env.Clock()
	before := s.seen
	s.seen = make(map[string]*seen, len(files))
	for _, f := range files {
		old := before[f.path]
		if old == nil || old.signature != f.signature {
			s.seen[f.path] = &seen{signature: f.signature, since: now}
			wait = shorter(wait, max(s.Settle, time.Millisecond))
			continue
		}
		s.seen[f.path] = old
		if left := s.Settle - now.Sub(old.since); left > 0 {
			wait = shorter(wait, left)
			continue
		}
		ready = append(ready, f)
	}
	return ready, wait
}

func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b < a {
		return b
	}
	return a
}

// unchanged tells whether a file is still the one that was looked at.
func (s *source) unchanged(f candidate) bool {
	info, err := s.root.Stat(f.path)
	return err == nil && sign(info) == f.signature
}

// put moves a file into a folder of the stream, under a name that is not taken there.
func (s *source) put(f candidate, folder, hash string) (string, error) {
	inside := strings.TrimPrefix(strings.TrimPrefix(f.path, s.Folder), "/")
	if s.Folder == "." {
		inside = f.path
	}
	to := path.Join(s.Folder, folder, inside)
	if err := s.root.MkdirAll(path.Dir(to), 0o750); err != nil {
		return "", err
	}
	to, err := freeName(s.root, to, hash)
	if err != nil {
		return "", err
	}
	return to, s.root.Rename(f.path, to)
}

// freeName adds the time or, where two files come in one millisecond, a number to a name that is
// taken.
func freeName(root *os.Root, name, tag string) (string, error) {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for _, try := range append([]string{name, stem + "-" + tag + ext}, numbered(stem+"-"+tag, ext)...) {
		_, err := root.Lstat(try)
		if errors.Is(err, fs.ErrNotExist) {
			return try, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", fs.ErrExist
}

func numbered(stem, ext string) []string {
	var names []string
	for n := '2'; n <= '9'; n++ {
		names = append(names, stem+"-"+string(n)+ext)
	}
	return names
}
