package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

// A key of up to packedMost members keeps them packed in its row of key_block; that of more only
// counts them, and they stand in record_key, a row each, until they are unpackedLeast or fewer.
const (
	packedMost    = 128
	unpackedLeast = 64
)

var (
	readBlocks = plain(`SELECT key, n, members FROM key_block WHERE key = {any int}`)
	readOthers = readBlocks.others("key_block")
	setBlocks  = rows("k int, n int, members bytes", `UPDATE key_block SET n = v.n, members = v.members FROM v WHERE key_block.key = v.k`)
	stopBlocks = plain(`DELETE FROM key_block WHERE key = {any int}`)

	deleteKeys = rows("k int, r int", `DELETE FROM record_key
		WHERE (key, record) IN (SELECT k, r FROM v)`)
	keyMembers    = plain(`SELECT key, record FROM record_key WHERE key = {any int}`)
	keyMembersCut = rows("k int", `SELECT r.key, r.record FROM v JOIN record_key r ON r.key = v.k
		AND r.record <= coalesce((SELECT q.record FROM record_key q WHERE q.key = v.k
			ORDER BY q.record LIMIT 1 OFFSET {int}), 9223372036854775807)`)
)

// block is the records of a key.
type block struct {
	n       int64
	members []golden.RecordNo // ascending; nil of a large one
	large   bool              // its members stand in record_key
}

// blocks are those that a transaction has read; who counts keys asks for their members next. They are
// remembered while the transaction holds the lease on settling, without which others may change them.
type blocks struct {
	settled bool
	early   bool             // some were written before
	known   map[uint64]block // n is 0 of a key that nobody has
}

// blocksOf reads the blocks of keys: of those that nobody has, n is 0.
func (t *tx) blocksOf(ctx context.Context, keys []uint64) (map[uint64]block, error) {
	blocks, statement := map[uint64]block(nil), readBlocks
	if t.blocks.settled {
		if t.blocks.known == nil {
			t.blocks.known = make(map[uint64]block, len(keys))
		}
		blocks = t.blocks.known
		if !t.blocks.early {
			statement = readOthers // what is written is known
		}
	} else {
		blocks = make(map[uint64]block, len(keys))
	}
	var unknown []int64
	for _, key := range keys {
		if _, known := blocks[key]; !known {
			unknown = append(unknown, int64(key))
			blocks[key] = block{}
		}
	}
	if len(unknown) == 0 {
		return blocks, nil
	}
	slices.Sort(unknown)
	err := t.c.Query(ctx, statement, func(scan Scan) error {
		var key int64
		var b block
		var members []byte
		if err := scan(&key, &b.n, &members); err != nil {
			return err
		}
		b.members, b.large = unpackNumbers[golden.RecordNo](members), members == nil
		blocks[uint64(key)] = b
		return nil
	}, unknown)
	return blocks, err
}

// KeyCounts implements golden.Records.
func (t *tx) KeyCounts(ctx context.Context, keys []uint64) (map[uint64]int64, error) {
	blocks, err := t.blocksOf(ctx, keys)
	if err != nil {
		return nil, doing("count block keys", err)
	}
	counts := make(map[uint64]int64, len(keys))
	for _, key := range keys {
		if n := blocks[key].n; n > 0 {
			counts[key] = n
		}
	}
	return counts, nil
}

// KeyMembers implements golden.Records.
func (t *tx) KeyMembers(ctx context.Context, keys []uint64, limit int) (map[uint64][]golden.RecordNo, error) {
	blocks, err := t.blocksOf(ctx, keys)
	if err != nil {
		return nil, doing("read blocks", err)
	}
	members := make(map[uint64][]golden.RecordNo, len(keys))
	var large []uint64
	for _, key := range keys {
		switch b := blocks[key]; {
		case b.n == 0:
		case b.large:
			large = append(large, key)
		case limit > 0 && len(b.members) > limit:
			members[key] = slices.Clone(b.members[:limit])
		default:
			members[key] = slices.Clone(b.members)
		}
	}
	return members, doing("read members of block keys", t.readMembers(ctx, members, large, limit))
}

