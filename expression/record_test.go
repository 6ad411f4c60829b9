package expression_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
)

func recordConditions(t testing.TB, texts ...string) *expression.RecordConditions {
	t.Helper()
	c := expression.NewRecordConditions("DE")
	for _, text := range texts {
		if condition, ps := compileRecord(c, text); condition == nil {
			t.Fatal(ps.Err())
		}
	}
	return c
}

func compileRecord(c *expression.RecordConditions, text string) (*expression.Condition, *config.Problems) {
	ps := &config.Problems{}
	return c.Compile(config.Parse("g.yaml", []byte("'"+text+"'"), nil, ps), ps), ps
}

// failures of a record, as "condition" or "condition: error".
func failures(c *expression.RecordConditions, doc string) (found []string) {
	c.Fails([]byte(doc), expression.RecordOrigin{System: "erp", Stream: "customers", ID: "7"}, func(condition string, err error) {
		if err != nil {
			condition += ": " + err.Error()
		}
		found = append(found, condition)
	})
	return found
}

func TestRecordConditions_tellWhichDoNotHold(t *testing.T) {
	t.Parallel()
	c := recordConditions(t,
		`source.system == "erp" && source.stream == "customers" && source.id == "7"`,
		`customer.kind == "person"`,
		`any(customer.emails, #.verified)`,
		`customer.attributes.tier in ["gold", "silver"]`,
		`number(customer.attributes.score) > 5`,
		`phone(customer.phones[0].value) == "+49301234567"`,
		`customer.kind == "person"`, // once more
	)
	doc := `{"kind":"person","emails":[{"value":"a@x"},{"value":"b@x","verified":true}],"phones":[{"value":"030 1234567"}],"attributes":{"tier":"gold","score":"7"},"source":{"system":"shop"}}`
	if found := failures(c, doc); found != nil {
		t.Errorf("%q do not hold", found)
	}
	want := []string{
		`customer.kind == "person"`, `any(customer.emails, #.verified)`, `customer.attributes.tier in ["gold", "silver"]`,
		`number(customer.attributes.score) > 5: found text "many"; expected a number such as 12.50 (number(x, ",") reads 1.234,50)`, `phone(customer.phones[0].value) == "+49301234567"`,
	}
	if diff := cmp.Diff(want, failures(c, `{"attributes":{"score":"many"},"source":{"system":"shop"}}`)); diff != "" {
		t.Error(diff)
	}
}

func TestRecordConditions_eachHasTheWholeBudget(t *testing.T) {
	t.Parallel()
	heavy := `all(customer.needs, all(customer.needs, all(customer.needs, all(customer.needs, true))))`
	light := `all(customer.needs, all(customer.needs, all(customer.needs, true)))`
	c := recordConditions(t, light, heavy, light+` && true`)
	doc := `{"needs":[` + strings.Repeat(`{"subject":"x"},`, 39) + `{"subject":"y"}]}`
	var failed []string
	c.Fails([]byte(doc), expression.RecordOrigin{}, func(condition string, err error) {
		failed = append(failed, condition)
		if beyond := (&expression.BudgetError{}); !errors.As(err, &beyond) || beyond.What != "steps" {
			t.Errorf("%v", err)
		}
	})
	if diff := cmp.Diff([]string{heavy}, failed); diff != "" {
		t.Error(diff)
	}
}

func TestRecordConditions_areSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := recordConditions(t, `customer.language == source.id`, `upper(customer.language) != "EN7"`)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 500 {
				language := fmt.Sprintf("%d.%d", worker, i)
				c.Fails([]byte(`{"language":"`+language+`"}`), expression.RecordOrigin{ID: language}, func(condition string, err error) {
					t.Errorf("%s does not hold for %s: %v", condition, language, err)
				})
			}
		}()
	}
	group.Wait()
}

func TestRecordConditions_aDocumentThatCannotBeReadMeetsNone(t *testing.T) {
	t.Parallel()
	if found := failures(recordConditions(t, `true`, `empty(customer.language)`), `{"language":`); len(found) != 2 {
		t.Errorf("%q", found)
	}
}

func TestCondition_compared(t *testing.T) {
	t.Parallel()
	condition, ps := compileRecord(expression.NewRecordConditions("DE"),
		`(source.system == "a" || "b" != source.system) && source.stream == "s" && any(customer.emails, source.system in ["c", "d"])`)
	if condition == nil {
		t.Fatal(ps.Err())
	}
	var found []string
	for _, l := range condition.Compared("source.system") {
		found = append(found, fmt.Sprintf("%s at %d", l.Text, l.Position.Column))
	}
	if diff := cmp.Diff([]string{"a at 20", "b at 27", "c at 115", "d at 120"}, found); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkRecordConditions is what conditions add to the survivorship of one record.
func BenchmarkRecordConditions(b *testing.B) {
	c := recordConditions(b, `source.system != "callcenter" && !empty(customer.emails)`)
	doc := []byte(`{"kind":"person","names":[{"given":"Eva","family":"Kurz"}],"birthDate":"1980-02-03","language":"de",` +
		`"emails":[{"value":"eva.kurz@example.com"}],"phones":[{"value":"+49 30 1234567","use":"home"}],` +
		`"addresses":[{"use":"home","lines":["Ringstraße 1"],"locality":"Berlin","postcode":"10115","country":"DE"}]}`)
	origin := expression.RecordOrigin{System: "erp", Stream: "customers", ID: "7"}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		c.Fails(doc, origin, func(string, error) { b.Error("the condition does not hold") })
	}
}
