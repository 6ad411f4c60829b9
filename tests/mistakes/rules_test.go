package mistakes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// weighed are people with errors and gaps, in one file, weighed by the shipped rules.
var weighed = map[string]string{
	"golden.yaml": "match: {rules: person}\n",
	"connectors/crm.yaml": `
kind: file
streams:
  people: {folder: in, pattern: "*.ndjson", format: ndjson, key: id, mapping: people, settle: 0s, poll: "@every 1s"}
`,
	"mappings/people.yaml": `
mapping: people
to: Customer
id: string(id)
version: {integer: 1}
fields:
  kind: '"person"'
  names:
    - {when: '!empty(surname)', fields: {given: given_name, family: surname}}
  birthDate: 'empty(birth_date) ? nil : birth_date'
  emails:
    - {when: '!empty(email)', fields: {value: email}}
  phones: 'empty(phone) ? nil : [{value: phone(phone)}]'
  addresses:
    - {when: '!empty(city)', fields: {lines: '[house + " " + street]', locality: city, postcode: postcode, country: '"GB"'}}
`,
	"connectors/erp.yaml": "", "mappings/from-erp.yaml": "", "mappings/account.yaml": "", "routes/customers.yaml": "",
}

// brings has the CRM write a file of people.
func (c *company) brings(name string, people ...population.Record) {
	c.t.Helper()
	var lines bytes.Buffer
	for i := range people {
		if err := json.NewEncoder(&lines).Encode(&people[i]); err != nil {
			c.t.Fatal(err)
		}
	}
	c.Write("in/"+name+".part", lines.String())
	whole := filepath.Join(c.Folder, "in", name)
	if err := os.Rename(whole+".part", whole); err != nil {
		c.t.Fatal(err)
	}
}

