package match

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// people are rules for the attributes that the tests make up.
func people() *Rules {
	r := &Rules{
		Thresholds: Thresholds{Edge: -4 * Bit}, Limits: Limits{Block: 100, Component: 200}, Swap: 3 * Bit, Prior: -18 * Bit, Related: 6 * Bit,
		Keys: []KeyRule{
			NewKeyRule(0, Email), NewKeyRule(0, Phone), NewKeyRule(0, BirthDate, Token), NewKeyRule(0, Token, Area), NewKeyRule(0, Sound, Area),
		},
	}
	var list []Comparison
	for _, a := range []string{"given", "family", "birthDate", "email", "phone", "address", "place"} {
		list = append(list, UsualComparison(a))
	}
	r.CompareBy(list)
	return r
}

func featuresOf(r *Rules, c *canonical.Customer) *Features {
	forms := (&standard.Standardiser{Region: "DE"}).Customer(c)
	return r.Features(c, &forms)
}

func person(given, family, born string) canonical.Customer {
	return canonical.Customer{Kind: canonical.Person, Names: []canonical.Name{{Given: given, Family: family}}, BirthDate: born}
}

func TestLevels_ofValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attribute, a, b, want string
	}{
		{"given", "anna", "anna", "exact"},
		{"given", "william", "bill", "nickname"},
		{"given", "anna", "annamaria", "begins"},
		{"given", "a", "anna", "begins"},
		{"given", "jonathan", "jonahtan", "jaro_winkler 920"},
		{"given", "anna", "bernd", "different"},
		{"birthDate", "1984-12-09", "1984-12-09", "exact"},
		{"birthDate", "1984-12-09", "1984-12-08", "one_digit"},
		{"birthDate", "1984-12-09", "1984-21-09", "one_digit"},
		{"birthDate", "1984-12-09", "1984-09-12", "day_month"},
		{"birthDate", "1984-12-09", "1984-03-21", "same_year"},
		{"birthDate", "1984-12-09", "1951-03-27", "different"},
		{"email", "anna@a.example", "anna@a.example", "exact"},
		{"email", "anna@a.example", "ana@a.example", "edits 1"},
		{"email", "anna@a.example", "anna@b.example.org", "local_part"},
		{"phone", "+49301234567", "+49301234567", "exact"},
		{"phone", "+49301234567", "+49401234567", "last_digits 7"},
		{"place", "10115\x00berlin", "10115\x00berlin", "postcode_locality"},
		{"place", "10115\x00berlin", "10115\x00berlni", "postcode"},
		{"place", "10115\x00berlin", "10117\x00berlin", "area_locality"},
		{"place", "10115\x00", "10117\x00", "area"},
		{"place", "SW1A1AA\x00", "SW1A2BB\x00", "area"},
		{"place", "10115\x00berlin", "20095\x00berlin", "locality"},
		{"place", "10115\x00berlin", "20095\x00hamburg", "different"},
		{"coordinates", "52.520\x0013.405", "52.5203\x0013.4051", "within_metres 50"},
		{"coordinates", "52.520\x0013.405", "52.540\x0013.405", "within_metres 5000"},
		{"coordinates", "52.520\x0013.405", "48.137\x0011.575", "different"},
	} {
		u := UsualComparison(c.attribute)
		level, _ := u.level(0, newValues([]string{c.a}), newValues([]string{c.b}), nil)
		back, _ := u.level(0, newValues([]string{c.b}), newValues([]string{c.a}), nil)
		if got := u.LevelName(level); got != c.want || back != level {
			t.Errorf("%s of %q and %q is %s (%d the other way), want %s", c.attribute, c.a, c.b, got, back, c.want)
		}
	}
}

func TestLevels_ofListsAreThoseOfTheBestPair(t *testing.T) {
	t.Parallel()
	c := UsualComparison("phone")
	level, value := c.level(0, newValues([]string{"+49301234567", "+49401111111"}), newValues([]string{"+49301234568", "+49401111111"}), nil)
	if level != 1 || value != NewValue("+49401111111").hash {
		t.Errorf("level %d, %x", level, value)
	}
	if level, _ := c.level(0, nil, newValues([]string{"+49301234567"}), nil); level != nobody {
		t.Errorf("nothing compares as level %d", level)
	}
}

