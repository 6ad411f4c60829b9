package systems

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// Company is a hub on a folder of its own, with the systems that it keeps in step.
type Company struct {
	*hubtest.Hub
	Folder  string
	Systems []*System

	t   testing.TB
	env map[string]string
}

// patience is how long a company may take to come to rest.
const patience = time.Minute

// Found writes a hub folder and starts a hub on it, which finds each system's address under its name;
// empty files are left out.
func Found(t *testing.T, files map[string]string, all ...*System) *Company {
	t.Helper()
	c := &Company{Folder: t.TempDir(), Systems: all, t: t, env: map[string]string{}}
	for _, s := range all {
		c.env[s.Name] = s.URL
	}
	for name, text := range files {
		if text != "" {
			c.Write(name, text)
		}
	}
	c.Start(t)
	return c
}

// Write writes a file of the hub folder.
func (c *Company) Write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.Folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// Start runs the hub, again after a stop.
func (c *Company) Start(t *testing.T) {
	t.Helper()
	c.Hub = hubtest.Start(t, c.Folder, c.env)
	for _, s := range c.Systems {
		s.ReportTo(c.IntakeAddress())
	}
}

// Settle waits until no report is on its way and the hub has nothing left to do.
func (c *Company) Settle() {
	c.t.Helper()
	c.Rest(patience, Missing(c.Systems...))
}

// SettleWith waits for that, and for so many records to be in the store.
func (c *Company) SettleWith(counts hubtest.Counts) {
	c.t.Helper()
	c.Rest(patience, counts.Missing)
	c.Settle()
}
