package sqlstore

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const (
	selectDelivery = `SELECT target, remote_id, subject, route, record, remote_version, sent_hash, sent_version,
	observed_hash, status, attempts, error, updated_at, origin, again, circumstances FROM delivery `
	selectPending = `SELECT target, subject, route, key, payload_hash, arrived, version, status, attempts, error, started_at, written
	FROM pending_create `
)

var (
	// By its own guess SQLite takes a list for long and reads all deliveries of the target.
	deliveriesOf        = plain(selectDelivery + `{by delivery_subject} WHERE target = {text} AND subject = {any text}`)
	deliveriesOfRecords = plain(selectDelivery + `WHERE record = {any text} AND record <> ''`)
	deliveriesOfOrigins = plain(selectDelivery + `{by delivery_origin} WHERE target = {text} AND origin = {any text} AND origin <> ''`)
	deliveriesByID      = plain(selectDelivery + `WHERE target = {text} AND remote_id = {any text}`)
	putDeliveries       = rows(`target text, remote_id text, subject text, route text, record text, remote_version text,
		sent_hash int, sent_version int, observed_hash int, status text, attempts int, error text, updated_at time,
		origin text, again int, circumstances int`,
		`INSERT INTO delivery (target, remote_id, subject, route, record, remote_version, sent_hash, sent_version,
		observed_hash, status, attempts, error, updated_at, origin, again, circumstances) SELECT * FROM v WHERE true
		ON CONFLICT (target, remote_id) DO UPDATE SET subject = excluded.subject, route = excluded.route,
		record = excluded.record, remote_version = excluded.remote_version, sent_hash = excluded.sent_hash,
		sent_version = excluded.sent_version, observed_hash = excluded.observed_hash, status = excluded.status,
		attempts = excluded.attempts, error = excluded.error, updated_at = excluded.updated_at,
		origin = excluded.origin, again = excluded.again, circumstances = excluded.circumstances`)

	pendingCreates    = plain(selectPending + `WHERE target = {text} AND subject = {any text}`)
	putPendingCreates = rows(`target text, subject text, route text, key text, payload_hash int, arrived int, version int,
		status text, attempts int, error text, started_at time, written bytes`,
		`INSERT INTO pending_create (target, subject, route, key, payload_hash, arrived, version, status, attempts, error, started_at, written)
		SELECT * FROM v WHERE true ON CONFLICT (target, subject) DO UPDATE SET route = excluded.route,
		key = excluded.key, payload_hash = excluded.payload_hash, arrived = excluded.arrived, version = excluded.version,
		status = excluded.status, attempts = excluded.attempts, error = excluded.error, started_at = excluded.started_at,
		written = excluded.written`)
	deletePendingCreates = plain(`DELETE FROM pending_create WHERE target = {text} AND subject = {any text}`)
)

// DeliveriesOf implements golden.Deliveries.
func (t *tx) DeliveriesOf(ctx context.Context, target string, subjects []string) ([]golden.DeliveryState, error) {
	subjects = known(subjects)
	if len(subjects) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read deliveries", deliveriesOf, scanDelivery, target, subjects)
}

// DeliveriesOfRecords implements golden.Deliveries.
func (t *tx) DeliveriesOfRecords(ctx context.Context, records []string) ([]golden.DeliveryState, error) {
	records = known(records)
	if len(records) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read deliveries", deliveriesOfRecords, scanDelivery, records)
}

// DeliveriesOfOrigins implements golden.Deliveries.
func (t *tx) DeliveriesOfOrigins(ctx context.Context, target string, origins []string) ([]golden.DeliveryState, error) {
	origins = known(origins)
	if len(origins) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read deliveries", deliveriesOfOrigins, scanDelivery, target, origins)
}

// DeliveriesByID implements golden.Deliveries.
func (t *tx) DeliveriesByID(ctx context.Context, target string, remoteIDs []string) ([]golden.DeliveryState, error) {
	remoteIDs = known(remoteIDs)
	if len(remoteIDs) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read deliveries", deliveriesByID, scanDelivery, target, remoteIDs)
}

// PutDeliveries implements golden.Deliveries.
func (t *tx) PutDeliveries(ctx context.Context, states []golden.DeliveryState) error {
	type D = golden.DeliveryState
	for i := range states {
		s := &states[i]
		if err := checkText("delivery", s.Target, s.RemoteID, s.Subject, s.Route, s.Record, s.Origin); err != nil {
			return err
		}
	}
	type key struct{ target, remote string }
	states = lastBy(states, func(s *D) key { return key{s.Target, s.RemoteID} },
		func(a, b key) int {
			return cmp.Or(strings.Compare(a.target, b.target), strings.Compare(a.remote, b.remote))
		})
	return t.c.Put(ctx, "write deliveries", putDeliveries,
		column(states, func(s *D) string { return s.Target }),
		column(states, func(s *D) string { return s.RemoteID }),
		column(states, func(s *D) string { return s.Subject }),
		column(states, func(s *D) string { return s.Route }),
		column(states, func(s *D) string { return s.Record }),
		column(states, func(s *D) string { return prose(s.RemoteVersion) }),
		column(states, func(s *D) int64 { return int64(s.SentHash) }),
		column(states, func(s *D) int64 { return s.SentVersion }),
		column(states, func(s *D) int64 { return int64(s.ObservedHash) }),
		column(states, func(s *D) string { return string(s.Status) }),
		column(states, func(s *D) int64 { return int64(s.Attempts) }),
		column(states, func(s *D) string { return prose(s.Error) }),
		column(states, func(s *D) time.Time { return s.UpdatedAt }),
		column(states, func(s *D) string { return s.Origin }),
		column(states, func(s *D) int64 { return s.Again }),
		column(states, func(s *D) int64 { return int64(s.Circumstances) }))
}

