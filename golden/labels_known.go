package golden

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// Known is what people and a file say of pairs of records.
type Known struct {
	Labels    []match.Label
	Decisions int // pairs of them that decisions tell of
	File      int // pairs of them that the file tells of
	Missing   int // records that the file names and that are not among those given
	Overruled int // decisions that stronger or newer ones contradict: they are not used
}

// Bounds on pairs: of one decision between large sets, and of records of two clusters that share a
// key.
const (
	decisionPairs = 1000
	clusterPairs  = 1_000_000
)

// Know gathers labels for records: from decisions, of which the stronger and the newer count, and
// from a file (nil: none), whose pairs stand for weight pairs each. Labels of the file that
// contradict one another, or a decision, are an error that names both.
func Know(records []match.Record, decisions []Decision, file *Labels, limits match.Limits, weight float64) (*Known, error) {
	k := &knowing{
		Known: &Known{}, records: records, at: make(map[string]int, len(records)), sets: map[int]int{},
		rivals: map[int]map[int]string{}, joins: map[int][]join{}, said: map[[2]int]bool{},
	}
	for i := range records {
		k.at[records[i].Key] = i
	}
	k.decide(decisions)
	k.Decisions = len(k.Labels)
	if file != nil {
		if err := k.read(file, limits, weight); err != nil {
			return nil, err
		}
	}
	k.File = len(k.Labels) - k.Decisions
	return k.Known, nil
}

// knowing gathers labels.
type knowing struct {
	*Known
	records []match.Record
	at      map[string]int
	sets    map[int]int            // union-find over records that are one customer's; itself where absent
	rivals  map[int]map[int]string // sets that are different customers', with what says so
	joins   map[int][]join         // what makes records one customer's
	said    map[[2]int]bool
}

// join is a label that makes a record one customer's with another.
type join struct {
	to  int
	why string
}

// decide takes decisions by precedence: lock before suggest, newer before older, different before
// same. What programs decided is a hint, not a label.
func (k *knowing) decide(decisions []Decision) {
	ordered := slices.DeleteFunc(slices.Clone(decisions), func(d Decision) bool {
		return d.Verdict != Same && d.Verdict != Different || d.Strength == Auto || d.Undone != nil
	})
	slices.SortFunc(ordered, func(a, b Decision) int {
		return cmp.Or(cmp.Compare(strengths[a.Strength], strengths[b.Strength]), b.At.Compare(a.At),
			cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.ID, b.ID)) // "different" stands before "same"
	})
	for _, d := range ordered {
		clean, n := true, 0
		for _, a := range d.Left {
			for _, b := range d.Right {
				i, known := k.at[a]
				j, too := k.at[b]
				if known && too && i != j && n < decisionPairs {
					n++
					clean = k.say(i, j, d.Verdict == Same, 1, "decision "+d.ID) == "" && clean
				}
			}
		}
		if !clean {
			k.Overruled++
		}
	}
}

// read takes the labels of a file.
func (k *knowing) read(l *Labels, limits match.Limits, weight float64) error {
	missing := map[string]bool{}
	place := func(key string) (int, bool) {
		i, known := k.at[key]
		if !known {
			missing[key] = true
		}
		return i, known
	}
	for _, p := range l.pairs {
		i, known := place(p.a)
		j, too := place(p.b)
		if !known || !too {
			continue
		}
		if with := k.say(i, j, p.same, weight, fmt.Sprintf("line %d", p.line)); with != "" {
			return l.contradicts(p.line, p.a, p.b, p.same, with)
		}
	}
	if err := k.readClusters(l, place, limits, weight); err != nil {
		return err
	}
	k.Missing = len(missing)
	if len(k.Labels) == k.Decisions {
		return &LabelError{File: l.file, Line: 1, Found: "no pair of which both records are there", Expected: "keys of live records, system/stream/id"}
	}
	return nil
}

func (l *Labels) contradicts(line int, a, b string, same bool, with string) error {
	verdict, other := Different, "one customer's"
	if same {
		verdict, other = Same, "two customers'"
	}
	return &LabelError{
		File: l.file, Line: line, Found: fmt.Sprintf("%s and %s %s, while %s says that they are %s", a, b, verdict, with, other),
		Expected: "labels that do not contradict",
	}
}

