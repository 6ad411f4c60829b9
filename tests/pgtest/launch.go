package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
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
binaries=$1 folder=$2 port=$3
shift 3
"$binaries/postgres" -D "$folder/data" -p "$port" -k "$folder" -h 127.0.0.1 -c max_connections=200 "$@" </dev/null &
server=$!
cat >/dev/null
kill -INT $server
wait $server
[ -n "$KEEP" ] || rm -rf "$folder"
`

// Settings of the server: tests may lose all in a power cut, what is measured may not.
var (
	forTests = []string{
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "shared_buffers=128MB", "-c", "max_wal_size=2GB",
	}
	durable = []string{
		"-c", "shared_buffers=6GB", "-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=15min", "-c", "wal_compression=lz4",
	}
)

// Durable starts a server that syncs what it commits, for benchmarks, and returns the URL of its
// first database. It ends with the process, however that ends.
func Durable() (string, error) { return launch(durable) }

// Kept is Durable on the data in folder, which stays when the process ends and is made where it is
// missing: for what takes long to fill.
func Kept(folder string) (string, error) {
	binaries, err := findBinaries()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	identity, err := ownIdentity(folder)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(folder, "data", "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		if err := makeCluster(binaries, folder, identity); err != nil {
			return "", err
		}
	}
	return keep(binaries, folder, identity, durable, "KEEP=1")
}

// launch makes a cluster in a temporary folder and starts a server on a free loopback port.
func launch(settings []string) (string, error) {
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
	if err := makeCluster(binaries, folder, identity); err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	return keep(binaries, folder, identity, settings)
}

func makeCluster(binaries, folder string, identity *syscall.Credential) error {
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "-D", filepath.Join(folder, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: identity}
	initdb.Dir = folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func keep(binaries, folder string, identity *syscall.Credential, settings []string, env ...string) (string, error) {
	free, err := ports.Free(1)
	if err != nil {
		return "", err
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return "", err
	}
	defer log.Close()
	arguments := append([]string{"-c", keeper, "keeper", binaries, folder, strconv.Itoa(free[0])}, settings...)
	cmd := exec.Command("/bin/sh", arguments...)
	// Not this process's output: whoever reads that would wait for the keeper too. A group of its
	// own: Ctrl-C ends the tests, and that ends the keeper.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: identity, Setpgid: true}
	// The pipe stays open, in nobody's hands, as long as this process lives.
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	lifelines = append(lifelines, lifeline)
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

// lifelines keep the servers alive: never closed, and referred to so that they are not collected.
var lifelines []io.Closer

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
