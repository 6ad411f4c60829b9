package bus

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
)

func TestSpread_dealsTopicsOfOnePartitionToAllMembers(t *testing.T) {
	all := []string{"a", "b", "c", "d"}
	members := []kafka.GroupMember{{ID: "2", Topics: all}, {ID: "1", Topics: all}, {ID: "3", Topics: []string{"d"}}}
	var partitions []kafka.Partition
	for _, topic := range []string{"d", "c", "b", "a"} {
		partitions = append(partitions, kafka.Partition{Topic: topic})
	}
	partitions = append(partitions, kafka.Partition{Topic: "a", ID: 1})
	got := spread{}.AssignGroups(members, partitions)
	want := kafka.GroupMemberAssignments{
		"1": {"a": {0}, "b": {0}},
		"2": {"a": {1}, "c": {0}},
		"3": {"d": {0}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-expected +got):\n%s", diff)
	}
}

func TestPartitionOf_agreesWithJavaClients(t *testing.T) {
	// From Kafka's own UtilsTest.testMurmur2, made positive and taken modulo 7.
	for key, hash := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got, want := partitionOf(key, 7), int(hash&0x7fffffff)%7; got != want {
			t.Errorf("%q goes to %d, expected %d", key, got, want)
		}
	}
}
