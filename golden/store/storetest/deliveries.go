package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

func (s *suite) mark(marks ...golden.Dirty) {
	s.Helper()
	s.tx(func(tx golden.Tx) error { return tx.MarkDirty(s.ctx, marks) })
}

func (s *suite) claim(target, owner string, limit int, ttl time.Duration) []golden.Dirty {
	s.Helper()
	got, err := s.store.ClaimDirty(s.ctx, target, owner, limit, ttl)
	s.must(err)
	return got
}

func (s *suite) settle(done, retry []golden.Dirty) {
	s.Helper()
	s.tx(func(tx golden.Tx) error { return tx.SettleDirty(s.ctx, done, retry) })
}

func dirty(subject string) golden.Dirty {
	return golden.Dirty{Target: "webshop.customers", Subject: subject, Entity: "customer", Since: at(1), Correlation: "x", Trace: "t x"}
}

const shop = "webshop.customers"

func subjects(rows []golden.Dirty) []string {
	out := []string{}
	for _, d := range rows {
		out = append(out, d.Subject)
	}
	return out
}

func testDirty(s *suite) {
	s.mark(dirty("G1"), dirty("G2"), golden.Dirty{Target: "erp.customers", Subject: "G1", Entity: "customer"})
	got := s.claim(shop, "w1", 10, time.Minute)
	s.equal("claimed", subjects(got), []string{"G1", "G2"})
	want := dirty("G1")
	want.Mark, want.Owner = got[0].Mark, "w1"
	s.equal("row", got[0], want)
	s.equal("claimed already", s.claim(shop, "w2", 10, time.Minute), []golden.Dirty{})

	// Done, and put off with an error.
	failed := got[1]
	failed.Attempt, failed.Error, failed.NotSent = 3, "HTTP 503 \x00", time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	s.settle(got[:1], []golden.Dirty{failed})
	rows, err := s.store.ListDirty(s.ctx, golden.DeliveryQuery{Target: shop})
	s.must(err)
	failed.Owner, failed.Error = "", "HTTP 503 \uFFFD"
	s.equal("left", rows, []golden.Dirty{failed})
	s.equal("not due", s.claim(shop, "w2", 10, time.Minute), []golden.Dirty{})
	next, err := s.store.NextDirty(s.ctx, shop)
	s.must(err)
	s.equal("next", next, failed.NotSent)

	// A new mark counts by the earlier of the two times, and keeps the attempts.
	later := dirty("G2")
	later.NotSent = failed.NotSent.Add(time.Hour)
	s.mark(later)
	if next, err = s.store.NextDirty(s.ctx, shop); err != nil || !next.Equal(failed.NotSent) {
		s.Errorf("next after a later mark: %v, %v, want %v", next, err, failed.NotSent)
	}
	s.mark(dirty("G2"))
	again := s.claim(shop, "w2", 10, time.Minute)
	s.equal("due by a new mark", subjects(again), []string{"G2"})
	s.equal("attempts", again[0].Attempt, 3)
	s.settle(again, nil)
	if next, err = s.store.NextDirty(s.ctx, shop); err != nil || !next.IsZero() {
		s.Errorf("next of a clean target: %v, %v", next, err)
	}
}

// testForgiven forgets failed attempts, but not those of a row that somebody works on.
func testForgiven(s *suite) {
	s.mark(dirty("G1"), dirty("G2"))
	got := s.claim(shop, "w1", 10, time.Minute)
	for i := range got {
		got[i].Attempt, got[i].Error, got[i].NotSent = 7, "HTTP 503", time.Now().Add(time.Hour)
	}
	s.settle(nil, got)
	late := dirty("G2") // due at once, and claimed again
	s.mark(late)
	s.equal("claimed", subjects(s.claim(shop, "w2", 1, time.Minute)), []string{"G2"})
	s.tx(func(tx golden.Tx) error { return tx.ForgiveDirty(s.ctx, shop, []string{"G1", "G2", "none"}) })
	s.mark(dirty("G1"))
	rows, err := s.store.ListDirty(s.ctx, golden.DeliveryQuery{Subjects: []string{"G1", "G2"}})
	s.must(err)
	s.equal("attempts of G1, forgiven", rows[0].Attempt, 0)
	s.equal("attempts of G2, claimed", rows[1].Attempt, 7)
	s.equal("tried at once", subjects(s.claim(shop, "w3", 10, time.Minute)), []string{"G1"})
	for part, want := range map[string][]string{"http 5": {"G1", "G2"}, "%": {}, "503_": {}} {
		rows, err := s.store.ListDirty(s.ctx, golden.DeliveryQuery{Error: part})
		s.must(err)
		s.equal("rows whose error contains "+part, subjects(rows), want)
	}
	rows, err = s.store.ListDirty(s.ctx, golden.DeliveryQuery{Subjects: []string{}})
	s.must(err)
	s.equal("of no subject", len(rows), 0)
}

