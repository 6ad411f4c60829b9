// Package bus carries messages between the hub's stages over Kafka. In come
// watermill messages for a topic and the brokers to keep them; out go durable
// acknowledgements, and batches of one partition in order, each with the
// offsets that a store can fence by. It never looks into a payload, never
// drops a record that it acknowledged, and never lets two records of one key
// overtake each other.
package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Config says which cluster to speak to, and as whom.
type Config struct {
	Brokers  []string   // host:port of some brokers; the others are found through them
	TLS      TLSConfig  // zero: plain text
	SASL     SASLConfig // zero: no authentication
	ClientID string     // shown in broker logs and quotas; default "touchstone"

	// Prefix is put before every topic and group name on the wire, so that
	// several hubs share a cluster. Names in this package are without it.
	Prefix string

	// Replication of topics that EnsureTopics creates; 0 leaves it to the
	// broker. With 3 or more, topics are created with min.insync.replicas 2.
	Replication int

	// Owned says that the cluster belongs to this hub alone (the embedded
	// broker): settings of existing topics are changed instead of reported,
	// and compaction, which stalls that broker, is never asked for.
	Owned bool

	// Healthy, if set, is asked before every Publish; its error refuses the
	// call. The embedded broker reports a disk that is nearly full here.
	Healthy func() error

	Log *slog.Logger // default: discard
}

// Bus is a connection to one cluster. It is safe for concurrent use.
type Bus struct {
	cfg       Config
	log       *slog.Logger
	transport *kafka.Transport
	client    *kafka.Client // requests that are answered at once
	poll      *kafka.Client // long polls: bounded by their context and MaxWait
	dialer    *kafka.Dialer // consumer groups
	outage    outage
	counts    partitionCounts
	producer  *producer

	closing context.CancelFunc
	closed  context.Context
	groups  sync.WaitGroup // consumer groups that are still leaving
}

// requestTimeout bounds one request to a broker. Kafka is told half of it for
// the replication of a produce request (kafka-go, Client.Produce).
const requestTimeout = 10 * time.Second

// Open connects and asks the cluster for its metadata once, so that a wrong
// address or a wrong password is an error here and not a silent retry later.
func Open(ctx context.Context, c Config) (*Bus, error) {
	if len(c.Brokers) == 0 {
		return nil, errors.New("open bus: no brokers given")
	}
	if c.ClientID == "" {
		c.ClientID = "touchstone"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	b := &Bus{cfg: c, log: c.Log, outage: outage{log: c.Log}}
	if err := b.connect(); err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	b.closed, b.closing = context.WithCancel(context.Background())
	b.producer = newProducer(b)
	if err := b.again(ctx, func() error { return b.Ping(ctx) }); err != nil {
		_ = b.Close()
		return nil, fmt.Errorf("open bus: %w", err)
	}
	return b, nil
}

func (b *Bus) connect() error {
	tlsConfig, err := b.cfg.TLS.load()
	if err != nil {
		return err
	}
	mechanism, err := b.cfg.SASL.mechanism()
	if err != nil {
		return err
	}
	addr := kafka.TCP(b.cfg.Brokers...)
	b.transport = &kafka.Transport{
		Dial:        (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		DialTimeout: 5 * time.Second,
		// A partition's new leader is found after this time at the latest.
		MetadataTTL: 2 * time.Second,
		ClientID:    b.cfg.ClientID,
		TLS:         tlsConfig,
		SASL:        mechanism,
	}
	b.client = &kafka.Client{Addr: addr, Timeout: requestTimeout, Transport: b.transport}
	b.poll = &kafka.Client{Addr: addr, Transport: b.transport}
	b.dialer = &kafka.Dialer{
		ClientID:      b.cfg.ClientID,
		Timeout:       5 * time.Second,
		TLS:           tlsConfig,
		SASLMechanism: mechanism,
	}
	return nil
}

// Ping asks a broker for an answer: nil when the cluster can be reached and
// lets this client in.
func (b *Bus) Ping(ctx context.Context) error {
	// The transport answers metadata from its cache, and ApiVersions is answered
	// before the login; this goes over the wire, behind it.
	_, err := b.client.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{
		Key: b.wire("ping"), KeyType: kafka.CoordinatorKeyTypeConsumer,
	})
	if err != nil {
		return fmt.Errorf("reach kafka at %v: %w", b.cfg.Brokers, err)
	}
	return nil
}

// again repeats a request that may be repeated, for about two seconds: the
// transport's idle connections are dead after a broker's restart, and it finds
// out one by one.
func (b *Bus) again(ctx context.Context, request func() error) error {
	var wait backoff
	for {
		err := request()
		if err == nil || isRefusal(err) || wait.n > 5 {
			return err
		}
		if !sleep(ctx, wait.next()) {
			return err
		}
	}
}

// Close ends publishing and waits, for at most two seconds, until consumer
// groups have been left. Calls of Batches end by their own context.
func (b *Bus) Close() error {
	b.closing()
	b.producer.close()
	left := make(chan struct{})
	go func() {
		b.groups.Wait()
		close(left)
	}()
	select {
	case <-left:
	case <-time.After(2 * time.Second):
	}
	b.transport.CloseIdleConnections()
	return nil
}

// wire is a topic's or group's name in the cluster.
func (b *Bus) wire(name string) string { return b.cfg.Prefix + name }
