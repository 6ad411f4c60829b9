package hub_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

func (r *rig) erase(id string) hub.Erasure {
	r.t.Helper()
	e, err := r.Erase(r.t.Context(), hub.EraseRequest{Customer: id, Reason: "request 17", Author: "dpo"}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// awaitReceipts waits until the receipts of an erasure are those given: "TARGET OPERATION STATUS".
func (r *rig) awaitReceipts(id string, want ...string) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("the receipts are %q", want), func() error {
		e, err := r.Hub.Erasure(r.t.Context(), id)
		if err != nil {
			return err
		}
		var got []string
		for _, one := range e.Receipts {
			got = append(got, fmt.Sprintf("%s %s %s", one.Target, one.Operation, one.Status))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			return fmt.Errorf("they are %q", got)
		}
		return nil
	})
}

// A create that is on its way when the person is erased ends in the target, whatever the target
// tells of it, and when.
func TestErase_endsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	for _, reports := range []string{"after the answer", "before the answer", "never"} {
		t.Run(reports, func(t *testing.T) {
			t.Parallel()
			r, shop := journey(t, nil)
			arrived, goOn := make(chan struct{}), make(chan struct{})
			report := func(id string, record map[string]any) {
				post(t, "http://"+r.IntakeAddress()+"/in/shop/customers", fmt.Sprintf(`{"id":%q,"v":1,"name":%q,"mail":%q}`, id, record["name"], record["mail"]))
			}
			var made map[string]any
			shop.set(func() {
				shop.before = func(_ http.ResponseWriter, q *http.Request, _ map[string]any) bool {
					if q.Method == http.MethodPost {
						close(arrived)
						<-goOn
					}
					return false
				}
				shop.after = func(id string, record map[string]any) {
					if made != nil {
						return
					}
					if made = record; reports == "before the answer" {
						report(id, record)
						await(t, "the report is resolved", func() error {
							if r.stats().Records["shop/customers"] != 1 {
								return errors.New("it is not there")
							}
							return nil
						})
					}
				}
			})
			r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
			<-arrived
			c, ok := r.customer("erp/customers/1")
			if !ok {
				t.Fatal("there is no customer")
			}
			e := r.erase(c.ID)
			close(goOn)
			r.awaitReceipts(e.ID, "shop.customers delete done", "shop.customers create done")
			shop.holds("")
			if reports == "after the answer" {
				report("1", made)
			}
			r.settled()
			if s := r.stats(); s.Customers != 0 || len(r.deliveries()) > 0 || s.Records["shop/customers"] != 0 {
				t.Errorf("%d customers, deliveries %+v, records %v", s.Customers, r.deliveries(), s.Records)
			}
		})
	}
}

// What a target refuses stays open, and is done once a person has its dead letter replayed.
func TestErase_keepsWhatATargetRefusedOpen(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.settled()
	shop.set(func() {
		shop.before = func(w http.ResponseWriter, q *http.Request, _ map[string]any) bool {
			if q.Method == http.MethodDelete {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return true
			}
			return false
		}
	})
	c, _ := r.customer("erp/customers/1")
	e := r.erase(c.ID)
	r.awaitReceipts(e.ID, "shop.customers delete refused")
	letters := r.letters()
	if len(letters) != 1 || len(letters[0].Bytes) > 0 || strings.Contains(letters[0].Error, "Anna") {
		t.Fatalf("dead letters %+v", letters)
	}
	if now, _ := r.Hub.Erasure(t.Context(), e.ID); now.State != "pending" {
		t.Errorf("the erasure is %s", now.State)
	}
	shop.set(func() { shop.before = nil })
	if _, err := r.ReplayLetters(t.Context(), hub.LetterChoice{IDs: []int64{letters[0].ID}}, hub.LetterProgress{}, nil); err != nil {
		t.Fatal(err)
	}
	r.awaitReceipts(e.ID, "shop.customers delete done")
	shop.holds("")
}

// A merged ID is not erased by itself: who asks has to know that all of the survivor goes. Compacted
// topics forget both IDs.
func TestErase_ofAMergedIDNeedsTheSurvivors(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Anna", "mail": "anna@home.example"}`)
	r.settled()
	one, _ := r.customer("erp/customers/1")
	two, _ := r.customer("erp/customers/2")
	r.send("erp/customers", `{"id": 2, "v": 2, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "the two are one", func() error {
		if r.stats().Merged != 1 {
			return errors.New("they are not")
		}
		return nil
	})
	r.settled()
	survivor, _ := r.customer("erp/customers/1")
	merged := one.ID
	if survivor.ID == merged {
		merged = two.ID
	}
	_, err := r.Erase(t.Context(), hub.EraseRequest{Customer: merged, Reason: "request 17"}, nil)
	if err == nil || !strings.Contains(err.Error(), survivor.ID) || !strings.Contains(err.Error(), "source records") {
		t.Errorf("the merged ID: %v", err)
	}
	e := r.erase(survivor.ID)
	if !slices.Equal(e.Merged, []string{merged}) {
		t.Errorf("merged IDs: %v", e.Merged)
	}
	r.settled()
	await(t, "the topic forgets both IDs", func() error {
		keys, err := hub.GoldenTombstones(t.Context(), r.Hub)
		if err == nil && (!slices.Contains(keys, merged) || !slices.Contains(keys, survivor.ID)) {
			err = fmt.Errorf("it forgets %v", keys)
		}
		return err
	})
	if g, _, err := r.Store().Customer(t.Context(), merged); err != nil || g.State != golden.Erased || g.ID != survivor.ID {
		t.Errorf("the merged ID leads to %+v, %v", g.Entity, err)
	}
	if _, err := r.Erase(t.Context(), hub.EraseRequest{Customer: survivor.ID, Reason: "again"}, nil); err == nil {
		t.Error("it was erased twice")
	}
}