// readClusters takes records by cluster: all pairs of one, and of two those that share a key, since no
// others are looked at.
func (k *knowing) readClusters(l *Labels, place func(string) (int, bool), limits match.Limits, weight float64) error {
	of := map[int]labelledRecord{}
	members := map[string][]int{}
	for _, r := range l.clusters {
		i, known := place(r.record)
		if !known {
			continue
		}
		if before, twice := of[i]; twice {
			if before.cluster != r.cluster {
				return &LabelError{File: l.file, Line: r.line, Found: fmt.Sprintf("%s in cluster %q, while line %d has it in %q", r.record, r.cluster, before.line, before.cluster), Expected: "each record in one cluster"}
			}
			continue
		}
		of[i] = r
		for _, j := range members[r.cluster] {
			if with := k.say(j, i, true, weight, fmt.Sprintf("line %d", r.line)); with != "" {
				return l.contradicts(r.line, k.records[j].Key, r.record, true, with)
			}
		}
		members[r.cluster] = append(members[r.cluster], i)
	}
	return k.readApart(l, of, limits, weight)
}

// readApart takes pairs of records of two clusters.
func (k *knowing) readApart(l *Labels, of map[int]labelledRecord, limits match.Limits, weight float64) error {
	first := map[int]int{} // record by set
	byKey := map[uint64][]int{}
	order := slices.SortedFunc(maps.Keys(of), func(a, b int) int { return cmp.Compare(of[a].line, of[b].line) })
	for _, i := range order {
		set := k.find(i)
		if j, there := first[set]; there && of[j].cluster != of[i].cluster {
			return l.contradicts(of[i].line, k.records[j].Key, k.records[i].Key, false, k.chain(j, i))
		}
		first[set] = i
		for _, key := range k.records[i].Features.Keys {
			byKey[key.Hash] = append(byKey[key.Hash], i)
		}
	}
	n := 0
	for _, hash := range slices.Sorted(maps.Keys(byKey)) {
		found := byKey[hash]
		if len(found) > limits.Block {
			continue
		}
		for y, j := range found {
			for _, i := range found[:y] {
				pair := [2]int{min(i, j), max(i, j)}
				if of[i].cluster == of[j].cluster || k.said[pair] || n == clusterPairs {
					continue
				}
				n++
				k.said[pair] = true
				k.Labels = append(k.Labels, match.Label{A: pair[0], B: pair[1], Weight: weight})
			}
		}
	}
	return nil
}

func (k *knowing) find(i int) int {
	for {
		up, child := k.sets[i]
		if !child {
			return i
		}
		i = up
	}
}

// say notes one label, and returns what it contradicts; "" for nothing.
func (k *knowing) say(i, j int, same bool, weight float64, why string) (with string) {
	x, y := k.find(i), k.find(j)
	switch {
	case !same && x == y:
		return k.chain(i, j)
	case same && k.rivals[x][y] != "":
		return k.rivals[x][y]
	}
	pair := [2]int{min(i, j), max(i, j)}
	if k.said[pair] {
		return ""
	}
	k.said[pair] = true
	k.Labels = append(k.Labels, match.Label{A: pair[0], B: pair[1], Same: same, Weight: weight})
	switch {
	case !same:
		k.rival(x, y, why)
		k.rival(y, x, why)
	case x != y:
		k.joins[i], k.joins[j] = append(k.joins[i], join{j, why}), append(k.joins[j], join{i, why})
		k.union(x, y)
	}
	return ""
}

func (k *knowing) rival(x, y int, why string) {
	if k.rivals[x] == nil {
		k.rivals[x] = map[int]string{}
	}
	k.rivals[x][y] = why
}

// union makes two sets one; the rivals of the one with fewer of them become those of the other.
func (k *knowing) union(x, y int) {
	if len(k.rivals[x]) > len(k.rivals[y]) {
		x, y = y, x
	}
	k.sets[x] = y
	for z, why := range k.rivals[x] {
		delete(k.rivals[z], x)
		k.rival(y, z, why)
		k.rival(z, y, why)
	}
	delete(k.rivals, x)
}

// chain names what makes two records one customer's.
func (k *knowing) chain(from, to int) string {
	came := map[int]join{from: {from, ""}}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range k.joins[queue[0]] {
			if _, seen := came[next.to]; !seen {
				came[next.to] = join{queue[0], next.why}
				queue = append(queue, next.to)
			}
		}
	}
	var steps []string
	for at := to; at != from; at = came[at].to {
		if !slices.Contains(steps, came[at].why) {
			steps = append(steps, came[at].why)
		}
	}
	slices.Reverse(steps)
	return strings.Join(steps, " with ")
}
