package standard

import (
	"slices"
	"strings"
)

// Placeholders are values that stand for none: what people type where a form insists, and what
// programs write where they know nothing. They say nothing of a customer.
type Placeholders struct {
	names   map[string]bool // folded: never a name, nor a part of one
	vague   map[string]bool // folded: no name where it has no other words
	emails  map[string]bool // addresses, or "@domain" for all of a domain
	locals  map[string]bool // nobody's before the @, at any domain
	phones  map[string]bool // E.164
	formed  bool            // emails and phones that show by their form count too
	written []string        // what was added, for a fingerprint
}

// NoPlaceholders are none.
func NoPlaceholders() *Placeholders {
	return &Placeholders{names: map[string]bool{}, vague: map[string]bool{}, emails: map[string]bool{}, locals: map[string]bool{}, phones: map[string]bool{}}
}

// ShippedPlaceholders are those that are known everywhere; see docs/golden.md.
func ShippedPlaceholders() *Placeholders {
	return &Placeholders{
		names: foldedSet(placeholderNames), vague: foldedSet(vagueNames), emails: map[string]bool{},
		locals: wordSet(placeholderLocals), phones: wordSet(placeholderPhones), formed: true,
	}
}

// AddName adds a name, or a part of one, in any spelling; false where nothing is left of it.
func (p *Placeholders) AddName(name string) bool {
	folded := strings.Join(tokens(Fold(name)), " ")
	if folded == "" {
		return false
	}
	p.names[folded] = true
	return p.wrote("name " + folded)
}

// AddEmail adds a mail address, or with "@" in front a domain; false where it is neither.
func (p *Placeholders) AddEmail(s *Standardiser, text string) bool {
	value := strings.ToLower(strings.TrimSpace(text))
	if !strings.HasPrefix(value, "@") || len(value) < 2 {
		var ok bool
		if value, ok = s.Email(text); !ok {
			return false
		}
	}
	p.emails[value] = true
	return p.wrote("email " + value)
}

// AddPhone adds a telephone number; false where it is none.
func (p *Placeholders) AddPhone(s *Standardiser, text string) bool {
	value, ok := s.Phone(text)
	if ok {
		p.phones[value] = true
		p.wrote("phone " + value)
	}
	return ok
}

func (p *Placeholders) wrote(what string) bool {
	p.written = append(p.written, what)
	return true
}

// String changes with what is a placeholder.
func (p *Placeholders) String() string {
	written := slices.Clone(p.written)
	slices.Sort(written)
	return strings.Join(append(slices.Compact(written), map[bool]string{true: "shipped " + placeholderVersion}[p.formed]), "\n")
}

// Without gives the forms without those that are placeholders; the same forms where none is.
func (p *Placeholders) Without(f *Standard) *Standard {
	out := f
	own := func() *Standard {
		if out == f {
			copied := *f
			out = &copied
		}
		return out
	}
	if slices.ContainsFunc(f.Emails, func(e Email) bool { return p.email(e.Value) }) {
		own().Emails = slices.DeleteFunc(slices.Clone(f.Emails), func(e Email) bool { return p.email(e.Value) })
	}
	phone := func(n Phone) bool { return p.phone(n.E164) }
	if slices.ContainsFunc(f.Phones, phone) {
		own().Phones = slices.DeleteFunc(slices.Clone(f.Phones), phone)
	}
	if slices.ContainsFunc(f.Faxes, phone) {
		own().Faxes = slices.DeleteFunc(slices.Clone(f.Faxes), phone)
	}
	identifier := func(id Identifier) bool {
		return !strings.ContainsAny(id.Value, "0123456789") && p.names[strings.Join(tokens(Fold(id.Value)), " ")]
	}
	if slices.ContainsFunc(f.Identifiers, identifier) {
		own().Identifiers = slices.DeleteFunc(slices.Clone(f.Identifiers), identifier)
	}
	if slices.ContainsFunc(f.Names, func(n NameForms) bool { return p.inName(&n) }) {
		own().Names = p.namesOf(f.Names)
	}
	if slices.ContainsFunc(f.Addresses, func(a AddressForms) bool { return p.inAddress(&a) }) {
		own().Addresses = slices.Clone(f.Addresses)
		for i := range out.Addresses {
			p.address(&out.Addresses[i])
		}
	}
	return out
}

func (p *Placeholders) email(address string) bool {
	local, domain, _ := strings.Cut(address, "@")
	if p.emails[address] || p.emails["@"+domain] || p.locals[local] {
		return true
	}
	host, _, _ := strings.Cut(domain, ".")
	return p.formed && (host == local && (p.vague[local] || p.names[local]) || nowhere[host])
}

func (p *Placeholders) phone(e164 string) bool {
	if p.phones[e164] {
		return true
	}
	if !p.formed || len(e164) < 8 {
		return false
	}
	if strings.HasSuffix(e164, "0000000") {
		return true
	}
	for _, counted := range []string{"123456789", "1234567890", "0123456789", "987654321", "9876543210"} {
		if national, ok := strings.CutSuffix(e164, counted); ok && len(national) <= 4 {
			return true // behind a calling code of up to three digits
		}
	}
	return false
}

// part says whether one part of a name is a placeholder: a word that is never one, or one letter
// three times or more.
func (p *Placeholders) part(text string) bool {
	return text != "" && (p.names[text] || p.formed && len(text) > 2 && isASCII(text) && strings.Count(text, text[:1]) == len(text))
}