func testDirtyOrder(s *suite) {
	var all []string
	for i := range 20 {
		d := dirty(fmt.Sprintf("G%02d", i))
		d.Since = at(40 - i)
		s.mark(d)
		all = append(all, d.Subject)
	}
	slices.Reverse(all)
	s.equal("oldest first", subjects(s.claim(shop, "w", 5, time.Minute)), all[:5])
	s.equal("then the next", subjects(s.claim(shop, "w", 100, time.Minute)), all[5:])
}

// testDirtyRaces settles rows that changed hands or were marked again meanwhile.
func testDirtyRaces(s *suite) {
	s.mark(dirty("G1"), dirty("G2"))
	got := s.claim(shop, "w1", 10, time.Minute)
	s.mark(dirty("G1"), dirty("G2")) // while it is worked on
	s.equal("a marked row stays claimed", s.claim(shop, "w2", 10, time.Minute), []golden.Dirty{})
	retry := got[1]
	retry.Attempt, retry.Error, retry.NotSent = 1, "refused", time.Now().Add(time.Hour)
	s.settle(got[:1], []golden.Dirty{retry})
	again := s.claim(shop, "w2", 10, time.Minute)
	s.equal("both for another look at once", by(subjects(again), func(v string) string { return v }), []string{"G1", "G2"})
	for i, d := range again {
		if d.Mark == got[i].Mark {
			s.Errorf("mark of %s was not raised", d.Subject)
		}
	}
	s.settle(again, nil)

	// A worker sleeps past its claim. Another does the work; a new mark comes. The sleeper's settling
	// must not take that mark away.
	s.mark(dirty("G3"))
	asleep := s.claim(shop, "w1", 1, 0)
	taken := s.claim(shop, "w2", 1, time.Minute)
	s.equal("claim that ran out", subjects(taken), []string{"G3"})
	s.settle(asleep, nil)
	rows, err := s.store.ListDirty(s.ctx, golden.DeliveryQuery{Subject: "G3"})
	s.must(err)
	s.equal("the sleeper leaves another's claim", len(rows), 1)
	s.settle(taken, nil)
	s.mark(dirty("G3"))
	asleep[0].Owner = ""
	s.settle(asleep, nil)
	s.equal("the new mark is there", subjects(s.claim(shop, "w3", 1, time.Minute)), []string{"G3"})
}

// testDirtyOrigins keeps apart which record caused what is worked on, and which what comes next.
func testDirtyOrigins(s *suite) {
	mark := func(correlation, trace string) {
		d := dirty("G1")
		d.Correlation, d.Trace = correlation, trace
		s.mark(d)
	}
	origin := func(d golden.Dirty) [2]string { return [2]string{d.Correlation, d.Trace} }
	mark("a", "")
	mark("b", "tb")
	mark("c", "tc")
	got := s.claim(shop, "w1", 10, time.Minute)
	s.equal("the first mark, and the first that is traced", origin(got[0]), [2]string{"a", "tb"})
	mark("d", "td")
	s.settle(got, nil)
	got = s.claim(shop, "w1", 10, time.Minute)
	s.equal("the mark that came meanwhile", origin(got[0]), [2]string{"d", "td"})
	s.settle(got, nil)
}

