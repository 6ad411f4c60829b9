package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
)

// act does what a person asks; it has to succeed.
func (w *world) act(do golden.Doing) golden.Effects {
	w.t.Helper()
	return w.acting(golden.Act{Do: do})
}

func (w *world) acting(act golden.Act) golden.Effects {
	w.t.Helper()
	act.Author, act.Reason = "kim", "they said so"
	effects, err := w.resolver.Act(w.t.Context(), act)
	if err != nil {
		w.t.Fatal(err)
	}
	return effects
}

func (w *world) refused(do golden.Doing) error {
	w.t.Helper()
	_, err := w.resolver.Act(w.t.Context(), golden.Act{Do: do})
	if err == nil {
		w.t.Fatal("was done; expected an error")
	}
	return err
}

// state is all customers, in a form that can be compared.
func (w *world) state() map[string][2]string {
	w.t.Helper()
	all := map[string][2]string{}
	_, err := w.store.Snapshot(w.t.Context(), func(g golden.GoldenRecord) error {
		all[g.ID+" "+strings.Join(g.Sources, " ")] = [2]string{string(g.Doc), string(g.Lineage)}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func person(name, mail string) string {
	return `{"kind":"person","names":[{"full":"` + name + `"}],"emails":[{"value":"` + mail + `@example.com"}],"language":"de"}`
}

// three is a world of three customers that nothing joins: erp/1, erp/2 and shop/1.
func three(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, person("Eva Kurz", "eva")), w.record("erp/2", 1, person("Ada Lang", "ada")), w.record("shop/1", 1, person("Uli Groß", "uli")))
	return w
}

func TestAct_mergeWorksInEitherDirection(t *testing.T) {
	t.Parallel()
	var after []string
	for _, turned := range []bool{false, true} {
		w := three(t)
		a, b := w.entity("erp/1"), w.entity("erp/2")
		left, right := a.ID, b.ID
		if turned {
			left, right = right, left
		}
		effects := w.act(golden.Merge(left, right))
		if !w.together("erp/1", "erp/2") || w.entity("erp/1").ID != a.ID {
			t.Fatalf("merged %s and %s into %s", left, right, w.entity("erp/1").ID)
		}
		if record, asked, err := w.store.Customer(t.Context(), b.ID); err != nil || record.ID != a.ID || asked.State != golden.Merged {
			t.Errorf("%s leads to %s (%s), %v", b.ID, record.ID, asked.State, err)
		}
		after = append(after, string(w.entity("erp/1").Doc))
		var stands *golden.StandsError
		if err := w.refused(golden.Merge(left, right)); !errors.As(err, &stands) {
			t.Errorf("merged twice: %v", err)
		}
		w.act(golden.UndoOf(effects.Act))
		if w.entity("erp/1").ID != a.ID || w.entity("erp/2").ID != b.ID {
			t.Errorf("after the undo %s and %s; before %s and %s", w.entity("erp/1").ID, w.entity("erp/2").ID, a.ID, b.ID)
		}
		if err := w.refused(golden.UndoOf(effects.Act)); !errors.As(err, &stands) {
			t.Errorf("undone twice: %v", err)
		}
	}
	if after[0] != after[1] {
		t.Errorf("the direction of a merge makes a difference:\n%s\n%s", after[0], after[1])
	}
}

func TestAct_dryRunTellsWhatIsDoneThen(t *testing.T) {
	t.Parallel()
	mark := func(w *world) golden.ResolverOptions { return golden.ResolverOptions{OnChanged: markAll} }
	for name, prepare := range map[string]func(w *world) golden.Doing{
		"merge": func(w *world) golden.Doing { return golden.Merge(w.entity("erp/2").ID, w.entity("erp/1").ID) },
		"pin": func(w *world) golden.Doing {
			return golden.Pin(w.entity("erp/1").ID, "language", json.RawMessage(`"fr"`))
		},
		"split": func(w *world) golden.Doing {
			w.act(golden.Merge(w.entity("erp/2").ID, w.entity("erp/1").ID))
			w.act(golden.Merge(w.entity("shop/1").ID, w.entity("erp/1").ID))
			return golden.UndoOf(w.act(golden.Judge(golden.Same, []string{streamKey("erp/1")}, []string{streamKey("erp/2")})).Act)
		},
		"undo": func(w *world) golden.Doing {
			return golden.UndoOf(w.act(golden.Merge(w.entity("erp/2").ID, w.entity("shop/1").ID)).Act)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := three(t)
			w.t = t
			w.resolver = golden.NewResolver(w.store, w.rules, mark(w))
			do := prepare(w)
			before, tasks := w.state(), w.tasks()
			dry := w.acting(golden.Act{DryRun: true, Do: do})
			if diff := cmp.Diff(before, w.state()); diff != "" || !dry.DryRun {
				t.Fatalf("a dry run changed something: %s", diff)
			}
			if diff := cmp.Diff(tasks, w.tasks()); diff != "" {
				t.Error(diff)
			}
			if pending, err := w.store.ListDirty(t.Context(), golden.DeliveryQuery{Target: "dry.run"}); err != nil || len(pending) > 0 {
				t.Errorf("%v, %v", pending, err)
			}
			done := w.act(do)
			ignored := cmp.FilterPath(func(p cmp.Path) bool {
				return slices.Contains([]string{"DryRun", "Act", "ID", "At", "Decisions"}, p.Last().String()[1:])
			}, cmp.Ignore())
			if diff := cmp.Diff(dry, done, ignored); diff != "" {
				t.Errorf("the dry run told something else than was done (-dry +done):\n%s", diff)
			}
		})
	}
}

func TestAct_splitIsOneDecisionAndHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("shop/9", 2, anna2), w.record("shop/8", 2, anna2), w.record("erp/2", 1, anna))
	if !w.together("erp/1", "shop/9", "shop/8", "erp/2") {
		t.Fatal("want one customer to split")
	}
	before := w.entity("erp/1")
	effects := w.act(golden.SplitOff(before.ID, []string{"shop/customers/8", "shop/customers/9"}))
	if len(effects.Decisions) != 1 || len(effects.Decisions[0].Left) != 2 || len(effects.Decisions[0].Right) != 2 {
		t.Errorf("decisions %+v", effects.Decisions)
	}
	apart := func(when string) {
		t.Helper()
		if !w.together("erp/1", "erp/2") || !w.together("shop/8", "shop/9") || w.together("erp/1", "shop/8") {
			t.Errorf("%s the two are not apart", when)
		}
	}
	apart("after the split")
	var told golden.CustomerEffect
	for _, c := range effects.Customers {
		if c.Type == golden.Split {
			told = c
		}
	}
	if diff := cmp.Diff([]string{"shop/customers/8", "shop/customers/9"}, told.Records); diff != "" || !slices.Equal(told.From, []string{before.ID}) {
		t.Errorf("the split tells of %v from %v", told.Records, told.From)
	}
	keys := before.Sources
	if _, err := w.resolver.Reresolve(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	apart("resolved again")
	w.resolver = golden.NewResolver(w.store, ruleset(t, "match: {keys: [[name], [phone], [email]]}"), golden.ResolverOptions{})
	if _, _, err := w.resolver.Sweep(t.Context(), "", 100); err != nil {
		t.Fatal(err)
	}
	apart("after another ruleset")
	var contradiction *golden.ContradictionError
	if err := w.refused(golden.Merge("erp/customers/1", "shop/customers/8")); !errors.As(err, &contradiction) || !slices.Equal(contradiction.Chain, []string{effects.Act}) {
		t.Errorf("merged against the split: %v", err)
	}
	w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{})
	w.act(golden.UndoOf(effects.Act))
	if !w.together("erp/1", "shop/9", "shop/8", "erp/2") || w.entity("shop/8").ID != before.ID {
		t.Error("undone, they are not one customer again")
	}
}

