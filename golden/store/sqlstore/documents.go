package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

const selectDocument = `SELECT d.no, d.entity, d.key, d.hash, d.version, d.ingest_topic, d.ingest_epoch,
	d.ingest_partition, d.ingest_offset, d.revision, d.deleted, d.at, d.parties, d.doc FROM document d `

const documentColumns = `no int, entity text, key text, hash int, version text, ingest_topic text,
	ingest_epoch int, ingest_partition int, ingest_offset int, revision int, deleted bool, at time,
	parties bytes, doc bytes`

var (
	documentsByKey  = plain(selectDocument + `WHERE d.key = {any text} AND d.entity = {text}`)
	insertDocuments = rows(documentColumns, `INSERT INTO document (no, entity, key, hash, version,
		ingest_topic, ingest_epoch, ingest_partition, ingest_offset, revision, deleted, at, parties, doc)
		SELECT * FROM v`)
	updateDocuments = rows(documentColumns, `UPDATE document SET hash = v.hash, version = v.version,
		ingest_topic = v.ingest_topic, ingest_epoch = v.ingest_epoch,
		ingest_partition = v.ingest_partition, ingest_offset = v.ingest_offset, revision = v.revision,
		deleted = v.deleted, at = v.at, parties = v.parties, doc = v.doc FROM v WHERE document.no = v.no`)
	insertParties = rows("kind int, value text, at time, document int",
		`INSERT INTO document_party (kind, value, at, document) SELECT kind, value, at, document FROM v`)
	deleteParties = rows("kind int, value text, at time, document int", `DELETE FROM document_party
		WHERE (kind, value, at, document) IN (SELECT kind, value, at, document FROM v)`)
)

// undated stands in the index for documents whose time is not known: older than any other.
var undated = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)

// document is a document with its number.
type document struct {
	no int64
	golden.Document
}

// DocumentsByKey implements golden.Results.
func (t *tx) DocumentsByKey(ctx context.Context, entity canonical.Entity, keys []string) ([]golden.Document, error) {
	held, err := t.documents(ctx, entity, keys)
	return column(held, func(d *document) golden.Document { return d.Document }), err
}

func (t *tx) documents(ctx context.Context, entity canonical.Entity, keys []string) ([]document, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read documents", documentsByKey, scanDocument, keys, string(entity))
}

// PutDocuments implements golden.Results.
func (t *tx) PutDocuments(ctx context.Context, documents []golden.Document) error {
	byEntity := map[canonical.Entity][]golden.Document{}
	for i := range documents {
		if err := checkDocument(&documents[i]); err != nil {
			return err
		}
		byEntity[documents[i].Entity] = append(byEntity[documents[i].Entity], documents[i])
	}
	for _, entity := range canonical.Entities {
		if err := t.putDocuments(ctx, entity, byEntity[entity]); err != nil {
			return fmt.Errorf("write documents: %w", err)
		}
	}
	return nil
}

func (t *tx) putDocuments(ctx context.Context, entity canonical.Entity, documents []golden.Document) error {
	if len(documents) == 0 {
		return nil
	}
	documents = lastBy(documents, func(d *golden.Document) string { return d.Key }, strings.Compare)
	held, err := t.documents(ctx, entity, column(documents, func(d *golden.Document) string { return d.Key }))
	if err != nil {
		return err
	}
	before := map[string]document{}
	for _, h := range held {
		before[h.Key] = h
	}
	all := make([]document, len(documents))
	var fresh []*document
	var update []document
	for i := range documents {
		all[i] = document{before[documents[i].Key].no, documents[i]}
		if all[i].no == 0 {
			fresh = append(fresh, &all[i])
		} else {
			update = append(update, all[i])
		}
	}
	if len(fresh) > 0 {
		if err := insertNumbered(ctx, t, DocumentNumbers, fresh,
			func(d *document) string { return d.Key }, func(d *document, no int64) { d.no = no },
			insertDocuments, documentRows); err != nil {
			return err
		}
	}
	if _, err := t.c.Exec(ctx, updateDocuments, documentRows(update)...); err != nil {
		return err
	}
	return t.indexParties(ctx, before, all)
}

