package survive_test

import (
	"fmt"
	"testing"

	"github.com/touchstone-hub/touchstone/golden/survive"
)

// person is a record as most are: a name, ways to reach somebody, an address and a consent.
const person = `{"kind":"person","names":[{"given":"Eva","family":"Kurz"}],"birthDate":"1980-02-03","language":"de",` +
	`"emails":[{"value":"eva.kurz@example.com","verified":%v}],"phones":[{"value":"+49 30 1234567","use":"home"}],` +
	`"addresses":[{"use":"home","lines":["Ringstraße 1"],"locality":"Berlin","postcode":"10115","country":"DE"}],` +
	`"identifiers":[{"scheme":"customer-number","value":"C%d"}],` +
	`"consents":[{"channel":"mail","purpose":"news","status":"granted","time":"2025-05-01T00:00:00Z"}]}`

// BenchmarkSurvive chooses among the records of one customer, by the shipped rules: one record, as
// most customers have, and several.
func BenchmarkSurvive(b *testing.B) {
	for _, records := range []int{1, 3, 10} {
		b.Run(fmt.Sprint(records), func(b *testing.B) {
			var sources []survive.Source
			for i := range records {
				system := []string{"erp", "shop", "crm"}[i%3]
				sources = append(sources, from(b, fmt.Sprintf("%s/%d", system, i), i+1, fmt.Sprintf(person, i%2 == 0, i)))
			}
			rules := survive.Default()
			rules.Priority = []string{"erp", "shop"}
			prepared := rules.Prepare()
			b.ReportAllocs()
			for b.Loop() {
				prepared.Survive(sources, plainForms{})
			}
		})
	}
}
