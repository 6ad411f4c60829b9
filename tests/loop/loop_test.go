//go:build long

package loop

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
)

// missing says how many reports the hub has yet to be sent.
func missing(systems []*system) func(*api.Status) string {
	return func(*api.Status) string {
		for _, s := range systems {
			if n := s.busy.Load(); n > 0 {
				return fmt.Sprintf("%d reports of %s are on their way", n, s.name)
			}
		}
		return ""
	}
}

// changes is how many changes people make; TOUCHSTONE_LOOP_CHANGES says otherwise.
func changes(t *testing.T) int {
	text := os.Getenv("TOUCHSTONE_LOOP_CHANGES")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("TOUCHSTONE_LOOP_CHANGES: %v", err)
	}
	return n
}

const customers = 25

func mailOf(n int) string { return fmt.Sprintf("c%d@post.example", n) }

// random makes values that each system has a form of its own for.
type random struct{ *rand.Rand }

func (r random) delay() time.Duration { return time.Duration(rand.IntN(8)) * time.Millisecond }

func (r random) value(field string) string {
	switch field {
	case "name":
		given := []string{"Anna Maria", "Jürgen", "Hans-Peter", "Zoë", "明"}[r.IntN(5)]
		family := []string{"Schmidt", "Leutheusser-Schnarrenberger", "Müller", "von der Recke"}[r.IntN(4)]
		return fmt.Sprintf("%s %s %d", given, family, r.IntN(10))
	case "street":
		return fmt.Sprintf("%s %d", []string{"Lange Straße am Alten Markt", "Ring", "Königsallee", "Am Grünen Weg hinter der Kirche"}[r.IntN(4)], r.IntN(90)+1)
	}
	return fmt.Sprintf("+4917%08d", r.IntN(1e8))
}

// three are systems that each change what they are told.
func three(t *testing.T, r random) []*system {
	c := &clock{}
	return []*system{
		newSystem(t, "a", c, r.delay, upper), newSystem(t, "b", c, r.delay, national), newSystem(t, "c", c, r.delay, cut),
	}
}

// Promise 4 in the large: three systems of which each has its own form for what it is told, and
// reports every write, come to rest, and agree.
func TestNoLoops_threeSystemsThatNormaliseComeToRestAfterEachRound(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := random{rand.New(rand.NewPCG(seed, 1))}
	systems := three(t, r)
	c := found(t, systems, nil)
	for n := range customers {
		a := account{"mail": mailOf(n)}
		for _, field := range []string{"name", "phone", "street"} {
			a[field] = r.value(field)
		}
		systems[r.IntN(3)].person(a)
	}
	c.rest(20 * time.Second)
	c.agree()
	before, number := c.writes(), changes(t)
	// each customer is changed in one system, and what follows comes to rest, before it is changed
	// again: what people do while the hub's own writes are on their way is not this test's
	var rested time.Duration
	for made := 0; made < number; {
		for n := range customers {
			field := []string{"name", "phone", "phone", "street"}[r.IntN(4)]
			if systems[r.IntN(3)].change(mailOf(n), field, r.value(field)) {
				made++
			}
		}
		began := time.Now()
		c.rest(20 * time.Second)
		rested = max(rested, time.Since(began))
	}
	writes := c.writes() - before
	t.Logf("%d changes made %d writes, %.2f for each; at rest at most %v after each round", number, writes, float64(writes)/float64(number), rested.Round(time.Millisecond))
	if perChange := float64(writes) / float64(number); perChange > 6 {
		t.Errorf("%.2f writes for each change: two systems have to be told, and each of the three may be told once more", perChange)
	}
	c.agree()

	// a number deleted in one is gone from all
	for n := range customers {
		systems[n%3].change(mailOf(n), "phone", "")
	}
	c.rest(20 * time.Second)
	c.agree()
	for _, s := range systems {
		for mail, accounts := range s.all() {
			if phone := accounts[0]["phone"]; phone != nil {
				t.Errorf("%s: %s still has the phone %v", s.name, mail, phone)
			}
		}
	}

	// a source that sends all again changes nothing, be it with new times
	before = c.writes()
	for _, s := range systems {
		s.again(true)
		s.again(false)
	}
	c.rest(20 * time.Second)
	if n := c.writes() - before; n != 0 {
		t.Errorf("%d writes after everything was sent again", n)
	}
	c.agree()
}

// agree holds what each system has against the golden records, in the system's own form.
func (c *company) agree() {
	c.t.Helper()
	dump := c.Dump()
	if len(dump) != customers {
		c.t.Fatalf("%d golden customers, expected %d", len(dump), customers)
	}
	for _, s := range c.systems {
		all := s.all()
		if len(all) != customers {
			c.t.Errorf("%s has %d customers", s.name, len(all))
		}
		for _, g := range dump {
			golden := g.Typed(c.t)
			want := s.normal(accountOf(&golden))
			got := all[golden.Emails[0].Value]
			if len(got) != 1 {
				c.t.Fatalf("%s has %d accounts of %s", s.name, len(got), golden.Emails[0].Value)
			}
			delete(got[0], "id")
			delete(got[0], "at")
			w, _ := json.Marshal(want)
			if g, _ := json.Marshal(got[0]); string(g) != string(w) {
				c.t.Errorf("%s holds %s, the golden record comes to %s", s.name, g, w)
			}
		}
	}
}

// accountOf is what the outbound mapping makes of a golden record.
func accountOf(g *canonical.Customer) account {
	a := account{"mail": g.Emails[0].Value}
	if len(g.Names) > 0 {
		a["name"] = g.Names[0].Full
	}
	if len(g.Phones) > 0 {
		a["phone"] = g.Phones[0].Value
	}
	if len(g.Addresses) > 0 {
		a["street"] = g.Addresses[0].Lines[0]
	}
	return a
}
