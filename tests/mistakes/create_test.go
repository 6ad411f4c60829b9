package mistakes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// anna is what the ERP says of a customer on the second day.
const anna = `{"id": 1, "at": "2026-01-02T00:00:00Z", "name": "Anna", "mail": "anna@post.example", "phone": "030 901820"}`

// later is what it says of her on another day.
func later(name string, day int) string {
	return strings.NewReplacer("Anna", name, "01-02", fmt.Sprintf("01-%02d", day)).Replace(anna)
}

// shopBy is a folder in which a create in the shop may be repeated in some way. deaf: the shop does
// not report what it holds.
func shopBy(repeat string, deaf bool) map[string]string {
	text := fmt.Sprintf(connector, "shop", repeat)
	if deaf {
		before, after, _ := strings.Cut(text, "streams:")
		_, after, _ = strings.Cut(after, "target:")
		text = before + "target:" + after
	}
	files := map[string]string{"connectors/shop.yaml": text}
	if deaf {
		files["mappings/from-shop.yaml"] = ""
	}
	return files
}

// lateAnswers has so many creates answered too late, having done what they were asked.
func lateAnswers(n int) systems.Answer {
	calls := make(chan struct{}, n)
	return func(w http.ResponseWriter, q *http.Request) bool {
		if q.Method == http.MethodGet || strings.HasSuffix(q.URL.Path, "/off") {
			return false
		}
		select {
		case calls <- struct{}{}:
			return systems.Silence(w, q)
		default:
			return false
		}
	}
}

// A create that timed out has often been done. Sent again without care it makes a second record.
func TestCreateThatTimedOutAfterDoingTheWork_isNotASecondRecord(t *testing.T) {
	t.Parallel()
	for name, repeat := range map[string]string{"key": byKey, "upsert": byUpsert, "find": byFind} {
		for _, deaf := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reports %v", name, !deaf), func(t *testing.T) {
				t.Parallel()
				shop := systems.New(t, "shop", systems.Options{})
				shop.After(lateAnswers(2))
				if deaf {
					shop.Hold()
				}
				c := found(t, shopBy(repeat, deaf), shop)
				c.report(anna)
				c.restWith(hubtest.Counts{"erp/customers": 1})
				if n := len(shop.Records()); n != 1 {
					t.Fatalf("the shop has %d records: %s", n, shop.Show("name"))
				}
				if deaf && shop.Asked() < 3 { // else the shop's own report says that it was done
					t.Errorf("%d requests: nothing was tried again", shop.Asked())
				}
				if deaf {
					c.report(later("Anna Schmidt", 3))
				} else {
					shop.Change(only(t, shop), "name", "Anna Schmidt")
				}
				c.rest()
				if got := shop.Show("name"); !strings.HasSuffix(got, " name=Anna Schmidt") || strings.Contains(got, ";") {
					t.Errorf("after a change the shop holds %q", got)
				}
				if n := len(c.Dump()); n != 1 {
					t.Errorf("%d customers", n)
				}
				if tasks := c.tasks(golden.TaskOutcome); len(tasks) > 0 {
					t.Errorf("a person is asked: %+v", tasks)
				}
				c.quiet()
			})
		}
	}
}

// only is the ID of a system's only record.
func only(t *testing.T, s *systems.System) string {
	t.Helper()
	for id := range s.Records() {
		return id
	}
	t.Fatalf("%s has no record", s.Name)
	return ""
}

// Where nothing tells a repetition, nobody but a person can say what became of it.
func TestCreateThatTimedOutWhereNothingTellsARepetition_isAPersonsToDecide(t *testing.T) {
	t.Parallel()
	shop := systems.New(t, "shop", systems.Options{})
	shop.Hold()
	shop.After(lateAnswers(1))
	c := found(t, shopBy(byNobody, true), shop)
	c.report(anna)
	c.until(func() string {
		if len(c.tasks(golden.TaskOutcome)) == 0 {
			return "nobody is asked"
		}
		return ""
	})
	c.rest()
	asked := shop.Asked()
	// neither changes nor a restart make the hub send it again
	c.report(later("Anna Schmidt", 3))
	c.rest()
	c.Stop()
	c.start()
	c.report(later("Anna Schmidt-Meier", 4))
	c.rest()
	if shop.Asked() != asked || len(shop.Records()) != 1 {
		t.Errorf("%d requests after it, the shop holds %q", shop.Asked()-asked, shop.Show("name"))
	}
	tasks := c.tasks(golden.TaskOutcome)
	if len(tasks) != 1 || strings.Join(tasks[0].Records, " ") != "erp/customers/1" || !strings.Contains(string(tasks[0].Detail), "shop.customers") {
		t.Errorf("tasks %+v, expected one of the ERP's record in the shop", tasks)
	}
}