func TestCompare_swappedNamesAreAlikeAcrossAtAPrice(t *testing.T) {
	t.Parallel()
	r := people()
	a, b := person("Anna", "Schmidt", "1984-12-09"), person("Schmidt", "Anna", "1984-12-09")
	var p, same Pair
	r.Compare(featuresOf(r, &a), featuresOf(r, &b), &p)
	r.Compare(featuresOf(r, &a), featuresOf(r, &a), &same)
	if !p.Swapped || same.Swapped || p.Levels != same.Levels {
		t.Errorf("swapped %v, levels %v against %v", p.Swapped, p.Levels, same.Levels)
	}
	if got, want := r.score(&p, nil), r.score(&same, nil)-r.Swap; got != want {
		t.Errorf("weight %d, want %d", got, want)
	}
}

func TestScore_isTheSumOfItsSteps(t *testing.T) {
	t.Parallel()
	r := people()
	a, b := person("Anna", "Schmidt", "1984-12-09"), person("Bernd", "Schmidt", "1951-03-27")
	for _, c := range []*canonical.Customer{&a, &b} { // a household
		c.Phones = []canonical.Phone{{Value: "+49301234567"}}
		c.Addresses = []canonical.Address{{Lines: []string{"Ring 1"}, Locality: "Berlin", Postcode: "10115", Country: "DE"}}
	}
	w := r.Explain(featuresOf(r, &a), featuresOf(r, &b))
	sum, related := int32(0), r.Related
	for i, s := range w.Steps {
		sum += s.Weight
		if i > 0 && s.Related {
			related += s.Weight
		}
	}
	if sum != w.Strangers || related != w.Relatives || w.Weight != min(sum, related) {
		t.Errorf("steps come to %d and %d; waterfall %+v", sum, related, w)
	}
	if w.Strangers < 0 || w.Weight >= r.Thresholds.Edge {
		t.Errorf("a household: %d against strangers, %d in all", w.Strangers, w.Weight)
	}
}

// made is a population with households, typing errors and gaps, from a seed: N records of n people.
func made(r *Rules, people int, seed uint64) (records []Record, truth []int) {
	random := rand.New(rand.NewPCG(seed, 5))
	pick := func(list ...string) string {
		return list[int(float64(len(list))*random.Float64()*math.Sqrt(random.Float64()))]
	}
	givens := []string{"anna", "maria", "peter", "thomas", "julia", "stefan", "sabine", "michael", "andrea", "klaus", "petra", "frank", "monika", "jens", "karin", "olaf", "heike", "uwe", "birgit", "lars", "tanja", "ingo", "silke", "bodo", "vera", "götz"}
	families := []string{"müller", "schmidt", "schneider", "fischer", "weber", "meyer", "wagner", "becker", "schulz", "hoffmann", "koch", "bauer", "richter", "klein", "wolf", "neumann", "schwarz", "zimmermann", "krüger", "hartmann", "lange", "werner", "krause", "lehmann", "köhler", "maier", "huber", "kaiser", "fuchs", "scholz", "möller", "weiß", "jung", "hahn", "schubert", "vogel", "friedrich", "keller", "günther", "frank"}
	var home canonical.Customer
	for n := range people {
		c := person(pick(givens...), pick(families...), fmt.Sprintf("19%02d-%02d-%02d", 30+random.IntN(70), 1+random.IntN(12), 1+random.IntN(28)))
		area := random.IntN(90) + 10
		c.Addresses = []canonical.Address{{Lines: []string{fmt.Sprintf("%sweg %d", pick(families...), random.IntN(120)+1)}, Locality: fmt.Sprintf("Ort %d", area), Postcode: fmt.Sprintf("%d%03d", area, random.IntN(40)), Country: "DE"}}
		c.Phones = []canonical.Phone{{Value: fmt.Sprintf("+4930%07d", random.IntN(1e7))}}
		if n%5 == 1 { // lives with the one before
			c.Addresses, c.Phones = home.Addresses, home.Phones
			c.Names[0].Family = home.Names[0].Family
		}
		if n%5 == 0 {
			home = c
		}
		if random.IntN(2) == 0 {
			c.Emails = []canonical.Email{{Value: fmt.Sprintf("%s%d@post.example", c.Names[0].Given, n)}}
		}
		for range 1 + random.IntN(3) {
			copied := noisy(random, c)
			records = append(records, Record{Key: fmt.Sprintf("crm/customers/%06d", len(records)), Features: featuresOf(r, &copied)})
			truth = append(truth, n)
		}
	}
	return records, truth
}

