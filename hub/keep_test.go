package hub_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// What is asked and its answer are one transaction: neither is there without the other.
func TestKeep_theAnswerIsStoredWithWhatWasDone(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	r.send("erp/customers", `{"id":1,"v":1,"name":"Eva Kurz","mail":"eva@post.example"}`)
	r.settled()
	customer, found := r.customer("erp/customers/1")
	if !found {
		t.Fatal("there is no customer")
	}
	full := errors.New("no room for the answer")
	for _, one := range []struct {
		name string
		do   func(hub.Keep) (any, error)
		done func() bool
	}{
		{"a replay", func(keep hub.Keep) (any, error) {
			return r.StartReplay(t.Context(), hub.ReplayRequest{System: "erp", DryRun: true}, keep)
		}, func() bool {
			list, err := r.Replays(t.Context())
			return err == nil && len(list) == 1
		}},
		{"an erasure", func(keep hub.Keep) (any, error) {
			return r.Erase(t.Context(), hub.EraseRequest{Customer: customer.ID, Reason: "request 17", Author: "dpo"}, keep)
		}, func() bool {
			list, err := r.Erasures(t.Context(), "", 10)
			return err == nil && len(list) == 1
		}},
	} {
		if _, err := one.do(func(context.Context, golden.Tx, any) error { return full }); !errors.Is(err, full) || one.done() {
			t.Errorf("%s without room for its answer: %v, done %v", one.name, err, one.done())
		}
		var kept []string
		given, err := one.do(func(ctx context.Context, tx golden.Tx, answer any) error {
			kept = append(kept, idOf(answer))
			return tx.SaveCheckpoint(ctx, "kept", []byte(idOf(answer)))
		})
		stored, missing := r.Store().LoadCheckpoint(t.Context(), "kept")
		if err != nil || missing != nil || !one.done() || !slices.Contains(kept, idOf(given)) || string(stored) != idOf(given) {
			t.Errorf("%s: %v, %v, done %v, kept %q, answered %q", one.name, err, missing, one.done(), kept, idOf(given))
		}
	}
}

func idOf(answer any) string {
	switch a := answer.(type) {
	case *hub.Replay:
		return a.ID
	case hub.Replay:
		return a.ID
	case hub.Erasure:
		return a.ID
	}
	return ""
}