func TestAct_splitWants(t *testing.T) {
	t.Parallel()
	w := three(t)
	id := w.entity("erp/1").ID
	var invalid *golden.InvalidError
	if err := w.refused(golden.SplitOff(id, []string{"erp/customers/1"})); !errors.As(err, &invalid) {
		t.Errorf("all records split off: %v", err)
	}
	if err := w.refused(golden.SplitOff(id, []string{"erp/customers/2"})); !errors.As(err, &invalid) || invalid.Field != "records" {
		t.Errorf("a record of another: %v", err)
	}
	if err := w.refused(golden.SplitOff(id, []string{"erp/customers/none"})); !errors.Is(err, golden.ErrNotFound) {
		t.Errorf("no record: %v", err)
	}
	if err := w.refused(golden.SplitOff("Gnone", []string{"erp/customers/1"})); !errors.Is(err, golden.ErrNotFound) {
		t.Errorf("no customer: %v", err)
	}
	w.resolve(w.deleted("erp/1", 3))
	var stands *golden.StandsError
	if err := w.refused(golden.Merge(id, w.entity("erp/2").ID)); !errors.As(err, &stands) {
		t.Errorf("a customer without records: %v", err)
	}
}

func TestAct_moveIsUndoneAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("shop/9", 2, anna2), w.record("erp/2", 1, person("Ada Lang", "ada")))
	from, to := w.entity("erp/1").ID, w.entity("erp/2").ID
	before := w.state()
	effects := w.act(golden.Move("shop/customers/9", to))
	if w.entity("erp/1").ID != from || w.entity("shop/9").ID != to || w.entity("erp/2").ID != to || len(effects.Decisions) != 2 {
		t.Fatalf("moved by %+v", effects.Decisions)
	}
	var stands *golden.StandsError
	if err := w.refused(golden.Move("shop/customers/9", to)); !errors.As(err, &stands) {
		t.Errorf("moved twice: %v", err)
	}
	w.act(golden.UndoOf(effects.Decisions[1].ID)) // whichever of its decisions is named
	if diff := cmp.Diff(before, w.state()); diff != "" {
		t.Errorf("after the undo:\n%s", diff)
	}
	if left, err := w.store.Decisions(t.Context(), golden.DecisionQuery{}); err != nil || len(left) != 0 {
		t.Errorf("decisions in force %v, %v", left, err)
	}
}

func TestAct_seenVersions(t *testing.T) {
	t.Parallel()
	w := three(t)
	a, b := w.entity("erp/1"), w.entity("erp/2")
	seen := map[string]int64{a.ID: a.Version, b.ID: b.Version}
	w.resolve(w.record("erp/2", 2, person("Ada Long", "ada")))
	_, err := w.resolver.Act(t.Context(), golden.Act{Seen: seen, Do: golden.Merge(a.ID, b.ID)})
	var stale *golden.VersionError
	if !errors.As(err, &stale) || stale.ID != b.ID || stale.Version != 2 {
		t.Errorf("a stale version: %v", err)
	}
	seen[b.ID] = 2
	w.acting(golden.Act{Seen: seen, Do: golden.Merge(a.ID, b.ID)})
	if _, err = w.resolver.Act(t.Context(), golden.Act{Seen: seen, Do: golden.Pin(b.ID, "language", json.RawMessage(`"fr"`))}); !errors.As(err, &stale) || stale.ID != a.ID {
		t.Errorf("a customer that was merged away since: %v", err)
	}
}

