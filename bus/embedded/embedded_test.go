package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/bus/embedded"
)

func start(t *testing.T, c embedded.Config) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestStart_keepsItsSecretFromOthers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	broker := start(t, embedded.Config{Folder: folder})
	file := filepath.Join(folder, "secret")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("secret: %v, %v", info, err)
	}
	for name, login := range map[string]bus.SASLConfig{
		"none":  {},
		"wrong": {Mechanism: "SCRAM-SHA-256", User: "touchstone", Password: "guess"},
	} {
		c := broker.Config()
		c.SASL = login
		if b, err := bus.Open(t.Context(), c); err == nil {
			_ = b.Close()
			t.Errorf("%s login was let in", name)
		}
	}
	_ = broker.Close()
	secret := broker.Config().SASL.Password
	if again := start(t, embedded.Config{Folder: folder}); again.Config().SASL.Password != secret {
		t.Error("the secret changed with a restart")
	} else {
		_ = again.Close()
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := embedded.Start(t.Context(), embedded.Config{Folder: folder})
	if want := fmt.Sprintf("start embedded broker: secret %s has mode 0644; others must not read it: chmod 600 %s", file, file); err == nil || err.Error() != want {
		t.Errorf("got %v, expected %s", err, want)
	}
}

func TestStart_refusesAFolderInUse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	child := startChild(t, folder, "127.0.0.1:0")
	_, err := embedded.Start(t.Context(), embedded.Config{Folder: folder})
	want := fmt.Sprintf("start embedded broker: folder is in use: process %d has %s open; one process works on it at a time", child.cmd.Process.Pid, folder)
	if !errors.Is(err, embedded.ErrLocked) || err.Error() != want {
		t.Errorf("got %v\nexpected %s", err, want)
	}
	child.kill()
	start(t, embedded.Config{Folder: folder}) // a dead process holds no lock
}

func TestStart_refusesOtherThanLoopback(t *testing.T) {
	t.Parallel()
	_, err := embedded.Start(t.Context(), embedded.Config{Folder: t.TempDir(), Addr: "0.0.0.0:0"})
	if err == nil || !strings.Contains(err.Error(), "0.0.0.0:0 is not loopback") {
		t.Errorf("got %v", err)
	}
}

func TestHealthy_refusesBelowTheFreeDiskLimit(t *testing.T) {
	t.Parallel()
	broker := start(t, embedded.Config{Folder: t.TempDir(), MinFreeBytes: 1 << 60})
	b, err := bus.Open(t.Context(), broker.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.EnsureTopics(t.Context(), []bus.Topic{{Name: "t"}}); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), "t", message.NewMessage("", []byte("x"))); !errors.Is(err, embedded.ErrDiskFull) {
		t.Errorf("got %v, expected the full disk", err)
	}
	if free, err := broker.FreeDisk(); err != nil || free <= 0 || free >= 1<<60 {
		t.Errorf("free disk is %d, %v", free, err)
	}
}

func TestBroker_refusesRecordsOnAFullDiskItself(t *testing.T) {
	t.Parallel()
	broker := start(t, embedded.Config{Folder: t.TempDir(), MinFreeBytes: 1 << 60})
	c := broker.Config()
	c.Healthy = nil // a client that does not ask
	b, err := bus.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.EnsureTopics(t.Context(), []bus.Topic{{Name: "t"}}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.Publish(t.Context(), "t", message.NewMessage("", []byte("x"))) }()
	select {
	case err := <-done:
		t.Errorf("published onto a full disk: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	spans, err := b.Spans(t.Context(), "t")
	if err != nil || spans[0].Next != 0 {
		t.Errorf("the topic holds %+v, %v", spans, err)
	}
}

func TestEnsureTopics_changesSettingsOfAnOwnedBroker(t *testing.T) {
	t.Parallel()
	b, err := bus.Open(t.Context(), start(t, embedded.Config{Folder: t.TempDir()}).Config())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, topic := range []bus.Topic{
		{Name: "t", Retention: time.Hour},
		{Name: "t", Retention: 2 * time.Hour, Partitions: 3, Compacted: true},
	} {
		if err := b.EnsureTopics(t.Context(), []bus.Topic{topic}); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(90 * time.Second)
	for {
		spans, err := b.Spans(t.Context(), "t")
		if err == nil && len(spans) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the topic has %d partitions, expected 3: %v", len(spans), err)
		}
		time.Sleep(50 * time.Millisecond) // the client's view of the cluster is up to 2 s old
	}
	// With the new settings in place a stricter client finds nothing to say.
	if err := b.EnsureTopics(t.Context(), []bus.Topic{{Name: "t", Retention: 2 * time.Hour, Partitions: 3}}); err != nil {
		t.Error(err)
	}
}

func TestRetention_removesOldRecordsOfEveryTopic(t *testing.T) {
	t.Parallel()
	broker := start(t, embedded.Config{Folder: t.TempDir(), Retention: 200 * time.Millisecond, RetentionInterval: 20 * time.Millisecond})
	b, err := bus.Open(t.Context(), broker.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	topics := []bus.Topic{{Name: "by default"}, {Name: "by its own", Retention: 300 * time.Millisecond}, {Name: "kept", Retention: -1}}
	for i := range topics {
		topics[i].Name = strings.ReplaceAll(topics[i].Name, " ", "-")
	}
	if err := b.EnsureTopics(t.Context(), topics); err != nil {
		t.Fatal(err)
	}
	for _, topic := range topics {
		if err := b.Publish(t.Context(), topic.Name, message.NewMessage("", []byte("x"))); err != nil {
			t.Fatal(err)
		}
	}
	firsts := func() (out [3]int64) {
		for i, topic := range topics {
			spans, err := b.Spans(t.Context(), topic.Name)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = spans[0].First
		}
		return out
	}
	for deadline := time.Now().Add(90 * time.Second); firsts() != [3]int64{1, 1, 0}; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("topics begin at %v, expected the old records of the first two to be gone", firsts())
		}
	}
}
