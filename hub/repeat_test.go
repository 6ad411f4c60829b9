package hub_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// fate is what becomes of a request to the shop.
type fate string

const (
	taken   fate = "taken"   // done, and answered
	silent  fate = "silent"  // done, and not answered
	lost    fate = "lost"    // neither
	broken  fate = "broken"  // not done, with an answer that does not say so
	busy    fate = "busy"    // not done, with an answer that says so
	refused fate = "refused" // not done, for this payload
)

// fates has a shop treat a customer's writes by the state that they carry: its phone's last digit.
type fates struct {
	shop  *remote
	of    map[string]fate
	asked map[string]bool // states that came since the fates were set
}

func newFates(shop *remote) *fates {
	f := &fates{shop: shop}
	shop.before = f.decide
	return f
}

func (f *fates) set(of map[string]fate) {
	f.shop.set(func() { f.of, f.asked = of, map[string]bool{} })
}

func (f *fates) decide(w http.ResponseWriter, q *http.Request, body map[string]any) bool {
	phone := fmt.Sprint(body["phone"])
	state := phone[len(phone)-1:]
	var is fate
	f.shop.set(func() { is = f.of[state] })
	defer f.shop.set(func() { f.asked[state] = true })
	switch is {
	case silent:
		f.shop.apply(q, body)
		hangUp(w)
	case lost:
		hangUp(w)
	case broken:
		return answer(http.StatusBadGateway)(w, q, body)
	case busy:
		return answer(http.StatusServiceUnavailable)(w, q, body)
	case refused:
		return answer(http.StatusUnprocessableEntity)(w, q, body)
	default:
		return false
	}
	return true
}

// tried waits until the shop has dealt with a state.
func (f *fates) tried(state string) {
	f.shop.t.Helper()
	await(f.shop.t, "the shop is asked for state "+state, func() (err error) {
		f.shop.set(func() {
			if !f.asked[state] {
				err = fmt.Errorf("asked for %v", f.asked)
			}
		})
		return err
	})
}

// state reports a customer's nth state and waits until it is that of the golden record.
func (r *rig) state(n int) {
	r.t.Helper()
	r.send("erp/customers", fmt.Sprintf(`{"id": 1, "v": %d, "name": "Anna", "mail": "anna@post.example", "phone": "+4930901820%d"}`, n, n%10))
	r.await("the state is that of the customer", func() error {
		if c, _ := r.customer("erp/customers/1"); !strings.Contains(string(c.Doc), fmt.Sprintf("901820%d", n%10)) {
			return fmt.Errorf("golden record %s", c.Doc)
		}
		return nil
	})
}

// A target that honours keys answers a repeated create with what it made of the first one.
func TestDeliver_aCreateOfUnknownOutcomeThatIsRepeatedEndsWithTheNewestState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second fate
		last          int // the state that the customer has in the end: 2, 3, or the first again as 11
		want          []string
	}{
		"done without an answer, then changed":                 {silent, busy, 3, []string{"POST", "PUT 1"}},
		"done without an answer, and as it was":                {silent, busy, 11, []string{"POST"}},
		"perhaps not done, then changed":                       {broken, busy, 3, []string{"POST", "PUT 1"}},
		"not done, by the answer, then changed":                {busy, busy, 3, []string{"POST"}},
		"lost, done in the second state, then the first again": {lost, silent, 11, []string{"POST", "PUT 1"}},
		"lost, then changed twice":                             {lost, lost, 3, []string{"POST", "PUT 1"}},
		"done, refused under its key, then changed":            {silent, refused, 3, []string{"POST", "PUT 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, shop := journey(t, nil)
			f := newFates(shop)
			f.set(map[string]fate{"1": c.first})
			r.state(1)
			f.tried("1")
			f.set(map[string]fate{"1": busy, "2": c.second})
			r.state(2)
			f.tried("2")
			f.set(map[string]fate{"1": busy, "2": busy, "3": busy})
			r.state(c.last)
			f.set(map[string]fate{"2": busy})
			shop.holds(fmt.Sprintf("1 phone=+4930901820%d", c.last%10), "phone")
			r.settled()
			wantWrites(t, shop, c.want...)
			if got := shop.show("phone"); got != fmt.Sprintf("1 phone=+4930901820%d", c.last%10) {
				t.Errorf("the shop holds %q at rest", got)
			}
			shop.set(func() {
				made := slices.DeleteFunc(slices.Clone(shop.keys[:len(shop.keys)-1]), func(key string) bool { return key == shop.keys[0] })
				if len(made) > 0 {
					t.Errorf("creates were sent under other keys than %s: %v", shop.keys[0], made)
				}
			})
			if d := r.deliveries(); len(d) != 1 || d[0].Error != "" || d[0].Status != "settled" {
				t.Errorf("deliveries %+v", d)
			}
		})
	}
}
