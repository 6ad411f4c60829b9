package golden_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// deliver does what the hub does around a write: it notes what it writes into the remote record,
// then the target reports what it holds now.
func (w *world) deliver(customer, remote string, before []golden.WrittenValue, report golden.Incoming) []golden.WrittenValue {
	w.t.Helper()
	written, err := w.rules.Written(w.entity(customer), streamKey(remote), before, nil, time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.store.InTx(w.t.Context(), func(ctx context.Context, tx golden.Tx) error {
		return tx.PutWritten(ctx, map[string][]golden.WrittenValue{streamKey(remote): written})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.resolve(report)
	return written
}

func (w *world) phones(key string) (numbers []string) {
	w.t.Helper()
	for _, p := range w.doc(key).Phones {
		numbers = append(numbers, p.Value)
	}
	return numbers
}

const eva = `"names":[{"full":"Eva Kurz"}],"emails":[{"value":"eva@example.com"}],`

// TestNoLoops_deletedPhoneDiesInTheCopyToo is promise 4: a value lives no longer than with those
// who state it of their own accord.
func TestNoLoops_deletedPhoneDiesInTheCopyToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{`+eva+`"phones":[{"value":"+49301111111"}]}`), w.record("shop/1", 1, `{`+eva+`"gender":"female"}`))
	written := w.deliver("erp/1", "shop/1", nil, w.record("shop/1", 2, `{`+eva+`"gender":"female","phones":[{"value":"+49 30 1111111"}]}`))
	if got := w.lineage("erp/1")["phones"][0]; got.Source != "erp/customers/1" || len(got.Also) != 0 {
		t.Errorf("the phone that came back counts as the shop's: %+v", got)
	}
	w.resolve(w.record("erp/1", 3, `{`+eva+`"phones":[{"value":"+49302222222"}]}`))
	if diff := cmp.Diff([]string{"+49302222222"}, w.phones("erp/1")); diff != "" {
		t.Errorf("the old phone lives on in the copy: %s", diff)
	}
	late := w.record("shop/1", 4, `{`+eva+`"gender":"female","phones":[{"value":"+49301111111"}],"language":"de"}`)
	w.deliver("erp/1", "shop/1", written, late)
	if diff := cmp.Diff([]string{"+49302222222"}, w.phones("erp/1")); diff != "" {
		t.Errorf("a late report brings the old phone back: %s", diff)
	}
	w.resolve(w.record("shop/1", 5, `{`+eva+`"gender":"female","phones":[{"value":"+49303333333"}]}`))
	if diff := cmp.Diff([]string{"+49302222222", "+49303333333"}, sorted(w.phones("erp/1"))); diff != "" {
		t.Errorf("the shop's own new phone: %s", diff)
	}
}

func TestNoLoops_ownValueStaysItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	phone := `{` + eva + `"phones":[{"value":"+49301111111"}]}`
	w.resolve(w.record("erp/1", 2, phone), w.record("shop/1", 1, phone))
	w.deliver("erp/1", "shop/1", nil, w.record("shop/1", 3, phone))
	w.resolve(w.record("erp/1", 4, `{`+eva+`"language":"de"}`))
	if diff := cmp.Diff([]string{"+49301111111"}, w.phones("erp/1")); diff != "" {
		t.Errorf("the shop had the phone before the hub wrote it: %s", diff)
	}
}

func TestNoLoops_createdRecordStatesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	phone := `{` + eva + `"phones":[{"value":"+49301111111"}]}`
	w.resolve(w.record("erp/1", 1, phone))
	if _, err := w.resolver.Link(t.Context(), []golden.Link{{Remote: "shop/customers/9", Origin: "erp/customers/1", Target: "shop.customers"}}); err != nil {
		t.Fatal(err)
	}
	w.deliver("erp/1", "shop/9", nil, w.record("shop/9", 2, phone))
	for attribute, values := range w.lineage("erp/1") {
		for _, v := range values {
			if v.Source != "erp/customers/1" || len(v.Also) != 0 {
				t.Errorf("%s comes from %s, also %v", attribute, v.Source, v.Also)
			}
		}
	}
}

// The target reports the record that the hub creates before it answers the create.
func TestNoLoops_reportOvertakesTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"names":[{"full":"Eva Kurz"}],"phones":[{"value":"+49301111111"}],"language":"de"}`))
	w.resolve(w.record("shop/9", 2, `{"names":[{"full":"E. K."}],"language":"de"}`))
	if w.together("erp/1", "shop/9") {
		t.Fatal("nothing says so yet")
	}
	written, err := w.rules.Written(w.entity("erp/1"), "shop/customers/9", nil, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.resolver.Within(t.Context(), func(ctx context.Context, tx golden.Tx) ([]string, error) {
		if err := tx.PutLinks(ctx, []golden.Link{{Remote: "shop/customers/9", Origin: "erp/customers/1", Target: "shop.customers"}}); err != nil {
			return nil, err
		}
		return []string{"shop/customers/9"}, tx.PutWritten(ctx, map[string][]golden.WrittenValue{"shop/customers/9": written})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.lineage("shop/9")["language"][0]; !w.together("erp/1", "shop/9") || got.Source != "erp/customers/1" || len(got.Also) != 0 {
		t.Errorf("language comes from %s, also %v", got.Source, got.Also)
	}
}

func TestWritten_clearedByTheHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{`+eva+`"language":"de"}`), w.record("shop/1", 1, `{`+eva[:len(eva)-1]+`}`))
	before, err := w.rules.Written(w.entity("erp/1"), "shop/customers/1", nil, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.resolve(w.record("erp/1", 2, `{`+eva[:len(eva)-1]+`}`))
	after, err := w.rules.Written(w.entity("erp/1"), "shop/customers/1", before, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var language []golden.WrittenValue
	for _, v := range after {
		if v.Attribute == "language" {
			language = append(language, golden.WrittenValue{Attribute: v.Attribute, Hash: v.Hash, Dropped: v.Dropped})
		}
	}
	hash := w.rules.ValueHashes(&canonical.Customer{Language: "de"})["language"][0]
	want := []golden.WrittenValue{{Attribute: "language"}, {Attribute: "language", Hash: hash, Dropped: true}}
	if diff := cmp.Diff(want, language); diff != "" {
		t.Error(diff)
	}
}

func TestExplain_tellsSourceRuleLosersAndBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "survive: {priority: [erp, shop], attributes: {language: source_priority}}")
	w.resolve(w.record("shop/1", 5, `{`+eva+`"language":"en","attributes":{"vip":"yes"},"gender":null}`))
	w.resolve(w.record("erp/1", 1, `{`+eva+`"language":"de"}`))
	g := w.entity("erp/1")
	sources, err := w.store.SourcesOf(t.Context(), g.No)
	if err != nil {
		t.Fatal(err)
	}
	e, err := golden.Explain(g, sources)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]golden.ValueExplanation{}
	for _, a := range e.Attributes {
		for _, v := range a.Values {
			values[v.Path] = v
		}
	}
	language := values["/language"]
	if string(language.Value) != `"de"` || language.Source != "erp/customers/1" || language.Rule != "source_priority" || language.Where != "erp.csv, line 2" {
		t.Errorf("%+v", language)
	}
	if len(language.Lost) != 1 || string(language.Lost[0].Value) != `"en"` || language.Lost[0].Why != "source priority: shop comes after erp" {
		t.Errorf("lost: %+v", language.Lost)
	}
	if v := values["/attributes/vip"]; string(v.Value) != `"yes"` || v.Source != "shop/customers/1" {
		t.Errorf("%+v", v)
	}
	if v := values["/gender"]; string(v.Value) != "null" || v.Source != "shop/customers/1" {
		t.Errorf("known to be empty: %+v", v)
	}
	if v := values["/emails/0"]; len(v.Also) != 1 || v.Also[0] != "shop/customers/1" {
		t.Errorf("also: %+v", v)
	}
	if len(e.Sources) != 2 || e.Sources[0].Key != "erp/customers/1" || e.Sources[0].Ingest.Offset != 2 {
		t.Errorf("%+v", e.Sources)
	}
}

func TestResembles_tellsWhatWasSentFromTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{`+eva+`"phones":[{"value":"+49301111111"}]}`))
	sent, err := w.rules.Written(w.entity("erp/1"), "", nil, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.resolve(w.record("erp/1", 2, `{`+eva+`"phones":[{"value":"+49302222222"}]}`))
	// of two tries any may have made the record
	if sent, err = w.rules.Written(w.entity("erp/1"), "", sent, []string{"names", "emails", "phones"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		report      string
		same, other int
	}{
		{`{` + eva + `"phones":[{"value":"+49301111111"}]}`, 3, 0},
		{`{` + eva + `"phones":[{"value":"+49302222222"}]}`, 3, 0},
		{`{"names":[{"full":"EVA KURZ"}],"language":"de"}`, 1, 0},
		{`{"names":[{"full":"Adam Lang"}],"emails":[{"value":"eva@example.com"}],"phones":[{"value":"+49303333333"}]}`, 1, 2},
	} {
		report := &canonical.Customer{}
		if err := report.UnmarshalJSON([]byte(c.report)); err != nil {
			t.Fatal(err)
		}
		if same, other := w.rules.Resembles(sent, report, time.Now()); same != c.same || other != c.other {
			t.Errorf("%s: %d as sent, %d other, expected %d and %d", c.report, same, other, c.same, c.other)
		}
	}
}
