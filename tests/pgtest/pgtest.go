// Package pgtest gives tests a real PostgreSQL.
//
// In comes a test; out goes the URL of a fresh database, on one server for the whole test process
// that ends with it, however it ends. The package never uses a server that it did not start,
// unless TOUCHSTONE_POSTGRES names one.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// given names the variable with the URL of a server to use instead of one of our own.
const given = "TOUCHSTONE_POSTGRES"

// Start returns the URL of an empty database, which is t's alone. Without PostgreSQL on
// this machine t is skipped, or fails if TOUCHSTONE_REQUIRE_SERVERS=1.
func Start(t testing.TB) string {
	t.Helper()
	base, err := server()
	if errors.Is(err, errNone) && os.Getenv("TOUCHSTONE_REQUIRE_SERVERS") != "1" {
		t.Skipf("no PostgreSQL: %v", err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	// Tests of several packages may share the server that TOUCHSTONE_POSTGRES names.
	name := "touchstone_" + strings.ToLower(rand.Text()[:12])
	if err := execute(base, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("URL of PostgreSQL: %v", err)
	}
	u.Path = "/" + name
	if os.Getenv(given) == "" {
		return u.String() // goes with its server: dropping it would cost a checkpoint
	}
	t.Cleanup(func() {
		if err := execute(base, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return u.String()
}

// server returns the URL of the server, which is started by the first test that asks.
var server = sync.OnceValues(func() (string, error) {
	if base := os.Getenv(given); base != "" {
		return base, nil
	}
	return launch(forTests)
})

func execute(base, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, base)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