// testClaims lets many workers claim and settle at once: none gets what another holds.
func testClaims(s *suite) {
	const rows, workers = 300, 6
	var marks []golden.Dirty
	for i := range rows {
		marks = append(marks, dirty(fmt.Sprintf("G%03d", i)))
	}
	s.mark(marks...)
	claimed := make([][]string, workers)
	errs := s.together(workers, func(w int) error {
		random := rand.New(rand.NewPCG(uint64(w), 0))
		for {
			got, err := s.store.ClaimDirty(s.ctx, shop, fmt.Sprint("w", w), 1+random.IntN(20), time.Minute)
			if err != nil || len(got) == 0 {
				return err
			}
			claimed[w] = append(claimed[w], subjects(got)...)
			if err := s.try(func(tx golden.Tx) error { return tx.SettleDirty(s.ctx, got, nil) }); err != nil {
				return err
			}
		}
	})
	s.must(errors.Join(errs...))
	all := slices.Sorted(slices.Values(slices.Concat(claimed...)))
	want := []string{}
	for _, m := range marks {
		want = append(want, m.Subject)
	}
	s.equal("each claimed once", all, want)
}

func testDeliveries(s *suite) {
	state := func(target, remote, subject string) golden.DeliveryState {
		return golden.DeliveryState{
			Target: target, RemoteID: remote, Subject: subject, Route: "r", Record: "webshop/customers/" + remote,
			RemoteVersion: "v1", SentHash: 1 << 63, SentVersion: 4, ObservedHash: 5, Status: golden.Settled, Attempts: 1,
			Error: "", UpdatedAt: at(1), Origin: "erp/customers/" + remote, Again: 2, Circumstances: 1 << 63,
		}
	}
	a, b, c := state(shop, "1", "G1"), state(shop, "2", "G1"), state(shop, "3", "G2")
	d := state("news.people", "1", "G1")
	d.Record, d.Status = "", golden.Failing
	s.tx(func(tx golden.Tx) error { return tx.PutDeliveries(s.ctx, []golden.DeliveryState{c, a, d, b}) })
	key := func(d golden.DeliveryState) string { return d.Target + d.RemoteID }
	got := read(s, func(tx golden.Tx) ([]golden.DeliveryState, error) {
		return tx.DeliveriesOf(s.ctx, shop, []string{"G1", "none"})
	})
	s.equal("of a subject", by(got, key), []golden.DeliveryState{a, b})
	got = read(s, func(tx golden.Tx) ([]golden.DeliveryState, error) {
		return tx.DeliveriesOfRecords(s.ctx, []string{b.Record, c.Record, ""})
	})
	s.equal("of records", by(got, key), []golden.DeliveryState{b, c})
	got = read(s, func(tx golden.Tx) ([]golden.DeliveryState, error) {
		return tx.DeliveriesOfOrigins(s.ctx, shop, []string{"erp/customers/1", "erp/customers/3", "", "none"})
	})
	s.equal("of origins, in this target", by(got, key), []golden.DeliveryState{a, c})
	got = read(s, func(tx golden.Tx) ([]golden.DeliveryState, error) {
		return tx.DeliveriesByID(s.ctx, shop, []string{"2", "9"})
	})
	s.equal("by remote ID", by(got, key), []golden.DeliveryState{b})
	a.Status, a.Error, a.Subject = golden.Refused, "name: \xff too long", "G9"
	s.tx(func(tx golden.Tx) error { return tx.PutDeliveries(s.ctx, []golden.DeliveryState{a}) })
	a.Error = "name: \uFFFD too long"
	list := func(q golden.DeliveryQuery) []golden.DeliveryState {
		got, err := s.store.ListDeliveries(s.ctx, q)
		s.must(err)
		return got
	}
	s.equal("all", list(golden.DeliveryQuery{}), []golden.DeliveryState{d, b, c, a})
	s.equal("of a status", list(golden.DeliveryQuery{Status: golden.Refused}), []golden.DeliveryState{a})
	s.equal("of a target", list(golden.DeliveryQuery{Target: shop, Limit: 1}), []golden.DeliveryState{b})
	s.equal("after", list(golden.DeliveryQuery{AfterTarget: shop, AfterSubject: "G1"}), []golden.DeliveryState{c, a})
	e := state(shop, "22", "G1")
	s.tx(func(tx golden.Tx) error { return tx.PutDeliveries(s.ctx, []golden.DeliveryState{e}) })
	s.equal("after a remote record", list(golden.DeliveryQuery{AfterTarget: shop, AfterSubject: "G1", AfterRemoteID: "2", Limit: 2}), []golden.DeliveryState{e, c})
}

