package golden_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
)

const (
	anna  = `{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"anna@example.com"}],"phones":[{"value":"+49301234567"}]}`
	anna2 = `{"kind":"person","names":[{"full":"SCHMIDT, Anna"}],"phones":[{"value":"030 1234567"}],"addresses":[{"country":"DE","postcode":"10115","locality":"Berlin"}]}`
	bernd = `{"kind":"person","names":[{"given":"Bernd","family":"Schmidt"}],"phones":[{"value":"+49301234567"}]}`
)

func TestResolve_joinsByPhoneAndName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna))
	w.resolve(w.record("shop/9", 2, anna2))
	if !w.together("erp/1", "shop/9") {
		t.Error("Anna Schmidt and SCHMIDT, Anna with one phone are not one customer")
	}
	if got := w.entity("erp/1"); got.Version != 2 || len(got.Sources) != 2 {
		t.Errorf("version %d, sources %v", got.Version, got.Sources)
	}
}

func TestResolve_keepsHouseholdApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("erp/2", 1, bernd))
	if w.together("erp/1", "erp/2") {
		t.Error("Anna and Bernd share a phone and a family name: a household is not one customer")
	}
}

func TestResolve_sharedMailboxBecomesTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	shared := `{"kind":"person","names":[{"given":%q,"family":"Schmidt"}],"emails":[{"value":"family@example.com"}]}`
	w.resolve(w.record("erp/1", 1, fmt.Sprintf(shared, "Anna")), w.record("shop/1", 1, fmt.Sprintf(shared, "Bernd")))
	if w.together("erp/1", "shop/1") {
		t.Error("given names contradict")
	}
	tasks := w.tasks()
	if len(tasks) != 1 || tasks[0].Kind != golden.TaskMatch {
		t.Fatalf("tasks %+v", tasks)
	}
	w.decide(golden.Decision{Verdict: golden.Different, Strength: golden.Lock, Left: []string{"erp/1"}, Right: []string{"shop/1"}})
	if tasks := w.tasks(); len(tasks) != 0 {
		t.Errorf("the task is still open: %+v", tasks)
	}
}

func TestResolve_joinsChineseNamesByReading(t *testing.T) {
	t.Parallel()
	names := []string{
		`{"full":"王小明"}`, `{"full":"Wang Xiaoming"}`, `{"full":"Xiaoming WANG"}`, `{"given":"小明","family":"王"}`,
		`{"full":"王曉明"}`, `{"full":"ＷＡＮＧ Ｘｉａｏｍｉｎｇ"}`,
	}
	w := newWorld(t, "")
	var keys []string
	for i, name := range names {
		keys = append(keys, fmt.Sprintf("crm/%d", i))
		w.resolve(w.record(keys[i], i, `{"kind":"person","birthDate":"1990-05-17","names":[`+name+`]}`))
	}
	w.resolve(w.record("crm/other", 9, `{"kind":"person","birthDate":"1990-05-17","names":[{"full":"王小红"}]}`))
	if !w.together(keys...) {
		t.Error("one person in several spellings is several customers")
	}
	if w.together("crm/0", "crm/other") {
		t.Error("another given name with the same birthday joined")
	}
	q, err := w.rules.SearchNames("xiaoming wang")
	if err != nil {
		t.Fatal(err)
	}
	found, err := w.store.Search(t.Context(), q)
	if err != nil || len(found) != 1 {
		t.Errorf("found %d customers by reading, %v", len(found), err)
	}
}

func TestResolve_organisationByNameAndPostcode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(
		w.record("erp/1", 1, `{"kind":"organisation","names":[{"full":"Müller Maschinenbau GmbH"}],"addresses":[{"postcode":"70173","country":"DE"}]}`),
		w.record("scm/1", 1, `{"kind":"organisation","names":[{"full":"MÜLLER MASCHINENBAU"}],"addresses":[{"postcode":"D-70173","country":"DE"}]}`),
		w.record("scm/2", 1, `{"kind":"organisation","names":[{"full":"Müller Maschinenbau"}],"addresses":[{"postcode":"20095","country":"DE"}]}`),
	)
	if !w.together("erp/1", "scm/1") || w.together("erp/1", "scm/2") {
		t.Error("want the firm of the same postcode joined, and only that")
	}
}

func TestResolve_conflictingIdentifiersBecomeTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {unique: [member]}")
	with := func(number string) string {
		return `{"kind":"person","names":[{"full":"Eva Kurz"}],"emails":[{"value":"eva@example.com"}],"identifiers":[{"scheme":"member","value":"` + number + `"}]}`
	}
	w.resolve(w.record("erp/1", 1, with("17")), w.record("shop/1", 1, with("18")))
	if w.together("erp/1", "shop/1") {
		t.Error("two members joined")
	}
	tasks := w.tasks()
	if len(tasks) != 1 || tasks[0].Kind != golden.TaskConflict {
		t.Fatalf("tasks %+v", tasks)
	}
	if diff := cmp.Diff([]string{"erp/customers/1", "shop/customers/1"}, tasks[0].Records); diff != "" {
		t.Error(diff)
	}
	w.resolve(w.record("shop/1", 2, with("17")))
	if !w.together("erp/1", "shop/1") || len(w.tasks()) != 0 {
		t.Errorf("after the correction: tasks %+v", w.tasks())
	}
	w.decide(golden.Decision{Verdict: golden.Different, Strength: golden.Lock, Left: []string{"erp/1"}, Right: []string{"shop/1"}})
	if w.together("erp/1", "shop/1") {
		t.Error("a person's 'different' does not split")
	}
}

