package golden_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// allKeys are the records of every history: few, so that whatever is drawn concerns the same ones.
var allKeys = func() (keys []string) {
	for _, system := range []string{"erp", "shop", "crm"} {
		for i := range 4 {
			keys = append(keys, fmt.Sprintf("%s/customers/%d", system, i))
		}
	}
	return keys
}()

// below draws a number below n, each as likely as the others: rapid's own ranges prefer small ones,
// and what is to be drawn often would have to stand first everywhere.
func below(rt *rapid.T, what string, n int) int {
	return rapid.Map(bits, func(set []bool) (number int) {
		for _, one := range set {
			number *= 2
			if one {
				number++
			}
		}
		return number * n >> len(set)
	}).Draw(rt, what)
}

var bits = rapid.SliceOfN(rapid.Bool(), 8, 8)

// pick draws one of several, each as likely as the others.
func pick[E any](rt *rapid.T, what string, of []E) E { return of[below(rt, what, len(of))] }

func draw(rt *rapid.T, what string, of ...string) string { return pick(rt, what, of) }

func maybe(rt *rapid.T, what string, one int) bool { return below(rt, what, one) == 0 }

func someKeys(rt *rapid.T, what string, least, most int) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(allKeys), least, most, rapid.ID[string]).Draw(rt, what)
}

// batch is some versions of records, or of many at once that have one value in common.
func (h *history) batch() []golden.Incoming {
	if maybe(h.rt, "crowd", 3) {
		return h.crowd()
	}
	batch := make([]golden.Incoming, 1+below(h.rt, "batch", 5))
	for i := range batch {
		batch[i] = h.event()
	}
	return batch
}

// crowd brings many records that share a value, or takes many away: blocks and components come to
// their limits, and go back below them.
func (h *history) crowd() (batch []golden.Incoming) {
	keys := someKeys(h.rt, "crowd of", 3, 8)
	day := below(h.rt, "day", 4)
	going := maybe(h.rt, "going", 3)
	email := draw(h.rt, "email", "a", "b")
	for _, key := range keys {
		h.offset++
		if going {
			batch = append(batch, incoming(h.t, short(key), day, h.offset, canonical.Deleted, "{}"))
			continue
		}
		name := draw(h.rt, "name", someNames...)
		phone := draw(h.rt, "phone", "001", "002")
		batch = append(batch, incoming(h.t, short(key), day, h.offset, canonical.Active,
			`{"names":[`+name+`],"emails":[{"value":"`+email+`@example.com"}],"phones":[{"value":"+49301234`+phone+`"}]}`))
	}
	return batch
}

// short is the form of a key that incoming takes.
func short(key string) string { return strings.Replace(key, "/customers", "", 1) }

// event is a new version of a record, a deletion, or something sent before, again.
func (h *history) event() golden.Incoming {
	kind := below(h.rt, "event", 10)
	if kind == 0 && len(h.events) > 0 {
		return pick(h.rt, "repeated", h.events)
	}
	h.offset++
	key := short(draw(h.rt, "key", allKeys...))
	day := below(h.rt, "day", 4)
	if kind <= 2 {
		return incoming(h.t, key, day, h.offset, canonical.Deleted, "{}")
	}
	return incoming(h.t, key, day, h.offset, canonical.Active, content(h.rt))
}

var someNames = []string{
	`{"given":"Anna","family":"Schmidt"}`, `{"given":"Bernd","family":"Schmidt"}`, `{"full":"王小明"}`, `{"full":"Wang Xiaoming"}`, `{"full":"Schmidt, Ana"}`,
}

// content is what a record says, of few values each.
func content(rt *rapid.T) string {
	var members []string
	some := func(chance int, text func() string) {
		if below(rt, "has", 10) < chance {
			members = append(members, text())
		}
	}
	of := func(member, what string, values ...string) func() string {
		return func() string { return `"` + member + `":` + draw(rt, what, values...) }
	}
	some(8, func() string { return `"names":[` + draw(rt, "name", someNames...) + `]` })
	some(6, func() string {
		return `"emails":[{"value":"` + draw(rt, "email", "a", "b", "c", "d") + `@example.com"}]`
	})
	some(6, func() string {
		return `"phones":[{"value":"+49301234` + draw(rt, "phone", "001", "002", "003", "004", "005") + `"},{"value":"+49301234` + draw(rt, "phone", "001", "002", "006") + `"}]`
	})
	some(4, of("birthDate", "born", `"1990-01-02"`, `"1991-03-04"`, "null"))
	some(3, func() string {
		return `"identifiers":[{"scheme":"member","value":"` + draw(rt, "member", "1", "2") + `"}]`
	})
	some(5, of("language", "language", `"de"`, `"en"`, `"zh"`, "null"))
	some(4, of("industry", "industry", `"trade"`, `"machines"`, "null"))
	some(3, of("kind", "kind", `"person"`, `"organisation"`))
	some(3, func() string {
		return `"addresses":[{"use":"billing","locality":"` + draw(rt, "city", "Bonn", "Jena") + `"},{"use":"` + draw(rt, "use", "billing", "delivery") + `","locality":"Ulm"}]`
	})
	some(2, func() string {
		return `"attributes":{"` + draw(rt, "attribute", "vip", "tier") + `":"` + draw(rt, "setting", "yes", "no") + `"}`
	})
	return "{" + strings.Join(members, ",") + "}"
}