func testPendingCreates(s *suite) {
	create := func(subject string) golden.PendingCreate {
		return golden.PendingCreate{
			Target: shop, Subject: subject, Route: "r", Key: "key-" + subject, PayloadHash: 1<<63 + 2, Arrived: 1<<63 + 1, Version: 3,
			Status: golden.Failing, Attempts: 1, Error: "timeout", StartedAt: at(1),
			Written: []golden.WrittenValue{{Attribute: "names", Hash: 1<<63 + 3, Version: 3, Sent: "Anna\x00Ḱim", At: 5}},
		}
	}
	a, b := create("G1"), create("G2")
	s.tx(func(tx golden.Tx) error { return tx.PutPendingCreates(s.ctx, []golden.PendingCreate{b, a}) })
	a.Status, a.Attempts, a.Arrived, a.Written = golden.Review, 2, golden.Mixed, nil
	s.tx(func(tx golden.Tx) error { return tx.PutPendingCreates(s.ctx, []golden.PendingCreate{a}) })
	got := read(s, func(tx golden.Tx) ([]golden.PendingCreate, error) {
		return tx.PendingCreates(s.ctx, shop, []string{"G1", "G3"})
	})
	s.equal("of subjects", got, []golden.PendingCreate{a})
	got, err := s.store.ListPendingCreates(s.ctx, golden.DeliveryQuery{})
	s.must(err)
	s.equal("all", got, []golden.PendingCreate{a, b})
	s.tx(func(tx golden.Tx) error { return tx.DeletePendingCreates(s.ctx, shop, []string{"G1", "G3"}) })
	got, err = s.store.ListPendingCreates(s.ctx, golden.DeliveryQuery{Target: shop, Status: golden.Failing})
	s.must(err)
	s.equal("left", got, []golden.PendingCreate{b})
}

func testDeadLetters(s *suite) {
	a := golden.DeadLetter{
		Stage: "translate", System: "webshop", Stream: "customers", Key: "1", Cause: "mapping", Error: "names[0]: 姓", Position: "line 7",
		Topic: "raw.webshop", Partition: 2, Offset: 1 << 40, Bytes: []byte("a,\x00,\xff\r\n"), Context: []byte("h1,h2"),
		Header: map[string]string{"ce_id": "1"}, Attempts: 1, At: at(1), Correlation: "x",
	}
	b := golden.DeadLetter{Stage: "ingest", System: "erp", Error: "bad \xff\x00 bytes", Bytes: []byte{}, At: at(2)}
	dead := []golden.DeadLetter{a, b}
	s.tx(func(tx golden.Tx) error { return tx.AddDeadLetters(s.ctx, dead) })
	a.ID, a.State, b.ID, b.State = dead[0].ID, golden.DeadOpen, dead[1].ID, golden.DeadOpen
	b.Error = "bad \uFFFD\uFFFD bytes"
	if a.ID == 0 || b.ID <= a.ID {
		s.Fatalf("IDs %d and %d", a.ID, b.ID)
	}
	got, err := s.store.DeadLetter(s.ctx, a.ID)
	s.must(err)
	s.equal("with its bytes", got, a)
	listed := a
	listed.Bytes, listed.Context = nil, nil
	list := func(q golden.DeadLetterQuery) []golden.DeadLetter {
		got, err := s.store.DeadLetters(s.ctx, q)
		s.must(err)
		return got
	}
	s.equal("newest first", list(golden.DeadLetterQuery{}), []golden.DeadLetter{b, listed})
	s.equal("before", list(golden.DeadLetterQuery{Before: b.ID}), []golden.DeadLetter{listed})
	s.equal("filtered", list(golden.DeadLetterQuery{Stage: "translate", System: "webshop", Stream: "customers", Key: "1"}), []golden.DeadLetter{listed})
	s.equal("of another stage", list(golden.DeadLetterQuery{Stage: "deliver"}), []golden.DeadLetter{})
	s.must(s.store.ResolveDeadLetters(s.ctx, []int64{a.ID}, golden.DeadDropped, "test data"))
	s.equal("open", list(golden.DeadLetterQuery{}), []golden.DeadLetter{b})
	listed.State, listed.Resolution = golden.DeadDropped, "test data"
	s.equal("dropped", list(golden.DeadLetterQuery{State: golden.DeadDropped}), []golden.DeadLetter{listed})
	if _, err := s.store.DeadLetter(s.ctx, 1<<40); !errors.Is(err, golden.ErrNotFound) {
		s.Errorf("got %v, want ErrNotFound", err)
	}
}

