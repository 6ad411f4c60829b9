package mistakes

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// A list of questions is worth as much as its order: the pair on which most hangs comes first, and
// what comes to hang on one later counts as soon as its records are looked at again.
func TestQuestions_whatMostHangsOnComesFirst(t *testing.T) {
	t.Parallel()
	shop := systems.New(t, "shop", systems.Options{})
	// only customers with a phone go to the shop
	c := found(t, map[string]string{"routes/customers.yaml": route([]string{"shop.customers"}, "when: len(customer.phones) > 0\n")}, shop)
	person := func(id int, name, mail, more string) string {
		return fmt.Sprintf(`{"id": %d, "at": "2026-01-02T00:00:00Z", "name": %q, "mail": "%s@post.example"%s}`, id, name, mail, more)
	}
	c.report(person(1, "Anna Lang", "lang", ""))
	c.report(person(2, "Bernd Lang", "lang", ""))
	c.report(person(3, "Carla Kurz", "kurz", ""))
	c.report(person(4, "Dirk Kurz", "kurz", `, "phone": "030 901820"`))
	c.restWith(hubtest.Counts{"erp/customers": 4, "shop/customers": 1})
	hanging := func(task golden.Task) (h struct{ Records, Remotes, Orders int }) {
		t.Helper()
		var detail struct {
			Hangs *struct{ Records, Remotes, Orders int }
		}
		detail.Hangs = &h
		if err := json.Unmarshal(task.Detail, &detail); err != nil {
			t.Fatal(err)
		}
		return h
	}
	c.report(`{"id": 3, "at": "2026-01-05T00:00:00Z", "name": "Carla Kurz", "mail": "kurz@post.example", "street": "Am Markt 2"}`)
	c.rest()
	tasks := c.tasks(golden.TaskMatch)
	if len(tasks) != 2 || tasks[0].Records[0] != "erp/customers/3" || tasks[0].Priority <= tasks[1].Priority || tasks[0].Score != tasks[1].Score {
		t.Fatalf("tasks %+v", tasks)
	}
	if h := hanging(tasks[0]); h.Remotes != 1 || h.Records != 3 {
		t.Errorf("on the first hang %+v", h)
	}
	if h := hanging(tasks[1]); h.Remotes != 0 || h.Records != 2 {
		t.Errorf("on the second hang %+v", h)
	}
	c.quiet()
}
