package population

import "math/rand/v2"

// dice is the randomness of one subject: thrown anew for each person, household, firm and copy, so
// that what is true of one does not depend on how many others were made before.
type dice struct {
	*rand.Rand
	source *rand.PCG
	seed   uint64
}

func newDice(seed uint64) *dice {
	source := rand.NewPCG(seed, seed)
	return &dice{Rand: rand.New(source), source: source, seed: seed}
}

// subject says whose randomness it is.
type subject uint64

const (
	ofLayout subject = iota + 1
	ofPerson
	ofHousehold
	ofFamily
	ofFirm
	ofFirmName
	ofWork
	ofStreet
	ofTown
	ofCopy
	ofMove
	ofMarriage
	ofSecondMailbox
	ofNames
)

// throw starts the randomness of the subject's number n, and returns d.
func (d *dice) throw(of subject, n int) *dice {
	d.source.Seed(mix(d.seed+uint64(of)<<56), mix(uint64(n)))
	return d
}

// mix spreads neighbouring numbers apart (splitmix64's finaliser).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// chance is true in so many of a thousand cases.
func (d *dice) chance(thousandths int) bool { return d.IntN(1000) < thousandths }

func (d *dice) pick(of []string) string { return of[d.IntN(len(of))] }

// digits appends n random digits.
func (d *dice) digits(text string, n int) string {
	b := []byte(text)
	for range n {
		b = append(b, byte('0'+d.IntN(10)))
	}
	return string(b)
}
