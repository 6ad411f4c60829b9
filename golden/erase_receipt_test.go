package golden_test

import (
	"errors"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
)

func TestCloseReceipt_aPersonSaysThatNothingIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byMail)
	w.resolve(w.record("erp/1", 1, `{"names":[{"full":"Qzxine Vwkmann"}],"emails":[{"value":"qzx@post.example"}]}`))
	asked := func(target string, remote uint64, status golden.ReceiptStatus) golden.Receipt {
		return golden.Receipt{Target: target, Remote: remote, Entity: "Customer", Operation: "create", Status: status, Reason: "look"}
	}
	done, err := w.resolver.Erase(t.Context(), golden.Erase{
		Customer: w.entity("erp/1").ID, Reason: "request 17", Author: "dpo",
		Receipts: func([]golden.DeliveryState, []golden.PendingCreate) []golden.Receipt {
			return []golden.Receipt{
				asked("shop.customers", 1, golden.ReceiptReview), asked("erp.customers", 2, golden.ReceiptRefused),
				asked("erp.customers", 3, golden.ReceiptReview), asked("erp.customers", 4, golden.ReceiptPending),
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	word := func(target string, remote uint64, reason string) golden.Closing {
		return golden.Closing{Target: target, Remote: remote, Reason: reason, Author: "dpo"}
	}
	for _, one := range []struct {
		id   string
		word golden.Closing
		want error
	}{
		{"E9", word("shop.customers", 1, "looked"), golden.ErrNotFound},
		{done.ID, word("crm.customers", 0, "looked"), golden.ErrSettled},
		{done.ID, word("erp.customers", 0, "looked"), golden.ErrSettled}, // which of the two?
		{done.ID, word("erp.customers", 4, "looked"), golden.ErrSettled}, // the target has yet to answer
		{done.ID, word("shop.customers", 0, "no qzx@post.example there"), golden.ErrNames},
		{done.ID, word("shop.customers", 0, "nothing under 030/90 18 20"), golden.ErrNames},
	} {
		if _, err := w.resolver.CloseReceipt(t.Context(), one.id, one.word, nil); !errors.Is(err, one.want) {
			t.Errorf("%s %+v: %v; want %v", one.id, one.word, err, one.want)
		}
	}
	if _, err := w.resolver.CloseReceipt(t.Context(), done.ID, word("shop.customers", 0, "looked on 2026-11-27 12:30, request 2026-17: no such record"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.resolver.CloseReceipt(t.Context(), done.ID, word("erp.customers", 2, "removed by hand"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.resolver.CloseReceipt(t.Context(), done.ID, word("erp.customers", 2, "once more"), nil); !errors.Is(err, golden.ErrSettled) {
		t.Errorf("closed twice: %v", err)
	}
	stored, err := w.store.Erasure(t.Context(), done.ID)
	if err != nil {
		t.Fatal(err)
	}
	status := map[uint64]golden.ReceiptStatus{}
	for _, r := range stored.Receipts {
		status[r.Remote] = r.Status
	}
	if status[1] != golden.ReceiptClosed || status[2] != golden.ReceiptClosed || status[3] != golden.ReceiptReview || status[4] != golden.ReceiptPending {
		t.Errorf("receipts %v", status)
	}
	if len(stored.Closed) != 2 || stored.Closed[0].Remote != 1 || stored.Closed[0].Was != golden.ReceiptReview || stored.Closed[0].Author != "dpo" ||
		stored.Closed[1].Was != golden.ReceiptRefused || stored.Closed[1].At.IsZero() {
		t.Errorf("closed %+v", stored.Closed)
	}
}
