package golden

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// taskDetail is the Detail of the resolver's tasks.
type taskDetail struct {
	Why     string `json:"why"`
	Scheme  string `json:"scheme,omitempty"`   // of the unique identifiers that differ
	Verdict string `json:"decision,omitempty"` // that lost against others, or holds a record
	Size    int    `json:"size,omitempty"`     // records in the component
	Hangs   *hangs `json:"hangs,omitempty"`    // what the priority counts
}

func (d taskDetail) text() json.RawMessage {
	text, _ := json.Marshal(d) // text and numbers always marshal
	return text
}

// task asks a person about a finding of the partition.
func (s *settling) task(f match.Finding, nodes []*record) Task {
	keys := make([]string, len(f.Nodes))
	for i, n := range f.Nodes {
		keys[i] = nodes[n].Key
	}
	t := Task{Records: keys, Score: f.Weight, At: s.now}
	var detail taskDetail
	switch f.Kind {
	case match.Doubtful:
		t.Kind = TaskMatch
		detail.Why = "the records share a key, but what they say contradicts"
	case match.Conflict:
		t.Kind = TaskConflict
		scheme, _, _ := strings.Cut(f.Detail, "\x00")
		detail.Why, detail.Scheme = "the records would be one customer, but their unique identifiers differ", scheme
	case match.Contradicted:
		t.Kind = TaskConflict
		detail.Why, detail.Verdict = "the decision contradicts a stronger one", f.Detail
	case match.BetterHome:
		t.Kind = TaskHome
		detail.Why, detail.Verdict = "the decision holds a record that fits the other's customer better", f.Detail
	case match.Oversize:
		t.Kind = TaskSize
		detail.Why, detail.Size = "too many records are connected; they were cut at their weakest edges", f.Size
	}
	t.ID = taskID(t.Kind, keys)
	t.Detail = detail.text()
	return t
}

// taskID is the same whenever the same is asked of the same records.
func taskID(kind TaskKind, keys []string) string {
	return fmt.Sprintf("T%016x", xxhash.Sum64String(string(kind)+"\x00"+strings.Join(keys, "\x00")))
}

// putTasks asks what is to be asked of the settled components, and closes what is settled.
func (s *settling) putTasks(ctx context.Context, tasks []Task) error {
	var keys, keep []string
	for _, rec := range s.graph.nodes {
		keys = append(keys, rec.Key)
	}
	for _, rec := range s.dirty {
		if !rec.live() {
			keys = append(keys, rec.Key)
		}
	}
	for _, t := range tasks {
		keep = append(keep, t.ID)
	}
	slices.Sort(keys)
	slices.Sort(keep)
	s.asked = slices.Compact(slices.Clone(keep))
	if err := s.tx.CloseTasks(ctx, keys, keep, s.now); err != nil {
		return err
	}
	if len(tasks) == 0 {
		return nil
	}
	return s.ask(ctx, tasks, s.published.home())
}

// ask opens tasks, of which the home of each record is known.
func (s *settling) ask(ctx context.Context, tasks []Task, homes map[string]*GoldenRecord) error {
	if err := s.prioritise(ctx, tasks, homes); err != nil {
		return err
	}
	slices.SortFunc(tasks, func(a, b Task) int { return strings.Compare(a.ID, b.ID) })
	tasks = slices.CompactFunc(tasks, func(a, b Task) bool { return a.ID == b.ID })
	return s.tx.PutTasks(ctx, tasks)
}