// whole says whether a name says nothing: all its words are placeholders.
func (p *Placeholders) whole(n *NameForms) bool {
	if p.names[n.Full] || p.names[oneWord(n.Full)] && hasHan(n.Full) || p.vague[n.Full] {
		return true
	}
	parts := n.Tokens
	if n.Given != "" && n.Family != "" {
		parts = []string{n.Given, n.Family}
	}
	for _, part := range parts {
		if !p.part(part) && !p.vague[part] {
			return false
		}
	}
	return len(parts) > 0
}

func (p *Placeholders) inName(n *NameForms) bool {
	return p.whole(n) || p.part(n.Given) || p.part(n.Family) || slices.ContainsFunc(n.Tokens, p.part)
}

// namesOf leaves names that say something, without those parts that do not.
func (p *Placeholders) namesOf(names []NameForms) (left []NameForms) {
	for _, n := range names {
		switch {
		case p.whole(&n):
			continue
		case p.inName(&n):
			p.strip(&n)
		}
		left = append(left, n)
	}
	return left
}

// strip takes the parts out of a name that say nothing.
func (p *Placeholders) strip(n *NameForms) {
	gone := map[string]bool{}
	given, family := "", ""
	if p.part(n.Given) {
		given, n.Given = n.Given, ""
	}
	if p.part(n.Family) {
		family, n.Family = n.Family, ""
	}
	for _, part := range []string{given, family} {
		gone[oneWord(part)] = true
		for word := range strings.FieldsSeq(part) {
			gone[word] = true
		}
	}
	n.Tokens = slices.DeleteFunc(slices.Clone(n.Tokens), func(word string) bool { return p.part(word) || gone[word] })
	n.Full = strings.Join(n.Tokens, " ")
	var readings []Reading
	for _, r := range n.Readings {
		if given != "" && r.Given == oneWord(given) || p.part(r.Given) {
			r.Given = ""
		}
		if family != "" && r.Family == oneWord(family) || p.part(r.Family) {
			r.Family = ""
		}
		if r != (Reading{}) && !slices.Contains(readings, r) {
			readings = append(readings, r)
		}
	}
	n.Readings = readings
}

func (p *Placeholders) inAddress(a *AddressForms) bool {
	return isZero(a.Postcode) || p.names[a.Locality] || p.names[a.Street] || slices.ContainsFunc(a.Lines, func(line string) bool { return p.names[line] })
}

func (p *Placeholders) address(a *AddressForms) {
	if isZero(a.Postcode) {
		a.Postcode = ""
	}
	if p.names[a.Locality] {
		a.Locality = ""
	}
	if p.names[a.Street] {
		a.Street, a.House = "", ""
	}
	a.Lines = slices.DeleteFunc(slices.Clone(a.Lines), func(line string) bool { return p.names[line] })
}

func foldedSet(lines string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.SplitSeq(lines, ",") {
		if folded := strings.Join(tokens(Fold(line)), " "); folded != "" {
			set[folded] = true
		}
	}
	return set
}

// placeholderVersion counts the changes of what is shipped.
const placeholderVersion = "1"

// What is shipped. Names that are also people's (Test, Guest, Na, 无 as a family name) count only where
// no other word stands beside them.
const (
	placeholderNames = `n/a, n.a., not available, not applicable, not known, not given, not provided, unknown, unknown unknown, unbekannt, nicht bekannt,
		keine angabe, k.a., ohne name, inconnu, inconnue, non renseigné, desconocido, desconocida, sin nombre, sconosciuto, sconosciuta, onbekend,
		okänd, ukjent, ukendt, tuntematon, nieznany, nieznana, neznámý, ismeretlen, неизвестно, неизвестный, не указано, bilinmiyor,
		undefined, null, none, no name, noname, no last name, no first name, lnu, fnu, anonymous, anonym, anonyme, anónimo, dummy, do not use, asdf,
		asdfasdf, qwerty, qwertz, tbd, tba, first name, last name, firstname, lastname, vorname, nachname, john doe, jane doe, foo bar, max mustermann,
		erika mustermann, lorem ipsum,
		测试, 測試, 不详, 不詳, 未知, 无名, 無名, 无名氏, 匿名, 佚名, 某某, 某某某, 未填写, 不明, 名無し, テスト, テスト テスト, 테스트, 미상, 알 수 없음, 이름 없음`
	vagueNames = `x, xx, y, z, test, tester, testing, test test, test user, test customer, guest, gast, invité, customer, kunde, client, user, name,
		nobody, no, na, nil, abc, new, delete, deleted, duplicate, private, privat, demo, sample, example, foo, bar, 无, 無, 先生, 女士, 客户, 顾客, 游客, 用户, тест, нет`
	placeholderLocals = `noreply no-reply no_reply donotreply do-not-reply nomail no-mail no_mail noemail no-email no_email keine-email keineemail
		unknown unbekannt none null undefined anonymous dummy asdf test123 testtest xxx xxxx nobody`
	// China Mobile's own, which stands in for none on countless forms
	placeholderPhones = `+8613800138000`
)

// nowhere are the names of hosts that receive no mail of anybody.
var nowhere = wordSet("nomail noemail no-mail no-email none unknown undefined invalid localhost donotreply noreply no-reply")
