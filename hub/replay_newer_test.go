package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

const fixedMapping = `
mapping: customer
to: Customer
id: string(id)
version: {integer: v}
fields:
  names:
    - {full: 'v == 1 ? "old" : "new"'}
`

// A mapping is fixed and its 500 dead letters are replayed while new versions of 100 of those
// records arrive: the newer ones win, be the letters replayed themselves or their span of history.
func TestReplay_newerVersionsWinOverReplayedDeadLetters(t *testing.T) {
	t.Parallel()
	const letters, newer = 500, 100
	for name, again := range map[string]func(r *rig){
		"letters": func(r *rig) {
			result, err := r.ReplayLetters(r.t.Context(), hub.LetterChoice{Query: golden.DeadLetterQuery{Stage: "translate", System: "erp"}}, hub.LetterProgress{}, nil)
			if err != nil || result.Matched != letters || result.Done != letters || result.Failed != 0 {
				r.t.Errorf("%+v, %v", result, err)
			}
		},
		"history": func(r *rig) {
			if p := r.replay(hub.ReplayRequest{System: "erp", To: fmt.Sprint(letters)}); p.Counts.Read != letters || p.Counts.Failed != 0 || p.Counts.Changed+p.Counts.Older != letters {
				r.t.Errorf("the replay %s", replayed(p.Counts))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := newRemote(t)
			r := start(t, with(map[string]string{
				"routes/customers.yaml": base["routes/customers.yaml"] + "when: 'false'\n",
			}), map[string]string{"SHOP": shop.URL})
			var records []string
			for i := range letters {
				records = append(records, fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "bad%d"}`, i, i))
			}
			r.bulk("erp/customers", records...)
			r.settled()
			if n := r.stats().DeadLetters["translate"]; n != letters {
				t.Fatalf("%d dead letters", n)
			}
			r.rewrite(map[string]string{"mappings/customer.yaml": fixedMapping})
			r.reload()
			arrived := make(chan error, 1)
			go func() { // some before the replay, some meanwhile, some after it
				for i := range newer {
					record := fmt.Sprintf(`{"id": %d, "v": 2}`, i*letters/newer)
					if err := hub.PublishRawAll(t.Context(), r.Hub, "erp", "customers", []string{record}); err != nil {
						arrived <- err
						return
					}
				}
				arrived <- nil
			}()
			again(r)
			if err := <-arrived; err != nil {
				t.Fatal(err)
			}
			r.settled()
			for i := range letters {
				want := "old"
				if i%(letters/newer) == 0 {
					want = "new"
				}
				if g, ok := r.customer(fmt.Sprintf("erp/customers/%d", i)); !ok || !strings.Contains(string(g.Doc), `"`+want+`"`) {
					t.Errorf("record %d: %v %s, expected the %s one", i, ok, g.Doc, want)
				}
			}
			if n := r.stats().DeadLetters["translate"]; n != 0 {
				t.Errorf("%d dead letters are left", n)
			}
		})
	}
}
