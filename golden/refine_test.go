package golden_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
)

// Five firms of one switchboard share a key that three may share. Those two who have a word of their
// names in common too find each other all the same, as long as the switchboard's key is generic.
func TestResolve_genericKeysActByWhatRefinesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {keys: [{key: [phone], refine: [[token]]}], limits: {block: 3}}")
	for i, name := range []string{"Alpha", "Beta", "Gamma", "Delta", "Alpha"} {
		w.resolve(w.record(fmt.Sprintf("erp/%d", i), i, fmt.Sprintf(`{"kind": "organisation", "names": [{"full": %q}], "phones": [{"value": "030 1234567"}]}`, name)))
	}
	if !w.together("erp/0", "erp/4") {
		t.Error("two of one name and number are two customers")
	}
	if w.together("erp/0", "erp/1") || w.together("erp/2", "erp/3") {
		t.Error("a switchboard's number made strangers one customer")
	}
	before := w.keys("erp/0")
	w.resolve(w.deleted("erp/1", 9), w.deleted("erp/2", 9))
	if after := w.keys("erp/0"); before != 2 || after != 1 {
		t.Errorf("%d keys where the number is generic, %d where it is not any more; want 2 and 1", before, after)
	}
	if !w.together("erp/0", "erp/3") {
		t.Error("a number of three records brings them together")
	}
}

// keys counts the block keys that the store keeps of a record.
func (w *world) keys(key string) (n int) {
	w.t.Helper()
	err := w.store.InTx(w.t.Context(), func(ctx context.Context, tx golden.Tx) error {
		records, err := tx.RecordsByKey(ctx, []string{streamKey(key)})
		if err != nil || len(records) == 0 {
			return fmt.Errorf("no record %s: %w", key, err)
		}
		held, err := tx.KeysOf(ctx, []golden.RecordNo{records[0].No})
		for _, k := range held {
			n += len(k.Keys)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
