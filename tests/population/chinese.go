package population

import (
	"iter"
	"strconv"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// ChineseRecord is one record of a Chinese customer. The name stands in Name, or in FamilyName and
// GivenName; that of an organisation in Name.
type ChineseRecord struct {
	ID         int    `json:"id"`
	Cluster    int    `json:"cluster"`
	Kind       string `json:"kind"` // person or organisation
	Name       string `json:"name"`
	FamilyName string `json:"family_name"`
	GivenName  string `json:"given_name"`
	BirthDate  string `json:"birth_date"`
	Address    string `json:"address"`
	City       string `json:"city"`
	Phone      string `json:"phone"`
	Email      string `json:"email"`
}

// ChineseColumns are the names of ChineseRecord's fields in files, in order.
var ChineseColumns = []string{
	"id", "cluster", "kind", "name", "family_name", "given_name", "birth_date", "address", "city", "phone", "email",
}

// Row is the record as it stands in a CSV file, in the order of ChineseColumns.
func (r *ChineseRecord) Row() []string {
	return []string{
		strconv.Itoa(r.ID), strconv.Itoa(r.Cluster), r.Kind, r.Name, r.FamilyName, r.GivenName, r.BirthDate, r.Address, r.City, r.Phone, r.Email,
	}
}

// ChinesePopulation is a set of Chinese customers, people and organisations, with ChineseDuplicates
// of further records. Surnames go by published frequency, compound surnames and those with a reading
// of their own are more frequent than in life; given names are of frequent characters. Records write
// one name in the ways that the constants of this package give.
type ChinesePopulation struct {
	Customers int
	dice      *dice
	surnames  *ranks
	slots     []slot
	labels    []int
}

// Chinese plans such a set with that many records.
func Chinese(records int, seed uint64) *ChinesePopulation {
	copies := records * ChineseDuplicates / 1000
	p := &ChinesePopulation{Customers: records - copies, dice: newDice(seed), surnames: surnameFrequencies()}
	d := p.dice.throw(ofLayout, 4)
	p.labels = d.Perm(p.Customers)
	for i := range p.Customers {
		p.slots = append(p.slots, slot{person: int32(i)})
	}
	for copy := uint8(1); copies > 0; copy++ {
		for i := 0; i < p.Customers && copies > 0; i++ {
			if copy == ChineseMostCopies-1 || d.chance(450) {
				p.slots = append(p.slots, slot{int32(i), copy})
				copies--
			}
		}
	}
	d.Shuffle(len(p.slots), func(i, j int) { p.slots[i], p.slots[j] = p.slots[j], p.slots[i] })
	return p
}

// surnameFrequencies has the published shares of the first ten, and 1/rank behind.
func surnameFrequencies() *ranks {
	weights := make([]uint64, len(chineseSurnames))
	for i := range weights {
		weights[i] = uint64(1900 / (i + 1))
		if i < len(surnameTop) {
			weights[i] = uint64(surnameTop[i])
		}
	}
	return weighted(weights)
}

// Len is the number of records.
func (p *ChinesePopulation) Len() int { return len(p.slots) }

// Records yields all records in order of their IDs; every call yields the same ones.
func (p *ChinesePopulation) Records() iter.Seq[ChineseRecord] {
	return func(yield func(ChineseRecord) bool) {
		for i, s := range p.slots {
			r := p.record(s)
			r.ID, r.Cluster = i+1, p.labels[s.person]+1
			if !yield(r) {
				return
			}
		}
	}
}

// Rows are the records as CSV has them.
func (p *ChinesePopulation) Rows() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for r := range p.Records() {
			if !yield(r.Row()) {
				return
			}
		}
	}
}

// chineseCustomer is somebody as they are.
type chineseCustomer struct {
	organisation bool
	family       string // in simplified characters, as the rest
	reading      string // of the family name, in pinyin
	wrong        string // reading of the same characters as a word; "" where there is none
	given        string
	birth        string
	place        *chinesePlace
	street       string
	house        int
	phone, mail  string
	trade        int
	listed       bool // a company limited by shares
}

