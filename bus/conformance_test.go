package bus_test

import (
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
)

// features are what the bus promises of what watermill's suite can test. The
// order of a topic with one partition is the order of its messages. What a
// group has acknowledged does not come again, so a new subscriber of the same
// group does not get old messages.
var features = tests.Features{
	ConsumerGroups:  true,
	GuaranteedOrder: true,
	Persistent:      true,
}

func TestWatermillSuite_embedded(t *testing.T) {
	t.Parallel()
	suite(t, onEmbedded(t))
}

func TestWatermillSuite_kafka(t *testing.T) {
	t.Parallel()
	suite(t, onKafka(t))
}

func onKafka(t testing.TB) *bus.Bus {
	t.Helper()
	prefix := strings.NewReplacer("/", "-").Replace(t.Name()) + "."
	return open(t, bus.Config{Brokers: kafkatest.Start(t), Prefix: prefix})
}

func suite(t *testing.T, b *bus.Bus) {
	withGroup := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		return bus.NewPublisher(b), bus.NewSubscriber(b, bus.SubscriberConfig{Group: group})
	}
	// One group for each test: a group rebalances as one, over all its topics.
	perTest := func(t *testing.T) (message.Publisher, message.Subscriber) {
		return withGroup(t, strings.ReplaceAll(t.Name(), "/", "-"))
	}
	tests.TestPubSub(t, features, perTest, withGroup)
}
