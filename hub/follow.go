package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// follow watches the hub folder and reloads it once it has been at rest for a moment, until ctx
// ends. A folder that cannot be watched is told of; it can still be reloaded on request.
func (h *Hub) follow(ctx context.Context) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		h.log.Warn("the hub folder is not watched; touchstone reload takes its changes", "error", err)
		<-ctx.Done()
		return nil
	}
	defer func() { _ = w.Close() }()
	h.watchFolders(w)
	rest := time.NewTimer(time.Hour)
	rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.Events:
			if !open {
				return fmt.Errorf("watch the hub folder: %w", errors.New("the watcher has closed"))
			}
			if h.concerns(e.Name) {
				rest.Reset(reloadPause)
			}
		case err := <-w.Errors: // events were lost, or so
			h.log.Warn("watching the hub folder", "error", err)
			rest.Reset(reloadPause)
		case <-rest.C:
			h.watchFolders(w)    // rooms that are new
			_, _ = h.Reload(ctx) // logged, counted and shown in status there
		}
	}
}

// rooms are the folders with what a hub's folder consists of.
var rooms = []string{".", "connectors", "mappings", "mappings/lookups", "routes", "presets"}

func (h *Hub) watchFolders(w *fsnotify.Watcher) {
	for _, room := range rooms {
		if err := w.Add(filepath.Join(h.folder.Root, room)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.log.Warn("a part of the hub folder is not watched; touchstone reload takes its changes", "folder", room, "error", err)
		}
	}
}

// concerns tells configuration from what else is written near it, such as data and editors' files.
// Mounted configuration is exchanged by a link whose name begins with two dots.
func (h *Hub) concerns(path string) bool {
	name := filepath.Base(path)
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "..") {
		return false
	}
	return strings.HasPrefix(name, "..") || slices.Contains([]string{".yaml", ".yml", ".csv"}, filepath.Ext(name)) || slices.Contains(rooms, name)
}
