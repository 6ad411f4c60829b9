package bus_test

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/touchstone-hub/touchstone/bus"
)

// features are what the bus promises of what watermill's suite can test. The
// order of a topic with one partition is the order of its messages.
var features = tests.Features{
	ConsumerGroups:                   true,
	GuaranteedOrder:                  true,
	Persistent:                       true,
	NewSubscriberReceivesOldMessages: true,
}

// watermillSuite is all of tests.TestPubSub but TestReconnect, which reads what
// it has sent while it is still noting that down (a data race, and a failure
// when messages arrive faster than that). TestBatches_surviveAnOutage stands
// in its place.
var watermillSuite = []func(*testing.T, tests.TestContext, tests.PubSubConstructor){
	tests.TestPublishSubscribe,
	tests.TestConcurrentSubscribe,
	tests.TestConcurrentSubscribeMultipleTopics,
	tests.TestResendOnError,
	tests.TestNoAck,
	tests.TestContinueAfterSubscribeClose,
	tests.TestConcurrentClose,
	tests.TestContinueAfterErrors,
	tests.TestPublishSubscribeInOrder,
	tests.TestPublisherClose,
	tests.TestTopic,
	tests.TestMessageCtx,
	tests.TestSubscribeCtx,
	tests.TestNewSubscriberReceivesOldMessages,
}

func TestWatermillSuite(t *testing.T) { onBoth(t, suite) }

func suite(t *testing.T, b *bus.Bus) {
	withGroup := func(_ *testing.T, group string) (message.Publisher, message.Subscriber) {
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
	run := func(name string, test func(*testing.T, tests.TestContext)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, tests.TestContext{TestID: tests.NewTestID(), Features: features})
		})
	}
	for _, test := range watermillSuite {
		name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
		run(name[strings.LastIndex(name, ".")+1:], func(t *testing.T, c tests.TestContext) { test(t, c, perTest) })
	}
	run("TestConsumerGroups", func(t *testing.T, c tests.TestContext) { tests.TestConsumerGroups(t, c, withGroup) })
}
