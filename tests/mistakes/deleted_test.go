package mistakes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/systems"
)

// A value deleted where it comes from lives on in the copies that the hub wrote, in whatever form
// each system keeps them. From there it must not come back.
func TestAValueDeletedAtItsOrigin_isGoneEverywhere(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]string{
		"most recent": ruleset,
		"union":       strings.ReplaceAll(strings.ReplaceAll(ruleset, "phones: most_recent", "phones: union"), "addresses: most_recent", "addresses: union"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &systems.Clock{}
			all := []*systems.System{
				systems.New(t, "a", systems.Options{Clock: clock, Form: systems.Upper}),
				systems.New(t, "b", systems.Options{Clock: clock, Form: systems.National}),
				systems.New(t, "c", systems.Options{Clock: clock, Form: systems.Cut}),
			}
			c := found(t, map[string]string{"golden.yaml": rules}, all...)
			// each customer comes from one system, which later deletes one value
			type deletion struct {
				origin *systems.System
				id     string
				field  string
			}
			var deletions []deletion
			for _, s := range all {
				for _, field := range []string{"name", "phone", "street"} {
					n := len(deletions)
					id := s.Person(systems.Record{
						"name": fmt.Sprintf("Sabine Leutheusser-Schnarrenberger %d", n), "mail": fmt.Sprintf("c%d@post.example", n),
						"phone": fmt.Sprintf("+4917112345%02d", n), "street": fmt.Sprintf("Lange Straße am Alten Markt %d", n),
					})
					deletions = append(deletions, deletion{s, id, field})
				}
			}
			c.rest()
			for _, s := range all {
				if n := len(s.Records()); n != len(deletions) {
					t.Fatalf("%s has %d records", s.Name, n)
				}
			}
			for _, d := range deletions {
				d.origin.Change(d.id, d.field, "")
			}
			c.rest()
			deleted := map[string]string{}
			for n, d := range deletions {
				deleted[fmt.Sprintf("c%d@post.example", n)] = d.field
			}
			for _, s := range all {
				for id, r := range s.Records() {
					gone := deleted[strings.ToLower(fmt.Sprint(r["mail"]))]
					for _, field := range []string{"name", "phone", "street"} {
						if _, there := r[field]; there == (field == gone) {
							t.Errorf("%s: %s of %s (%v) is %v; deleted was its %s", s.Name, field, id, r["mail"], r[field], gone)
						}
					}
				}
			}
			for _, g := range c.Dump() {
				doc := g.Typed(t)
				gone := deleted[doc.Emails[0].Value]
				if len(doc.Names) > 0 == (gone == "name") || len(doc.Phones) > 0 == (gone == "phone") || len(doc.Addresses) > 0 == (gone == "street") {
					t.Errorf("the golden record of %v: %v; deleted was its %s", g.Sources, g.Customer, gone)
				}
			}
			writes := 0
			for _, s := range all {
				writes += len(s.Writes())
			}
			for _, s := range all { // nothing brings it back
				s.Again(true)
			}
			c.rest()
			for _, s := range all {
				writes -= len(s.Writes())
			}
			if writes != 0 {
				t.Errorf("%d writes after all was reported again", -writes)
			}
			c.quiet()
		})
	}
}
