package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/tests/ports"
)

// errNone: this machine cannot run PostgreSQL.
var errNone = errors.New("no server binaries in PATH or /usr/lib/postgresql, and TOUCHSTONE_POSTGRES is not set")

// keeper runs the server as its child and stops it when its standard input ends, which it does
// when the test process ends in any way. Then it removes the folder.
const keeper = `
"$1/postgres" -D "$2/data" -p "$3" -k "$2" -h 127.0.0.1 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off \
	-c max_connections=200 -c shared_buffers=128MB -c max_wal_size=2GB </dev/null &
server=$!
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$2"
`

// launch makes a cluster in a temporary folder and starts a server on a free loopback port.
func launch() (string, error) {
	binaries, err := findBinaries()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return "", err
	}
	identity, err := ownIdentity(folder)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "-D", filepath.Join(folder, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: identity}
	initdb.Dir = folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(folder))
	}
	return keep(binaries, folder, identity)
}

func keep(binaries, folder string, identity *syscall.Credential) (string, error) {
	free, err := ports.Free(1)
	if err != nil {
		return "", err
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.Command("/bin/sh", "-c", keeper, "keeper", binaries, folder, strconv.Itoa(free[0]))
	// Not this process's output: whoever reads that would wait for the keeper too. A group of its
	// own: Ctrl-C ends the tests, and that ends the keeper.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: identity, Setpgid: true}
	// The pipe stays open, in nobody's hands, as long as this process lives.
	if lifeline, err = cmd.StdinPipe(); err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start the server: %w", err)
	}
	base := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", free[0])
	if err := await(base); err != nil {
		text, _ := os.ReadFile(log.Name())
		return "", errors.Join(fmt.Errorf("the server does not answer: %w: %s", err, text), lifeline.Close())
	}
	return base, nil
}

// lifeline keeps the server alive: never closed, and referred to so that it is not collected.
var lifeline interface{ Close() error }

func await(base string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, base)
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func findBinaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
				return filepath.Dir(path), nil
			}
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	best, newest := "", 0
	for _, path := range found {
		folder := filepath.Dir(path)
		version, _ := strconv.Atoi(strings.TrimSpace(filepath.Base(filepath.Dir(folder))))
		if version > newest {
			best, newest = folder, version
		}
	}
	if best == "" {
		return "", errNone
	}
	return best, nil
}

// ownIdentity says as whom the server runs: PostgreSQL refuses root, which gives the folder to the
// user postgres or nobody.
func ownIdentity(folder string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2, os.Chown(folder, uid, gid)); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and there is no user postgres or nobody to run the server")
}
