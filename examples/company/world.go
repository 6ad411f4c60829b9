package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Customer is a real customer, as no system knows it.
type Customer struct {
	Number  int
	Firm    bool
	Given   string // Latin letters; of a firm empty
	Family  string // of a firm its whole name in Latin letters
	Han     string // the whole name in Chinese characters, where it has one
	Email   string
	Mobile  string // E.164, or empty
	Phone   string // E.164, or empty
	Records []string

	hanGiven, hanFamily       string
	born, vat, gln            string
	street, zip, city, cityCN string
	country, language         string
}

// world is everything that the company begins with.
type world struct {
	rnd       *rand.Rand
	start     time.Time
	customers []Customer
	emails    map[string]bool
	firms     int // Chinese ones so far
	erp       erpRows
	shop      shopRows
	files     files
	calls     []PhoneCall
}

// newWorld makes customers and scatters them over the systems. It depends on nothing but its
// arguments.
func newWorld(seed uint64, customers int) *world {
	w := &world{
		rnd:    rand.New(rand.NewPCG(seed, 4711)), //nolint:gosec // to be repeatable, not secret
		start:  time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC),
		emails: map[string]bool{},
	}
	w.traveller()
	for len(w.customers) < customers-2 {
		c := w.customer(len(w.customers) + 1)
		w.scatter(&c)
		w.customers = append(w.customers, c)
	}
	w.partners()
	w.beyondRepair()
	return w
}

// traveller is the customer whose number the demo changes: known to the ERP in pinyin, to the shop
// in characters and without a number, to supply chain management by another number.
func (w *world) traveller() {
	c := Customer{
		Number: 1, Given: "Xiaoming", Family: "Wang", Han: "王小明", hanFamily: "王", hanGiven: "小明",
		Email: "xiaoming.wang@post.example", Mobile: "+491713920042", Phone: "+492214710042",
		born: "1984-02-29", street: "Domkloster 4", zip: "50667", city: "Köln", cityCN: "科隆", country: "DE", language: "zh",
	}
	w.emails[c.Email] = true
	row := w.erpRow(&c, c.Given, c.Family)
	yes := true
	row.First, row.Email, row.Mobile, row.Phone = "Xiao Ming", c.Email, "0171 39 20 042", ""
	row.Newsletter, row.NewsletterAt = &yes, w.start
	w.addERP(&c, row)
	a := w.account(&c, c.hanGiven, c.hanFamily)
	a.Phone = nil
	w.addAccount(&c, a)
	w.addOrder(&c, a.ID)
	w.addChinese(&c, c.Han, "０２２１－４７１００４２", c.Email)
	w.calls = append(w.calls, w.call("+49 171 3920042"))
	w.customers = append(w.customers, c)
}

func (w *world) customer(number int) Customer {
	c := Customer{Number: number}
	switch kind := w.rnd.IntN(100); {
	case kind < 22:
		w.germanFirm(&c)
	case kind < 26 && w.firms < len(chineseFirms):
		w.chineseFirm(&c)
	case kind < 44:
		w.chinese(&c)
	case kind < 58:
		w.english(&c)
	default:
		w.german(&c)
	}
	return c
}

func (w *world) german(c *Customer) {
	c.Given, c.Family, c.language = pick(w.rnd, germanGiven), pick(w.rnd, germanFamily), "de"
	w.person(c)
	w.inGermany(c)
}

func (w *world) english(c *Customer) {
	c.Given, c.Family, c.language = pick(w.rnd, englishGiven), pick(w.rnd, englishFamily), "en"
	w.person(c)
	town := pick(w.rnd, towns)
	c.street, c.zip, c.city, c.country = fmt.Sprintf("%d %s", 1+w.rnd.IntN(90), pick(w.rnd, roads)), town.zip, town.city, "GB"
	c.Mobile, c.Phone = fmt.Sprintf("+447700900%03d", c.Number%1000), ""
}

