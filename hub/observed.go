package hub

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// observe holds a remote record's own report against what was observed after the last write, in
// the attributes that the route enforces. seen: this report is the first after the write, and
// becomes what is observed. changed: it differs from that, so the golden values are to be written
// again. Whatever comes back of that is observed in its turn: a target that will not take a value
// costs one write for each change there, not one for each report.
func (r *reconciler) observe(s *subject, route *targetRoute, state *golden.DeliveryState) (seen, changed bool) {
	if !route.On.Changed.Any() || state.Record == "" || state.Route == "" || state.SentHash == 0 {
		return false, false
	}
	at := slices.IndexFunc(s.sources, func(own golden.SourceRecord) bool { return own.Key == state.Record })
	if at < 0 || s.sources[at].Deleted {
		return false, false
	}
	own := &s.sources[at]
	now, ok := r.enforcedHash(route, own)
	switch {
	case !ok || now == state.ObservedHash:
		return false, false
	case state.ObservedHash != 0:
		return false, true
	case own.ReceivedAt.After(state.UpdatedAt) || !slices.ContainsFunc(own.Written, golden.WrittenValue.Awaited):
		state.ObservedHash = now
		return true, false
	}
	return false, false // of the state before the write
}

// enforcedHash hashes the attributes of a record that the route writes and enforces.
func (r *reconciler) enforcedHash(route *targetRoute, own *golden.SourceRecord) (hash uint64, ok bool) {
	var c canonical.Customer
	if err := c.UnmarshalJSON(own.Doc); err != nil {
		return 0, false // the resolver has read it; a newer program wrote it
	}
	values := r.generation().resolver.Ruleset().ValueHashes(&c)
	digest := xxhash.New()
	for _, attribute := range route.mapping.Reads() {
		if !route.On.Changed.Enforces(attribute) || slices.Contains(route.CreateOnly, attribute) {
			continue
		}
		_, _ = digest.WriteString(attribute)
		for _, v := range values[attribute] {
			_, _ = digest.Write(binary.BigEndian.AppendUint64(nil, v))
		}
	}
	return max(1, digest.Sum64()), true
}

// markReported marks, in the resolver's own transaction, the customers whose records a target
// reported with other content, where a route to that target enforces the golden values: the
// golden record may be as it was.
func (h *Hub) markReported(ctx context.Context, tx golden.Tx, records []golden.SourceRecord) error {
	return h.generation().markReported(ctx, tx, records)
}

func (f *Folder) markReported(ctx context.Context, tx golden.Tx, records []golden.SourceRecord) error {
	target := map[golden.EntityNo]string{}
	for _, rec := range records {
		if name := rec.System + "." + rec.Stream; f.enforces(name) {
			target[rec.Entity] = name
		}
	}
	if len(target) == 0 {
		return nil
	}
	nos := make([]golden.EntityNo, 0, len(target))
	for no := range target {
		nos = append(nos, no)
	}
	slices.Sort(nos)
	customers, err := tx.Entities(ctx, nos)
	if err != nil {
		return err
	}
	var marks []golden.Dirty
	for _, c := range customers {
		marks = append(marks, golden.Dirty{Target: target[c.No], Subject: c.ID, Entity: "customer", Since: time.Now()})
	}
	return tx.MarkDirty(ctx, marks)
}

// enforces says whether a route to the target holds its records to the golden values.
func (f *Folder) enforces(target string) bool {
	for _, t := range f.targetsOf(canonical.EntityCustomer) {
		if t.String() == target && slices.ContainsFunc(t.Routes, func(r targetRoute) bool { return r.On.Changed.Any() }) {
			return true
		}
	}
	return false
}
