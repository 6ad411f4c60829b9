package bus_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
)

// features are what the bus promises of what watermill's suite can test. The
// order of a topic with one partition is the order of its messages.
var features = tests.Features{
	ConsumerGroups:                   true,
	GuaranteedOrder:                  true,
	Persistent:                       true,
	NewSubscriberReceivesOldMessages: true,
}

func TestWatermillSuite_embedded(t *testing.T) {
	broker := startBroker(t)
	suite(t, open(t, broker.Config()), broker.restart)
}

func TestWatermillSuite_kafka(t *testing.T) {
	server := kafkatest.Get(t)
	suite(t, onKafka(t), server.Restart)
}

func suite(t *testing.T, b *bus.Bus, restart func() error) {
	withGroup := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		return bus.NewPublisher(b), bus.NewSubscriber(b, bus.SubscriberConfig{Group: group})
	}
	// One group for each test: a group rebalances as one, over all its topics.
	// A subscriber that is new is one whose group is.
	perTest := func(t *testing.T) (message.Publisher, message.Subscriber) {
		group := strings.ReplaceAll(t.Name(), "/", "-")
		if strings.Contains(group, "TestNewSubscriberReceivesOldMessages") {
			group += watermill.NewShortUUID()
		}
		return withGroup(t, group)
	}
	features := features
	if !raceEnabled { // watermill's TestReconnect has a data race of its own
		features.RestartServiceCommand = commandFor(t, restart)
	}
	tests.TestPubSub(t, features, perTest, withGroup)
}

// commandFor makes a shell command out of a function of this process: it
// leaves a file, which is taken away when the function has returned.
func commandFor(t *testing.T, do func() error) []string {
	request := filepath.Join(t.TempDir(), "request")
	go func() {
		for t.Context().Err() == nil {
			time.Sleep(20 * time.Millisecond)
			if _, err := os.Stat(request); err != nil {
				continue
			}
			if err := do(); err != nil {
				t.Errorf("restart: %v", err)
			}
			_ = os.Remove(request)
		}
	}()
	return []string{"sh", "-c", `touch "$0" && while [ -e "$0" ]; do sleep 0.05; done`, request}
}
