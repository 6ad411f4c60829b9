package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	edgesOf = plain(`SELECT a, b, weight FROM edge WHERE a = {any int}
		UNION SELECT a, b, weight FROM edge WHERE b = {any int}`)
	deleteEdgesA = plain(`DELETE FROM edge WHERE a = {any int}`)
	deleteEdgesB = plain(`DELETE FROM edge WHERE b = {any int}`)
	putEdges     = rows("a int, b int, weight int", `INSERT INTO edge (a, b, weight)
		SELECT a, b, weight FROM v WHERE true ON CONFLICT (a, b) DO UPDATE SET weight = excluded.weight`)

	linksOf = plain(`SELECT remote, origin, target, at FROM link WHERE remote = {any text}
		UNION SELECT remote, origin, target, at FROM link WHERE origin = {any text}`)
	putLinks = rows("remote text, origin text, target text, at time",
		`INSERT INTO link (remote, origin, target, at) SELECT remote, origin, target, at FROM v WHERE true
		ON CONFLICT (remote) DO UPDATE SET origin = excluded.origin, target = excluded.target, at = excluded.at`)

	pastMembers = rows("r int, e int", `INSERT INTO member_past (record, until, entity, since, cause)
		SELECT m.record, {time}, m.entity, m.since, m.cause FROM v JOIN member m ON m.record = v.r
		WHERE m.entity <> v.e AND m.entity <> 0 ON CONFLICT (record, until, entity) DO NOTHING`)
	putMembers = rows("r int, e int", `INSERT INTO member (record, entity, last_entity, since, cause)
		SELECT r, e, e, {time}, {text} FROM v WHERE true
		ON CONFLICT (record) DO UPDATE SET entity = excluded.entity, since = excluded.since, cause = excluded.cause,
		last_entity = CASE WHEN excluded.entity <> 0 THEN excluded.entity ELSE member.last_entity END
		WHERE member.entity <> excluded.entity`)
	membersOf = plain(`SELECT record, entity FROM member WHERE entity = {any int} AND entity <> 0`)
	lastOf    = plain(`SELECT record, last_entity FROM member WHERE record = {any int} AND last_entity <> 0`)
)

// EdgesOf implements golden.Graph.
func (t *tx) EdgesOf(ctx context.Context, nos []golden.RecordNo) ([]golden.Edge, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	of := ints(unique(nos))
	return list(ctx, t.c, "read edges", edgesOf, func(scan Scan, e *golden.Edge) error {
		var a, b, weight int64
		err := scan(&a, &b, &weight)
		*e = golden.Edge{A: golden.RecordNo(a), B: golden.RecordNo(b), Weight: int32(weight)}
		return err
	}, of, of)
}

// PutEdges implements golden.Graph.
func (t *tx) PutEdges(ctx context.Context, of []golden.RecordNo, edges []golden.Edge) error {
	if nos := ints(unique(stored(t, "edge", RecordNumbers, of))); len(nos) > 0 {
		if err := t.c.Put(ctx, "remove edges", deleteEdgesA, nos); err != nil {
			return err
		}
		if err := t.c.Put(ctx, "remove edges", deleteEdgesB, nos); err != nil {
			return err
		}
	}
	type ends struct{ a, b golden.RecordNo }
	edges = lastBy(edges, func(e *golden.Edge) ends { return ends{min(e.A, e.B), max(e.A, e.B)} },
		func(x, y ends) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return t.c.Put(ctx, "write edges", putEdges,
		column(edges, func(e *golden.Edge) int64 { return int64(min(e.A, e.B)) }),
		column(edges, func(e *golden.Edge) int64 { return int64(max(e.A, e.B)) }),
		column(edges, func(e *golden.Edge) int64 { return int64(e.Weight) }))
}

// LinksOf implements golden.Graph.
func (t *tx) LinksOf(ctx context.Context, keys []string) ([]golden.Link, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read links", linksOf, func(scan Scan, l *golden.Link) error {
		return scan(&l.Remote, &l.Origin, &l.Target, &l.At)
	}, keys, keys)
}

// PutLinks implements golden.Graph.
func (t *tx) PutLinks(ctx context.Context, links []golden.Link) error {
	for _, l := range links {
		if err := checkText("link", l.Remote, l.Origin, l.Target); err != nil {
			return err
		}
	}
	type L = golden.Link
	links = lastBy(links, func(l *L) string { return l.Remote }, strings.Compare)
	return t.c.Put(ctx, "write links", putLinks,
		column(links, func(l *L) string { return l.Remote }),
		column(links, func(l *L) string { return l.Origin }),
		column(links, func(l *L) string { return l.Target }),
		column(links, func(l *L) time.Time { return l.At }))
}

// MembersOf implements golden.Graph.
func (t *tx) MembersOf(ctx context.Context, entities []golden.EntityNo) ([]golden.Member, error) {
	if len(entities) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read members", membersOf, scanMember, ints(unique(entities)))
}

// PutMembers implements golden.Graph.
func (t *tx) PutMembers(ctx context.Context, members []golden.Member, at time.Time, cause string) error {
	members = lastBy(members, func(m *golden.Member) golden.RecordNo { return m.Record }, cmp.Compare)
	columns := func(members []golden.Member) []any {
		return []any{
			column(members, func(m *golden.Member) int64 { return int64(m.Record) }),
			column(members, func(m *golden.Member) int64 { return int64(m.Entity) }),
		}
	}
	moved := stored(t, "member", RecordNumbers, column(members, func(m *golden.Member) golden.RecordNo { return m.Record }))
	if len(moved) > 0 {
		if err := t.c.Put(ctx, "keep past members", pastMembers, append(columns(among(members, moved)), at)...); err != nil {
			return err
		}
	}
	if err := t.c.Put(ctx, "write members", putMembers, append(columns(among(members, moved)), at, prose(cause))...); err != nil {
		return err
	}
	fresh := slices.DeleteFunc(members, func(m golden.Member) bool {
		_, held := slices.BinarySearch(moved, m.Record)
		return held
	})
	rows := columns(fresh)
	return t.c.Put(ctx, "write members", memberTable.Insert, rows[0], rows[1], rows[1],
		slices.Repeat([]time.Time{at}, len(fresh)), slices.Repeat([]string{prose(cause)}, len(fresh)))
}

// among returns the members of records, both sorted.
func among(members []golden.Member, records []golden.RecordNo) []golden.Member {
	out := make([]golden.Member, 0, len(records))
	for _, m := range members {
		if _, found := slices.BinarySearch(records, m.Record); found {
			out = append(out, m)
		}
	}
	return out
}

// LastEntityOf implements golden.Graph.
func (t *tx) LastEntityOf(ctx context.Context, nos []golden.RecordNo) ([]golden.Member, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read last entities", lastOf, scanMember, ints(unique(nos)))
}

func scanMember(scan Scan, m *golden.Member) error {
	var record, entity int64
	err := scan(&record, &entity)
	*m = golden.Member{Record: golden.RecordNo(record), Entity: golden.EntityNo(entity)}
	return err
}