// readMembers adds the members of large blocks, of each up to a limit; 0 is none.
func (t *tx) readMembers(ctx context.Context, members map[uint64][]golden.RecordNo, large []uint64, limit int) error {
	if len(large) == 0 {
		return nil
	}
	statement, args := keyMembers, []any{sortedSigned(large)}
	if limit > 0 {
		statement, args = keyMembersCut, append(args, int64(limit-1))
	}
	return t.c.Query(ctx, statement, func(scan Scan) error {
		var key, no int64
		if err := scan(&key, &no); err != nil {
			return err
		}
		members[uint64(key)] = append(members[uint64(key)], golden.RecordNo(no))
		return nil
	}, args...)
}

// indexKeys takes records out of blocks and puts records in. It returns the counts of all keys touched.
func (t *tx) indexKeys(ctx context.Context, gone, come []keyPair) (map[uint64]int64, error) {
	slices.SortFunc(gone, compareSigned)
	slices.SortFunc(come, compareSigned)
	touched := make([]uint64, 0, len(gone)+len(come))
	for _, pairs := range [][]keyPair{gone, come} {
		for _, p := range pairs {
			touched = append(touched, p.key)
		}
	}
	slices.SortFunc(touched, func(a, b uint64) int { return cmp.Compare(int64(a), int64(b)) })
	touched = slices.Compact(touched)
	blocks, err := t.blocksOf(ctx, touched)
	if err != nil {
		return nil, err
	}
	t.blocks.early = t.blocks.early || !t.blocks.settled && len(touched) > 0
	w := blockWrites{room: make([]golden.RecordNo, 0, len(come))}
	counts := make(map[uint64]int64, len(touched))
	for _, key := range touched {
		var m moves
		m.gone, gone = leading(gone, key)
		m.come, come = leading(come, key)
		after := w.move(key, blocks[key], m)
		blocks[key] = after
		counts[key] = after.n
	}
	return counts, t.writeBlocks(ctx, &w)
}

// moves are the records that leave a block and those that join it, ascending.
type moves struct{ gone, come []keyPair }

// leading divides sorted pairs into those of a key, with which they begin, and the others.
func leading(pairs []keyPair, key uint64) (of, others []keyPair) {
	n := 0
	for n < len(pairs) && pairs[n].key == key {
		n++
	}
	return pairs[:n], pairs[n:]
}

// blockWrites are what becomes of blocks.
type blockWrites struct {
	put, drop  []keyPair      // members of large blocks
	start, set []keyed[block] // new blocks, and those that were there
	stop       []uint64       // blocks without a record
	shrunk     []keyed[block] // large ones that are packed again: their members have to be read

	room []golden.RecordNo // for the members of new blocks
}

type keyed[V any] struct {
	key uint64
	of  V
}

// move notes what has to be written of one block, and returns it as it is afterwards.
func (w *blockWrites) move(key uint64, before block, m moves) block {
	after := block{n: before.n + int64(len(m.come)-len(m.gone)), large: before.large}
	if !before.large {
		after.members = w.joined(before.members, m)
	}
	switch {
	case after.large:
		w.drop, w.put = append(w.drop, m.gone...), append(w.put, m.come...)
	case after.n > packedMost:
		w.pairs(key, &w.put, after.members)
		after.members, after.large = nil, true
	}
	switch {
	case after.n == 0:
		w.stop = append(w.stop, key)
	case after.large && after.n <= unpackedLeast:
		w.shrunk = append(w.shrunk, keyed[block]{key, after})
	case before.n == 0:
		w.start = append(w.start, keyed[block]{key, after})
	default:
		w.set = append(w.set, keyed[block]{key, after})
	}
	return after
}

func (w *blockWrites) pairs(key uint64, to *[]keyPair, records []golden.RecordNo) {
	for _, no := range records {
		*to = append(*to, keyPair{key, no})
	}
}