func testDeadLettersAgain(s *suite) {
	letter := func(key, cause string, offset int64, age int) golden.DeadLetter {
		return golden.DeadLetter{
			Stage: "translate", System: "erp", Stream: "customers", Key: key, Cause: cause, Error: "first",
			Topic: "raw.erp", Partition: 1, Offset: offset, Attempts: 1, At: at(age), State: golden.DeadOpen,
		}
	}
	dead := []golden.DeadLetter{letter("1", "mapping", 10, 1), letter("2", "mapping", 11, 2), letter("3", "key", 12, 3)}
	s.tx(func(tx golden.Tx) error { return tx.AddDeadLetters(s.ctx, dead) })
	list := func(q golden.DeadLetterQuery) (keys []string) {
		s.Helper()
		got, err := s.store.DeadLetters(s.ctx, q)
		s.must(err)
		for _, l := range got {
			keys = append(keys, l.Key)
		}
		return keys
	}
	s.equal("by cause", list(golden.DeadLetterQuery{Cause: "mapping"}), []string{"2", "1"})
	s.equal("since", list(golden.DeadLetterQuery{Since: at(2)}), []string{"3", "2"})
	s.equal("by place", list(golden.DeadLetterQuery{Topic: "raw.erp", Partition: 1, From: 10, To: 12}), []string{"2", "1"})
	s.equal("in another partition", list(golden.DeadLetterQuery{Topic: "raw.erp", From: 10, To: 12}), []string(nil))

	groups, err := s.store.DeadLetterGroups(s.ctx, golden.DeadLetterQuery{})
	s.must(err)
	s.equal("groups", groups, []golden.DeadLetterGroup{
		{Stage: "translate", System: "erp", Stream: "customers", Cause: "mapping", Count: 2, Oldest: at(1), Newest: dead[1]},
		{Stage: "translate", System: "erp", Stream: "customers", Cause: "key", Count: 1, Oldest: at(3), Newest: dead[2]},
	})
	groups, err = s.store.DeadLetterGroups(s.ctx, golden.DeadLetterQuery{System: "shop"})
	s.must(err)
	s.equal("groups of another system", len(groups), 0)

	// 1 fails again while its replay is under way: it stays open
	s.tx(func(tx golden.Tx) error {
		again := dead[0]
		again.Error, again.Cause, again.At = "second", "format", at(4)
		return tx.ReopenDeadLetters(s.ctx, []golden.DeadLetter{again, {ID: 1 << 40}})
	})
	s.tx(func(tx golden.Tx) error {
		return tx.SettleDeadLetters(s.ctx, dead[:2], golden.DeadReplayed, "replayed")
	})
	s.equal("open", list(golden.DeadLetterQuery{}), []string{"3", "1"})
	got, err := s.store.DeadLetter(s.ctx, dead[0].ID)
	s.must(err)
	want := dead[0]
	want.Error, want.Cause, want.At, want.Attempts = "second", "format", at(4), 2
	s.equal("opened again", got, want)

	s.tx(func(tx golden.Tx) error {
		replayed, err := tx.ReplayedDeadLetters(s.ctx, "translate", "erp", "customers", []string{"1", "2", "9"})
		want := dead[1]
		want.State, want.Resolution = golden.DeadReplayed, "replayed"
		s.equal("replayed", replayed, []golden.DeadLetter{want})
		return err
	})
	s.tx(func(tx golden.Tx) error { return tx.ReopenDeadLetters(s.ctx, dead[1:2]) })
	s.equal("open again", list(golden.DeadLetterQuery{}), []string{"3", "2", "1"})
}
