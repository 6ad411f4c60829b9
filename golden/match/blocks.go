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

// Blocks are all records by the keys that bring them together: those that two or more of them share
// and no more than the keys' rules allow.
type Blocks struct {
	records []Record
	members []int32      // of all blocks, one after the other, each in order
	starts  []int32      // of a block in members; one more at the end
	hashes  []uint64     // of the blocks
	rules   []uint8      // of the blocks
	active  []uint64     // hashes of the blocks that a record is in, in order, one record after the other
	from    []int32      // of a record in active; one more at the end
	generic []GenericKey // keys that more records share
}

// GenericKey is a key that more records share than its rule allows: it brings nobody together.
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

// Block sorts records by their keys, and by the finer ones where those are generic.
func (r *Rules) Block(records []Record) *Blocks {
	b := &Blocks{records: records}
	b.take(r, ownKeys(records))
	b.take(r, b.finer())
	b.starts = append(b.starts, int32(len(b.members)))
	b.index()
	return b
}

// ownKeys are the keys of all records that refine none, in order.
func ownKeys(records []Record) []entry {
	return sortedKeys(records, func(k *Key) bool { return k.Of == 0 })
}

// finer are the keys that refine generic ones, in order.
func (b *Blocks) finer() []entry {
	if len(b.generic) == 0 {
		return nil
	}
	generic := make(map[uint64]bool, len(b.generic))
	var some [1 << 16 / 64]uint64 // a bit for the first bits of each: most keys are not even like one
	for _, g := range b.generic {
		generic[g.Hash] = true
		some[g.Hash>>54] |= 1 << (g.Hash >> 48 & 63)
	}
	return sortedKeys(b.records, func(k *Key) bool {
		return k.Of != 0 && some[k.Of>>54]&(1<<(k.Of>>48&63)) != 0 && generic[k.Of]
	})
}

// take makes blocks of entries.
func (b *Blocks) take(r *Rules, entries []entry) {
	for from := 0; from < len(entries); {
		to := from + 1
		for to < len(entries) && entries[to].hash == entries[from].hash {
			to++
		}
		group := entries[from:to]
		from = to
		switch rule := int(group[0].rule); {
		case r.generic(rule, len(group)):
			b.generic = append(b.generic, GenericKey{group[0].hash, rule, len(group), int(group[0].record)})
		case len(group) > 1:
			b.starts = append(b.starts, int32(len(b.members)))
			b.hashes, b.rules = append(b.hashes, group[0].hash), append(b.rules, group[0].rule)
			for _, e := range group {
				b.members = append(b.members, e.record)
			}
		}
	}
}

// index lists by record the blocks that it is in.
func (b *Blocks) index() {
	b.from = make([]int32, len(b.records)+1)
	for _, m := range b.members {
		b.from[m+1]++
	}
	for i := range b.records {
		b.from[i+1] += b.from[i]
	}
	at := slices.Clone(b.from)
	b.active = make([]uint64, len(b.members))
	for i, hash := range b.hashes {
		for _, m := range b.of(i) {
			b.active[at[m]] = hash
			at[m]++
		}
	}
	parallel(len(b.records), 1024, func(_, i int) { slices.Sort(b.activeOf(int32(i))) })
}

func (b *Blocks) of(block int) []int32 { return b.members[b.starts[block]:b.starts[block+1]] }

func (b *Blocks) activeOf(record int32) []uint64 { return b.active[b.from[record]:b.from[record+1]] }

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
func (b *Blocks) sample(most int) (each uint64) {
	total := 0
	for i := range b.hashes {
		n := len(b.of(i))
		total += n * (n - 1) / 2
	}
	return uint64(max(1, (total+most-1)/most))
}

// pairs calls do once for every two records that share an active key, a before b, on all cores.
func (b *Blocks) pairs(do func(worker int, a, b int32)) {
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

// firstShared is the first of the hashes of blocks that two records share.
func (b *Blocks) firstShared(x, y int32) (hash uint64, any bool) {
	p, q := b.activeOf(x), b.activeOf(y)
	for i, j := 0, 0; i < len(p) && j < len(q); {
		switch {
		case p[i] < q[j]:
			i++
		case p[i] > q[j]:
			j++
		default:
			return p[i], true
		}
	}
	return 0, false
}

// first says whether a hash is the first of those that two records share.
func (b *Blocks) first(x, y int32, hash uint64) bool {
	least, any := b.firstShared(x, y)
	return any && least == hash
}

// shared lists the rules of the active keys that two records share, each once, as bits.
func (b *Blocks) shared(x, y int32) (rules uint64) {
	p, q := b.records[x].Features.Keys, b.records[y].Features.Keys
	for i, j := 0, 0; i < len(p) && j < len(q); {
		switch {
		case p[i].Hash < q[j].Hash:
			i++
		case p[i].Hash > q[j].Hash:
			j++
		default:
			if _, active := slices.BinarySearch(b.activeOf(x), p[i].Hash); active {
				rules |= 1 << p[i].Rule
			}
			i++
			j++
		}
	}
	return rules
}

// Together says of two of the records whether a key brings them together.
func (b *Blocks) Together(x, y int) bool {
	_, any := b.firstShared(int32(x), int32(y))
	return any
}

// EachCandidate calls do for every two records that share an active key, one after the other, with
// the rules of the keys that they share, as bits. It returns how many active keys each rule has,
// and the generic ones.
func (r *Rules) EachCandidate(records []Record, do func(a, b int, rules uint64)) (values []int, generic []GenericKey) {
	b := r.Block(records)
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
