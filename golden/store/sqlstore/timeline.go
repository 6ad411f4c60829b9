package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

var (
	timeline = rows("kind int, value text", `SELECT DISTINCT p.at, d.key, d.no
		FROM v JOIN document_party p ON p.kind = v.kind AND p.value = v.value
		JOIN document d ON d.no = p.document
		WHERE (p.at < {time} OR p.at = {time} AND d.key > {text}) AND d.entity = {any text}
		ORDER BY p.at DESC, d.key LIMIT {int}`)
	documentsByNo = plain(selectDocument + `WHERE d.no = {any int}`)
	documentKeys  = plain(`SELECT d.key FROM document d WHERE d.entity = {text} AND d.deleted = {bool} AND d.key > {text} ORDER BY d.key LIMIT {int}`)
	documentByKey = plain(selectDocument + `WHERE d.key = {text} AND d.entity = {text}`)
)

// moment is a document's place in a timeline: newest first, then by key.
type moment struct {
	at  time.Time
	key string
	no  int64
}

func compareMoments(a, b moment) int {
	return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.key, b.key), cmp.Compare(a.no, b.no))
}

// Timeline implements golden.Reader.
func (s *Store) Timeline(ctx context.Context, entity golden.EntityNo, q golden.TimelineQuery) (documents []golden.Document, err error) {
	if !storable(q.After) {
		return nil, nil
	}
	err = s.backend.View(ctx, func(c Conn) error {
		ways, err := readLookups(ctx, c, []golden.EntityNo{entity})
		if err != nil {
			return err
		}
		moments, err := momentsOf(ctx, c, pointing(ways[entity]), q)
		if err != nil || len(moments) == 0 {
			return err
		}
		found, err := list(ctx, c, "read timeline", documentsByNo, scanDocument,
			column(moments, func(m *moment) int64 { return m.no }))
		byNo := make(map[int64]golden.Document, len(found))
		for _, d := range found {
			byNo[d.no] = d.Document
		}
		documents = column(moments, func(m *moment) golden.Document { return byNo[m.no] })
		return err
	})
	return documents, err
}

// momentsOf finds the page of q. A statement over many ways may come in parts, each cut to a page.
func momentsOf(ctx context.Context, c Conn, ways []way, q golden.TimelineQuery) ([]moment, error) {
	before, after := q.Before, q.After
	switch {
	case before.IsZero() && after == "":
		before = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	case before.IsZero():
		before = undated
	case after == "":
		after = "\U0010FFFF" // nothing at before itself
	}
	entities := q.Entities
	if len(entities) == 0 {
		entities = canonical.Entities
	}
	moments, err := list(ctx, c, "read timeline", timeline, func(scan Scan, m *moment) error {
		return scan(&m.at, &m.key, &m.no)
	},
		column(ways, func(w *way) int64 { return w.kind }), column(ways, func(w *way) string { return w.value }),
		before, before, after, texts(entities), limit(q.Limit))
	slices.SortFunc(moments, compareMoments)
	moments = slices.Compact(moments)
	if q.Limit > 0 && len(moments) > q.Limit {
		moments = moments[:q.Limit]
	}
	return moments, err
}

// DocumentKeys implements golden.Reader.
func (s *Store) DocumentKeys(ctx context.Context, entity canonical.Entity, after string, most int) (keys []string, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		keys, err = list(ctx, c, "read the keys of documents", documentKeys,
			func(scan Scan, key *string) error { return scan(key) }, string(entity), false, after, limit(most))
		return err
	})
	return keys, err
}

// Document implements golden.Reader.
func (s *Store) Document(ctx context.Context, entity canonical.Entity, key string) (doc golden.Document, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		found, err := list(ctx, c, "read document", documentByKey, scanDocument, key, string(entity))
		if err == nil && (len(found) == 0) {
			return fmt.Errorf("%s %q: %w", entity, key, golden.ErrNotFound)
		}
		if err == nil {
			doc = found[0].Document
		}
		return err
	})
	return doc, err
}