// reload takes changed files, and waits until what is in the store is in line with them.
func (c *company) reload() {
	c.t.Helper()
	if _, err := c.Reload(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.until(func() string {
		if sweeps := c.Status().Sweeps; len(sweeps) > 0 {
			return fmt.Sprintf("swept: %+v", sweeps)
		}
		return ""
	})
	c.rest()
}

// retrain learns parameters from the store, and puts them in force.
func (c *company) retrain() hub.TrainingReport {
	c.t.Helper()
	var learnt hub.TrainingReport
	c.Act("/v1/match/training", map[string]any{}, &learnt)
	c.Write(golden.ParamsFile, learnt.Params)
	c.reload()
	return learnt
}

// Two people are taken for one by a ruleset whose weights are learnt from the data. Taken apart they
// stay apart, when everything is replayed and when the weights are learnt again, with them in the data.
func TestAFalseMerge_splitAndApartAfterReplayAndRetraining(t *testing.T) {
	t.Parallel()
	c := found(t, weighed)
	people := slices.Collect(population.New(400, 7).Records())
	senior := population.Record{
		ID: 9001, GivenName: "Peregrine", Surname: "Tollemache", House: "3", Street: "Mill Lane", City: "Bath",
		Postcode: "BA1 2QQ", Phone: "01225 900123", Email: "tollemache@post.example",
	}
	junior := senior
	junior.ID = 9002
	c.brings("a.ndjson", append(people, senior, junior)...)
	c.restWith(hubtest.Counts{"crm/people": int64(len(people) + 2)})
	const first, second = "crm/people/9001", "crm/people/9002"
	id := c.IDOf(first)
	if c.IDOf(second) != id {
		t.Fatal("the two were not taken for one")
	}
	bits := func() float64 {
		var pair hub.PairExplanation
		c.Get("/v1/match/explain?a="+first+"&b="+second, &pair)
		return pair.Bits
	}
	untrained := bits()

	var done golden.Effects
	c.Act("/v1/customers/"+id+"/split", says(map[string]any{"records": []string{second}}), &done)
	c.rest()
	other := c.IDOf(second)
	apart := func(when string) {
		t.Helper()
		if c.IDOf(first) != id || c.IDOf(second) != other || other == id {
			t.Errorf("%s: the first is %s and was %s, the second is %s and was %s", when, c.IDOf(first), id, c.IDOf(second), other)
		}
		if pair := bits(); pair < 0 {
			t.Errorf("%s: without what the person said they would not be one: %.2f bits", when, pair)
		}
	}
	apart("after the split")
	c.replayAll("crm")
	apart("after everything was replayed")
	if learnt := c.retrain(); learnt.Records != len(people)+2 {
		t.Errorf("learnt from %d records", learnt.Records)
	}
	apart("after training")
	trained := bits()
	if trained == untrained {
		t.Errorf("training changed nothing: %.2f bits", trained)
	}
	more := slices.Collect(population.New(600, 8).Records())
	for i := range more {
		more[i].ID += 10_000
	}
	c.brings("b.ndjson", more...)
	c.restWith(hubtest.Counts{"crm/people": int64(len(people) + 2 + len(more))})
	apart("after more records")
	c.retrain()
	apart("after training once more")
	if again := bits(); again == trained {
		t.Errorf("training once more changed nothing: %.2f bits", again)
	}
	c.replayAll("crm")
	apart("after everything was replayed by the new parameters")

	// the verdict undone, they are one again: it was what kept them apart
	c.Act("/v1/decisions/"+done.Act+"/undo", says(map[string]any{}), &done)
	c.rest()
	if c.IDOf(second) != id || c.IDOf(first) != id {
		t.Error("still apart when the verdict was undone")
	}
	c.quiet()
}

// A ruleset is planned, put in force and taken back: then everything stands as it stood before.
func TestARuleset_plannedAppliedAndTakenBack_leavesEverythingAsItWas(t *testing.T) {
	t.Parallel()
	c := found(t, weighed)
	people := slices.Collect(population.New(300, 11).Records())
	c.brings("a.ndjson", people...)
	c.restWith(hubtest.Counts{"crm/people": int64(len(people))})
	before := c.everything()

	changed := "match: {rules: person, keys: [[email], [phone], [birthDate, token]], thresholds: {link: 8, review: 1}, limits: {block: 3, component: 4}}\n"
	var plan golden.Effects
	c.Act("/v1/plans", map[string]any{"ruleset": changed}, &plan)
	c.rest()
	if diff := cmp.Diff(before, c.everything()); diff != "" {
		t.Errorf("planning changed something:\n%s", diff)
	}
	sorts := map[golden.ChangeType]int{}
	planned := map[string]string{} // sources to what is true of them then
	for _, e := range plan.Customers {
		sorts[e.Type]++
		if e.After.State == golden.Live {
			planned[strings.Join(e.After.Sources, " ")] = string(e.After.Customer)
		}
	}
	if sorts[golden.Split] == 0 || sorts[golden.Changed] == 0 {
		t.Fatalf("the plan tells of %v, expected some that split", sorts)
	}

	c.Write("golden.yaml", changed)
	c.reload()
	now := map[string]string{}
	_, err := c.Store().Snapshot(t.Context(), func(g golden.GoldenRecord) error {
		if key := strings.Join(g.Sources, " "); planned[key] != "" {
			now[key] = string(g.Doc)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(planned, now); diff != "" {
		t.Errorf("other customers than planned (-planned +done):\n%s", diff)
	}

	c.Write("golden.yaml", weighed["golden.yaml"])
	c.reload()
	if diff := cmp.Diff(before, c.everything()); diff != "" {
		t.Errorf("taken back, not everything is as it was (-before +after):\n%s", diff)
	}
	c.quiet()
}

// everything is a dump of all that resolving leaves in the store: customers with values and their
// origins, who is a member where, block keys, edges, open questions. Versions grow with every change,
// and are left out.
func (c *company) everything() map[string]string {
	c.t.Helper()
	all := map[string]string{}
	var keys []string
	_, err := c.Store().Snapshot(c.t.Context(), func(g golden.GoldenRecord) error {
		lineage, err := golden.ReadLineage(g)
		if err != nil {
			return err
		}
		text, err := json.Marshal(lineage)
		all["customer "+g.ID] = fmt.Sprintf("%v %s %s", g.Sources, g.Doc, text)
		keys = append(keys, g.Sources...)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	err = c.Store().InTx(c.t.Context(), func(ctx context.Context, tx golden.Tx) error { return dump(ctx, tx, keys, all) })
	if err != nil {
		c.t.Fatal(err)
	}
	tasks, err := c.Store().Tasks(c.t.Context(), golden.TaskQuery{Limit: 10_000})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, t := range tasks {
		all["task "+t.ID] = fmt.Sprintf("%s %v %d %d %s", t.Kind, t.Records, t.Score, t.Priority, t.Detail)
	}
	return all
}

// dump adds memberships, block keys and edges of records.
func dump(ctx context.Context, tx golden.Tx, keys []string, all map[string]string) error {
	records, err := tx.RecordsByKey(ctx, keys)
	if err != nil {
		return err
	}
	named := map[golden.RecordNo]string{}
	var nos []golden.RecordNo
	for _, rec := range records {
		named[rec.No], nos = rec.Key, append(nos, rec.No)
		of, err := tx.Entities(ctx, []golden.EntityNo{rec.Entity})
		if err != nil {
			return err
		}
		all["member "+rec.Key] = of[0].ID
	}
	stored, err := tx.KeysOf(ctx, nos)
	if err != nil {
		return err
	}
	for _, k := range stored {
		all["keys of "+named[k.Record]] = fmt.Sprint(k.Keys)
	}
	edges, err := tx.EdgesOf(ctx, nos)
	for _, e := range edges {
		all["edge "+named[e.A]+" "+named[e.B]] = fmt.Sprint(e.Weight)
	}
	return err
}
