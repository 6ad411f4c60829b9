package sqlstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

const recordFields = `SELECT r.no, r.key, r.stream, r.hash, r.version, r.ingest_topic, r.ingest_epoch,
	r.ingest_partition, r.ingest_offset, r.revision, r.deleted, r.business_time, r.received_at, r.doc,
	coalesce(m.entity, 0), w.items `

const selectRecord = recordFields + `FROM source_record r
	LEFT JOIN member m ON m.record = r.no
	LEFT JOIN written w ON w.key = r.key `

const recordColumns = `no int, key text, stream text, hash int, version text, ingest_topic text,
	ingest_epoch int, ingest_partition int, ingest_offset int, revision int, deleted bool,
	business_time time, received_at time, doc bytes`

var (
	recordsByKey = plain(selectRecord + `WHERE r.key = {any text}`)
	recordsByNo  = plain(selectRecord + `WHERE r.no = {any int}`)
	othersByKey  = recordsByKey.others("source_record")
	othersByNo   = recordsByNo.others("source_record")

	updateRecords = rows(recordColumns, `UPDATE source_record SET hash = v.hash, version = v.version,
		ingest_topic = v.ingest_topic, ingest_epoch = v.ingest_epoch,
		ingest_partition = v.ingest_partition, ingest_offset = v.ingest_offset,
		revision = v.revision, deleted = v.deleted, business_time = v.business_time,
		received_at = v.received_at, doc = v.doc
		FROM v WHERE source_record.no = v.no AND source_record.key = v.key`)

	putWritten = rows("k text, items bytes", `INSERT INTO written (key, items)
		SELECT k, items FROM v WHERE true ON CONFLICT (key) DO UPDATE SET items = excluded.items`)
	writtenOf     = plain(`SELECT key, items FROM written WHERE key = {any text}`)
	deleteWritten = plain(`DELETE FROM written WHERE key = {any text}`)
)

// Settle implements golden.Records.
func (t *tx) Settle(ctx context.Context) error {
	err := t.c.Settle(ctx)
	t.blocks.settled = err == nil
	return doing("take the lease on settling", err)
}

// RecordsByKey implements golden.Records.
func (t *tx) RecordsByKey(ctx context.Context, keys []string) ([]golden.SourceRecord, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read source records", rowsBy(t.own.keys, keys, recordsByKey, othersByKey), scanRecord, keys)
}

// RecordsByNo implements golden.Records.
func (t *tx) RecordsByNo(ctx context.Context, nos []golden.RecordNo) ([]golden.SourceRecord, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read source records", rowsBy(t.own.numbers, nos, recordsByNo, othersByNo), scanRecord, ints(unique(nos)))
}

// PutRecords implements golden.Records.
func (t *tx) PutRecords(ctx context.Context, records []golden.SourceRecord) error {
	written := map[string][]golden.WrittenValue{}
	for i := range records {
		if err := checkRecord(&records[i]); err != nil {
			return err
		}
		if records[i].Written != nil {
			written[records[i].Key] = records[i].Written
		}
	}
	if err := t.numberRecords(ctx, records); err != nil {
		return err
	}
	for i := range records {
		t.own.record(&records[i])
	}
	return t.PutWritten(ctx, written)
}

// numberRecords writes records, those without a number as new ones in order of their keys.
func (t *tx) numberRecords(ctx context.Context, records []golden.SourceRecord) error {
	var fresh []*golden.SourceRecord
	var held []golden.SourceRecord
	for i := range records {
		if records[i].No == 0 {
			fresh = append(fresh, &records[i])
		} else {
			held = append(held, records[i])
		}
	}
	if len(fresh) > 0 {
		if err := insertNumbered(ctx, t, RecordNumbers, fresh,
			func(r *golden.SourceRecord) string { return r.Key },
			func(r *golden.SourceRecord, no int64) { r.No = golden.RecordNo(no) },
			recordTable.Insert, recordRows); err != nil {
			return fmt.Errorf("insert source records: %w", err)
		}
	}
	held = lastBy(held, func(r *golden.SourceRecord) string { return r.Key }, strings.Compare)
	return t.c.PutAll(ctx, "update source records by number and key", updateRecords, len(held), recordRows(held)...)
}

