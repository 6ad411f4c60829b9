package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/touchstone-hub/touchstone/connectors"
)

// Inbox is a drop folder for kinds that take files as a whole and by rules of their own: what is
// complete is handed out, and stays where it is until it is put away. See [Outbox] for the other way.
type Inbox struct {
	s    *source
	news <-chan struct{}
	stop func()
	out  map[string]bool // handed out and not put away, by ID
}

// InboxSettings say which files an inbox takes. Folder is in Root; zero values are the defaults of
// `kind: file`.
type InboxSettings struct {
	System, Root, Folder string
	Patterns             []string
	Settle               time.Duration
	Every                time.Duration // between looks
	Log                  *slog.Logger
}

// OpenInbox opens a drop folder, making it where it is missing. Close it.
func OpenInbox(o InboxSettings) (*Inbox, error) {
	if err := os.MkdirAll(o.Root, 0o750); err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	if err := root.MkdirAll(o.Folder, 0o750); err != nil {
		_ = root.Close()
		return nil, &connectors.PermanentError{Err: fmt.Errorf("drop folder: %w", err)}
	}
	if o.Every == 0 {
		o.Every = 2 * time.Second
	}
	s := &source{
		stream: &stream{
			name: "in", Folder: path.Clean(o.Folder), Pattern: o.Patterns, Settle: o.Settle, Watch: true,
			Archive: "archive", Quarantine: "quarantine", schedule: cron.ConstantDelaySchedule{Delay: o.Every},
		},
		system: o.System, rootPath: o.Root, root: root, env: complete(connectors.Env{Log: o.Log}),
	}
	b := &Inbox{s: s, out: map[string]bool{}}
	b.news, b.stop = s.watch()
	return b, nil
}

// Close gives the folder back.
func (b *Inbox) Close() error {
	b.stop()
	return b.s.root.Close()
}

// Dropped is a file that somebody put into an inbox.
type Dropped struct {
	box *Inbox
	candidate
}

// Next waits for the next file that is complete, the oldest first. It hands out no file again before
// that was put away, or given back.
func (b *Inbox) Next(ctx context.Context) (*Dropped, error) {
	for {
		files, err := b.s.list()
		if err != nil {
			return nil, fmt.Errorf("look into %s: %w", b.s.Folder, err)
		}
		ready, wait := b.s.stable(files)
		for _, f := range ready {
			d := &Dropped{box: b, candidate: f}
			if !b.out[d.ID()] {
				b.out[d.ID()] = true
				return d, nil
			}
		}
		now := b.s.env.Clock()
		next := b.s.schedule.Next(now).Sub(now)
		if wait > 0 {
			next = min(next, wait)
		}
		if err := sleep(ctx, next, b.news); err != nil {
			return nil, err
		}
	}
}

// ID is the same whenever this file is handed out, also by another process, and another for every
// other file, also for one of the same name and content.
func (d *Dropped) ID() string {
	return fmt.Sprintf("%s %d %d %d", d.path, d.size, d.modified.UnixNano(), d.inode)
}

// Name is the file's path in the root.
func (d *Dropped) Name() string { return d.path }

// Modified is the file's time.
func (d *Dropped) Modified() time.Time { return d.modified }

// Open reads the file from its beginning.
func (d *Dropped) Open() (io.ReadCloser, error) { return d.box.s.root.Open(d.path) }

// Back gives the file back: Next hands it out again.
func (d *Dropped) Back() { delete(d.box.out, d.ID()) }

// Done puts the file away: into the archive, or, where why is set, into the quarantine with the reason
// beside it. It returns where it is kept. A file that somebody took away meanwhile is kept nowhere.
func (d *Dropped) Done(why error) (kept string, err error) {
	defer d.Back()
	folder := d.box.s.Archive
	if why != nil {
		folder = d.box.s.Quarantine
	}
	kept, err = d.box.s.put(d.candidate, folder, d.modified.UTC().Format("20060102T150405.000"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("put %s away: %w", d.path, err)
	case why != nil:
		err = d.box.s.root.WriteFile(kept+".error.txt", []byte(why.Error()+"\n"), 0o640)
	}
	return kept, err
}

// Outbox is a folder that others take files from.
type Outbox struct{ t *target }

// OpenOutbox opens a folder to write into, making it where it is missing. Close it.
func OpenOutbox(root string) (*Outbox, error) {
	if err := os.MkdirAll(root, 0o750); err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	return &Outbox{&target{root: r}}, nil
}

// Put makes a file appear with all of its content, on disk when it returns. A file of the name that is
// there is replaced: putting it twice is putting it once, as long as nobody has taken it.
func (o *Outbox) Put(name string, content []byte) error {
	if !filepath.IsLocal(name) {
		return &connectors.PermanentError{Err: fmt.Errorf("%q leads out of its folder", name)}
	}
	return o.t.write(name, content)
}

// Close gives the folder back.
func (o *Outbox) Close() error { return o.t.root.Close() }
