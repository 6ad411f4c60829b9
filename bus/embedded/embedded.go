// Package embedded is the broker that a hub runs in its own process when its
// settings name none. In comes a data folder; out goes a Kafka broker on
// loopback, with every acknowledged record synced to disk, and the bus.Config
// that reaches it. It never serves a client without the folder's secret, and
// never two processes on one folder.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Config says where the broker keeps its data.
type Config struct {
	Folder string // for the broker alone; created if missing
	Addr   string // loopback host:port; default 127.0.0.1 and a free port

	// Retention is for topics that set none; default 7 days. All segments are
	// read when the broker starts, so what is kept costs time then.
	Retention time.Duration

	// RetentionInterval is how often records past their retention are removed;
	// default 5 minutes. They can be read no more from then on; their bytes go
	// with their segment of 32 MiB.
	RetentionInterval time.Duration

	// MinFreeBytes of disk, below which Healthy reports an error and the broker
	// refuses to store records; default 256 MiB, below 0 no limit.
	MinFreeBytes int64

	Log *slog.Logger // default: discard
}

// Broker is a running broker.
type Broker struct {
	cfg     Config
	secret  string
	lock    *FolderLock
	cluster *kfake.Cluster
	addr    string
	disk    diskGuard
	stop    func() // ends what runs beside the cluster
	close   sync.Once
}

const (
	user      = "touchstone"
	mechanism = "SCRAM-SHA-256" // the secret itself never crosses the socket
)

// Start opens the folder and serves. ErrLocked, wrapped, says that another
// process has it open.
func Start(ctx context.Context, c Config) (*Broker, error) {
	if c.Folder == "" {
		return nil, errors.New("start embedded broker: no folder given")
	}
	c = c.withDefaults()
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("start embedded broker: %w", err)
	}
	lock, err := Lock(c.Folder)
	if err != nil {
		return nil, fmt.Errorf("start embedded broker: %w", err)
	}
	b := &Broker{cfg: c, lock: lock, disk: diskGuard{folder: c.Folder, min: c.MinFreeBytes}}
	if err := b.start(ctx); err != nil {
		_ = lock.Unlock()
		return nil, fmt.Errorf("start embedded broker: %w", err)
	}
	return b, nil
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Retention == 0 {
		c.Retention = 7 * 24 * time.Hour
	}
	if c.RetentionInterval <= 0 {
		c.RetentionInterval = 5 * time.Minute
	}
	if c.MinFreeBytes == 0 {
		c.MinFreeBytes = 256 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return c
}

func (b *Broker) start(ctx context.Context) (err error) {
	if b.secret, err = secretIn(b.cfg.Folder); err != nil {
		return err
	}
	if err := loopbackOnly(b.cfg.Addr); err != nil {
		return err
	}
	begun := time.Now()
	b.cluster, err = kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			return (&net.ListenConfig{}).Listen(ctx, network, b.cfg.Addr)
		}),
		kfake.ClusterID("touchstone"),
		kfake.DefaultNumPartitions(1),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.DataDir(filepath.Join(b.cfg.Folder, "log")),
		kfake.SyncWrites(),
		kfake.EnableSASL(),
		kfake.Superuser(mechanism, user, b.secret),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":  strconv.FormatInt(b.cfg.Retention.Milliseconds(), 10),
			"log.segment.bytes": strconv.Itoa(32 << 20),
		}),
	)
	if err != nil {
		return err
	}
	b.addr = b.cluster.ListenAddrs()[0]
	b.guardDisk()
	b.retain()
	// It read all segments to find what it holds; give that memory back.
	debug.FreeOSMemory()
	b.cfg.Log.Info("embedded broker started", "address", b.Addr(), "after", time.Since(begun).Round(time.Millisecond))
	return nil
}

// retain removes old records now and then. The broker's own timer would leave
// out topics without a retention of their own.
func (b *Broker) retain() {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	b.stop = func() { stop(); running.Wait() }
	running.Go(func() {
		tick := time.NewTicker(b.cfg.RetentionInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				b.cluster.ApplyRetention()
			}
		}
	})
}

// Addr is the host:port that the broker listens on.
func (b *Broker) Addr() string { return b.addr }

// Config reaches this broker, with its secret.
func (b *Broker) Config() bus.Config {
	return bus.Config{
		Brokers: []string{b.Addr()},
		SASL:    bus.SASLConfig{Mechanism: mechanism, User: user, Password: b.secret},
		Owned:   true,
		Healthy: b.Healthy,
		Log:     b.cfg.Log,
	}
}

// Close stops serving, writes what a fast start needs, and unlocks the folder.
func (b *Broker) Close() error {
	var err error
	b.close.Do(func() {
		b.stop()
		b.cluster.Close()
		err = b.lock.Unlock()
	})
	return err
}

func loopbackOnly(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("address %s is not loopback: the embedded broker serves its own machine only", addr)
	}
	return nil
}
