package hub_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// stepsOf are the steps of a trace, one a line, without what differs from run to run.
func stepsOf(t *testing.T, tr hub.Trace) string {
	t.Helper()
	var lines []string
	var before time.Time
	for _, s := range tr.Steps {
		at := s.Time.Truncate(time.Millisecond) // Kafka's clock knows no less
		if at.Before(before) || s.Time.IsZero() {
			t.Errorf("step %+v is not in the order of time", s)
		}
		before = at
		what := s.What
		for i, id := range tr.Customers {
			what = strings.ReplaceAll(what, id, fmt.Sprint("G", i))
		}
		line := s.Stage + " " + what
		if s.Version > 0 {
			line += fmt.Sprint(" v", s.Version)
		}
		if s.Feed > 0 {
			line += fmt.Sprint(" feed ", s.Feed)
		}
		if s.Status != "" {
			line += " " + s.Status
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (r *rig) trace(q hub.TraceQuery) hub.Trace {
	r.t.Helper()
	tr, err := r.Trace(r.t.Context(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return tr
}

func expectJourney(t *testing.T, name string, tr hub.Trace, kind, want string) {
	t.Helper()
	if got := stepsOf(t, tr); got != strings.TrimSpace(want) || tr.Kind != kind || tr.Cut {
		t.Errorf("%s: %s, cut %v:\n%s\nexpected %s:\n%s", name, tr.Kind, tr.Cut, got, kind, want)
	}
}

func TestTrace_followsARecordFromFirstByteToLastDelivery(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	r := start(t, base, map[string]string{"SHOP": shop.URL})
	// a change goes to Kafka and to its targets side by side: here the target waits for Kafka
	shop.set(func() {
		shop.before = func(_ http.ResponseWriter, q *http.Request, _ map[string]any) bool {
			for q.Context().Err() == nil {
				if s, err := r.Store().Statistics(q.Context()); err == nil && s.Outbox == 0 {
					break
				}
				time.Sleep(time.Millisecond)
			}
			return false
		}
	})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "a@post.example"}`)
	r.settled()
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Ben", "mail": "b@post.example"}`)
	r.settled() // within one batch, changes are in the order of keys, not of arrival
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna B", "mail": "a@post.example"}`)
	r.settled()
	record := r.trace(hub.TraceQuery{ID: "erp/customers/1"})
	whole := `
received erp/customers/1
translated erp/customers/1
resolved G0 v1
published G0 v1 feed 1
received erp/customers/1
translated erp/customers/1
resolved G0 v2
published G0 v2 feed 3
delivered shop.customers v2 settled`
	expectJourney(t, "by key", record, "record", whole)
	customer := r.trace(hub.TraceQuery{ID: record.Customers[0]})
	newest := `
resolved G0 v1
published G0 v1 feed 1
received erp/customers/1
translated erp/customers/1
resolved G0 v2
published G0 v2 feed 3
delivered shop.customers v2 settled`
	expectJourney(t, "by golden ID", customer, "customer", newest)

	last := record.Steps[4]
	if last.Correlation == "" || last.At == nil || *last.At != (hub.TracePlace{Topic: "raw.erp", Offset: 2}) || last.Bytes == 0 || last.Position == "" {
		t.Errorf("received %+v", last)
	}
	if s := record.Steps[6]; s.Cause != "erp/customers/1" || !strings.Contains(s.Detail, "/names") {
		t.Errorf("resolved %+v", s)
	}
	message := r.trace(hub.TraceQuery{ID: last.Correlation})
	expectJourney(t, "by correlation ID", message, "message", strings.Join(strings.Split(strings.TrimSpace(whole), "\n")[4:], "\n"))
	since := r.trace(hub.TraceQuery{ID: "erp/customers/1", Since: last.Time})
	if got := stepsOf(t, since); got != stepsOf(t, message) {
		t.Errorf("since the second version:\n%s", got)
	}
	few := r.trace(hub.TraceQuery{ID: "erp/customers/1", Limit: 1})
	if !few.Cut || stepsOf(t, few) != stepsOf(t, message) {
		t.Errorf("one version: cut %v\n%s", few.Cut, stepsOf(t, few))
	}
}

func TestTrace_putsTheStepsOfOneMillisecondInTheOrderOfStages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	steps := []hub.TraceStep{
		{Stage: "delivered", Time: at.Add(time.Millisecond)},
		{Stage: "resolved", Time: at.Add(700 * time.Microsecond)},
		{Stage: "published", Time: at}, // cut to milliseconds
		{Stage: "received", Time: at},
		{Stage: "resolved", Time: at.Add(300 * time.Microsecond)},
	}
	hub.SortSteps(steps)
	var got []string
	for _, s := range steps {
		got = append(got, fmt.Sprint(s.Stage, " ", s.Time.Sub(at)))
	}
	want := []string{"received 0s", "resolved 300µs", "resolved 700µs", "published 0s", "delivered 1ms"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, expected %q", got, want)
	}
}

func TestTrace_showsWhereARecordStands(t *testing.T) {
	t.Parallel()
	r := start(t, base, map[string]string{"SHOP": "http://127.0.0.1:1"})
	r.send("erp/customers", `{"id": 7, "v": "seven", "name": "Anna"}`)
	r.await("the dead letter", func() error {
		if len(r.letters()) != 1 {
			return errors.New("none yet")
		}
		return nil
	})
	dead := r.trace(hub.TraceQuery{ID: "erp/customers/7"})
	expectJourney(t, "untranslatable", dead, "record", "received erp/customers/7\ndead letter erp/customers/7 open")
	if s := dead.Steps[1]; s.Letter == 0 || s.Error == "" || !strings.HasPrefix(s.Detail, "translate, ") {
		t.Errorf("dead letter %+v", s)
	}

	r.send("erp/customers", `{"id": 8, "v": 1, "name": "Ben", "mail": "b@post.example"}`)
	r.await("a failed attempt", func() error {
		tr, err := r.Trace(t.Context(), hub.TraceQuery{ID: "erp/customers/8"})
		if err != nil {
			return err
		}
		for _, s := range tr.Steps {
			if s.Stage == "pending" && s.What == "shop.customers" && s.Attempts > 0 && s.Error != "" {
				return nil
			}
		}
		return fmt.Errorf("%+v", tr.Steps)
	})

	r.send("erp/orders", `{"id": 5, "v": 1, "mail": "b@post.example", "total": 1}`)
	r.await("the order", func() error {
		tr, err := r.Trace(t.Context(), hub.TraceQuery{ID: "erp/orders/5"})
		if err == nil && stepsOf(t, tr) != "received erp/orders/5\ntranslated erp/orders/5" {
			err = errors.New(stepsOf(t, tr))
		}
		return err
	})
	if _, err := r.Trace(t.Context(), hub.TraceQuery{ID: "erp/customers/99"}); !errors.Is(err, golden.ErrNotFound) {
		t.Errorf("a record that never came: %v", err)
	}
	if _, err := r.Trace(t.Context(), hub.TraceQuery{ID: "nothing"}); !errors.Is(err, golden.ErrNotFound) {
		t.Errorf("no ID: %v", err)
	}
}
