package hub_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/hub"
)

func stage(t *testing.T, r *rig, name string) hub.Stage {
	t.Helper()
	stages, err := r.Stages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no stage %s in %+v", name, stages)
	return hub.Stage{}
}

func TestStages_countWhatIsDoneAndTellTheAgeOfWhatIsNot(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	shop.before = answer(http.StatusServiceUnavailable)
	r := start(t, base, map[string]string{"SHOP": shop.URL})
	r.people(0, 3, 1)
	r.await("they wait for the shop", func() error {
		if s := stage(t, r, "deliver shop.customers"); s.Behind != 3 || s.Failed == 0 || s.Seconds <= 0 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	shop.set(func() { shop.before = nil })
	r.settled()
	for _, name := range []string{"ingest", "translate", "resolve", "publish", "deliver shop.customers"} {
		if s := stage(t, r, name); s.Done < 3 || s.Behind != 0 || s.Seconds != 0 {
			t.Errorf("%+v", s)
		}
	}
}

func TestBehind_isAsOldAsTheOldestRecordThatWasNotTaken(t *testing.T) {
	t.Parallel()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	r.people(0, 2, 1)
	r.settled()
	r.stop()
	h, err := hub.Open(t.Context(), load(t, r.root, r.env), hub.Options{}) // its stages do not run
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r.Hub = h
	before := time.Now()
	for i := range 3 {
		if err := hub.PublishRaw(t.Context(), r.Hub, "erp", "customers", fmt.Sprintf(`{"id": %d}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(20 * time.Millisecond) // an age to be seen
	s := stage(t, r, "translate")
	if age := time.Since(before).Seconds(); s.Behind != 3 || s.Seconds < 0.015 || s.Seconds > age+0.01 {
		t.Errorf("%+v after %v s", s, age)
	}
}
