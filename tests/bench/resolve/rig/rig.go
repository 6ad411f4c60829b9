// Package rig has what the measurements of resolving set up: rules, an empty store, a profile.
package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// Rules reads a golden.yaml for the populations' region; "" is the one that a hub without has.
func Rules(path string) (*golden.Ruleset, error) {
	var ps config.Problems
	var node *config.Node
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		node = config.Parse(path, text, nil, &ps)
	}
	rules := golden.LoadRuleset(node, golden.RulesetOptions{Region: "GB"}, &ps)
	return rules, ps.Err()
}

// UseParams takes parameters into rules; path is what problems name.
func UseParams(rules *golden.Ruleset, path string, text []byte) error {
	var ps config.Problems
	rules.UseParams(path, text, &ps)
	return ps.Err()
}

// Open makes an empty store that syncs what it commits: postgres (a private server, or
// TOUCHSTONE_POSTGRES) or sqlite. server is the URL of the database, "" where there is none; folder is to
// be removed in the end.
func Open(ctx context.Context, kind string) (store golden.Store, server, folder string, err error) {
	switch kind {
	case "sqlite":
		if folder, err = os.MkdirTemp("", "resolve-"); err != nil {
			return nil, "", "", err
		}
		store, err = sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(folder, "golden.db")})
	case "postgres":
		if server = os.Getenv("TOUCHSTONE_POSTGRES"); server == "" {
			if server, err = pgtest.Durable(); err != nil {
				return nil, "", "", err
			}
		}
		store, err = postgres.Open(ctx, postgres.Config{URL: server, Schema: "resolve_" + strconv.Itoa(os.Getpid())})
	default:
		err = fmt.Errorf("-store: found %q, expected postgres or sqlite", kind)
	}
	return store, server, folder, err
}

// Profile writes a processor profile to a file until stop is called; "" writes none.
func Profile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

// Seconds are shown with two digits.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
