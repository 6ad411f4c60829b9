package population

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestNew_sameSeedSameBytes holds on every machine: the hash in testdata was made on another one.
func TestNew_sameSeedSameBytes(t *testing.T) {
	t.Parallel()
	write := func(seed uint64) []byte {
		var b bytes.Buffer
		p := New(3000, seed)
		if err := WriteCSV(&b, Columns, p.Rows()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := write(1)
	if !bytes.Equal(first, write(1)) {
		t.Error("two runs with one seed differ")
	}
	if bytes.Equal(first, write(2)) {
		t.Error("two seeds give the same records")
	}
	sameAsGolden(t, "testdata/households.sha256", first)
}

func sameAsGolden(t *testing.T, path string, content []byte) {
	t.Helper()
	sum := sha256.Sum256(content)
	got := hex.EncodeToString(sum[:]) + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the records are not those of %s (-update writes it anew):\n got %s want %s", path, got, want)
	}
}

func TestRecords_canBeReadTwice(t *testing.T) {
	t.Parallel()
	p := New(2000, 3)
	if diff := cmp.Diff(slices.Collect(p.Records()), slices.Collect(p.Records())); diff != "" {
		t.Error(diff)
	}
}

func TestWrite_bothFormatsHoldTheRecords(t *testing.T) {
	t.Parallel()
	p := New(2000, 4)
	want := slices.Collect(p.Records())
	var table, lines bytes.Buffer
	if err := WriteCSV(&table, Columns, p.Rows()); err != nil {
		t.Fatal(err)
	}
	if err := WriteNDJSON(&lines, p.Records()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Columns, rows[0]); diff != "" {
		t.Error(diff)
	}
	var read []Record
	for decoder := json.NewDecoder(&lines); decoder.More(); {
		var r Record
		if err := decoder.Decode(&r); err != nil {
			t.Fatal(err)
		}
		read = append(read, r)
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Error(diff)
	}
	for i := range want {
		if diff := cmp.Diff(want[i].Row(), rows[i+1]); diff != "" {
			t.Fatalf("row %d: %s", i+1, diff)
		}
	}
}

func TestRecords_labelsSayWhoIsWho(t *testing.T) {
	t.Parallel()
	const n = 20_000
	p := New(n, 5)
	clusters := map[int][]Record{}
	for r := range p.Records() {
		if at := len(clusters[r.Cluster]); at >= MostCopies {
			t.Errorf("cluster %d has more than %d records", r.Cluster, MostCopies)
		}
		clusters[r.Cluster] = append(clusters[r.Cluster], r)
	}
	if len(clusters) != p.People || p.People != n-n*Duplicates/1000 {
		t.Errorf("%d clusters of %d people, expected %d", len(clusters), p.People, n-n*Duplicates/1000)
	}
	pairs, alike, strangers := 0, 0, 0
	var before Record
	for _, records := range clusters {
		for i := range records[1:] {
			pairs++
			if agree(&records[i], &records[i+1]) {
				alike++
			}
		}
		if agree(&before, &records[0]) {
			strangers++
		}
		before = records[0]
	}
	if alike*1000 < pairs*990 {
		t.Errorf("%d of %d pairs of one person agree in a birth date, mobile, mail address or full name", alike, pairs)
	}
	if strangers*100 > len(clusters) {
		t.Errorf("%d of %d pairs of different people do", strangers, len(clusters))
	}
}

// agree tells whether two records share what few strangers share, or all but.
func agree(a, b *Record) bool {
	same := func(x, y string) bool { return x != "" && x == y }
	return same(a.BirthDate, b.BirthDate) || same(national(a.Mobile), national(b.Mobile)) || same(a.Email, b.Email) ||
		same(national(a.Phone), national(b.Phone)) || same(a.Surname, b.Surname) && (same(a.GivenName, b.GivenName) || same(a.City, b.City)) ||
		same(a.GivenName, b.GivenName) && same(outward(a.Postcode), outward(b.Postcode))
}

func TestHouseholds_shareWhatFamiliesShare(t *testing.T) {
	t.Parallel()
	p := New(20_000, 6)
	inHouseholds, pairs, surname, place := 0, 0, 0, 0
	var before person
	for i := range p.People {
		who := p.person(i)
		if p.homes[i].size > 1 {
			inHouseholds++
		}
		if p.homes[i].member > 0 {
			pairs++
			surname += truth(who.Surname == before.Surname)
			if who.firm == nil && before.firm == nil && (who.Postcode != before.Postcode || who.House != before.House || who.Phone != before.Phone) {
				t.Errorf("one household, two addresses or landlines:\n%+v\n%+v", before.Record, who.Record)
			}
			place += truth(who.Postcode == before.Postcode)
		}
		before = who
	}
	near(t, "people in households", inHouseholds, p.People, InHouseholds, 5)
	near(t, "neighbouring members with one surname", surname, pairs, 1000-OwnSurname, 60)
	near(t, "neighbouring members at one address", place, pairs, 1000-WithCompany*AtFirmAddress/1000, 60)
}

func TestRecords_keepToTheRates(t *testing.T) {
	t.Parallel()
	const n = 40_000
	p := New(n, 7)
	first, copies := map[string]int{}, map[string]int{}
	count, duplicates := 0, 0
	for _, s := range p.slots {
		r := p.record(s)
		into := first
		if s.copy > 0 {
			into = copies
			duplicates++
		} else {
			count++
		}
		for name, is := range map[string]bool{
			"birth date": r.BirthDate == "", "email": r.Email == "", "mobile": r.Mobile == "", "address": r.Postcode == "",
			"given name": r.GivenName == "",
		} {
			into[name] += truth(is)
		}
	}
	near(t, "duplicates", duplicates, n, Duplicates, 0)
	gaps := map[string]int{"birth date": NoBirthDate, "email": NoEmail, "mobile": NoMobile, "address": NoAddress}
	for name, rate := range gaps {
		near(t, "first records without "+name, first[name], count, rate, 12)
		near(t, "duplicates without "+name, copies[name], duplicates, rate+LeftOut-rate*LeftOut/1000, 15)
	}
	near(t, "first records without given name", first["given name"], count, NoGivenName, 3)
}

func TestOtherwise_noiseKeepsToTheRates(t *testing.T) {
	t.Parallel()
	p := New(40_000, 8)
	n, moved, swapped, birth, women, married := 0, 0, 0, 0, 0, 0
	for i := range p.People {
		who := p.person(i)
		other := p.otherwise(&who, p.dice.throw(ofCopy, i))
		n++
		swapped += truth(other.Surname == who.GivenName && other.GivenName == who.Surname)
		moved += truth(other.Postcode != "" && outward(other.Postcode) != outward(who.Postcode))
		birth += truth(other.BirthDate != "" && other.BirthDate != who.BirthDate)
		if who.woman {
			women++
			married += truth(!strings.HasPrefix(who.Surname, other.Surname[:1]) && other.GivenName == who.GivenName)
		}
		if other.BirthDate != "" {
			if _, err := time.Parse(time.DateOnly, other.BirthDate); err != nil {
				t.Errorf("%s is no date", other.BirthDate)
			}
		}
	}
	near(t, "moved to another district", moved, n, Moved, 25)
	// names exchanged and spelt right, with neither nickname nor second name
	near(t, "swapped names", swapped, n, SwappedNames, 10)
	near(t, "women with another surname", married, women, MarriedName*3/5, 20)
	near(t, "other birth dates", birth, n, BirthDigit+BirthStandIn+DayMonthSwap*12/28, 12)
}

func TestRecords_haveCandidates(t *testing.T) {
	t.Parallel()
	c := Measure(New(100_000, 9).Records())
	t.Logf("%+v", c)
	if c.PerRecord() < 10 {
		t.Errorf("%.1f candidates a record, expected 10", c.PerRecord())
	}
	if c.Found*100 < c.True*90 {
		t.Errorf("the usual keys find %d of %d pairs: the records have too little in common", c.Found, c.True)
	}
}

func TestNew_smallNumbers(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		if got := len(slices.Collect(New(n, 1).Records())); got != n {
			t.Errorf("%d records, expected %d", got, n)
		}
	}
}

// near compares a share with a rate, both in thousandths.
func near(t *testing.T, what string, part, of, rate, tolerance int) {
	t.Helper()
	if got := part * 1000 / max(of, 1); got < rate-tolerance || got > rate+tolerance {
		t.Errorf("%s: %d of %d are %d in a thousand, expected %d ± %d", what, part, of, got, rate, tolerance)
	}
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}
