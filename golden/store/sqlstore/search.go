package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/golden"
)

var errNumbers = errors.New("several words with digits, and none without")

// Search implements golden.Reader.
func (s *Store) Search(ctx context.Context, q golden.Search) (hits []golden.Hit, err error) {
	asked := newQuestion(q)
	if !asked.searchable() {
		return nil, nil
	}
	f := finder{store: s, q: asked, after: q.After, limit: int(limit(q.Limit))}
	err = s.backend.Read(ctx, func(c Conn) error {
		f.c = c
		hits, err = f.find(ctx, q.Lookups)
		return doing("search", err)
	})
	return hits, err
}

// finder is one search.
type finder struct {
	store *Store
	c     Conn
	q     *question
	after *golden.Place
	limit int
	hits  []golden.Hit

	// As measured: the spans of each word, their sizes, and how many customers there are.
	spans     [][]span
	sizes     map[span]int64
	customers int64
}

func (f *finder) find(ctx context.Context, keys []golden.Lookup) ([]golden.Hit, error) {
	if len(keys) > 0 || len(f.q.words) == 0 {
		return f.amongKeys(ctx, keys)
	}
	if err := f.measure(ctx); err != nil {
		return nil, err
	}
	last := len(f.q.words) - 1
	// A customer's words stand with names and places only, not with phone numbers.
	mixed := !f.q.names && f.q.words[last].number && last > 0
	lead := f.lead()
	switch {
	case mixed && lead < 0:
		return nil, errNumbers
	case last > 0 && (mixed || f.total(lead) <= f.scanned()):
		return f.gather(ctx, lead)
	}
	return f.scan(ctx)
}

// lead is the word with the fewest rows that have all words of the customer; -1 where there is none.
func (f *finder) lead() int {
	lead := -1
	for i, w := range f.q.words {
		if (f.q.names || !w.number) && (lead < 0 || f.total(i) < f.total(lead)) {
			lead = i
		}
	}
	return lead
}

// numberShare is about the part of all customers whom a word with digits in it leaves.
const numberShare = 1000

// scanned guesses how many rows of the last word have to be read in the order of the hits for a page
// of them: the rarer the other words, the more.
func (f *finder) scanned() int64 {
	last := len(f.q.words) - 1
	rows := float64(min(f.limit, 500))
	for i := range last {
		if f.q.names || !f.q.words[i].number {
			rows *= float64(f.customers) / float64(max(f.total(i), 1))
		} else {
			rows *= numberShare
		}
	}
	return int64(min(rows, float64(f.total(last)))) * int64(f.tiers())
}

func (f *finder) tiers() int {
	for i := range f.q.words {
		if f.q.soft(i) {
			return 2
		}
	}
	return 1
}

// placed is a customer with its place among the hits.
type placed struct {
	golden.Place
	words string
}

func comparePlaces(a, b golden.Place) int {
	return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Entity, b.Entity))
}

// page places customers, and reads those that are to be shown.
func (f *finder) page(ctx context.Context, found map[golden.EntityNo]string) ([]golden.Hit, error) {
	var all []golden.Place
	for entity, words := range found {
		var p golden.Place
		ok := true
		if len(f.q.words) > 0 {
			p, ok = f.q.place(words)
		}
		p.Entity = entity
		if ok && (f.after == nil || comparePlaces(p, *f.after) > 0) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, comparePlaces)
	for len(all) > 0 && len(f.hits) < f.limit {
		n := min(len(all), f.limit-len(f.hits))
		if err := f.read(ctx, all[:n]); err != nil {
			return nil, err
		}
		all = all[n:]
	}
	return f.hits, nil
}

const shownFields = `e.no, e.id, e.state, e.version, e.updated_at, e.sources, e.doc`

var shownByNo = plain(`SELECT ` + shownFields + ` FROM entity e WHERE e.no = {any int}`)

// read adds the live customers at places to the hits.
func (f *finder) read(ctx context.Context, places []golden.Place) error {
	records, err := list(ctx, f.c, "read customers", shownByNo, scanShown,
		column(places, func(p *golden.Place) int64 { return int64(p.Entity) }))
	if err != nil {
		return err
	}
	byNo := make(map[golden.EntityNo]*golden.GoldenRecord, len(records))
	for i := range records {
		byNo[records[i].No] = &records[i]
	}
	for _, p := range places {
		if r := byNo[p.Entity]; r != nil && r.State == golden.Live {
			f.hits = append(f.hits, golden.Hit{GoldenRecord: *r, Place: p})
		}
	}
	return nil
}

func scanShown(scan Scan, r *golden.GoldenRecord) error {
	var no int64
	var state string
	var sources []byte
	if err := scan(&no, &r.ID, &state, &r.Version, &r.UpdatedAt, &sources, &r.Doc); err != nil {
		return err
	}
	r.No, r.State = golden.EntityNo(no), golden.EntityState(state)
	return decode(sources, &r.Sources, "sources of "+r.ID)
}

// amongKeys looks at everybody who has all the keys: they are few.
func (f *finder) amongKeys(ctx context.Context, keys []golden.Lookup) ([]golden.Hit, error) {
	shapes, args, ok := keyConditions(keys)
	if !ok || len(keys) == 0 {
		return nil, nil
	}
	nos, err := list(ctx, f.c, "find customers", hitStatement(shapes),
		func(scan Scan, no *golden.EntityNo) error { return scan((*int64)(no)) }, args...)
	if err != nil || len(nos) == 0 {
		return nil, err
	}
	ways, err := readLookups(ctx, f.c, nos)
	if err != nil {
		return nil, err
	}
	found := make(map[golden.EntityNo]string, len(ways))
	for no, own := range ways {
		found[no], _ = wordsOf(own)
	}
	return f.page(ctx, found)
}

