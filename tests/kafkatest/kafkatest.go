// Package kafkatest gives tests a real Kafka: one KRaft broker of version
// 4.3.1 for a test process, on free loopback ports. In come a Java 17 and a
// Maven on the machine; out go broker addresses, with and without TLS and SASL.
// It never outlives the test process, however that ends.
package kafkatest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/ports"
)

// Users that the secured listeners know, with their common password.
const (
	PlainUser = "plain-user" // mechanism PLAIN
	ScramUser = "scram-user" // mechanisms SCRAM-SHA-256 and SCRAM-SHA-512
	Password  = "kafkatest-password"
)

// Server is the running broker.
type Server struct {
	Brokers []string // plain text, no login
	SASL    []string // plain text, login with PLAIN or SCRAM
	TLS     []string // TLS, and login with PLAIN or SCRAM
	CAFile  string   // PEM of the authority that signed the broker's certificate
	LogFile string   // what the broker says

	pipe io.WriteCloser // to the broker's keeper
}

// Restart kills the broker with SIGKILL, starts it again on its data and
// returns when it answers. Tests that run meanwhile see an outage of about
// three seconds.
func (s *Server) Restart() error {
	if _, err := io.WriteString(s.pipe, "again\n"); err != nil {
		return fmt.Errorf("restart kafka: %w", err)
	}
	for answers(s.Brokers[0]) { // until it is gone
		time.Sleep(10 * time.Millisecond)
	}
	return await(s.Brokers[0], s.LogFile)
}

// Start gives the addresses of the broker, started by the first test of the
// process that asks. It skips the test if there is no Java or no Maven, and
// fails it instead if TOUCHSTONE_REQUIRE_SERVERS is 1.
func Start(t testing.TB) (brokers []string) {
	t.Helper()
	return Get(t).Brokers
}

// Get is Start for tests that need the secured listeners too.
func Get(t testing.TB) *Server {
	t.Helper()
	requireTools(t)
	server, err := shared()
	if err != nil {
		unavailable(t, fmt.Sprintf("real Kafka did not start: %v", err))
	}
	return server
}

func requireTools(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"java", "mvn", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			unavailable(t, fmt.Sprintf("real Kafka needs %s, which is not on the PATH", tool))
		}
	}
}

var shared = sync.OnceValues(start)

func unavailable(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("TOUCHSTONE_REQUIRE_SERVERS") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// start tries a second time, in case another process took one of the ports
// between their choice and their use.
func start() (*Server, error) {
	libs, err := jars()
	if err != nil {
		return nil, err
	}
	server, err := launch(libs)
	if err != nil {
		server, err = launch(libs)
	}
	return server, err
}

func launch(libs string) (_ *Server, err error) {
	dir, err := os.MkdirTemp("", "kafkatest-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	free, err := ports.Free(4)
	if err != nil {
		return nil, err
	}
	if err := writeCertificates(dir); err != nil {
		return nil, err
	}
	if err := writeProperties(dir, free); err != nil {
		return nil, err
	}
	if err := format(libs, dir); err != nil {
		return nil, err
	}
	pipe, err := run(libs, dir, address(free[0]))
	if err != nil {
		return nil, err
	}
	return &Server{
		Brokers: []string{address(free[0])},
		SASL:    []string{address(free[1])},
		TLS:     []string{address(free[2])},
		CAFile:  filepath.Join(dir, "ca.pem"),
		LogFile: filepath.Join(dir, "broker.log"),
		pipe:    pipe,
	}, nil
}
