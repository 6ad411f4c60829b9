package sqlstore

import (
	"context"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

// keyCount is the live count of a key.
type keyCount struct {
	n    int64
	kept bool // in key_count
}

// blocks are the members of keys that a transaction has read. Counting a key of few members reads
// them, and who counts keys asks for their members next. They are remembered while the transaction
// holds the lease on settling, without which others may change them.
type blocks struct {
	settled bool
	members map[uint64][]golden.RecordNo // complete; none for a key without
	counted map[uint64]bool              // of those, the ones that are in key_count
}

// known puts the members that are remembered into found, those of keys without any left out. It
// returns the other keys.
func (b *blocks) known(keys []uint64, found map[uint64][]golden.RecordNo) (unknown []uint64) {
	if len(b.members) == 0 {
		return keys
	}
	for _, key := range keys {
		members, known := b.members[key]
		switch {
		case !known:
			unknown = append(unknown, key)
		case len(members) > 0:
			found[key] = slices.Clone(members)
		}
	}
	return unknown
}

// remember keeps the members found of keys.
func (b *blocks) remember(keys []uint64, found map[uint64][]golden.RecordNo) {
	if !b.settled {
		return
	}
	if b.members == nil {
		b.members = make(map[uint64][]golden.RecordNo, len(keys))
	}
	for _, key := range keys {
		b.members[key] = found[key]
	}
}

// change follows what is done to the index.
func (b *blocks) change(gone, come []keyPair) {
	for _, p := range gone {
		if members, known := b.members[p.key]; known {
			b.members[p.key] = slices.DeleteFunc(members, func(no golden.RecordNo) bool { return no == p.record })
		}
	}
	for _, p := range come {
		if members, known := b.members[p.key]; known {
			b.members[p.key] = append(members, p.record)
		}
	}
}

// keep notes that a key is in key_count now, or no more.
func (b *blocks) keep(key uint64, counted bool) {
	if b.counted == nil {
		b.counted = map[uint64]bool{}
	}
	b.counted[key] = counted
}

// countKeys counts the members of keys: by key_count where there are many, else by reading them.
func (t *tx) countKeys(ctx context.Context, keys []uint64) (map[uint64]keyCount, error) {
	counts := make(map[uint64]keyCount, len(keys))
	members := make(map[uint64][]golden.RecordNo, len(keys))
	keys = t.blocks.known(keys, members)
	if len(keys) > 0 {
		err := t.c.Query(ctx, keptCounts, func(scan Scan) error {
			var key, n int64
			err := scan(&key, &n)
			counts[uint64(key)] = keyCount{n: n, kept: true}
			return err
		}, sortedSigned(keys))
		if err != nil {
			return nil, err
		}
		few := slices.DeleteFunc(slices.Clone(keys), func(key uint64) bool { return counts[key].kept })
		if len(few) > 0 {
			if err := t.readMembers(ctx, members, keyMembers, sortedSigned(few)); err != nil {
				return nil, err
			}
			t.blocks.remember(few, members)
		}
	}
	for key, list := range members {
		counts[key] = keyCount{n: int64(len(list)), kept: t.blocks.counted[key]}
	}
	return counts, nil
}

// readMembers adds what a statement finds to members.
func (t *tx) readMembers(ctx context.Context, members map[uint64][]golden.RecordNo, s *Statement, args ...any) error {
	return t.c.Query(ctx, s, func(scan Scan) error {
		var key, no int64
		if err := scan(&key, &no); err != nil {
			return err
		}
		members[uint64(key)] = append(members[uint64(key)], golden.RecordNo(no))
		return nil
	}, args...)
}