// One record cannot be of two customers, however many candidates are accepted for it.
func TestAct_twoCandidatesAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	shared := func(name, mails string) string {
		return `{"kind":"person","names":[{"given":"` + name + `","family":"Schmidt"}],"emails":[` + mails + `]}`
	}
	one, two := `{"value":"one@example.com"}`, `{"value":"two@example.com"}`
	w.resolve(w.record("erp/1", 1, shared("Anna", one)), w.record("erp/2", 1, shared("Bernd", two)), w.record("shop/1", 1, shared("Carla", one+","+two)))
	tasks := w.tasks()
	if len(tasks) != 2 {
		t.Fatalf("tasks %+v, want one for each candidate", tasks)
	}
	for _, task := range tasks {
		w.act(golden.Answer(task.ID, golden.Same, nil, nil))
	}
	if !w.together("erp/1", "erp/2", "shop/1") || len(w.tasks()) != 0 {
		t.Errorf("tasks %+v; %s, %s, %s", w.tasks(), w.entity("erp/1").ID, w.entity("erp/2").ID, w.entity("shop/1").ID)
	}
	if sources := w.entity("shop/1").Sources; len(sources) != 3 {
		t.Errorf("sources %v", sources)
	}
	var stands *golden.StandsError
	if err := w.refused(golden.Answer(tasks[0].ID, golden.Same, nil, nil)); !errors.As(err, &stands) {
		t.Errorf("answered twice: %v", err)
	}
}

// Where the two candidates are locked apart, the second cannot be accepted.
func TestAct_secondCandidateThatIsLockedApart(t *testing.T) {
	t.Parallel()
	w := three(t)
	w.act(golden.Judge(golden.Different, []string{"erp/customers/1"}, []string{"erp/customers/2"}))
	w.act(golden.Judge(golden.Same, []string{"shop/customers/1"}, []string{"erp/customers/1"}))
	var contradiction *golden.ContradictionError
	if err := w.refused(golden.Judge(golden.Same, []string{"shop/customers/1"}, []string{"erp/customers/2"})); !errors.As(err, &contradiction) || len(contradiction.Chain) != 2 {
		t.Errorf("%v", err)
	}
	if !w.together("shop/1", "erp/1") || w.together("shop/1", "erp/2") {
		t.Error("the record is not where the first decision put it")
	}
}

// What an unlinked record stated is gone from the customer that it left.
func TestAct_goldenRecordIsRebuiltAfterAnUnlink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {keys: [[phone]]}")
	phone := func(content string) string {
		return strings.Replace(content, "{", `{"phones":[{"value":"+4930901820"}],`, 1)
	}
	w.resolve(w.record("erp/1", 1, phone(person("Eva Kurz", "eva"))))
	alone := string(w.entity("erp/1").Doc)
	w.resolve(w.record("shop/1", 1, phone(person("Eva Kurz", "uli"))))
	if got := w.doc("erp/1").Emails; len(got) != 2 {
		t.Fatalf("mails %v", got)
	}
	w.act(golden.SplitOff(w.entity("erp/1").ID, []string{"shop/customers/1"}))
	if got := w.entity("erp/1"); string(got.Doc) != alone {
		t.Errorf("%s, expected %s", got.Doc, alone)
	}
	for _, mail := range []string{"eva@example.com", "uli@example.com"} {
		found, err := w.store.FindCustomers(t.Context(), golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupEmail, Value: mail}}})
		if err != nil || len(found) != 1 {
			t.Errorf("%s finds %d customers, %v", mail, len(found), err)
		}
	}
}

// A task whose customers were merged into others meanwhile still asks of the same records.
func TestAct_taskOfCustomersMergedAwayMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	shared := `{"kind":"person","names":[{"given":"%","family":"Schmidt"}],"emails":[{"value":"family@example.com"}]}`
	w.resolve(w.record("erp/1", 1, strings.Replace(shared, "%", "Anna", 1)), w.record("erp/0", 1, person("Ada Lang", "ada")), w.record("shop/1", 1, strings.Replace(shared, "%", "Bernd", 1)))
	task := w.tasks()[0]
	gone := w.entity("shop/1").ID
	w.act(golden.Merge(w.entity("erp/0").ID, gone))
	if w.entity("shop/1").ID == gone {
		t.Fatal("the task's customer is not merged away: this shows nothing")
	}
	if tasks := w.tasks(); len(tasks) != 1 || tasks[0].ID != task.ID {
		t.Fatalf("tasks %+v", tasks)
	}
	w.act(golden.Answer(task.ID, golden.Same, nil, nil))
	if !w.together("erp/0", "erp/1", "shop/1") || len(w.tasks()) != 0 {
		t.Errorf("tasks %+v", w.tasks())
	}
}

