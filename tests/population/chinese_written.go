package population

import (
	"strconv"
	"strings"
)

// record writes the customer as one system has it.
func (p *ChinesePopulation) record(s slot) ChineseRecord {
	c := p.customer(int(s.person))
	moved := c
	moved.settle(p.dice.throw(ofMove, int(s.person)))
	d := p.dice.throw(ofCopy, int(s.person)*ChineseMostCopies+int(s.copy))
	if s.copy > 0 && d.chance(ChineseMoved) {
		c.place, c.street, c.house = moved.place, moved.street, moved.house
	}
	r := ChineseRecord{Kind: "person", BirthDate: c.birth, Email: c.mail}
	latin := false
	if c.organisation {
		r.Kind = "organisation"
		latin = d.chance(EnglishName)
		r.Name = organisationName(&c, latin, d)
	} else {
		latin = c.name(&r, d)
		c.reach(&r, s.copy > 0, d)
	}
	c.address(&r, latin, d)
	r.Phone = chinesePhone(c.phone, d)
	if s.copy > 0 && d.chance(OtherPhone) && !c.organisation {
		r.Phone = d.digits("13", 9)
	}
	for _, gap := range []struct {
		rate   int
		fields []*string
	}{{NoChinesePhone, []*string{&r.Phone}}, {NoChineseMail, []*string{&r.Email}}, {NoChineseBirth, []*string{&r.BirthDate}}, {NoChinesePlace, []*string{&r.Address, &r.City}}} {
		if d.chance(gap.rate) {
			for _, field := range gap.fields {
				*field = ""
			}
		}
	}
	return r
}

// name writes a person's name, and tells whether in Latin letters.
func (c *chineseCustomer) name(r *ChineseRecord, d *dice) (latin bool) {
	given := c.given
	if d.chance(Homophone) {
		given = soundAlike(given)
	}
	family, first, between := c.family, given, ""
	reading := c.reading
	if c.wrong != "" && d.chance(WrongPolyphone) {
		reading = c.wrong
	}
	syllables := pinyinOf(given)
	// of the ü in 吕: u, v (keyboards) or yu (passports)
	umlaut := strings.NewReplacer("ü", d.pick([]string{"u", "v", "yu"}))
	word := umlaut.Replace(strings.Join(syllables, ""))
	reading = umlaut.Replace(reading)
	if d.chance(PinyinTypo) {
		word = typo(word, d)
	}
	split := d.chance(SplitFields)
	last, wide := false, false
	x := d.IntN(1000)
	in := func(rate int) bool { x -= rate; return x < 0 }
	switch {
	case in(WithSpace):
		between = " "
	case in(Traditional):
		family, first = traditional(family), traditional(given)
	case in(PinyinFirst):
		family, first, latin = capital(reading), capital(word), true
	case in(PinyinLast):
		family, first, latin, last = strings.ToUpper(reading), capital(word), true, true
	case in(PinyinHyphen):
		family, first, latin = strings.ToUpper(reading), capital(umlaut.Replace(strings.Join(syllables, "-"))), true
		if d.chance(500) {
			family, first = capital(reading), capitals(strings.Split(first, "-"))
		}
	case in(WadeGilesForm):
		family, first, latin = wadeGilesName(c, syllables, d.chance(300))
	case in(FullWidth):
		family, first, latin, wide = capital(reading), capital(word), true, true
	}
	if latin {
		between = " "
	}
	if wide {
		family, first = fullWidth(family), fullWidth(first)
	}
	switch {
	case split:
		r.FamilyName, r.GivenName = family, first
	case last:
		r.Name = first + between + family
	default:
		r.Name = family + between + first
	}
	return latin
}

func capitals(words []string) string {
	for i := range words {
		words[i] = capital(words[i])
	}
	return strings.Join(words, " ")
}

