package match

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Record is a live source record with what matching knows of it.
type Record struct {
	Key      string // "system/stream/id": breaks ties, the same everywhere
	Features *Features
}

// blocks are all records by the keys that bring them together: those that two to Limits.Block of
// them share.
type blocks struct {
	records []Record
	members []int32      // of all blocks, one after the other, each in order
	starts  []int32      // of a block in members; one more at the end
	hashes  []uint64     // of the blocks, in order
	rules   []uint8      // of the blocks
	active  [][]uint64   // by record, hashes of the blocks that it is in, in order
	generic []GenericKey // keys that more records share
}

// GenericKey is a key that more records share than the limit: it brings nobody together.
type GenericKey struct {
	Hash    uint64
	Rule    int
	Records int
	Of      int // one of the records
}

// entry is one key of one record.
type entry struct {
	hash   uint64
	record int32
	rule   uint8
}

func (r *Rules) block(records []Record) *blocks {
	b := &blocks{records: records, active: make([][]uint64, len(records))}
	n := 0
	for i := range records {
		n += len(records[i].Features.Keys)
	}
	entries := make([]entry, 0, n)
	for i := range records {
		for _, k := range records[i].Features.Keys {
			entries = append(entries, entry{k.Hash, int32(i), uint8(k.Rule)})
		}
	}
	sortEntries(entries)
	count := make([]uint8, len(records)) // keys that are active, below 256
	each := func(do func(group []entry)) {
		for from := 0; from < len(entries); {
			to := from + 1
			for to < len(entries) && entries[to].hash == entries[from].hash {
				to++
			}
			do(entries[from:to])
			from = to
		}
	}
	each(func(group []entry) {
		switch n := len(group); {
		case n > r.Limits.Block:
			b.generic = append(b.generic, GenericKey{group[0].hash, int(group[0].rule), n, int(group[0].record)})
		case n > 1:
			b.starts = append(b.starts, int32(len(b.members)))
			b.hashes, b.rules = append(b.hashes, group[0].hash), append(b.rules, group[0].rule)
			for _, e := range group {
				b.members = append(b.members, e.record)
				if count[e.record] < 255 {
					count[e.record]++
				}
			}
		}
	})
	b.starts = append(b.starts, int32(len(b.members)))
	for i, n := range count {
		b.active[i] = make([]uint64, 0, n)
	}
	for i, hash := range b.hashes {
		for _, m := range b.of(i) {
			b.active[m] = append(b.active[m], hash)
		}
	}
	return b
}

func (b *blocks) of(block int) []int32 { return b.members[b.starts[block]:b.starts[block+1]] }

// sortEntries sorts by hash, then record, on all cores.
func sortEntries(entries []entry) {
	order := func(a, b entry) int {
		switch {
		case a.hash < b.hash:
			return -1
		case a.hash > b.hash:
			return 1
		}
		return int(a.record) - int(b.record)
	}
	const parts = 256 // by the first byte of the hash
	var sizes [parts + 1]int
	for i := range entries {
		sizes[entries[i].hash>>56+1]++
	}
	for i := 1; i <= parts; i++ {
		sizes[i] += sizes[i-1]
	}
	at, sorted := sizes, make([]entry, len(entries))
	for _, e := range entries {
		part := e.hash >> 56
		sorted[at[part]] = e
		at[part]++
	}
	parallel(parts, 1, func(_, i int) { slices.SortFunc(sorted[sizes[i]:sizes[i+1]], order) })
	copy(entries, sorted)
}

// parallel calls do with every number below n on all cores, a few at a time, with the number of the
// worker.
func parallel(n, each int, do func(worker, i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for worker := range workers() {
		wait.Go(func() {
			for from := int(next.Add(int64(each))) - each; from < n; from = int(next.Add(int64(each))) - each {
				for i := from; i < min(from+each, n); i++ {
					do(worker, i)
				}
			}
		})
	}
	wait.Wait()
}

// caches are one for each worker.
func caches() []cached {
	list := make([]cached, workers())
	for i := range list {
		list[i] = newCache()
	}
	return list
}

func workers() int { return runtime.GOMAXPROCS(0) }

// sample says of how many pairs one is enough where about most are wanted.
func (b *blocks) sample(most int) (each uint64) {
	total := 0
	for i := range b.hashes {
		n := len(b.of(i))
		total += n * (n - 1) / 2
	}
	return uint64(max(1, (total+most-1)/most))
}

// pairs calls do once for every two records that share an active key, a before b, on all cores.
func (b *blocks) pairs(do func(worker int, a, b int32)) {
	parallel(len(b.hashes), 64, func(worker, i int) {
		members, hash := b.of(i), b.hashes[i]
		for y := range members {
			for x := range y {
				if b.first(members[x], members[y], hash) {
					do(worker, members[x], members[y])
				}
			}
		}
	})
}

// first says whether a hash is the first of those that two records share.
func (b *blocks) first(x, y int32, hash uint64) bool {
	p, q := b.active[x], b.active[y]
	for i, j := 0, 0; i < len(p) && j < len(q); {
		switch {
		case p[i] < q[j]:
			i++
		case p[i] > q[j]:
			j++
		default:
			return p[i] == hash
		}
	}
	return false
}

// shared lists the rules of the active keys that two records share, each once, as bits.
func (b *blocks) shared(x, y int32) (rules uint64) {
	p, q := b.records[x].Features.Keys, b.records[y].Features.Keys
	for i, j := 0, 0; i < len(p) && j < len(q); {
		switch {
		case p[i].Hash < q[j].Hash:
			i++
		case p[i].Hash > q[j].Hash:
			j++
		default:
			if _, active := slices.BinarySearch(b.active[x], p[i].Hash); active {
				rules |= 1 << p[i].Rule
			}
			i++
			j++
		}
	}
	return rules
}

// ActiveKeys says of keys whether they bring records together: two or more have them, and no more
// than the limit.
func (r *Rules) ActiveKeys(records []Record) func(hash uint64) bool {
	counts := map[uint64]int{}
	for i := range records {
		for _, k := range records[i].Features.Keys {
			counts[k.Hash]++
		}
	}
	return func(hash uint64) bool { return counts[hash] > 1 && counts[hash] <= r.Limits.Block }
}

// EachCandidate calls do for every two records that share an active key, one after the other, with
// the rules of the keys that they share, as bits. It returns how many active keys each rule has,
// and the generic ones.
func (r *Rules) EachCandidate(records []Record, do func(a, b int, rules uint64)) (values []int, generic []GenericKey) {
	b := r.block(records)
	values = make([]int, len(r.Keys))
	for i := range b.hashes {
		values[b.rules[i]]++
		members := b.of(i)
		for y := range members {
			for x := range y {
				if b.first(members[x], members[y], b.hashes[i]) {
					do(int(members[x]), int(members[y]), b.shared(members[x], members[y]))
				}
			}
		}
	}
	return values, b.generic
}