func noisy(random *rand.Rand, c canonical.Customer) canonical.Customer {
	typo := func(s string) string {
		if random.IntN(6) > 0 || len(s) < 4 {
			return s
		}
		i := 1 + random.IntN(len(s)-2)
		return s[:i] + string('a'+rune(random.IntN(26))) + s[i+1:]
	}
	name := c.Names[0]
	name.Given, name.Family = typo(name.Given), typo(name.Family)
	if random.IntN(40) == 0 {
		name.Given, name.Family = name.Family, name.Given
	}
	c.Names = []canonical.Name{name}
	if random.IntN(6) == 0 {
		c.BirthDate = ""
	}
	if random.IntN(8) == 0 {
		c.Addresses = nil
	}
	if random.IntN(4) == 0 {
		c.Phones = nil
	}
	return c
}

// pairScores counts pairs after clustering.
func pairScores(clusters [][]int, truth []int) (precision, recall float64) {
	together := map[int]int{}
	right, found, all := 0, 0, 0
	for _, members := range clusters {
		of := map[int]int{}
		for _, i := range members {
			of[truth[i]]++
		}
		for _, n := range of {
			right += n * (n - 1) / 2
		}
		found += len(members) * (len(members) - 1) / 2
	}
	for _, t := range truth {
		all += together[t]
		together[t]++
	}
	return float64(right) / float64(found), float64(right) / float64(all)
}

// town is a population with what was learnt from it.
var town = sync.OnceValue(func() (t struct {
	rules   *Rules
	records []Record
	truth   []int
	trained *Training
	err     error
},
) {
	t.rules = people()
	t.records, t.truth = made(t.rules, 1500, 1)
	t.trained, t.err = t.rules.Train(t.records, nil)
	return t
})

func TestTrain_learnsToKeepHouseholdsApart(t *testing.T) {
	t.Parallel()
	town := town()
	if town.err != nil {
		t.Fatal(town.err)
	}
	if town.trained.Relatives < 300 {
		t.Errorf("%.0f pairs of relatives; about 1,200 were made", town.trained.Relatives)
	}
	with, without := *town.rules, *town.rules
	with.Parameters = town.trained.Parameters
	alone := *town.trained.Parameters
	alone.Related = 100 * Bit // nobody is related to anybody
	without.Parameters = &alone
	precision, recall := pairScores(with.Resolve(town.records).Clusters, town.truth)
	strangersOnly, _ := pairScores(without.Resolve(town.records).Clusters, town.truth)
	t.Logf("precision %.4f, recall %.4f in %d rounds; as if there were only strangers, precision %.4f", precision, recall, town.trained.Rounds, strangersOnly)
	if precision < 0.97 || recall < 0.93 || precision <= strangersOnly {
		t.Errorf("precision %.4f, recall %.4f", precision, recall)
	}
}