// wadeGilesName is WANG Hsiao-ming; of compound surnames Ou-yang. marks keeps apostrophes and umlauts.
func wadeGilesName(c *chineseCustomer, syllables []string, marks bool) (family, given string, latin bool) {
	families := []string{c.reading}
	if len([]rune(c.family)) > 1 {
		families = compoundSyllables(c)
	}
	for i := range families {
		families[i] = WadeGiles(families[i], marks)
	}
	all := make([]string, len(syllables))
	for i, syllable := range syllables {
		all[i] = WadeGiles(syllable, marks)
	}
	return strings.ToUpper(strings.Join(families, "-")), capital(strings.Join(all, "-")), true
}

// compoundSyllables divides the reading of a compound surname, which may differ from its characters'
// usual ones (长孙, zhangsun), after the length of one of them.
func compoundSyllables(c *chineseCustomer) []string {
	second := pinyinOf(string([]rune(c.family)[1]))[0]
	if first, ok := strings.CutSuffix(c.reading, second); ok {
		return []string{first, second}
	}
	return []string{c.reading}
}

func soundAlike(given string) string {
	for _, pair := range homophones {
		two := []rune(pair)
		for i, r := range two {
			if strings.ContainsRune(given, r) {
				return strings.ReplaceAll(given, string(r), string(two[1-i]))
			}
		}
	}
	return given
}

// reach is what else a duplicate says of a person.
func (c *chineseCustomer) reach(r *ChineseRecord, duplicate bool, d *dice) {
	if !duplicate {
		return
	}
	if d.chance(WrongBirth) {
		r.BirthDate = wrongBirthDigit(r.BirthDate, d)
	}
	if d.chance(OtherPhone) {
		r.Email = chineseMailbox(c, d)
	}
}

// organisationName writes the name of an organisation with place and legal form.
func organisationName(c *chineseCustomer, english bool, d *dice) string {
	without, inside := d.chance(WithoutPlace), d.chance(PlaceInside)
	if english {
		name := capital(strings.Join(pinyinOf(c.family), "")) + " " + englishTrades[c.trade] + " " +
			d.pick([]string{"Co., Ltd", "Co., Ltd.", "Co. Ltd", "Company Limited", "CO.,LTD."})
		if without {
			return name
		}
		return c.place.latin + " " + name
	}
	city := c.place.city
	if d.chance(ShortPlace) {
		city = strings.TrimSuffix(city, "市")
	}
	form := "有限公司"
	if c.listed {
		form = "股份有限公司"
	}
	if d.chance(OtherLegalForm) {
		form = d.pick([]string{"", "有限责任公司", "公司"})
	}
	name := city + c.family + chineseTrades[c.trade] + form
	switch {
	case inside:
		name = c.family + chineseTrades[c.trade] + "（" + strings.TrimSuffix(city, "市") + "）" + form
	case without:
		name = c.family + chineseTrades[c.trade] + form
	}
	if d.chance(Traditional) {
		name = traditional(name)
	}
	return name
}

func (c *chineseCustomer) address(r *ChineseRecord, latin bool, d *dice) {
	r.City = c.place.city
	if latin && d.chance(LatinPlace) {
		street := pinyinOf(strings.TrimSuffix(c.street, "路"))
		r.Address = strconv.Itoa(c.house) + " " + capital(strings.Join(street, "")) + " Lu"
		r.City = c.place.latin
		return
	}
	r.Address = c.street + strconv.Itoa(c.house) + "号"
	if !d.chance(WithoutProvince) {
		r.Address = c.place.province + c.place.city + r.Address
	}
	if d.chance(FullWidth) {
		r.Address = fullWidth(r.Address)
	}
}

// chinesePhone writes a national number as one of many people do.
func chinesePhone(number string, d *dice) string {
	switch {
	case d.chance(250):
		return "+86 " + strings.TrimPrefix(number, "0")
	case number[0] == '1' && d.chance(250):
		return number[:3] + "-" + number[3:7] + "-" + number[7:]
	case d.chance(100):
		return fullWidth(number)
	}
	return number
}