// PendingCreates implements golden.Deliveries.
func (t *tx) PendingCreates(ctx context.Context, target string, subjects []string) ([]golden.PendingCreate, error) {
	subjects = known(subjects)
	if len(subjects) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read pending creates", pendingCreates, scanPending, target, subjects)
}

// PutPendingCreates implements golden.Deliveries.
func (t *tx) PutPendingCreates(ctx context.Context, creates []golden.PendingCreate) error {
	type P = golden.PendingCreate
	for i := range creates {
		p := &creates[i]
		if err := checkText("pending create", p.Target, p.Subject, p.Route, p.Key); err != nil {
			return err
		}
	}
	type key struct{ target, subject string }
	creates = lastBy(creates, func(p *P) key { return key{p.Target, p.Subject} },
		func(a, b key) int {
			return cmp.Or(strings.Compare(a.target, b.target), strings.Compare(a.subject, b.subject))
		})
	return t.c.Put(ctx, "write pending creates", putPendingCreates,
		column(creates, func(p *P) string { return p.Target }),
		column(creates, func(p *P) string { return p.Subject }),
		column(creates, func(p *P) string { return p.Route }),
		column(creates, func(p *P) string { return p.Key }),
		column(creates, func(p *P) int64 { return int64(p.PayloadHash) }),
		column(creates, func(p *P) int64 { return int64(p.Arrived) }),
		column(creates, func(p *P) int64 { return p.Version }),
		column(creates, func(p *P) string { return string(p.Status) }),
		column(creates, func(p *P) int64 { return int64(p.Attempts) }),
		column(creates, func(p *P) string { return prose(p.Error) }),
		column(creates, func(p *P) time.Time { return p.StartedAt }),
		column(creates, func(p *P) []byte { return encoded(p.Written) }))
}

// DeletePendingCreates implements golden.Deliveries.
func (t *tx) DeletePendingCreates(ctx context.Context, target string, subjects []string) error {
	subjects = known(subjects)
	if len(subjects) == 0 {
		return nil
	}
	return t.c.Put(ctx, "delete pending creates", deletePendingCreates, target, subjects)
}

// ListDeliveries implements golden.Reader.
func (s *Store) ListDeliveries(ctx context.Context, q golden.DeliveryQuery) (states []golden.DeliveryState, err error) {
	remote := q.AfterRemoteID
	if remote == "" {
		remote = "\U0010FFFF" // past all of the subject
	}
	err = s.backend.Read(ctx, func(c Conn) error {
		w := reconcilerRows("delivery", q)
		w.equal("status", string(q.Status))
		w.after("target, subject, remote_id", q.AfterTarget, q.AfterSubject, remote)
		states, err = pick(ctx, c, "read deliveries", w, selectDelivery, `ORDER BY target, subject, remote_id`, q.Limit, scanDelivery)
		return err
	})
	return states, err
}

// ListPendingCreates implements golden.Reader.
func (s *Store) ListPendingCreates(ctx context.Context, q golden.DeliveryQuery) (creates []golden.PendingCreate, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		w := reconcilerRows("pending_create", q)
		w.equal("status", string(q.Status))
		w.after("target, subject", q.AfterTarget, q.AfterSubject)
		creates, err = pick(ctx, c, "read pending creates", w, selectPending, `ORDER BY target, subject`, q.Limit, scanPending)
		return err
	})
	return creates, err
}

func scanDelivery(scan Scan, s *golden.DeliveryState) error {
	var sent, observed, circumstances, attempts int64
	var status string
	err := scan(&s.Target, &s.RemoteID, &s.Subject, &s.Route, &s.Record, &s.RemoteVersion, &sent, &s.SentVersion,
		&observed, &status, &attempts, &s.Error, &s.UpdatedAt, &s.Origin, &s.Again, &circumstances)
	s.SentHash, s.ObservedHash, s.Circumstances = uint64(sent), uint64(observed), uint64(circumstances)
	s.Status, s.Attempts = golden.DeliveryStatus(status), int(attempts)
	return err
}

func scanPending(scan Scan, p *golden.PendingCreate) error {
	var payload, arrived, attempts int64
	var status string
	var written []byte
	err := scan(&p.Target, &p.Subject, &p.Route, &p.Key, &payload, &arrived, &p.Version, &status, &attempts, &p.Error, &p.StartedAt, &written)
	if err != nil {
		return err
	}
	p.PayloadHash, p.Arrived = uint64(payload), uint64(arrived)
	p.Status, p.Attempts = golden.DeliveryStatus(status), int(attempts)
	return decode(written, &p.Written, "values of a create of "+p.Subject)
}