// partyRow is one row of the index.
type partyRow struct {
	way
	at time.Time
	no int64
}

func compareParties(a, b partyRow) int {
	return cmp.Or(compareWays(a.way, b.way), a.at.Compare(b.at), cmp.Compare(a.no, b.no))
}

func (t *tx) indexParties(ctx context.Context, before map[string]document, after []document) error {
	var gone, come []partyRow
	for i := range after {
		old := before[after[i].Key]
		was, is := partiesOf(&old), partiesOf(&after[i])
		for _, p := range was {
			if !slices.Contains(is, p) {
				gone = append(gone, p)
			}
		}
		for _, p := range is {
			if !slices.Contains(was, p) {
				come = append(come, p)
			}
		}
	}
	if _, err := t.c.Exec(ctx, deleteParties, partyRows(gone)...); err != nil {
		return err
	}
	_, err := t.c.Exec(ctx, insertParties, partyRows(come)...)
	return err
}

// partiesOf are the index rows of a document, without repetition; a deleted one has none.
func partiesOf(d *document) []partyRow {
	if d.Deleted {
		return nil
	}
	at := micro(d.Time)
	if d.Time.IsZero() {
		at = undated
	}
	var out []partyRow
	for _, p := range d.Parties {
		out = append(out, partyRow{way{lookupCodes[p.Kind], p.Value}, at, d.no})
	}
	slices.SortFunc(out, compareParties)
	return slices.Compact(out)
}

func partyRows(index []partyRow) []any {
	slices.SortFunc(index, compareParties)
	return []any{
		column(index, func(p *partyRow) int64 { return p.kind }),
		column(index, func(p *partyRow) string { return p.value }),
		column(index, func(p *partyRow) time.Time { return p.at }),
		column(index, func(p *partyRow) int64 { return p.no }),
	}
}

func checkDocument(d *golden.Document) error {
	if !slices.Contains(canonical.Entities, d.Entity) {
		return fmt.Errorf("document %q is of entity %q, which is not known", d.Key, d.Entity)
	}
	for _, p := range d.Parties {
		if _, err := wayOf(p.Kind, p.Value); err != nil {
			return fmt.Errorf("party of document %q: %w", d.Key, err)
		}
	}
	return checkText("document key", d.Key)
}

func documentRows(documents []document) []any {
	type D = document
	return []any{
		column(documents, func(d *D) int64 { return d.no }),
		column(documents, func(d *D) string { return string(d.Entity) }),
		column(documents, func(d *D) string { return d.Key }),
		column(documents, func(d *D) int64 { return int64(d.Hash) }),
		column(documents, func(d *D) string { return packVersion(d.Version) }),
		column(documents, func(d *D) string { return prose(d.Ingest.Topic) }),
		column(documents, func(d *D) int64 { return int64(d.Ingest.Epoch) }),
		column(documents, func(d *D) int64 { return int64(d.Ingest.Partition) }),
		column(documents, func(d *D) int64 { return d.Ingest.Offset }),
		column(documents, func(d *D) int64 { return d.Revision }),
		column(documents, func(d *D) bool { return d.Deleted }),
		column(documents, func(d *D) time.Time { return d.Time }),
		column(documents, func(d *D) []byte { return encoded(d.Parties) }),
		column(documents, func(d *D) []byte { return d.Doc }),
	}
}

func scanDocument(scan Scan, d *document) error {
	var entity, version string
	var hash, epoch, partition int64
	var parties []byte
	if err := scan(&d.no, &entity, &d.Key, &hash, &version, &d.Ingest.Topic, &epoch, &partition,
		&d.Ingest.Offset, &d.Revision, &d.Deleted, &d.Time, &parties, &d.Doc); err != nil {
		return err
	}
	d.Entity, d.Hash, d.Version = canonical.Entity(entity), uint64(hash), unpackVersion(version)
	d.Ingest.Epoch, d.Ingest.Partition = int(epoch), int(partition)
	return decode(parties, &d.Parties, "parties of "+d.Key)
}
