package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	ownersOf = rows("way text", `SELECT v.way, e.no FROM v
		JOIN lookup l ON l.way = v.way JOIN entity e ON e.no = l.entity WHERE e.state = 'live'`)
	documentsNaming = rows("kind int, value text", `SELECT DISTINCT p.document FROM v
		JOIN document_party p ON p.kind = v.kind AND p.value = v.value`)
	// Deleted documents are not in the index of parties.
	deletedDocuments = plain(selectDocument + `WHERE d.deleted = {bool} AND d.entity = {any text}`)
	deleteDocuments  = rows("entity text, key text", `DELETE FROM document WHERE (key, entity) IN (SELECT key, entity FROM v)`)

	deleteDeliveries = rows("target text, remote text", `DELETE FROM delivery WHERE (target, remote_id) IN (SELECT target, remote FROM v)`)
	deleteDirty      = plain(`DELETE FROM dirty WHERE ` + amongTargets("dirty") + ` AND subject = {any text}`)

	memberships = plain(`SELECT record, entity, since, NULL FROM member WHERE record = {any int} UNION ALL
		SELECT record, entity, since, until FROM member_past WHERE record = {any int}`)
	changesWithin = plain(`SELECT c.no, 0, c.entity, e.id, c.version, c.type, c.at, c.body
		FROM change c JOIN entity e ON e.no = c.entity
		WHERE c.entity = {int} AND c.at >= {time} AND c.at <= {time} ORDER BY c.version, c.no`)
	rewriteChanges = rows("no int, body bytes", `UPDATE change SET body = v.body FROM v WHERE change.no = v.no`)

	deleteRecords = plain(`DELETE FROM source_record WHERE no = {any int}`)
	deleteMembers = []*Statement{
		plain(`DELETE FROM member WHERE record = {any int}`),
		plain(`DELETE FROM member_past WHERE record = {any int}`),
	}
	// A transaction has one cause for all moves in it: the key may stand with anybody's.
	forgetCauses = []*Statement{
		plain(`UPDATE member SET cause = '' WHERE cause = {any text}`),
		plain(`UPDATE member_past SET cause = '' WHERE cause = {any text}`),
	}
	deleteLinks = []*Statement{
		plain(`DELETE FROM link WHERE remote = {any text}`),
		plain(`DELETE FROM link WHERE origin = {any text}`),
	}
	tasksOf     = plain(`SELECT DISTINCT task FROM task_record WHERE record = {any text}`)
	deleteTasks = []*Statement{
		plain(`DELETE FROM task_record WHERE task = {any text}`),
		plain(`DELETE FROM task WHERE id = {any text}`),
	}
	// Those that were undone are not in the index by record.
	undoneDecisions = plain(selectDecision + `WHERE d.undone IS NOT NULL`)
	deleteDecisions = plain(`DELETE FROM decision WHERE id = {any text}`)

	deleteLettersAt = rows("system text, stream text, key text", `DELETE FROM dead_letter WHERE id IN (SELECT d.id FROM v
		JOIN dead_letter d ON d.stage = {any text} AND d.system = v.system AND d.stream = v.stream AND d.key = v.key)`)
	deleteLettersTo = plain(`DELETE FROM dead_letter WHERE stage = 'deliver' AND key = {any text}`)
	keylessLetters  = plain(`SELECT id, error, context, bytes FROM dead_letter WHERE stage = {any text} AND key = ''`)
	deleteLetters   = plain(`DELETE FROM dead_letter WHERE id = {any int}`)
)

// letterStages are those of which letters are named by records: the index of letters begins with them.
var letterStages = []string{"ingest", "translate", "resolve", "documents"}

// OwnersOf implements golden.Erasures.
func (t *tx) OwnersOf(ctx context.Context, ways []golden.Lookup) ([]golden.Lookup, error) {
	texts := column(storableWays(ways), func(w *way) string { return w.text() })
	return list(ctx, t.c, "read who else is found", ownersOf, func(scan Scan, l *golden.Lookup) error {
		var text string
		var entity int64
		if err := scan(&text, &entity); err != nil {
			return err
		}
		w := wayIn(text)
		l.Kind, l.Value, l.Entity = lookupKind(w.kind), w.value, golden.EntityNo(entity)
		return nil
	}, texts)
}

// storableWays leaves out what no store can hold.
func storableWays(ways []golden.Lookup) (out []way) {
	for _, l := range ways {
		if w, err := wayOf(l.Kind, l.Value); err == nil {
			out = append(out, w)
		}
	}
	return out
}

func lookupKind(code int64) golden.LookupKind {
	return lookupKinds[code]
}

