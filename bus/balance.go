package bus

import (
	"cmp"
	"slices"

	"github.com/segmentio/kafka-go"
)

// spread deals all partitions of all topics out to the members of a group, one
// by one. kafka-go's own balancers begin with the first member at every topic:
// a hub of many topics with one partition each would work in one process.
type spread struct{}

func (spread) ProtocolName() string { return "touchstone-spread" }

func (spread) UserData() ([]byte, error) { return nil, nil }

// AssignGroups gives each partition to the subscribed member that has fewest,
// in the order of names, so that every member that leads computes the same.
func (spread) AssignGroups(members []kafka.GroupMember, partitions []kafka.Partition) kafka.GroupMemberAssignments {
	members, partitions = slices.Clone(members), slices.Clone(partitions)
	slices.SortFunc(members, func(a, b kafka.GroupMember) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(partitions, func(a, b kafka.Partition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.ID, b.ID))
	})
	out := make(kafka.GroupMemberAssignments, len(members))
	load := make(map[string]int, len(members))
	for _, m := range members {
		out[m.ID] = make(map[string][]int)
	}
	for _, p := range partitions {
		least := -1
		for i, m := range members {
			if slices.Contains(m.Topics, p.Topic) && (least < 0 || load[m.ID] < load[members[least].ID]) {
				least = i
			}
		}
		if least >= 0 {
			id := members[least].ID
			out[id][p.Topic] = append(out[id][p.Topic], p.ID)
			load[id]++
		}
	}
	return out
}
