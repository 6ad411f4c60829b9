package sqlstore

import (
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/golden"
)

// How one key finds customers.
const (
	byValue  = 'v'
	byRecord = 'r' // through the membership of a live source record: that needs no index of its own
)

var conditions = map[byte]string{
	byValue: "SELECT entity FROM lookup WHERE way = {text}",
	byRecord: `SELECT m.entity FROM source_record r JOIN member m ON m.record = r.no
		WHERE r.key = {text} AND r.deleted = {bool} AND m.entity <> 0`,
}

// keyConditions are the conditions of a search by keys, one byte each, with their arguments; ok is
// false where nothing can be stored under one of them.
func keyConditions(keys []golden.Lookup) (shapes string, args []any, ok bool) {
	var b strings.Builder
	for _, l := range keys {
		w, err := wayOf(l.Kind, l.Value)
		if err != nil {
			return "", nil, false
		}
		if l.Kind == golden.LookupRecord {
			b.WriteByte(byRecord)
			args = append(args, w.value, false)
		} else {
			b.WriteByte(byValue)
			args = append(args, w.text())
		}
	}
	return b.String(), args, true
}

var searches, hits sync.Map // the conditions of a search to *Statement

// searchStatement intersects the conditions. The hits are found first and on their own: by the
// order of IDs a planner would walk the whole store instead.
func searchStatement(shapes string) *Statement {
	return shaped(&searches, shapes, `WITH hit AS MATERIALIZED (`, `)
		SELECT `+entityFields+` FROM (SELECT h.no FROM hit JOIN entity h ON h.no = hit.entity
			WHERE h.state = 'live' AND h.id > {text} ORDER BY h.id LIMIT {int}) x
		JOIN entity e ON e.no = x.no ORDER BY e.id`)
}

// hitStatement only finds their numbers.
func hitStatement(shapes string) *Statement { return shaped(&hits, shapes, "", "") }

func shaped(known *sync.Map, shapes, before, after string) *Statement {
	if s, ok := known.Load(shapes); ok {
		return s.(*Statement)
	}
	var parts []string
	for i := range len(shapes) {
		parts = append(parts, conditions[shapes[i]])
	}
	s, _ := known.LoadOrStore(shapes, plain(before+strings.Join(parts, " INTERSECT ")+after))
	return s.(*Statement)
}
