package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
)

// generation is one state of the hub folder that the hub runs, with what depends on it. It never
// changes; a batch takes the live one once and stays with it.
type generation struct {
	*Folder
	number   int64 // grows with every change of the folder, over restarts too
	resolver *golden.Resolver
}

// generation is the live one.
func (h *Hub) generation() *generation { return h.live.Load() }

func (h *Hub) newGeneration(f *Folder, number int64) *generation {
	return &generation{Folder: f, number: number, resolver: golden.NewResolver(h.store, f.Rules, golden.ResolverOptions{
		Log: h.log, Suppress: h.suppressions.Suppressor, OnChanged: h.markChanged, OnReported: h.markReported,
		OnConditionError: func(system, _ string, _ error) { h.metrics.unheard.WithLabelValues(system).Inc() },
	})}
}

// ran is what the store keeps of the generation that ran last, to know at the next start what has
// changed meanwhile.
type ran struct {
	Number  int64             `json:"number"`
	Folder  string            `json:"folder"`
	Ruleset string            `json:"ruleset"`
	Search  int               `json:"search"`  // version of the words that customers are searched by
	Targets map[string]string `json:"targets"` // target to the fingerprint of the routes that lead to it
}

const ranCheckpoint = "hub/generation"

func (f *Folder) ran(number int64) ran {
	r := ran{Number: number, Folder: f.fingerprint, Ruleset: f.Rules.Version, Search: golden.SearchVersion, Targets: map[string]string{}}
	for _, t := range f.targets {
		r.Targets[t.String()] = t.routesFingerprint()
	}
	return r
}

// routesFingerprint changes with what decides which entities a target gets.
func (t *target) routesFingerprint() string {
	sum := sha256.New()
	for _, r := range t.Routes {
		fmt.Fprint(sum, r.fingerprint())
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// begin gives the folder that the hub starts with its number, and has swept what changed while the
// hub did not run.
func (h *Hub) begin(ctx context.Context) error {
	text, err := h.store.LoadCheckpoint(ctx, ranCheckpoint)
	if err != nil {
		return fmt.Errorf("read the last generation: %w", err)
	}
	now := h.generation().ran(1)
	if text != nil {
		var last ran
		if err := json.Unmarshal(text, &last); err != nil {
			return fmt.Errorf("read the last generation: %w", err)
		}
		if now.Number = last.Number; now.Folder != last.Folder {
			now.Number++
		}
		if err := h.sweepChanged(ctx, last, now); err != nil {
			return err
		}
	}
	h.live.Store(h.newGeneration(h.folder, now.Number))
	h.metrics.generation.Set(float64(now.Number))
	return h.saveRan(ctx, now)
}

func (h *Hub) saveRan(ctx context.Context, r ran) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := h.store.SaveCheckpoint(ctx, ranCheckpoint, text); err != nil {
		return fmt.Errorf("keep the generation: %w", err)
	}
	return nil
}

// Reloaded is what a reload did.
type Reloaded struct {
	Generation int64    `json:"generation"`
	Changed    bool     `json:"changed"` // false: the folder is as it was
	Stopped    []string `json:"stopped"` // sources and targets that are gone or begin anew
	Started    []string `json:"started"`
}

// ReloadError says why a changed folder was not taken. The hub runs on with the one before.
type ReloadError struct{ Problems []config.Problem }

func (e *ReloadError) Error() string {
	return (&config.InvalidError{Problems: e.Problems}).Error()
}

// Reload reads the folder again and takes it as a whole, or not at all: where anything in it is
// wrong, or cannot change while the hub runs, it gives a *ReloadError and nothing has changed.
func (h *Hub) Reload(ctx context.Context) (Reloaded, error) {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	done, err := h.reload(ctx)
	h.status.reload(err)
	switch {
	case err != nil:
		h.metrics.reloads.WithLabelValues("refused").Inc()
		h.log.Error("the changed folder was not taken, the hub runs on with the one before", "generation", h.generation().number, "error", err)
	case done.Changed:
		h.metrics.reloads.WithLabelValues("taken").Inc()
		h.metrics.generation.Set(float64(done.Generation))
		h.log.Info("changed folder taken", "generation", done.Generation, "stopped", done.Stopped, "started", done.Started)
	}
	return done, err
}

func (h *Hub) reload(ctx context.Context) (Reloaded, error) {
	before := h.generation()
	done := Reloaded{Generation: before.number, Stopped: []string{}, Started: []string{}}
	folder, ps := Load(h.folder.Root, h.folder.env)
	if folder == nil {
		return done, &ReloadError{slices.DeleteFunc(ps.Sorted(), func(p config.Problem) bool { return p.Severity != config.Error })}
	}
	if folder.fingerprint == before.fingerprint {
		return done, nil
	}
	if fixed := h.folder.Settings.fixed(folder.Settings); len(fixed) > 0 {
		ps := &config.Problems{}
		for _, name := range fixed {
			ps.Add(config.Problem{
				Position: config.Position{File: filepath.Join(folder.Root, "hub.yaml")},
				What:     name + " has changed, which cannot be while the hub runs", Expected: "a restart of the hub",
			})
		}
		return done, &ReloadError{ps.Sorted()}
	}
	if err := h.bus.EnsureTopics(ctx, folder.topics()); err != nil {
		return done, fmt.Errorf("make topics: %w", err)
	}
	next := h.newGeneration(folder, before.number+1)
	last, now := before.ran(before.number), folder.ran(next.number)
	// what is to be swept is noted first: after a crash it is swept once too often, not too seldom
	if err := errors.Join(h.sweepChanged(ctx, last, now), h.saveRan(ctx, now)); err != nil {
		return done, err
	}
	done.Generation, done.Changed = next.number, true
	done.Stopped = h.connections.stop(next.Folder)
	h.turn.Lock() // batches that resolve with the rules before are through: what they wrote is swept
	h.live.Store(next)
	h.turn.Unlock()
	done.Started = h.connections.start(next.Folder)
	h.wake.generation.signal()
	h.wake.changes.signal()
	return done, nil
}

// fixed lists what of hub.yaml differs: none of it can change while a hub runs.
func (s Settings) fixed(other Settings) []string {
	var names []string
	a, b := reflect.ValueOf(s), reflect.ValueOf(other)
	for i := range a.NumField() {
		if !alikeValues(a.Field(i), b.Field(i)) {
			names = append(names, a.Type().Field(i).Tag.Get("yaml"))
		}
	}
	return names
}

// digest collects what a folder's files say, variables filled in, so that a changed folder is known.
type digest struct{ parts map[string]string }

func (d *digest) add(name string, n *config.Node) {
	text, err := json.Marshal(n.Any())
	if err != nil {
		text = []byte(err.Error())
	}
	d.parts[name] = string(text)
}

func (d *digest) addFiles(pattern string) {
	files, _ := filepath.Glob(pattern)
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			d.parts[file] = string(text)
		}
	}
}

func (d *digest) sum() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(d.parts)) {
		fmt.Fprintf(sum, "%q %q\n", name, d.parts[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// reloadPause is how long the folder must have been at rest before it is read: editors and
// deployments write several files.
const reloadPause = 300 * time.Millisecond
