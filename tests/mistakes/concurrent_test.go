package mistakes

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/systems"
)

// seed is that of the interleavings; TOUCHSTONE_SEED repeats one.
func seed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TOUCHSTONE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("TOUCHSTONE_SEED: %v", err)
		}
	}
	t.Logf("TOUCHSTONE_SEED=%d", seed)
	return seed
}

// doing is what somebody does at a system's own screen.
type doing struct {
	at           *systems.System
	mail         string
	field, value string
}

// Two people change one customer within a second, in two systems, before the hub has told either of
// the other: of two fields both changes survive, of one field the later, and everywhere the same.
func TestTwoSystemsWithinASecond_bothSurviveOrTheLaterWins(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(seed(t), 7))
	clock := &systems.Clock{}
	delay := func() time.Duration { return time.Duration(rand.IntN(2)) * time.Millisecond }
	all := []*systems.System{
		systems.New(t, "a", systems.Options{Clock: clock, Delay: delay, Form: systems.Upper}),
		systems.New(t, "b", systems.Options{Clock: clock, Delay: delay, Form: systems.National}),
		systems.New(t, "c", systems.Options{Clock: clock, Delay: delay}),
	}
	c := found(t, nil, all...)
	const many, rounds = 24, 2
	want := map[string]systems.Record{}
	change := func(one doing) {
		one.at.Change(c.idAt(one.at, one.mail), one.field, one.value)
		maps.Copy(want[one.mail], entered(one.at, systems.Record{one.field: one.value}))
	}
	for n := range many {
		r := systems.Record{
			"name": fmt.Sprintf("Anna %d", n), "mail": fmt.Sprintf("c%d@post.example", n),
			"phone": fmt.Sprintf("+4930901%03d", n), "street": fmt.Sprintf("Ring %d", n),
		}
		all[n%3].Person(r)
		want[fmt.Sprint(r["mail"])] = entered(all[n%3], r)
	}
	c.rest()
	for n := range many { // the hub has written into every record
		change(doing{all[(n+1)%3], fmt.Sprintf("c%d@post.example", n), "phone", fmt.Sprintf("+4930902%03d", n)})
	}
	c.rest()
	c.agree(want)
	for round := range rounds {
		var changes []doing
		for _, mail := range slices.Sorted(maps.Keys(want)) {
			changes = append(changes, two(random, all, mail, round)...)
		}
		random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		// nobody is told anything before all that was changed is known
		for _, s := range all {
			s.Before(systems.Unavailable)
		}
		for _, one := range changes {
			change(one)
		}
		c.taken()
		c.Stop() // no write of an earlier state is on its way any more
		for _, s := range all {
			s.Before(nil)
		}
		c.start()
		c.rest()
		c.agree(want)
	}
	c.quiet()
}

// entered is what becomes known of a record that is entered in a system: names and streets are all
// that the system kept of them; a phone is a phone, however it is written.
func entered(at *systems.System, r systems.Record) systems.Record {
	known := at.Normal(r)
	if phone, there := r["phone"]; there {
		known["phone"] = phone
	}
	return known
}

// two are changes of a customer in two systems, half of them of one field.
func two(random *rand.Rand, all []*systems.System, mail string, round int) []doing {
	fields := []string{"name", "phone", "street"}
	first, second := random.IntN(3), 1+random.IntN(2)
	f, g := random.IntN(3), 0
	if random.IntN(2) == 0 {
		g = 1 + random.IntN(2)
	}
	one := func(s, f int) doing {
		value := map[string]string{
			"name": fmt.Sprintf("Berta %d-%d", round, random.IntN(1e6)), "phone": fmt.Sprintf("+4917%08d", random.IntN(1e8)),
			"street": fmt.Sprintf("Königsallee %d", random.IntN(1e6)),
		}[fields[f%3]]
		return doing{all[s%3], mail, fields[f%3], value}
	}
	return []doing{one(first, f), one(first+second, f+g)}
}

// idAt is a customer's record in a system, by mail address.
func (c *company) idAt(s *systems.System, mail string) string {
	c.t.Helper()
	for id, r := range s.Records() {
		if r["mail"] == mail {
			return id
		}
	}
	c.t.Fatalf("%s has no record of %s", s.Name, mail)
	return ""
}

// taken waits until the hub has resolved every report, whatever it has yet to deliver.
func (c *company) taken() {
	c.t.Helper()
	calm := 0
	c.until(func() string {
		s := c.Status()
		why := systems.Missing(c.Systems...)(&s)
		for stage, n := range s.Lag {
			if n > 0 {
				why = fmt.Sprintf("%s has yet to take %d records", stage, n)
			}
		}
		if calm++; why != "" {
			calm = 0
		} else if calm < 5 {
			why = "just now"
		}
		return why
	})
}

// agree holds what every system has, and the golden records, against what they should have.
func (c *company) agree(want map[string]systems.Record) {
	c.t.Helper()
	for _, s := range c.Systems {
		records := s.Records()
		if len(records) != len(want) {
			c.t.Errorf("%s has %d records of %d customers", s.Name, len(records), len(want))
		}
		for id, r := range records {
			normal := s.Normal(want[fmt.Sprint(r["mail"])])
			for field, value := range normal {
				if r[field] != value {
					c.t.Errorf("%s: %s has the %s %v, expected %v", s.Name, id, field, r[field], value)
				}
			}
		}
	}
	if n := len(c.Dump()); n != len(want) {
		c.t.Errorf("%d golden records of %d customers", n, len(want))
	}
}
