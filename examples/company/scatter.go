package company

import (
	"fmt"
	"time"
)

// scatter gives a customer records in some of the systems, as different people wrote them down.
func (w *world) scatter(c *Customer) {
	inERP, inShop, inSCM := w.rnd.IntN(100) < 75, w.rnd.IntN(100) < 45, w.rnd.IntN(100) < 25
	if c.Firm {
		inShop, inSCM = w.rnd.IntN(100) < 25, w.rnd.IntN(100) < 50
	}
	if !inShop && !inSCM {
		inERP = true
	}
	if inERP {
		w.inERP(c)
	}
	if inShop {
		w.inShop(c)
	}
	if inSCM {
		w.inSCM(c)
	}
	if number := first(c.Mobile, c.Phone); number != "" && w.rnd.IntN(100) < 35 {
		w.calls = append(w.calls, w.call(w.written(number)))
	}
}

func (w *world) inERP(c *Customer) {
	row := w.erpRow(c, c.Given, c.Family)
	if w.rnd.IntN(100) < 12 {
		row.Email = "" // not everybody is asked for it
	}
	w.addERP(c, row)
	for range w.rnd.IntN(3) {
		w.addERPOrder(c, row.No)
	}
	if w.rnd.IntN(100) < 5 && row.Email != "" { // somebody was entered twice
		twin := w.erpRow(c, w.misspelt(c.Given), w.misspelt(c.Family))
		twin.Mobile, twin.Phone = "", ""
		w.addERP(c, twin)
	}
}

func (w *world) erpRow(c *Customer, given, family string) ERPCustomer {
	row := ERPCustomer{
		No: fmt.Sprintf("K%05d", 10_000+len(w.erp.customers)+1), Firm: c.Firm, First: given, Last: family, Born: c.born,
		VAT: c.vat, GLN: c.gln, Email: c.Email, Language: c.language, Currency: "EUR", Terms: "30 days net",
		Credit: fmt.Sprintf("%d.00", 500*(1+w.rnd.IntN(20))), Street: c.street, Zip: c.zip, City: c.city, Country: c.country,
		ChangedAt: w.past(),
	}
	if c.Mobile != "" {
		row.Mobile = w.written(c.Mobile)
	}
	if c.Phone != "" && w.rnd.IntN(3) > 0 {
		row.Phone = w.written(c.Phone)
	}
	if c.Firm {
		row.First, row.Last, row.Company = "", "", family
		row.Contact, row.ContactRole = pick(w.rnd, germanGiven)+" "+pick(w.rnd, germanFamily), "buyer"
		return row
	}
	if w.rnd.IntN(100) < 55 {
		yes := w.rnd.IntN(100) < 75
		row.Newsletter, row.NewsletterAt = &yes, w.past()
	}
	if w.rnd.IntN(4) == 0 {
		row.Born = ""
	}
	return row
}

func (w *world) addERP(c *Customer, row ERPCustomer) {
	w.erp.customers = append(w.erp.customers, row)
	c.Records = append(c.Records, "erp/customers/"+row.No)
}

func (w *world) addERPOrder(c *Customer, no string) {
	w.erp.orders = append(w.erp.orders, ERPOrder{
		No: fmt.Sprintf("A%06d", 700_000+len(w.erp.orders)+1), Customer: no, Status: pick(w.rnd, []string{"open", "shipped", "invoiced"}),
		Ordered: w.past(), Lines: w.lines(),
	})
}

func (w *world) inShop(c *Customer) {
	given, family := c.Given, c.Family
	if c.Han != "" && !c.Firm && w.rnd.IntN(2) == 0 {
		given, family = c.hanGiven, c.hanFamily
	} else if !c.Firm && w.rnd.IntN(100) < 15 {
		family = w.misspelt(family)
	}
	a := w.account(c, given, family)
	w.addAccount(c, a)
	for range w.rnd.IntN(3) {
		w.addOrder(c, a.ID)
	}
}

