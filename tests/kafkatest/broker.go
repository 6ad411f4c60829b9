package kafkatest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

// properties of the broker. The ports are plain, SASL, TLS and controller.
const properties = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[5]s
listeners=PLAINTEXT://%[2]s,SASL_PLAINTEXT://%[3]s,SASL_SSL://%[4]s,CONTROLLER://%[5]s
advertised.listeners=PLAINTEXT://%[2]s,SASL_PLAINTEXT://%[3]s,SASL_SSL://%[4]s
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=%[1]s/data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
group.min.session.timeout.ms=500
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=%[6]s
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=%[7]s
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=%[7]s
listener.name.sasl_ssl.plain.sasl.jaas.config=%[6]s
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=%[7]s
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=%[7]s
ssl.keystore.type=PEM
ssl.keystore.location=%[1]s/broker.pem
`

func writeProperties(dir string, ports []int) error {
	plain := fmt.Sprintf("org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=%q;", PlainUser, Password)
	scram := "org.apache.kafka.common.security.scram.ScramLoginModule required;"
	text := fmt.Sprintf(properties, dir,
		address(ports[0]), address(ports[1]), address(ports[2]), address(ports[3]), plain, scram)
	return os.WriteFile(filepath.Join(dir, "server.properties"), []byte(text), 0o644)
}

func java(libs string, args ...string) []string {
	return append([]string{
		"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-cp", filepath.Join(libs, "*"),
	}, args...)
}

// format prepares the data folder, with the users of SCRAM.
func format(libs, dir string) error {
	args := java(libs, "-Xmx128m", "kafka.tools.StorageTool", "format",
		"-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", filepath.Join(dir, "server.properties"))
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		args = append(args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, ScramUser, Password))
	}
	if out, err := exec.Command("java", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("format kafka's data folder: %w\n%s", err, out)
	}
	return nil
}

// keeper starts the command in its arguments and reads its standard input,
// which is a pipe from the test process. A line kills the broker and starts it
// again; the end, which comes whatever ends that process, kills it for good,
// and its folder goes too.
const keeper = `dir=$1; shift
run() { "$@" >>"$dir/broker.log" 2>&1 </dev/null & pid=$!; }
run "$@"
while read -r again; do kill -9 $pid; wait $pid; run "$@"; done
kill -9 $pid; wait $pid
rm -rf "$dir"`

// run starts the broker and waits until it answers. The pipe that it returns
// has to be kept: a pipe that is collected is closed.
func run(libs, dir, addr string) (io.WriteCloser, error) {
	args := append([]string{"-c", keeper, "keeper", dir, "java"},
		java(libs, "-Xms128m", "-Xmx320m", "kafka.Kafka", filepath.Join(dir, "server.properties"))...)
	cmd := exec.Command("sh", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the test process
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	if err := await(addr, filepath.Join(dir, "broker.log")); err != nil {
		_ = pipe.Close()
		_ = cmd.Wait()
		return nil, err
	}
	return pipe, nil
}

// await waits until Kafka answers: a port that is open may belong to another
// process.
func await(addr, log string) error {
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if answers(addr) {
			return nil
		}
		if strings.Contains(tail(log), "Exiting Kafka") {
			return fmt.Errorf("kafka ended%s", tail(log))
		}
	}
	return fmt.Errorf("kafka did not answer within three minutes%s", tail(log))
}

func answers(addr string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := kafka.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	brokers, err := conn.Brokers()
	return err == nil && len(brokers) > 0
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// tail is the end of a log, for an error message.
func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return "\n" + string(bytes.Join(lines[max(0, len(lines)-15):], []byte("\n")))
}