func TestDecide_joinsSplitsAndUndoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("erp/2", 1, bernd))
	a, b := w.entity("erp/1").ID, w.entity("erp/2").ID
	w.decide(golden.Decision{ID: "D1", Verdict: golden.Same, Strength: golden.Lock, Left: []string{"erp/1"}, Right: []string{"erp/2"}})
	if !w.together("erp/1", "erp/2") {
		t.Fatal("a person's 'same' does not join")
	}
	_, err := w.resolver.Decide(t.Context(), golden.Decision{ID: "D2", Verdict: golden.Different, Strength: golden.Lock, Left: []string{streamKey("erp/2")}, Right: []string{streamKey("erp/1")}})
	var contradiction *golden.ContradictionError
	if !errors.As(err, &contradiction) || len(contradiction.Chain) != 1 || contradiction.Chain[0] != "D1" {
		t.Errorf("a contradicting lock: %v", err)
	}
	if _, err := w.resolver.Undo(t.Context(), "D1", streamKey("erp/1")); err != nil {
		t.Fatal(err)
	}
	if w.entity("erp/1").ID != a || w.entity("erp/2").ID != b {
		t.Errorf("after the undo: %s and %s; before %s and %s", w.entity("erp/1").ID, w.entity("erp/2").ID, a, b)
	}
	if _, err := w.resolver.Undo(t.Context(), "D1", streamKey("erp/1")); !errors.Is(err, golden.ErrNotFound) {
		t.Errorf("undone twice: %v", err)
	}
}

func TestResolve_linkSurvivesAndPersonBeatsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("shop/7", 1, `{"kind":"person","names":[{"full":"A. S."}]}`))
	link := golden.Link{Remote: "shop/customers/7", Origin: "erp/customers/1", Target: "shop.customers", At: time.Now()}
	if _, err := w.resolver.Link(t.Context(), []golden.Link{link}); err != nil {
		t.Fatal(err)
	}
	if !w.together("erp/1", "shop/7") {
		t.Fatal("the record that the hub created is another customer")
	}
	w.decide(golden.Decision{Verdict: golden.Different, Strength: golden.Auto, Left: []string{"erp/1"}, Right: []string{"shop/7"}})
	if w.together("erp/1", "shop/7") {
		t.Error("a person's 'different' does not beat the link")
	}
}

// TestResolve_linkReplaced: what a record was thought to be made from, and is not, is a customer of its own again.
func TestResolve_linkReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("erp/2", 1, `{"kind":"person","names":[{"full":"Bo Berg"}]}`), w.record("shop/7", 1, `{"kind":"person","names":[{"full":"A. S."}]}`))
	for _, origin := range []string{"erp/customers/1", "erp/customers/2"} {
		link := golden.Link{Remote: "shop/customers/7", Origin: origin, Target: "shop.customers", At: time.Now()}
		if _, err := w.resolver.Link(t.Context(), []golden.Link{link}); err != nil {
			t.Fatal(err)
		}
	}
	if !w.together("erp/2", "shop/7") {
		t.Error("the record is not with what it was made from")
	}
	if got := w.entity("erp/1"); !slices.Equal(got.Sources, []string{"erp/customers/1"}) {
		t.Errorf("the customer of what it was not made from has the records %v", got.Sources)
	}
}

func TestResolve_linkWaitsForRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	link := golden.Link{Remote: "shop/customers/7", Origin: "erp/customers/1", Target: "shop.customers", At: time.Now()}
	if _, err := w.resolver.Link(t.Context(), []golden.Link{link}); err != nil {
		t.Fatal(err)
	}
	w.resolve(w.record("erp/1", 1, anna))
	w.resolve(w.record("shop/7", 1, `{"kind":"person","names":[{"full":"A. S."}]}`))
	if !w.together("erp/1", "shop/7") {
		t.Error("a link made before its record came is lost")
	}
}

func TestResolve_thousandSamePhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {limits: {block: 50}}")
	var batch []golden.Incoming
	for i := range 1000 {
		batch = append(batch, w.record(fmt.Sprintf("shop/%d", i), 1, `{"emails":[{"value":"info@example.com"}],"phones":[{"value":"+49301234567"}],"names":[{"full":"Info Desk"}]}`))
	}
	compared := 0
	for len(batch) > 0 {
		result := w.resolve(batch[:25]...)
		batch = batch[25:]
		compared += result.Compared
	}
	if w.together("shop/1", "shop/2") {
		t.Error("a phone and mailbox shared by a thousand join them")
	}
	if limit := 1000 * 50; compared > limit {
		t.Errorf("%d pairs compared, want at most %d", compared, limit)
	}
	var gone []golden.Incoming
	for i := 49; i < 1000; i++ {
		gone = append(gone, w.deleted(fmt.Sprintf("shop/%d", i), 2))
	}
	w.resolve(gone...)
	if !w.together("shop/1", "shop/2") {
		t.Error("phone and mailbox are not generic any more, and still join nobody")
	}
}

func TestResolve_oversizeComponentIsCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {limits: {component: 20}}")
	var batch []golden.Incoming
	for i := range 300 { // a chain: each shares a mailbox with the next
		batch = append(batch, w.record(fmt.Sprintf("shop/%03d", i), 1, fmt.Sprintf(`{"emails":[{"value":"m%d@example.com"},{"value":"m%d@example.com"}]}`, i, i+1)))
	}
	start := time.Now()
	w.resolve(batch...)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	tasks := w.tasks()
	if len(tasks) != 1 || tasks[0].Kind != golden.TaskSize {
		t.Errorf("%d tasks, want one about the size", len(tasks))
	}
	if w.together("shop/000", "shop/299") {
		t.Error("300 records became one customer")
	}
}
