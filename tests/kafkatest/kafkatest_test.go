package kafkatest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const childVariable = "TOUCHSTONE_TEST_KAFKATEST_CHILD"

// In a child process, print where the broker is and wait to be killed.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	server, err := shared()
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString(server.Brokers[0] + " " + server.CAFile + "\n")
	select {}
}

func TestStart_brokerEndsWithTheProcessHoweverThatEnds(t *testing.T) {
	requireTools(t)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_ = child.Process.Kill() // nothing in it gets to clean up
	_ = child.Wait()
	broker, file, ok := strings.Cut(strings.TrimSpace(line), " ")
	if !ok {
		unavailable(t, "real Kafka did not start: "+line)
	}
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(file)
		if os.IsNotExist(err) && !answers(broker) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the broker at %s outlived the process, or left its folder: %v", broker, err)
		}
	}
}
