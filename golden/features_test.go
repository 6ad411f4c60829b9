package golden_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
)

// keptFeatures are what the store keeps of records' features.
func (w *world) keptFeatures(keys ...string) map[string][]byte {
	w.t.Helper()
	kept := map[string][]byte{}
	err := w.store.InTx(w.t.Context(), func(ctx context.Context, tx golden.Tx) error {
		for _, key := range keys {
			records, err := tx.RecordsByKey(ctx, []string{streamKey(key)})
			if err != nil {
				return err
			}
			features, err := tx.FeaturesOf(ctx, []golden.RecordNo{records[0].No})
			if err != nil {
				return err
			}
			kept[key] = features[records[0].No]
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return kept
}

// spoilFeatures puts others in the place of those that the store keeps of a record.
func (w *world) spoilFeatures(key string, spoilt []byte) {
	w.t.Helper()
	err := w.store.InTx(w.t.Context(), func(ctx context.Context, tx golden.Tx) error {
		records, err := tx.RecordsByKey(ctx, []string{streamKey(key)})
		if err != nil {
			return err
		}
		return tx.PutFeatures(ctx, map[golden.RecordNo][]byte{records[0].No: spoilt})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestFeatures_thatDoNotFitAreDerivedAgain(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func([]byte) []byte{
		"none":      func([]byte) []byte { return nil },
		"other":     func(b []byte) []byte { b[0]++; return b },
		"cut":       func(b []byte) []byte { return b[:len(b)-1] },
		"cut short": func(b []byte) []byte { return b[:5] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "match: {rules: person}")
			w.resolve(w.record("erp/1", 1, anna))
			before := w.keptFeatures("erp/1")
			w.spoilFeatures("erp/1", spoil([]byte(string(before["erp/1"]))))
			w.resolve(w.record("shop/9", 2, anna2))
			if !w.together("erp/1", "shop/9") {
				t.Error("Anna Schmidt was not recognised")
			}
			if diff := cmp.Diff(before, w.keptFeatures("erp/1")); diff != "" {
				t.Errorf("features kept (-before +after):\n%s", diff)
			}
		})
	}
}

// Features are of one ruleset: those that another one left are neither used nor kept.
func TestFeatures_ofAnotherRuleset(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	exact := worldOn(t, store, "")
	exact.resolve(exact.record("erp/1", 1, anna), exact.record("erp/2", 1, bernd))
	before := exact.keptFeatures("erp/1", "erp/2")

	scored := worldOn(t, store, "match: {rules: person}")
	if _, err := scored.resolver.Reresolve(t.Context(), []string{streamKey("erp/1"), streamKey("erp/2")}); err != nil {
		t.Fatal(err)
	}
	scored.resolve(scored.record("shop/9", 2, anna2))
	if !scored.together("erp/1", "shop/9") || scored.together("erp/1", "erp/2") {
		t.Error("the customers are not those of the new ruleset")
	}
	for key, kept := range scored.keptFeatures("erp/1", "erp/2") {
		if string(kept) == string(before[key]) {
			t.Errorf("%s keeps the features of the ruleset before", key)
		}
	}
}

// A record that comes again in another form leaves its new features for those that come later.
func TestFeatures_followTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {rules: person}")
	w.resolve(w.record("erp/1", 1, bernd))
	w.resolve(w.record("erp/1", 2, anna))
	w.resolve(w.record("shop/9", 2, anna2))
	if !w.together("erp/1", "shop/9") {
		t.Error("erp/1 is compared as it was before")
	}
	w.resolve(w.record("erp/1", 3, bernd))
	if w.together("erp/1", "shop/9") {
		t.Error("erp/1 is still compared as it was before")
	}
}