func (w *world) chinese(c *Customer) {
	family, given := pick(w.rnd, chineseFamily), pick(w.rnd, chineseGiven)
	c.Given, c.Family, c.language = given.pinyin, family.pinyin, "zh"
	c.hanGiven, c.hanFamily, c.Han = given.han, family.han, family.han+given.han
	w.person(c)
	if w.rnd.IntN(2) == 0 {
		w.inGermany(c)
		return
	}
	firm := pick(w.rnd, chineseFirms)
	c.street, c.zip, c.city, c.cityCN, c.country = fmt.Sprintf("中山路%d号", 1+w.rnd.IntN(300)), firm.zip, firm.city, firm.cityHan, "CN"
	c.Mobile = fmt.Sprintf("+86138%08d", 10_000_000+c.Number*7919)
}

// person fills in what all people have.
func (w *world) person(c *Customer) {
	c.born = time.Date(1945+w.rnd.IntN(60), time.Month(1+w.rnd.IntN(12)), 1+w.rnd.IntN(28), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	c.Email = w.email(latin(c.Given) + "." + latin(c.Family))
}

// email is an address that nobody else has.
func (w *world) email(name string) string {
	for n := 1; ; n++ {
		address := name + "@post.example"
		if n > 1 {
			address = fmt.Sprintf("%s%d@post.example", name, n)
		}
		if !w.emails[address] {
			w.emails[address] = true
			return address
		}
	}
}

func (w *world) inGermany(c *Customer) {
	place := pick(w.rnd, places)
	c.street = fmt.Sprintf("%s %d", pick(w.rnd, streets), 1+w.rnd.IntN(120))
	c.zip, c.city, c.cityCN, c.country = fmt.Sprintf("%s%02d", place.zip, 1+w.rnd.IntN(98)), place.city, place.city, "DE"
	c.Phone = fmt.Sprintf("+49%s4%05d", place.area, 10_000+c.Number*13)
	if !c.Firm && w.rnd.IntN(4) > 0 {
		c.Mobile = fmt.Sprintf("+49171%07d", 4_000_000+c.Number*11)
	}
}

func (w *world) germanFirm(c *Customer) {
	c.Firm, c.language = true, "de"
	stem, trade := pick(w.rnd, firmStems), pick(w.rnd, firmTrades)
	c.Family = stem + " " + trade + " " + pick(w.rnd, firmForms)
	c.Email = w.email("einkauf." + latin(stem) + "." + latin(trade))
	w.inGermany(c)
	c.vat = germanVAT(10_000_000 + c.Number*31)
	if w.rnd.IntN(2) == 0 {
		c.gln = gln(fmt.Sprintf("4099999%05d", c.Number))
	}
}

func (w *world) chineseFirm(c *Customer) {
	firm := chineseFirms[w.firms]
	w.firms++
	c.Firm, c.language, c.Family, c.Han = true, "zh", firm.latin, firm.han
	c.street, c.zip, c.city, c.cityCN, c.country = fmt.Sprintf("浦东南路%d号", 1+w.rnd.IntN(900)), firm.zip, firm.city, firm.cityHan, "CN"
	c.Phone = fmt.Sprintf("+86%s5%07d", firm.area, 1_000_000+c.Number*17)
	c.Email = w.email("sales." + latin(strings.Fields(firm.latin)[1]))
}

// latin is a name as it stands in mail addresses.
func latin(name string) string {
	return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ö", "oe", "ß", "ss", " ", "", "'", "", "é", "e", "-", "").Replace(strings.ToLower(name))
}

// germanVAT gives a number whose check digit is right (ISO 7064, MOD 11,10), from eight digits.
func germanVAT(n int) string {
	product, digits := 10, fmt.Sprintf("%08d", n)
	for _, d := range digits {
		sum := (int(d-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = 2 * sum % 11
	}
	return fmt.Sprintf("DE%s%d", digits, (11-product)%10)
}

// gln adds the check digit (GS1 General Specifications, 7.9) to twelve digits.
func gln(digits string) string {
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (1 + 2*(i%2))
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

func pick[T any](rnd *rand.Rand, from []T) T { return from[rnd.IntN(len(from))] }