// PutWritten implements golden.Deliveries.
func (t *tx) PutWritten(ctx context.Context, written map[string][]golden.WrittenValue) error {
	var none, keys []string
	for key := range written {
		if err := checkText("record key", key); err != nil {
			return err
		}
		keys = append(keys, key)
	}
	keys = unique(keys)
	var put []string
	var items [][]byte
	for _, key := range keys {
		if len(written[key]) == 0 {
			none = append(none, key)
			continue
		}
		put = append(put, key)
		items = append(items, encoded(written[key]))
	}
	if len(none) > 0 {
		if err := t.c.Put(ctx, "clear written values", deleteWritten, none); err != nil {
			return err
		}
	}
	return t.c.Put(ctx, "write written values", putWritten, put, items)
}

// WrittenOf implements golden.Deliveries.
func (t *tx) WrittenOf(ctx context.Context, keys []string) (map[string][]golden.WrittenValue, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return nil, nil
	}
	type row struct {
		key   string
		items []golden.WrittenValue
	}
	found, err := list(ctx, t.c, "read written values", writtenOf, func(scan Scan, r *row) error {
		var items []byte
		if err := scan(&r.key, &items); err != nil {
			return err
		}
		return decode(items, &r.items, "written values of "+r.key)
	}, keys)
	written := make(map[string][]golden.WrittenValue, len(found))
	for _, r := range found {
		written[r.key] = r.items
	}
	return written, err
}

func checkRecord(r *golden.SourceRecord) error {
	if err := checkText("record key", r.Key); err != nil {
		return err
	}
	if want := r.System + "/" + r.Stream + "/" + r.ID; r.Key != want {
		return fmt.Errorf("record key %q is not its system, stream and ID %q", r.Key, want)
	}
	return nil
}

func recordRows(records []golden.SourceRecord) []any {
	type R = golden.SourceRecord
	return []any{
		column(records, func(r *R) int64 { return int64(r.No) }),
		column(records, func(r *R) string { return r.Key }),
		column(records, func(r *R) string { return r.System + "/" + r.Stream }),
		column(records, func(r *R) int64 { return int64(r.Hash) }),
		column(records, func(r *R) string { return packVersion(r.Version) }),
		column(records, func(r *R) string { return prose(r.Ingest.Topic) }),
		column(records, func(r *R) int64 { return int64(r.Ingest.Epoch) }),
		column(records, func(r *R) int64 { return int64(r.Ingest.Partition) }),
		column(records, func(r *R) int64 { return r.Ingest.Offset }),
		column(records, func(r *R) int64 { return r.Revision }),
		column(records, func(r *R) bool { return r.Deleted }),
		column(records, func(r *R) time.Time { return r.BusinessTime }),
		column(records, func(r *R) time.Time { return r.ReceivedAt }),
		column(records, func(r *R) []byte { return r.Doc }),
	}
}

func scanRecord(scan Scan, r *golden.SourceRecord) error {
	var stream, version string
	var no, hash, epoch, partition, entity int64
	var written []byte
	if err := scan(&no, &r.Key, &stream, &hash, &version, &r.Ingest.Topic, &epoch, &partition,
		&r.Ingest.Offset, &r.Revision, &r.Deleted, &r.BusinessTime, &r.ReceivedAt, &r.Doc, &entity, &written); err != nil {
		return err
	}
	r.No, r.Hash, r.Entity = golden.RecordNo(no), uint64(hash), golden.EntityNo(entity)
	r.Ingest.Epoch, r.Ingest.Partition = int(epoch), int(partition)
	r.System, r.Stream, _ = strings.Cut(stream, "/")
	r.ID = strings.TrimPrefix(r.Key, stream+"/")
	r.Version = unpackVersion(version)
	return decode(written, &r.Written, "written values of "+r.Key)
}

// packVersion writes a version as "i" and a number or "t" and a time as given; "" for none.
func packVersion(v *canonical.Version) string {
	switch {
	case v == nil:
		return ""
	case v.Integer != nil:
		return "i" + strconv.FormatInt(*v.Integer, 10)
	default:
		return "t" + prose(v.Time)
	}
}

func unpackVersion(s string) *canonical.Version {
	if s == "" {
		return nil
	}
	if s[0] == 't' {
		return &canonical.Version{Time: s[1:]}
	}
	n, err := strconv.ParseInt(s[1:], 10, 64)
	if err != nil { // packVersion wrote it
		panic(err)
	}
	return &canonical.Version{Integer: &n}
}
