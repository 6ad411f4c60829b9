package hub

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/golden"
)

// holds says whether the target's own report of a record comes to what is wanted there: then it
// needs no write. So a change that people make in the target goes to all others, and is not written
// back over what they may be entering next.
//
// Of a record that the hub wrote into, the report has to be of a time after the write: every value
// written has come back, and every one taken away is gone. And nothing but the golden record's
// values may have changed since: what else the payload depends on, the report does not show.
func (r *reconciler) holds(ctx context.Context, s *subject, w *write, before golden.DeliveryState) (bool, error) {
	at := slices.IndexFunc(s.sources, func(own golden.SourceRecord) bool { return own.Key == before.Record && !own.Deleted })
	if before.Record == "" || at < 0 {
		return false, nil
	}
	own, facts := s.sources[at], s.facts(before.RemoteID)
	if before.Route != "" {
		if before.SentHash == 0 || before.Circumstances == 0 || before.Circumstances != w.state.Circumstances ||
			slices.ContainsFunc(own.Written, golden.WrittenValue.Open) {
			return false, nil
		}
		facts.Version = before.SentVersion // a payload that states the version differs
	}
	out, err := r.payload(ctx, s, w.route, own.Doc, facts)
	var bad *recordError
	if errors.As(err, &bad) {
		return false, nil // what the target holds does not even map: it lacks something
	}
	return err == nil && !out.skip && payloadHash(out.bytes) == w.hash, err
}

// circumstances hashes what a payload depends on beside the golden record's values and version; 0
// where that cannot be told.
func (r *reconciler) circumstances(s *subject, p payload) uint64 {
	if p.looked || s.record == nil {
		return 0
	}
	return max(1, xxhash.Sum64String(strings.Join(append([]string{r.generation().fingerprint, s.id}, s.record.Sources...), "\x00")))
}