// gather reads all rows of one word and keeps those that have the others.
func (f *finder) gather(ctx context.Context, word int) ([]golden.Hit, error) {
	filters := f.q.filters(1, word)
	found := map[golden.EntityNo]string{}
	for _, at := range f.spans[word] {
		if f.sizes[at] == 0 || at.class > ofPlace {
			continue
		}
		args := append([]any{at.low(), at.high()}, texted(filters)...)
		err := f.c.Query(ctx, filtered(gatherText, "", filters), func(scan Scan) error {
			var entity int64
			var words string
			err := scan(&entity, &words)
			found[golden.EntityNo(entity)] = words
			return err
		}, args...)
		if err != nil {
			return nil, err
		}
	}
	return f.page(ctx, found)
}

const (
	gatherText = `SELECT l.entity, l.words FROM lookup l WHERE l.way >= {text} AND l.way <= {text}`
	scanText   = `SELECT x.way, x.entity, x.words, ` + shownFields + ` FROM (SELECT l.way, l.entity, l.words FROM lookup l
		WHERE l.way <= {text} AND (l.way, l.entity) > ({text}, {int})`
	scanEnd = ` ORDER BY l.way, l.entity LIMIT {int}) x
		JOIN entity e ON e.no = x.entity ORDER BY x.way, x.entity`
)

var filteredTexts sync.Map // text to *Statement: as many as there are numbers of words and parts

// filtered is a statement with a condition for each filter: one of its parts stands in the words.
func filtered(begin, end string, filters [][]string) *Statement {
	var b strings.Builder
	b.WriteString(begin)
	for _, parts := range filters {
		b.WriteString(" AND (")
		for i := range parts {
			if i > 0 {
				b.WriteString(" OR ")
			}
			b.WriteString("{position}(l.words, {text}) > 0")
		}
		b.WriteString(")")
	}
	b.WriteString(end)
	text := b.String()
	s, ok := filteredTexts.Load(text)
	if !ok {
		s, _ = filteredTexts.LoadOrStore(text, plain(text))
	}
	return s.(*Statement)
}

func texted(filters [][]string) []any {
	var args []any
	for _, parts := range filters {
		for _, part := range parts {
			args = append(args, part)
		}
	}
	return args
}

// scan reads the rows of the last word in the order of the hits.
func (f *finder) scan(ctx context.Context) ([]golden.Hit, error) {
	for tier := range f.tiers() {
		for _, at := range f.spans[len(f.spans)-1] {
			if f.sizes[at] == 0 || f.behind(tier, at) {
				continue
			}
			if err := f.stretch(ctx, tier, at); err != nil || len(f.hits) >= f.limit {
				return f.hits, err
			}
		}
	}
	return f.hits, nil
}

// behind tells whether everybody in the span has been seen before.
func (f *finder) behind(tier int, s span) bool {
	return f.after != nil && (tier < f.after.Tier || tier == f.after.Tier && int(s.class) < f.after.Class)
}

// stretch reads one span until there are hits enough. Who stands at several rows is shown at the
// first.
func (f *finder) stretch(ctx context.Context, tier int, s span) error {
	value, entity := s.from, int64(-1)
	if a := f.after; a != nil && a.Tier == tier && a.Class == int(s.class) && a.Value >= s.from {
		value, entity = a.Value, int64(a.Entity)
	}
	filters := f.q.filters(tier, len(f.q.words)-1)
	statement := filtered(scanText, scanEnd, filters)
	for {
		want := int64(f.limit - len(f.hits))
		args := append([]any{s.high(), way{s.kind, value}.text(), entity}, texted(filters)...)
		var n int64
		var records []golden.GoldenRecord
		var places []placed
		err := f.c.Query(ctx, statement, func(scan Scan) error {
			n++
			var p placed
			var r golden.GoldenRecord
			err := scanRow(scan, &p, &r)
			value, entity = p.Value, int64(p.Entity)
			p.Tier, p.Class = tier, int(s.class)
			records, places = append(records, r), append(places, p)
			return err
		}, append(args, want)...)
		if err != nil {
			return err
		}
		if s.class == ofPhone {
			if err := f.phoneWords(ctx, places); err != nil {
				return err
			}
		}
		for i, p := range places {
			first, ok := f.q.place(p.words)
			first.Entity = p.Entity
			if ok && first == p.Place && records[i].State == golden.Live {
				f.hits = append(f.hits, golden.Hit{GoldenRecord: records[i], Place: p.Place})
			}
		}
		if n < want || len(f.hits) >= f.limit {
			return nil
		}
	}
}

// scanRow reads a row of the index with its customer. Its value is behind the letter of the kind.
func scanRow(scan Scan, p *placed, r *golden.GoldenRecord) error {
	var entity int64
	err := scanShown(func(dest ...any) error {
		return scan(append([]any{&p.Value, &entity, &p.words}, dest...)...)
	}, r)
	if err != nil {
		return err
	}
	p.Value, p.Entity = wayIn(p.Value).value, golden.EntityNo(entity)
	return nil
}

// phoneWords reads the words of customers that were found by a phone number.
func (f *finder) phoneWords(ctx context.Context, places []placed) error {
	ways, err := readLookups(ctx, f.c, column(places, func(p *placed) golden.EntityNo { return p.Entity }))
	for i := range places {
		places[i].words, _ = wordsOf(ways[places[i].Entity])
	}
	return err
}
