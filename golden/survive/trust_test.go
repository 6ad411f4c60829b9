package survive

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
)

const day = 24 * time.Hour

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestTrusted_worthIsHalvedWithEveryHalfLife(t *testing.T) {
	t.Parallel()
	newest := newYear.Unix()
	for _, c := range []struct {
		trust Trusted
		age   time.Duration
		want  int32
	}{
		{Trusted{Score: 90}, 3650 * day, 90_000},
		{Trusted{Score: 90, HalfLife: 365 * day}, 0, 90_000},
		{Trusted{Score: 90, HalfLife: 365 * day}, -day, 90_000}, // an item may be dated later than its record
		{Trusted{Score: 90, HalfLife: 365 * day}, 73 * day, 81_000},
		{Trusted{Score: 90, HalfLife: 365 * day}, 365 * day, 45_000},
		{Trusted{Score: 90, HalfLife: 365 * day}, 730 * day, 22_500},
		{Trusted{Score: 90, HalfLife: 365 * day}, 730*day + 73*day, 20_250},
		{Trusted{Score: 100, HalfLife: day}, 100_000 * day, 0},
		{Trusted{Score: 0, HalfLife: day}, 0, 0},
	} {
		if got := c.trust.worth(newYear.Add(-c.age), newest); got != c.want {
			t.Errorf("%+v at an age of %s is worth %d; want %d", c.trust, c.age, got, c.want)
		}
	}
	if got := (Trusted{Score: 90, HalfLife: day}).worth(time.Time{}, newest); got != 0 {
		t.Errorf("a statement of unknown time is worth %d", got)
	}
}

func TestTrusted_neverGrowsWithAge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		trust := Trusted{Score: rapid.IntRange(0, 100).Draw(rt, "score"), HalfLife: time.Duration(rapid.Int64Range(1, 1e6).Draw(rt, "half-life")) * time.Second}
		age := rapid.Int64Range(0, 1e8).Draw(rt, "age")
		more := rapid.Int64Range(0, 1e7).Draw(rt, "more")
		at := func(age int64) int32 { return trust.worth(time.Unix(1e9-age, 0), 1e9) }
		if younger, older := at(age), at(age+more); older > younger || younger > int32(trust.Score)*1000 || older < 0 {
			rt.Fatalf("%+v: %d at %d seconds, %d at %d more", trust, younger, age, older, more)
		}
	})
}

func TestSurvive_trustDecaysAgainstTheNewestRecord(t *testing.T) {
	t.Parallel()
	rules := Rules{
		Trust:   []Trusted{{"erp", 90, 365 * day}, {"shop", 60, 0}, {"shop/guests", 10, 0}},
		Default: Rule{Name: Trust},
	}
	record := func(system, stream string, age time.Duration, language string) Source {
		return Source{Key: system + "/" + stream + "/1", System: system, Stream: stream, Time: newYear.Add(-age), Customer: &customer{Language: language}}
	}
	shop, guest := record("shop", "customers", 0, "en"), record("shop", "guests", 0, "fr")
	for _, c := range []struct {
		name, want, why string
		sources         []Source
	}{
		{"fresh", "de", "less trusted: 60.000 against 90.000", []Source{shop, record("erp", "customers", 0, "de")}},
		{"old against a newer record", "en", "less trusted: 45.000 against 60.000", []Source{shop, record("erp", "customers", 365*day, "de")}},
		{"old with nothing newer", "de", "", []Source{record("erp", "customers", 3650*day, "de")}},
		{"a stream before its system", "en", "less trusted: 10.000 against 60.000", []Source{guest, shop}},
		{"who is not named is not trusted", "fr", "less trusted: 0.000 against 10.000", []Source{record("crm", "customers", 0, "it"), guest}},
	} {
		result := rules.Survive(c.sources, lower{})
		why := ""
		if lost := result.Lineage[0].Values[0].Lost; len(lost) > 0 {
			why = lost[0].Why
		}
		if result.Customer.Language != c.want || why != c.why || result.Lineage[0].Values[0].Rule != "trust" {
			t.Errorf("%s: %q over %q by %s; want %q, %q", c.name, result.Customer.Language, why, result.Lineage[0].Values[0].Rule, c.want, c.why)
		}
	}
}

// TestSurvive_anEchoAgesNothing: a report that only returns what the hub wrote, or that dates all
// that the record states of its own earlier, is not what age is measured against.
func TestSurvive_anEchoAgesNothing(t *testing.T) {
	t.Parallel()
	rules := Rules{Trust: []Trusted{{"erp", 90, 365 * day}, {"shop", 60, 0}}, Default: Rule{Name: Trust}}
	erp := Source{Key: "erp/customers/1", System: "erp", Stream: "customers", Time: newYear, Customer: &customer{Language: "de"}}
	shop := Source{
		Key: "shop/customers/1", System: "shop", Stream: "customers", Time: newYear.Add(3650 * day),
		Customer: &customer{Language: "en", Currency: "EUR", Phones: []canonical.Phone{{Value: "+491"}}},
		Since:    map[string]time.Time{"language": newYear},
	}
	hashes := Hashes(shop.Customer, lower{})
	shop.Written = []Written{{"currency", hashes["currency"][0]}, {"phones", hashes["phones"][0]}}
	if got := rules.Survive([]Source{erp, shop}, lower{}).Customer.Language; got != "de" {
		t.Errorf("%q survives: the echo made the ERP's statement old", got)
	}
	shop.Written = nil
	if got := rules.Survive([]Source{erp, shop}, lower{}).Customer.Language; got != "en" {
		t.Errorf("%q survives although the shop states something new", got)
	}
	pin := Source{Key: "pin", Pinned: true, Time: newYear.Add(3650 * day), Customer: &customer{Currency: "USD"}}
	shop.Time, shop.Since = newYear, nil
	if got := rules.Survive([]Source{erp, shop, pin}, lower{}).Customer.Language; got != "de" {
		t.Errorf("%q survives: the time of a pin made the ERP's statement old", got)
	}
}