func TestAct_suggestTellsOfABetterHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	born := func(content, day string) string { return strings.Replace(content, "{", `{"birthDate":"`+day+`",`, 1) }
	w.resolve(w.record("erp/1", 1, born(anna, "1990-01-02")), w.record("shop/1", 1, person("Uli Groß", "uli")),
		w.record("erp/2", 1, born(person("Ada Lang", "ada"), "1970-03-04")), w.record("erp/3", 1, born(person("Ada Lang", "ada"), "1970-03-04")))
	w.acting(golden.Act{Strength: golden.Suggest, Do: golden.Judge(golden.Same, []string{"shop/customers/1"}, []string{"erp/customers/2"})})
	if !w.together("shop/1", "erp/2") || len(w.tasks()) != 0 {
		t.Fatalf("tasks %+v", w.tasks())
	}
	// the shop's record turns out to be Anna's
	w.resolve(w.record("shop/1", 2, anna2))
	if !w.together("shop/1", "erp/2") {
		t.Fatal("the suggestion does not hold the record")
	}
	tasks := w.tasks()
	if len(tasks) != 1 || tasks[0].Kind != golden.TaskHome || !slices.Equal(tasks[0].Records, []string{"erp/customers/1", "shop/customers/1"}) {
		t.Fatalf("tasks %+v", tasks)
	}
	// a person takes it there
	effects := w.act(golden.Move("shop/customers/1", w.entity("erp/1").ID))
	if !w.together("shop/1", "erp/1") || w.together("shop/1", "erp/2") {
		t.Error("the record is not where it was moved to")
	}
	w.act(golden.UndoOf(effects.Act))
	// or says that it is not so
	w.act(golden.Answer(tasks[0].ID, golden.Different, nil, nil))
	if !w.together("shop/1", "erp/2") || len(w.tasks()) != 0 {
		t.Errorf("tasks %+v", w.tasks())
	}
}

func TestTasks_whatMostHangsOnComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	shared := func(given, family string) string {
		return `{"kind":"person","names":[{"given":"` + given + `","family":"` + family + `"}],"emails":[{"value":"` + family + `@example.com"}]}`
	}
	w.resolve(w.record("erp/1", 1, shared("Anna", "lang")), w.record("erp/2", 1, shared("Bernd", "lang")))
	w.resolve(w.record("erp/3", 1, shared("Carla", "kurz")), w.record("erp/4", 1, shared("Dirk", "kurz")), w.record("erp/5", 1, shared("Dirk", "kurz")), w.record("erp/6", 1, shared("Dirk", "kurz")))
	tasks := w.tasks()
	if len(tasks) != 2 || tasks[0].Records[0] != "erp/customers/3" || tasks[0].Priority <= tasks[1].Priority || tasks[0].Score != tasks[1].Score {
		t.Errorf("tasks %+v", tasks)
	}
	var detail struct {
		Hangs struct{ Records, Remotes, Orders int }
	}
	if err := json.Unmarshal(tasks[0].Detail, &detail); err != nil || detail.Hangs.Records != 4 {
		t.Errorf("%s, %v", tasks[0].Detail, err)
	}
}

// markAll marks every change for one target, as a hub does.
func markAll(ctx context.Context, tx golden.Tx, changes []golden.Change, _ map[golden.EntityNo]golden.GoldenRecord) error {
	var marks []golden.Dirty
	for _, c := range changes {
		marks = append(marks, golden.Dirty{Target: "shop.customers", Subject: c.ID, Entity: "customer"})
	}
	return tx.MarkDirty(ctx, marks)
}