func (p *ChinesePopulation) customer(n int) chineseCustomer {
	d := p.dice.throw(ofPerson, n)
	if d.chance(Organisations) {
		return p.organisation(d)
	}
	family := n > 0 && d.chance(ChineseFamilies)
	generation := d.chance(Generation)
	c := p.single(d)
	if !family {
		return c
	}
	// the head of the family is a single person of the number before, whatever that number is
	head := p.single(p.dice.throw(ofFamily, n/8))
	c.family, c.reading, c.wrong = head.family, head.reading, head.wrong
	c.place, c.street, c.house = head.place, head.street, head.house
	if generation && len([]rune(c.given)) == 2 {
		c.given = string([]rune(head.given)[0]) + string([]rune(c.given)[1])
	}
	d = p.dice.throw(ofMarriage, n)
	if d.chance(500) {
		c.phone = head.phone
	}
	c.mail = chineseMailbox(&c, d)
	return c
}

func (p *ChinesePopulation) single(d *dice) chineseCustomer {
	c := chineseCustomer{}
	switch x := d.IntN(1000); {
	case x < CompoundSurname:
		c.family = compoundOrder[min(d.IntN(len(compoundOrder)), d.IntN(len(compoundOrder)))]
		c.reading = compoundSurnames[c.family][0]
	case x < CompoundSurname+PolyphoneSurname:
		c.family = d.pick(polyphoneOrder)
		c.reading, c.wrong = polyphoneSurnames[c.family][0], polyphoneSurnames[c.family][1]
	default:
		c.family = chineseSurnames[p.surnames.draw(d)]
		c.reading = strings.Join(pinyinOf(c.family), "")
	}
	characters := givenCharacters[d.IntN(2)]
	often := func() string { return characters[min(d.IntN(len(characters)), d.IntN(len(characters)))] }
	c.given = often()
	if !d.chance(SingleGivenName) {
		c.given += often()
	}
	c.birth = birthDate(d, 1945+d.IntN(60))
	c.settle(d)
	c.phone = d.digits(d.pick([]string{"13", "15", "17", "18", "19"}), 9)
	c.mail = chineseMailbox(&c, d)
	return c
}

func (c *chineseCustomer) settle(d *dice) {
	c.place = &chinesePlaces[min(d.IntN(len(chinesePlaces)), d.IntN(len(chinesePlaces)))]
	c.street, c.house = d.pick(chineseStreets), 1+d.IntN(300)
}

func (p *ChinesePopulation) organisation(d *dice) chineseCustomer {
	c := chineseCustomer{organisation: true, trade: d.IntN(len(chineseTrades)), listed: d.chance(150)}
	c.family = d.pick(brandCharacter) + d.pick(brandCharacter)
	if d.chance(250) {
		c.family += d.pick(brandCharacter)
	}
	c.settle(d)
	c.phone = c.place.code + d.digits(string(rune('2'+d.IntN(7))), 7)
	c.mail = d.pick([]string{"info", "sales", "office"}) + "@" + strings.Join(pinyinOf(c.family), "") + d.digits("", 2) + ".example"
	return c
}

func chineseMailbox(c *chineseCustomer, d *dice) string {
	given := strings.Join(pinyinOf(c.given), "")
	number := strconv.Itoa(d.IntN(1000))
	name := c.reading + given + number
	switch d.IntN(3) {
	case 0:
		name = given + "." + c.reading + number
	case 1:
		name = d.digits("1", 8)
	}
	return strings.ReplaceAll(name, "ü", "v") + "@" + mailHost(d)
}

// pinyinOf are the syllables of the characters' usual readings, without tones, ü kept.
func pinyinOf(han string) []string {
	var out []string
	for _, r := range han {
		syllable := string(r)
		if all := pinyin.SinglePinyin(r, pinyin.NewArgs()); len(all) > 0 {
			syllable = all[0]
		}
		out = append(out, strings.ReplaceAll(syllable, "v", "ü"))
	}
	return out
}

func traditional(text string) string {
	return strings.Map(func(r rune) rune {
		if to, ok := traditionalPairs[r]; ok {
			return to
		}
		return r
	}, text)
}

// fullWidth writes ASCII as the full-width forms that Chinese keyboards give.
func fullWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < unicode.MaxASCII {
			return r + 0xfee0
		}
		return r
	}, text)
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	_, size := firstRune(word)
	return strings.ToUpper(word[:size]) + word[size:]
}
