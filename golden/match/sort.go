package match

import "math/bits"

// sortedKeys lists the keys of records for which want holds, by hash, then record, on all cores. They
// are dealt by the first bits of the hash into parts that fit a processor's cache, and those sorted.
func sortedKeys(records []Record, want func(k *Key) bool) []entry {
	parts := 256
	for parts < 1<<14 && len(records)/parts > 128 {
		parts *= 2
	}
	shift := 64 - bits.Len(uint(parts-1))
	shares := workers() * 4
	of := func(share int) []Record { return records[len(records)*share/shares : len(records)*(share+1)/shares] }
	at := make([][]int, shares) // by share and part: how many entries, and then where they go
	parallel(shares, 1, func(_, share int) {
		at[share] = make([]int, parts)
		each(of(share), want, func(_ int, k *Key) { at[share][k.Hash>>shift]++ })
	})
	starts := make([]int, parts+1)
	n := 0
	for part := range parts {
		starts[part] = n
		for share := range shares {
			n, at[share][part] = n+at[share][part], n
		}
	}
	starts[parts] = n
	entries := make([]entry, n)
	parallel(shares, 1, func(_, share int) {
		first := len(records) * share / shares
		each(of(share), want, func(i int, k *Key) {
			part := k.Hash >> shift
			entries[at[share][part]] = entry{k.Hash, int32(first + i), uint8(k.Rule)}
			at[share][part]++
		})
	})
	rooms := make([][]entry, workers())
	parallel(parts, 8, func(worker, part int) {
		rooms[worker] = sortPart(entries[starts[part]:starts[part+1]], shift-8, rooms[worker])
	})
	return entries
}

func each(records []Record, want func(k *Key) bool, do func(i int, k *Key)) {
	for i := range records {
		keys := records[i].Features.Keys
		for j := range keys {
			if want(&keys[j]) {
				do(i, &keys[j])
			}
		}
	}
}

// sortPart sorts entries by hash and leaves those of one hash in their order: by eight bits from shift
// up, and then one by one. It gives back the room that it works in.
func sortPart(entries []entry, shift int, room []entry) []entry {
	if len(room) < len(entries) {
		room = make([]entry, len(entries))
	}
	var at [256 + 1]int
	for i := range entries {
		at[entries[i].hash>>shift&255+1]++
	}
	for i := range 256 {
		at[i+1] += at[i]
	}
	for _, e := range entries {
		bucket := e.hash >> shift & 255
		room[at[bucket]] = e
		at[bucket]++
	}
	for i := range entries { // nearly sorted: only within its bucket does an entry move
		e, j := room[i], i
		for ; j > 0 && entries[j-1].hash > e.hash; j-- {
			entries[j] = entries[j-1]
		}
		entries[j] = e
	}
	return room
}
