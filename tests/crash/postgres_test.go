//go:build long

package crash

import (
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// restartPostgres ends the server as an operator's immediate stop does, without a checkpoint, waits,
// and starts it again on its data. Only a server that this machine's tests have started is touched.
func restartPostgres(t *testing.T, store string, away time.Duration) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	var data string
	err = c.QueryRow(t.Context(), "SHOW data_directory").Scan(&data)
	_ = c.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		t.Skipf("the server's folder cannot be read: %v", err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		t.Skipf("the server's program is not known: %v", err)
	}
	owner, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(20 * time.Second); exists(filepath.Join(data, "postmaster.pid")); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("PostgreSQL did not end")
		}
	}
	time.Sleep(away)
	u, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	again := exec.Command("/bin/sh", "-c", keeper, "keeper", binary, data, u.Port())
	again.Dir = data
	again.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s, ok := owner.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		again.SysProcAttr.Credential = &syscall.Credential{Uid: s.Uid, Gid: s.Gid}
	}
	if lifeline, err = again.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := again.Start(); err != nil {
		t.Fatalf("start PostgreSQL again: %v", err)
	}
}

// keeper runs the server until its standard input ends, which it does when the test process ends in
// any way, and removes its folder.
const keeper = `
"$1" -D "$2" -p "$3" -k "$2/.." -h 127.0.0.1 -c fsync=off -c max_connections=200 </dev/null >"$2/again.log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$(dirname "$2")"
`

// lifeline keeps the server alive: never closed, and referred to so that it is not collected.
var lifeline io.Closer

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Not parallel: the server is that of all tests of this process, which go on when this is done.
func TestNothingLost_postgresRestartsInTheMiddle(t *testing.T) {
	if os.Getenv("TOUCHSTONE_POSTGRES") != "" {
		t.Skip("TOUCHSTONE_POSTGRES names a server that is not this test's to restart")
	}
	r := newRun(t, map[string]string{"STORE": pgtest.Start(t)})
	h := hubtest.Start(t, r.folder, r.process(0))
	r.crm.to(h.IntakeAddress())
	r.load.drop(t, r.folder, 0)
	r.crm.send(t, r.load.contacts)
	r.crm.reach(t, int64(len(r.load.contacts))/4)
	restartPostgres(t, r.env["STORE"], 2*time.Second)
	for n := range r.load.files {
		r.load.drop(t, r.folder, n)
	}
	r.same(r.finish(h))
}