// joined are members after some have left and others have come, in order.
func (w *blockWrites) joined(members []golden.RecordNo, m moves) []golden.RecordNo {
	if len(members) == 0 && len(m.come) <= cap(w.room)-len(w.room) {
		from := len(w.room)
		for _, p := range m.come {
			w.room = append(w.room, p.record)
		}
		return w.room[from:len(w.room):len(w.room)]
	}
	after := make([]golden.RecordNo, 0, len(members)+len(m.come))
	for _, no := range members {
		if !slices.ContainsFunc(m.gone, func(p keyPair) bool { return p.record == no }) {
			after = append(after, no)
		}
	}
	for _, p := range m.come {
		after = append(after, p.record)
	}
	slices.Sort(after)
	return after
}

// writeBlocks writes what has become of blocks.
func (t *tx) writeBlocks(ctx context.Context, w *blockWrites) error {
	if err := t.c.Put(ctx, "remove block keys", deleteKeys, pairRows(w.drop)...); err != nil {
		return err
	}
	if err := t.c.Put(ctx, "index block keys", recordKeyTable.Insert, pairRows(w.put)...); err != nil {
		return err
	}
	if err := t.pack(ctx, w); err != nil {
		return err
	}
	if len(w.stop) > 0 {
		if err := t.c.Put(ctx, "remove blocks", stopBlocks, sortedSigned(w.stop)); err != nil {
			return err
		}
	}
	if err := t.c.Put(ctx, "write blocks", setBlocks, blockRows(w.set)...); err != nil {
		return err
	}
	return t.c.Put(ctx, "write blocks", keyBlockTable.Insert, blockRows(w.start)...)
}

// pack takes the members of large blocks that are not large any more into their rows.
func (t *tx) pack(ctx context.Context, w *blockWrites) error {
	if len(w.shrunk) == 0 {
		return nil
	}
	keys := make([]uint64, len(w.shrunk))
	for i, b := range w.shrunk {
		keys[i] = b.key
	}
	members := make(map[uint64][]golden.RecordNo, len(keys))
	if err := t.readMembers(ctx, members, keys, 0); err != nil {
		return err
	}
	var drop []keyPair
	for _, b := range w.shrunk {
		slices.Sort(members[b.key])
		b.of.members, b.of.large = members[b.key], false
		w.set = append(w.set, b)
		w.pairs(b.key, &drop, b.of.members)
		if t.blocks.settled {
			t.blocks.known[b.key] = b.of
		}
	}
	return t.c.Put(ctx, "pack blocks", deleteKeys, pairRows(drop)...)
}

// blockRows are blocks in the order of the table.
func blockRows(all []keyed[block]) []any {
	slices.SortFunc(all, func(a, b keyed[block]) int { return cmp.Compare(int64(a.key), int64(b.key)) })
	return []any{
		column(all, func(b *keyed[block]) int64 { return int64(b.key) }),
		column(all, func(b *keyed[block]) int64 { return b.of.n }),
		column(all, func(b *keyed[block]) []byte { return b.of.packed() }),
	}
}

// packed is how the row of a block keeps its members: nil where they stand in record_key.
func (b *block) packed() []byte {
	if b.large {
		return nil
	}
	return packNumbers(b.members)
}

// pairRows are the pairs in the order of the index.
func pairRows(pairs []keyPair) []any {
	slices.SortFunc(pairs, compareSigned)
	return []any{
		column(pairs, func(p *keyPair) int64 { return int64(p.key) }),
		column(pairs, func(p *keyPair) int64 { return int64(p.record) }),
	}
}

// compareSigned gives the order of the index, where keys are signed.
func compareSigned(a, b keyPair) int {
	return cmp.Or(cmp.Compare(int64(a.key), int64(b.key)), cmp.Compare(a.record, b.record))
}

// sortedSigned are keys as the tables hold and order them.
func sortedSigned(keys []uint64) []int64 { return unique(ints(keys)) }
