package infer

import (
	"slices"

	"github.com/touchstone-hub/touchstone/edi/guide"
)

// level makes the body that all samples follow: it takes loops out, the outermost
// first, until nothing comes back after something else has come between, and then
// lays the samples over each other.
func (k *knowledge) level(samples [][]item) []*guide.Node {
	for {
		lead := k.lead(samples)
		if lead == "" {
			break
		}
		l := &loop{lead: lead}
		inner := between(samples, lead)
		for i := range samples {
			samples[i] = l.take(samples[i], func(tag string) bool { return inner[tag] || k.within[[2]string{lead, tag}] > 0 })
		}
	}
	var merged []*slot
	for i, sample := range samples {
		merged = merge(merged, runs(sample), i)
	}
	body := []*guide.Node{}
	for _, s := range merged {
		n := &guide.Node{ID: s.tag, Max: s.most}
		if s.seen == len(samples) {
			n.Need = guide.Mandatory
		}
		if s.loop != nil {
			n.Max = 0
			n.Body = k.level(s.loop.rounds)
			if len(n.Body) > 0 && !n.Body[0].IsGroup() {
				n.Body[0].Need, n.Body[0].Max = guide.Mandatory, 1
			}
		}
		body = append(body, n)
	}
	return body
}

// loop is a loop that was found, with what each of its rounds holds.
type loop struct {
	lead   string
	rounds [][]item
}

// likely is how likely a segment has to be to begin loops.
const likely = 0.1

// lead gives the segment that begins the outermost loop there is, or nothing.
func (k *knowledge) lead(samples [][]item) string {
	var candidates []string
	for _, sample := range samples {
		for _, tag := range returning(sample) {
			if k.leader(tag) >= likely && !slices.Contains(candidates, tag) {
				candidates = append(candidates, tag)
			}
		}
	}
	for _, tag := range candidates {
		inner := between(samples, tag)
		outermost := true
		for _, other := range candidates {
			if other != tag && inner[other] && k.within[[2]string{other, tag}] > k.within[[2]string{tag, other}] {
				outermost = false
			}
		}
		if outermost {
			return tag
		}
	}
	return ""
}

// returning gives the tags that come back after another has come between, in the
// order in which they first stand there.
func returning(sample []item) []string {
	var order []string
	last, back := map[string]int{}, map[string]bool{}
	for i, it := range sample {
		if it.loop != nil {
			continue
		}
		at, before := last[it.tag]
		if !before {
			order = append(order, it.tag)
		} else if at < i-1 {
			back[it.tag] = true
		}
		last[it.tag] = i
	}
	return slices.DeleteFunc(order, func(tag string) bool { return !back[tag] })
}

// between gives what stands between one and the next of a tag, in any sample.
func between(samples [][]item, tag string) map[string]bool {
	inner := map[string]bool{}
	for _, sample := range samples {
		first, last := bounds(sample, tag)
		for i := first; i >= 0 && i < last; i++ {
			inner[sample[i].tag] = true
		}
	}
	return inner
}

func bounds(sample []item, tag string) (first, last int) {
	is := func(it item) bool { return it.tag == tag && it.loop == nil }
	first = slices.IndexFunc(sample, is)
	for last = len(sample) - 1; last > first && !is(sample[last]); last-- {
		continue
	}
	return first, last
}

// take puts the loop's rounds in a sample into one item. The last round goes on
// as long as there is what rounds before had, or what is known to stand in such a
// loop.
func (l *loop) take(sample []item, inner func(tag string) bool) []item {
	first, last := bounds(sample, l.lead)
	if first < 0 {
		return sample
	}
	end := last + 1
	for end < len(sample) && inner(sample[end].tag) && sample[end].tag != l.lead {
		end++
	}
	for i := first; i < end; {
		next := i + 1
		for next < end && (sample[next].tag != l.lead || sample[next].loop != nil) {
			next++
		}
		l.rounds = append(l.rounds, slices.Clone(sample[i:next]))
		i = next
	}
	return slices.Concat(sample[:first], []item{{tag: l.lead, loop: l}}, sample[end:])
}

// slot is a place in the merged samples.
type slot struct {
	item
	most int // how often in a row
	seen int // in how many samples
}

// join takes the rounds of another loop of the same segment.
func (s *slot) join(it item) {
	if s.loop != it.loop {
		s.loop = &loop{lead: s.loop.lead, rounds: slices.Concat(s.loop.rounds, it.loop.rounds)}
	}
}

// runs puts the same segments in a row together.
func runs(sample []item) []*slot {
	var all []*slot
	for _, it := range sample {
		if n := len(all); n > 0 && all[n-1].like(it) {
			all[n-1].most++
			all[n-1].join(it)
			continue
		}
		all = append(all, &slot{item: it, most: 1, seen: 1})
	}
	return all
}

// merge lays a sample over what was merged before, along their longest common
// subsequence: what only one of them has stands at its place in order.
func merge(merged, sample []*slot, number int) []*slot {
	if number == 0 {
		return sample
	}
	n, m := len(merged), len(sample)
	length := make([][]int32, n+1)
	for i := range length {
		length[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if merged[i].like(sample[j].item) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var all []*slot
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && merged[i].like(sample[j].item):
			merged[i].most = max(merged[i].most, sample[j].most)
			merged[i].seen++
			merged[i].join(sample[j].item)
			all = append(all, merged[i])
			i, j = i+1, j+1
		case j == m || i < n && length[i+1][j] >= length[i][j+1]:
			all = append(all, merged[i])
			i++
		default:
			all = append(all, sample[j])
			j++
		}
	}
	return all
}
