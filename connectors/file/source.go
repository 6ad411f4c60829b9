package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/touchstone-hub/touchstone/connectors"
)

// source reads one drop folder.
type source struct {
	*stream
	system   string
	rootPath string
	env      connectors.Env

	root   *os.Root
	ledger *ledger
	saved  time.Time // when the ledger was
	seen   map[string]*seen

	refused map[string]error // contents that belong into the quarantine, but could not be put there
}

// Run looks into the folder on schedule, and sooner where the operating system tells of new files
// or a file has to settle; see [connectors.Source].
func (s *source) Run(ctx context.Context, emit connectors.Emit) error {
	err := s.run(ctx, emit)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *source) run(ctx context.Context, emit connectors.Emit) error {
	if err := os.MkdirAll(s.rootPath, 0o750); err != nil {
		return &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	root, err := os.OpenRoot(s.rootPath)
	if err != nil {
		return &connectors.PermanentError{Err: fmt.Errorf("root folder: %w", err)}
	}
	defer root.Close()
	s.root, s.seen, s.refused = root, nil, map[string]error{}
	if err := root.MkdirAll(s.Folder, 0o750); err != nil {
		return &connectors.PermanentError{Err: fmt.Errorf("drop folder: %w", err)}
	}
	if s.ledger, err = loadLedger(ctx, s.env.Checkpoint); err != nil {
		return err
	}
	news, stop := s.watch()
	defer stop()
	for {
		wait, err := s.look(ctx, emit)
		if err != nil {
			return err
		}
		now := s.env.Clock()
		next := s.schedule.Next(now).Sub(now)
		if wait > 0 {
			next = min(next, wait)
		}
		if err := sleep(ctx, next, news); err != nil {
			return err
		}
	}
}

// look reads every file that is ready. wait is how long until another may be, 0 where none is
// waiting.
func (s *source) look(ctx context.Context, emit connectors.Emit) (wait time.Duration, err error) {
	files, err := s.list()
	if err != nil {
		return 0, fmt.Errorf("look into %s: %w", s.Folder, err)
	}
	ready, wait := s.stable(files)
	b := &batch{source: s, emit: emit}
	defer func() { err = errors.Join(err, b.save(ctx)) }()
	for _, f := range ready {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := b.read(ctx, f); err != nil {
			if !b.stuck { // the file's fault: what was read before it is not held up
				err = errors.Join(err, b.flush(ctx))
			}
			return 0, err
		}
	}
	return wait, b.flush(ctx)
}

// newsDelay gathers the many pieces of news that one file makes while it is written.
const newsDelay = 30 * time.Millisecond

// sleep waits for the time or for news.
func sleep(ctx context.Context, d time.Duration, news <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-news:
		timer.Reset(newsDelay)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
	return nil
}

// watch asks the operating system to tell of changes in the folder. Where it cannot, the schedule
// has to do. The channel holds one piece of news at most.
func (s *source) watch() (<-chan struct{}, func()) {
	if !s.Watch {
		return nil, func() {}
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		s.env.Log.Warn("the folder is polled only", "system", s.system, "stream", s.name, "error", err)
		return nil, func() {}
	}
	add := func(p string) {
		if err := w.Add(filepath.Join(s.rootPath, p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.env.Log.Warn("the folder is polled only", "system", s.system, "stream", s.name, "folder", p, "error", err)
		}
	}
	add(s.Folder)
	if s.Recursive {
		_ = fs.WalkDir(s.root.FS(), s.Folder, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && p != s.Folder {
				add(p)
			}
			return nil
		})
	}
	news := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case e, ok := <-w.Events:
				if !ok {
					return
				}
				if !e.Has(fsnotify.Create) && !e.Has(fsnotify.Rename) && !e.Has(fsnotify.Write) {
					continue
				}
			case _, ok := <-w.Errors:
				if !ok {
					return
				}
			}
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}()
	return news, func() {
		_ = w.Close()
		<-done
	}
}