func TestTrain_sameRecordsSameParameters(t *testing.T) {
	t.Parallel()
	r := people()
	records, _ := made(r, 400, 2)
	first, err := r.Train(records, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Train(records, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(first.Parameters, second.Parameters); diff != "" {
		t.Error(diff)
	}
}

func TestTrain_weightsAreMonotone(t *testing.T) {
	t.Parallel()
	r := people()
	records, _ := made(r, 400, 3)
	trained, err := r.Train(records, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, weights := range trained.Parameters.Weights {
		if !slices.IsSortedFunc(weights[1:], func(a, b int32) int { return cmp.Compare(b, a) }) {
			t.Errorf("%s: %v", r.Comparisons[i].Attribute, weights)
		}
	}
}

func TestTrain_refusesWhatTellsTooLittle(t *testing.T) {
	t.Parallel()
	r := people()
	records, _ := made(r, 300, 4)
	for i := range records {
		records[i].Features.forget(3) // nobody has a mail address
	}
	trained, err := r.Train(records, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(trained.Refusals, "email: no two records that share a key have one") {
		t.Errorf("refusals %v", trained.Refusals)
	}
	if _, err := r.Train(records[:1], nil); err == nil {
		t.Error("one record is enough to learn from")
	}
}

// What many share says less than what few do.
func TestFrequency_rareValuesWeighMore(t *testing.T) {
	t.Parallel()
	if town().err != nil {
		t.Fatal(town().err)
	}
	r := *town().rules
	r.Parameters = town().trained.Parameters
	weight := func(family string) int32 {
		a, b := person("", family, ""), person("", family, "")
		return r.Explain(featuresOf(&r, &a), featuresOf(&r, &b)).Strangers
	}
	if common, rare := weight("müller"), weight("xylander"); rare <= common+2*Bit {
		t.Errorf("a common name weighs %d, a rare one %d", common, rare)
	}
}

func TestWeight_isSymmetric(t *testing.T) {
	t.Parallel()
	r := people()
	records, _ := made(r, 200, 6)
	rapid.Check(t, func(rt *rapid.T) {
		a := records[rapid.IntRange(0, len(records)-1).Draw(rt, "a")].Features
		b := records[rapid.IntRange(0, len(records)-1).Draw(rt, "b")].Features
		if x, y := r.Weight(a, b), r.Weight(b, a); x != y {
			rt.Errorf("%d and %d", x, y)
		}
	})
}

// The order in which records come must not matter, nor how many cores there are.
func TestResolve_sameClustersInAnyOrder(t *testing.T) {
	t.Parallel()
	r := people()
	records, _ := made(r, 500, 7)
	keys := func(records []Record) (clusters []string) {
		for _, members := range r.Resolve(records).Clusters {
			text := ""
			for _, i := range members {
				text += records[i].Key + " "
			}
			clusters = append(clusters, text)
		}
		slices.Sort(clusters)
		return clusters
	}
	want := keys(records)
	for seed := range uint64(3) {
		shuffled := slices.Clone(records)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := gocmp.Diff(want, keys(shuffled)); diff != "" {
			t.Error(diff)
		}
	}
}

// What people say holds for all records at once as it does for one component.
func TestResolve_holdsToWhatPeopleSay(t *testing.T) {
	t.Parallel()
	r := people()
	records, _ := made(r, 40, 8)
	clusterOf := func(statements ...Statement) map[int]int {
		of := map[int]int{}
		for c, members := range r.Resolve(records, statements...).Clusters {
			for _, i := range members {
				of[i] = c
			}
		}
		return of
	}
	before := clusterOf()
	var apart, together []int // a pair that joins by itself, and one that does not
	for i := range records {
		for j := range i {
			if same := before[i] == before[j]; same && apart == nil {
				apart = []int{j, i}
			} else if !same && together == nil {
				together = []int{j, i}
			}
		}
	}
	after := clusterOf(
		Statement{ID: "1", Different: true, Strength: Lock, Left: apart[:1], Right: apart[1:]},
		Statement{ID: "2", Strength: Lock, Left: together[:1], Right: together[1:]},
	)
	if after[apart[0]] == after[apart[1]] || after[together[0]] != after[together[1]] {
		t.Errorf("%v are together, or %v apart", apart, together)
	}
}

// forget takes away the values of a comparison.
func (f *Features) forget(comparison int) {
	n := uint16(len(f.of(comparison)))
	f.values = slices.Delete(f.values, int(f.ends[comparison]-n), int(f.ends[comparison]))
	for i := comparison; i < len(f.ends); i++ {
		f.ends[i] -= n
	}
}