// DocumentsNaming implements golden.Erasures.
func (t *tx) DocumentsNaming(ctx context.Context, ways []golden.Lookup) ([]golden.Document, error) {
	asked := storableWays(ways)
	nos, err := list(ctx, t.c, "look for documents", documentsNaming, func(scan Scan, no *int64) error { return scan(no) },
		column(asked, func(w *way) int64 { return w.kind }), column(asked, func(w *way) string { return w.value }))
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, t.c, "read documents", documentsByNo, scanDocument, unique(nos))
	if err != nil {
		return nil, err
	}
	named := map[golden.Lookup]bool{}
	for _, w := range ways {
		named[golden.Lookup{Kind: w.Kind, Value: w.Value}] = true
	}
	err = t.c.Query(ctx, deletedDocuments, func(scan Scan) error {
		var d document
		if err := scanDocument(scan, &d); err != nil {
			return err
		}
		if slices.ContainsFunc(d.Parties, func(p golden.DocumentParty) bool { return named[golden.Lookup{Kind: p.Kind, Value: p.Value}] }) {
			found = append(found, d)
		}
		return nil
	}, true, []string{"Interaction", "Order"})
	out := column(found, func(d *document) golden.Document { return d.Document })
	slices.SortFunc(out, func(a, b golden.Document) int {
		return cmp.Or(strings.Compare(string(a.Entity), string(b.Entity)), strings.Compare(a.Key, b.Key))
	})
	return out, doing("look for deleted documents", err)
}

// EraseDocuments implements golden.Erasures.
func (t *tx) EraseDocuments(ctx context.Context, documents []golden.Document) (int64, error) {
	if len(documents) == 0 {
		return 0, nil
	}
	for i := range documents { // takes them out of the index of parties
		documents[i].Deleted = true
	}
	if err := t.PutDocuments(ctx, documents); err != nil {
		return 0, err
	}
	type D = golden.Document
	n, err := t.c.Exec(ctx, deleteDocuments,
		column(documents, func(d *D) string { return string(d.Entity) }), column(documents, func(d *D) string { return d.Key }))
	return n, doing("erase documents", err)
}

// StatesOf implements golden.Erasures.
func (t *tx) StatesOf(ctx context.Context, subjects []string) (states []golden.DeliveryState, creates []golden.PendingCreate, err error) {
	if subjects = known(subjects); len(subjects) == 0 {
		return nil, nil, nil
	}
	q := golden.DeliveryQuery{Subjects: subjects}
	states, err = pick(ctx, t.c, "read deliveries", reconcilerRows("delivery", q), selectDelivery, `ORDER BY target, subject, remote_id`, 0, scanDelivery)
	if err != nil {
		return nil, nil, err
	}
	creates, err = pick(ctx, t.c, "read pending creates", reconcilerRows("pending_create", q), selectPending, `ORDER BY target, subject`, 0, scanPending)
	return states, creates, err
}

// EraseDeliveries implements golden.Erasures.
func (t *tx) EraseDeliveries(ctx context.Context, states []golden.DeliveryState) (int64, error) {
	type D = golden.DeliveryState
	n, err := t.c.Exec(ctx, deleteDeliveries,
		column(states, func(d *D) string { return d.Target }), column(states, func(d *D) string { return d.RemoteID }))
	return n, doing("erase deliveries", err)
}

// EraseWork implements golden.Erasures.
func (t *tx) EraseWork(ctx context.Context, subjects []string) error {
	if subjects = known(subjects); len(subjects) == 0 {
		return nil
	}
	return t.c.Put(ctx, "erase work", deleteDirty, subjects)
}

// MembershipsOf implements golden.Erasures.
func (t *tx) MembershipsOf(ctx context.Context, nos []golden.RecordNo) ([]golden.Membership, error) {
	of := ints(unique(nos))
	return list(ctx, t.c, "read memberships", memberships, func(scan Scan, m *golden.Membership) error {
		var record, entity int64
		err := scan(&record, &entity, &m.Since, &m.Until)
		m.Record, m.Entity = golden.RecordNo(record), golden.EntityNo(entity)
		return err
	}, of, of)
}

// ChangesWithin implements golden.Erasures.
func (t *tx) ChangesWithin(ctx context.Context, entity golden.EntityNo, since, until time.Time) ([]golden.Change, error) {
	if since.IsZero() {
		since = undated
	}
	return list(ctx, t.c, "read history", changesWithin, scanChange, int64(entity), since, until)
}

// RewriteChanges implements golden.Erasures.
func (t *tx) RewriteChanges(ctx context.Context, changes []golden.Change) error {
	type C = golden.Change
	return t.c.Put(ctx, "rewrite history", rewriteChanges,
		column(changes, func(c *C) int64 { return c.No }), column(changes, func(c *C) []byte { return bodyOf(c) }))
}

