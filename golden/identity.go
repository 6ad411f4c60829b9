package golden

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// identities decides which golden ID each cluster goes by.
//
// Every ID belongs to the cluster that holds most of the records that the ID held last: an ID in
// use its members, one that was merged those that it had before. A cluster that wins several goes
// by one of them, and the others forward to it; one that wins none gets a new ID.
type identities struct {
	entities map[EntityNo]*GoldenRecord // known entities, as they stood before
	votes    map[EntityNo]map[int]int   // records of the entity's last ones, by cluster
	total    map[int]int                // of votes, by cluster
	won      map[int][]EntityNo         // by cluster
}

func (s *settling) identify(ctx context.Context, clusters []*cluster) (*identities, error) {
	d := &identities{entities: map[EntityNo]*GoldenRecord{}, votes: map[EntityNo]map[int]int{}, total: map[int]int{}, won: map[int][]EntityNo{}}
	clusterOf := map[string]int{}
	var nos []EntityNo
	for i, c := range clusters {
		for _, rec := range c.records {
			clusterOf[rec.Key] = i
			nos = append(nos, rec.Entity)
		}
	}
	for _, rec := range s.dirty {
		nos = append(nos, rec.Entity)
	}
	if err := d.load(ctx, s.tx, nos); err != nil {
		return nil, err
	}
	for i, c := range clusters {
		for _, rec := range c.records {
			e := d.entities[rec.Entity]
			if e == nil || rec.revived && e.State == Live {
				continue // a live customer does not hold the tombstone that it still lists
			}
			d.vote(e.No, i)
		}
	}
	if err := d.revive(ctx, s.tx, clusterOf); err != nil {
		return nil, err
	}
	for _, no := range slices.Sorted(maps.Keys(d.votes)) {
		winner := d.winner(no, clusters)
		d.won[winner] = append(d.won[winner], no)
	}
	return d, nil
}

func (d *identities) vote(no EntityNo, cluster int) {
	if d.votes[no] == nil {
		d.votes[no] = map[int]int{}
	}
	d.votes[no][cluster]++
	d.total[cluster]++
}

func (d *identities) load(ctx context.Context, tx Tx, nos []EntityNo) error {
	slices.Sort(nos)
	nos = slices.DeleteFunc(slices.Compact(nos), func(no EntityNo) bool { return no == 0 })
	if len(nos) == 0 {
		return nil
	}
	found, err := tx.Entities(ctx, nos)
	if err != nil {
		return err
	}
	for i := range found {
		d.entities[found[i].No] = &found[i]
	}
	return nil
}

// revive lets the IDs that were merged into one which falls apart now stand for election with the
// records that they held last.
func (d *identities) revive(ctx context.Context, tx Tx, clusterOf map[string]int) error {
	var split []EntityNo
	for no, votes := range d.votes {
		if len(votes) > 1 {
			split = append(split, no)
		}
	}
	for len(split) > 0 {
		slices.Sort(split)
		merged, err := tx.MergedInto(ctx, split)
		if err != nil {
			return err
		}
		split = nil
		for i := range merged {
			e := &merged[i]
			if d.entities[e.No] != nil {
				continue
			}
			d.entities[e.No] = e
			split = append(split, e.No)
			for _, key := range e.Sources {
				if c, here := clusterOf[key]; here {
					d.vote(e.No, c)
				}
			}
		}
	}
	return nil
}

// winner is the cluster with most of the entity's records; among equals the one that holds fewer
// records of other entities, so that undoing a merge gives both their IDs back; then the first.
func (d *identities) winner(no EntityNo, clusters []*cluster) int {
	others := func(cluster int) int { return d.total[cluster] - d.votes[no][cluster] }
	best := -1
	for _, c := range slices.Sorted(maps.Keys(d.votes[no])) {
		if best < 0 || cmp.Or(cmp.Compare(d.votes[no][best], d.votes[no][c]), cmp.Compare(others(c), others(best)),
			cmp.Compare(clusters[c].records[0].Key, clusters[best].records[0].Key)) < 0 {
			best = c
		}
	}
	return best
}

// primary is the ID that a cluster goes by: one in use before others, then that with most of the
// cluster's records, then the oldest. 0 where the cluster won none.
func (d *identities) primary(cluster int) EntityNo {
	var best EntityNo
	for _, no := range d.won[cluster] {
		if best == 0 || cmp.Or(cmp.Compare(d.inUse(no), d.inUse(best)), cmp.Compare(d.votes[no][cluster], d.votes[best][cluster]), cmp.Compare(best, no)) > 0 {
			best = no
		}
	}
	return best
}

func (d *identities) inUse(no EntityNo) int {
	if e := d.entities[no]; e != nil && e.State == Live {
		return 1
	}
	return 0
}