func (w *world) account(c *Customer, given, family string) *Account {
	at := w.past()
	a := &Account{
		ID: firstAccount + int64(len(w.shop.accounts)) + 1, Email: &c.Email, Verified: w.rnd.IntN(3) > 0, Last: &family,
		Locale: &c.language, Tags: "person", Created: at, Updated: at,
		Addresses: []AccountAddress{{Line1: c.street, Zip: c.zip, City: c.city, Country: c.country, Default: true}},
	}
	if c.Firm {
		a.Tags = "organisation"
	} else {
		a.First = &given
	}
	if number := first(c.Mobile, c.Phone); number != "" && w.rnd.IntN(2) == 0 {
		a.Phone = &number
	}
	if !c.Firm && w.rnd.IntN(2) == 0 {
		a.Consent = &MailConsent{State: pick(w.rnd, []string{"subscribed", "subscribed", "unsubscribed", "not_subscribed"}), Changed: w.past()}
	}
	email := c.Email
	a.Email = &email
	return a
}

func (w *world) addAccount(c *Customer, a *Account) {
	w.shop.accounts = append(w.shop.accounts, a)
	c.Records = append(c.Records, fmt.Sprintf("webshop/customers/%d", a.ID))
}

func (w *world) addOrder(c *Customer, account int64) {
	o := newShopOrder(firstOrder+int64(len(w.shop.orders))+1, account, w.past(), w.lines())
	o.Email = c.Email
	w.shop.orders = append(w.shop.orders, o)
}

func (w *world) lines() []OrderLine {
	lines := make([]OrderLine, 1+w.rnd.IntN(3))
	for i := range lines {
		lines[i] = pick(w.rnd, catalogue)
		lines[i].Quantity = 1 + w.rnd.IntN(4)
	}
	return lines
}

func (w *world) inSCM(c *Customer) {
	number := first(c.Phone, c.Mobile)
	if c.Han != "" {
		w.addChinese(c, c.Han, wide(w.local(number, c.country)), c.Email)
		return
	}
	name := c.Family
	if !c.Firm {
		name = c.Family + ", " + c.Given
	}
	w.addGerman(c, name, w.written(number), c.Email)
}

func (w *world) addGerman(c *Customer, name, number, email string) {
	key, kind := fmt.Sprintf("D%04d", len(w.files.german)+1), "Person"
	if c.Firm {
		kind = "Firma"
	}
	country := map[string]string{"DE": "Deutschland", "GB": "Großbritannien", "CN": "China"}[c.country]
	w.files.german = append(w.files.german, []string{
		key, kind, name, c.street, c.zip, c.city, country, number, email, c.vat, w.past().Format("02.01.2006 15:04"),
	})
	c.Records = append(c.Records, "scm/partners-de/"+key)
}

func (w *world) addChinese(c *Customer, name, number, email string) {
	key, kind := fmt.Sprintf("C%04d", len(w.files.chinese)+1), "个人"
	if c.Firm {
		kind = "公司"
	}
	country := map[string]string{"DE": "德国", "CN": "中国"}[c.country]
	w.files.chinese = append(w.files.chinese, []string{
		key, kind, name, number, email, c.street, c.cityCN, c.zip, country, w.past().Format(time.DateTime),
	})
	c.Records = append(c.Records, "scm/partners-cn/"+key)
}

// beyondRepair adds a record that no mapping can read: a partner in a country that does not exist.
func (w *world) beyondRepair() {
	key := fmt.Sprintf("D%04d", len(w.files.german)+1)
	w.files.german = append(w.files.german, []string{
		key, "Firma", "Atlantis Handel", "Am Abgrund 1", "00000", "Atlantis", "Atlantis", "", "", "", "31.12.2025 23:59",
	})
	w.files.bad = append(w.files.bad, key)
}

func (w *world) call(number string) PhoneCall {
	return PhoneCall{
		Number: number, Inbound: w.rnd.IntN(3) > 0, Start: w.past(), Seconds: 20 + w.rnd.IntN(600),
		Topic: pick(w.rnd, topics), Result: pick(w.rnd, results), Agent: pick(w.rnd, agents),
	}
}

// past is some time in the weeks before the company's first day.
func (w *world) past() time.Time {
	return w.start.Add(-time.Duration(w.rnd.IntN(80*24*3600)) * time.Second)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