// EraseRecords implements golden.Erasures.
func (t *tx) EraseRecords(ctx context.Context, records []golden.SourceRecord, further []string) (map[string]int64, error) {
	type R = golden.SourceRecord
	nos := unique(column(records, func(r *R) int64 { return int64(r.No) }))
	keys := known(append(column(records, func(r *R) string { return r.Key }), further...))
	for i := range records {
		t.own.record(&records[i])
		t.own.pack(golden.RecordKeys{Record: records[i].No})
	}
	counts := map[string]int64{}
	run := func(what string, s *Statement, args ...any) error {
		n, err := t.c.Exec(ctx, s, args...)
		counts[what] += n
		return doing("erase "+what, err)
	}
	steps := []func() error{
		func() error { return run("block keys", deletePacked, nos) },
		func() error { return run("edges", deleteEdgesA, nos) },
		func() error { return run("edges", deleteEdgesB, nos) },
		func() error { return run("written values", deleteWritten, keys) },
		func() error { return run("links", deleteLinks[0], keys) },
		func() error { return run("links", deleteLinks[1], keys) },
		func() error { return run("memberships", deleteMembers[0], nos) },
		func() error { return run("memberships", deleteMembers[1], nos) },
		func() error { return run("causes", forgetCauses[0], keys) },
		func() error { return run("causes", forgetCauses[1], keys) },
		func() error { return run("records", deleteRecords, nos) },
		func() (err error) { counts["tasks"], err = t.eraseTasks(ctx, keys); return err },
		func() (err error) { counts["decisions"], err = t.eraseDecisions(ctx, keys); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

func (t *tx) eraseTasks(ctx context.Context, keys []string) (int64, error) {
	ids, err := list(ctx, t.c, "read tasks", tasksOf, func(scan Scan, id *string) error { return scan(id) }, keys)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, s := range deleteTasks {
		if err := t.c.Put(ctx, "erase tasks", s, unique(ids)); err != nil {
			return 0, err
		}
	}
	return int64(len(unique(ids))), nil
}

// eraseDecisions takes the keys out of decisions, and the text of those that go on without them. One
// without records on a side is no decision any more.
func (t *tx) eraseDecisions(ctx context.Context, keys []string) (int64, error) {
	found, err := t.DecisionsOf(ctx, keys)
	if err != nil {
		return 0, err
	}
	undone, err := list(ctx, t.c, "read decisions", undoneDecisions, scanDecision)
	if err != nil {
		return 0, err
	}
	named := func(key string) bool { _, found := slices.BinarySearch(keys, key); return found }
	var gone []string
	var left []golden.Decision
	for _, d := range append(found, undone...) {
		if !slices.ContainsFunc(d.Left, named) && !slices.ContainsFunc(d.Right, named) {
			continue
		}
		d.Left, d.Right = slices.DeleteFunc(d.Left, named), slices.DeleteFunc(d.Right, named)
		d.Reason, d.UndoneReason = "", ""
		if len(d.Left) > 0 && len(d.Right) > 0 { // of a pinned value nothing stays
			left = append(left, d)
		} else {
			gone = append(gone, d.ID)
		}
	}
	if len(gone) > 0 {
		gone = unique(gone)
		if err := t.c.Put(ctx, "erase decisions", deleteDecisionRecords, gone); err != nil {
			return 0, err
		}
		if err := t.c.Put(ctx, "erase decisions", deleteDecisions, gone); err != nil {
			return 0, err
		}
	}
	return int64(len(gone) + len(left)), t.PutDecisions(ctx, left)
}

// EraseDeadLetters implements golden.Erasures.
func (t *tx) EraseDeadLetters(ctx context.Context, places []golden.LetterPlace, subjects, texts []string) (int64, error) {
	type P = golden.LetterPlace
	n, err := t.c.Exec(ctx, deleteLettersAt, column(places, func(p *P) string { return p.System }),
		column(places, func(p *P) string { return p.Stream }), column(places, func(p *P) string { return p.Key }), letterStages)
	if err != nil {
		return 0, doing("erase dead letters", err)
	}
	to, err := t.c.Exec(ctx, deleteLettersTo, known(subjects))
	if err != nil {
		return 0, doing("erase dead letters", err)
	}
	var ids []int64
	err = t.c.Query(ctx, keylessLetters, func(scan Scan) error {
		var id int64
		var message string
		var around, body []byte
		if err := scan(&id, &message, &around, &body); err != nil {
			return err
		}
		all := bytes.ToLower(slices.Concat([]byte(message), around, body))
		if slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(all, []byte(strings.ToLower(text))) }) {
			ids = append(ids, id)
		}
		return nil
	}, letterStages)
	if err != nil || len(ids) == 0 {
		return n + to, doing("look through dead letters", err)
	}
	more, err := t.c.Exec(ctx, deleteLetters, unique(ids))
	return n + to + more, doing("erase dead letters", err)
}

// EraseLetters implements golden.Erasures.
func (t *tx) EraseLetters(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return t.c.Put(ctx, "erase dead letters", deleteLetters, unique(ids))
}
