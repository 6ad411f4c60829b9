package survive

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/touchstone-hub/touchstone/canonical"
)

type customer = canonical.Customer

// attributes are all of a Customer, in the order of the struct. A test holds them against it.
var attributes = []attribute{
	text("kind", func(c *customer) *string { return (*string)(&c.Kind) }),
	&list[canonical.Identifier]{
		name: "identifiers", at: func(c *customer) *[]canonical.Identifier { return &c.Identifiers },
		leaves: func(i *canonical.Identifier) []string { return []string{i.Scheme, i.Value, i.Issuer} },
		same: func(i *canonical.Identifier, f Forms) string {
			form := f.Identifier(*i)
			return join(form.Scheme, form.Issuer, or(form.Value, f.Fold(i.Value)))
		},
		groups: map[string]func(*canonical.Identifier) string{"scheme": func(i *canonical.Identifier) string { return i.Scheme }},
	},
	&list[canonical.Name]{
		name: "names", at: func(c *customer) *[]canonical.Name { return &c.Names },
		leaves: func(n *canonical.Name) []string {
			return []string{n.Full, n.Given, n.Family, n.Honorific, n.Script, n.Reading, n.Use}
		},
		same:   func(n *canonical.Name, f Forms) string { return f.Fold(nameText(n)) },
		groups: map[string]func(*canonical.Name) string{"use": func(n *canonical.Name) string { return n.Use }, "script": func(n *canonical.Name) string { return scriptGroup(nameText(n)) }},
	},
	text("birthDate", func(c *customer) *string { return &c.BirthDate }),
	text("gender", func(c *customer) *string { return &c.Gender }),
	text("language", func(c *customer) *string { return &c.Language }),
	text("industry", func(c *customer) *string { return &c.Industry }),
	&list[canonical.Email]{
		name: "emails", at: func(c *customer) *[]canonical.Email { return &c.Emails },
		leaves:   func(m *canonical.Email) []string { return []string{m.Value, m.Use, verified(m.Verified)} },
		same:     func(m *canonical.Email, f Forms) string { return or(f.Email(m.Value), f.Fold(m.Value)) },
		groups:   map[string]func(*canonical.Email) string{"use": func(m *canonical.Email) string { return m.Use }},
		verified: func(m *canonical.Email) bool { return m.Verified != nil && *m.Verified },
	},
	phones("phones", func(c *customer) *[]canonical.Phone { return &c.Phones }),
	phones("faxes", func(c *customer) *[]canonical.Phone { return &c.Faxes }),
	&list[canonical.Web]{
		name: "webs", at: func(c *customer) *[]canonical.Web { return &c.Webs },
		leaves: func(w *canonical.Web) []string { return []string{w.Value, w.Use} },
		same:   func(w *canonical.Web, f Forms) string { return webText(f.Fold(w.Value)) },
		groups: map[string]func(*canonical.Web) string{"use": func(w *canonical.Web) string { return w.Use }},
	},
	&list[canonical.Chat]{
		name: "chats", at: func(c *customer) *[]canonical.Chat { return &c.Chats },
		leaves: func(w *canonical.Chat) []string { return []string{w.Service, w.Value} },
		groups: map[string]func(*canonical.Chat) string{"service": func(w *canonical.Chat) string { return w.Service }},
	},
	&list[canonical.Address]{
		name: "addresses", at: func(c *customer) *[]canonical.Address { return &c.Addresses },
		leaves: addressLeaves,
		same: func(a *canonical.Address, f Forms) string {
			if form := f.Address(*a); form != "" {
				return join(f.Fold(a.Use), f.Fold(a.Name), form)
			}
			return ""
		},
		value:  func(a *canonical.Address, f Forms) string { return fold(f, addressLeaves(a)) },
		groups: map[string]func(*canonical.Address) string{"use": func(a *canonical.Address) string { return a.Use }},
	},
	&list[canonical.Contact]{
		name: "contacts", at: func(c *customer) *[]canonical.Contact { return &c.Contacts },
		leaves: contactLeaves,
		same:   func(p *canonical.Contact, f Forms) string { return f.Fold(nameText(&p.Name)) },
		value:  func(p *canonical.Contact, f Forms) string { return fold(f, contactLeaves(p)) },
		groups: map[string]func(*canonical.Contact) string{"role": func(p *canonical.Contact) string { return p.Role }},
	},
	&list[canonical.BankAccount]{
		name: "bankAccounts", at: func(c *customer) *[]canonical.BankAccount { return &c.BankAccounts },
		leaves: bankLeaves,
		same: func(b *canonical.BankAccount, f Forms) string {
			return strings.ReplaceAll(f.Fold(or(b.IBAN, join(b.BIC, b.Bank, b.Number))), " ", "")
		},
		value: func(b *canonical.BankAccount, f Forms) string {
			return strings.ReplaceAll(fold(f, bankLeaves(b)), " ", "")
		},
	},
	text("currency", func(c *customer) *string { return &c.Currency }),
	text("paymentTerms", func(c *customer) *string { return &c.PaymentTerms }),
	text("discountTerms", func(c *customer) *string { return &c.DiscountTerms }),
	text("taxRule", func(c *customer) *string { return &c.TaxRule }),
	money("creditLimit", func(c *customer) **canonical.Money { return &c.CreditLimit }),
	text("creditRating", func(c *customer) *string { return &c.CreditRating }),
	money("salesLimit", func(c *customer) **canonical.Money { return &c.SalesLimit }),
	text("salesperson", func(c *customer) *string { return &c.Salesperson }),
	text("commissionCode", func(c *customer) *string { return &c.CommissionCode }),
	text("customerType", func(c *customer) *string { return &c.CustomerType }),
	text("priceList", func(c *customer) *string { return &c.PriceList }),
	text("deliveryTerms", func(c *customer) *string { return &c.DeliveryTerms }),
	text("satisfaction", func(c *customer) *string { return &c.Satisfaction }),
	text("contractPerformance", func(c *customer) *string { return &c.ContractPerformance }),
	&list[canonical.Issue]{
		name: "problems", at: func(c *customer) *[]canonical.Issue { return &c.Problems },
		leaves: func(p *canonical.Issue) []string { return []string{p.Subject, p.Time, p.Status} },
		same:   func(p *canonical.Issue, f Forms) string { return f.Fold(join(p.Subject, p.Time)) },
		value:  func(p *canonical.Issue, f Forms) string { return f.Fold(join(p.Subject, p.Time, p.Status)) },
	},
	&list[string]{
		name: "competitors", at: func(c *customer) *[]string { return &c.Competitors },
		leaves: func(s *string) []string { return []string{*s} },
	},
	&list[canonical.Need]{
		name: "needs", at: func(c *customer) *[]canonical.Need { return &c.Needs },
		leaves: func(n *canonical.Need) []string { return []string{n.Subject, n.Time} },
	},
	text("potential", func(c *customer) *string { return &c.Potential }),
	investments("contactsMade", func(c *customer) *[]canonical.Investment { return &c.ContactsMade }),
	investments("discountsGiven", func(c *customer) *[]canonical.Investment { return &c.DiscountsGiven }),
	investments("cooperations", func(c *customer) *[]canonical.Investment { return &c.Cooperations }),
	&list[canonical.Consent]{
		name: "consents", at: func(c *customer) *[]canonical.Consent { return &c.Consents },
		leaves: consentLeaves,
		same:   func(c *canonical.Consent, f Forms) string { return f.Fold(join(c.Channel, c.Purpose)) },
		value:  func(c *canonical.Consent, f Forms) string { return fold(f, consentLeaves(c)) },
		groups: map[string]func(*canonical.Consent) string{"purpose": func(c *canonical.Consent) string { return join(c.Channel, c.Purpose) }},
		stated: func(c *canonical.Consent) (string, int8) {
			if c.Status == "withdrawn" {
				return c.Time, -1
			}
			return c.Time, 0
		},
	},
	&list[canonical.Loyalty]{
		name: "loyalty", at: func(c *customer) *[]canonical.Loyalty { return &c.Loyalty },
		leaves: loyaltyLeaves,
		same:   func(l *canonical.Loyalty, f Forms) string { return f.Fold(join(l.Program, l.Member)) },
		value:  func(l *canonical.Loyalty, f Forms) string { return fold(f, loyaltyLeaves(l)) },
		groups: map[string]func(*canonical.Loyalty) string{"program": func(l *canonical.Loyalty) string { return l.Program }},
	},
	&named{"attributes", func(c *customer) *map[string]string { return &c.Attributes }},
}

func text(name string, at func(*customer) *string) attribute {
	return &single[string]{name: name, at: at, leaves: func(s string) []string { return []string{s} }}
}

func money(name string, at func(*customer) **canonical.Money) attribute {
	return &single[*canonical.Money]{name: name, at: at, leaves: func(m *canonical.Money) []string {
		return []string{plainDecimal(m.Amount), m.Currency}
	}}
}

func phones(name string, at func(*customer) *[]canonical.Phone) attribute {
	return &list[canonical.Phone]{
		name: name, at: at,
		leaves:   func(p *canonical.Phone) []string { return []string{p.Value, p.Use, verified(p.Verified)} },
		same:     func(p *canonical.Phone, f Forms) string { return or(f.Phone(p.Value), f.Fold(p.Value)) },
		groups:   map[string]func(*canonical.Phone) string{"use": func(p *canonical.Phone) string { return p.Use }},
		verified: func(p *canonical.Phone) bool { return p.Verified != nil && *p.Verified },
	}
}

func investments(name string, at func(*customer) *[]canonical.Investment) attribute {
	return &list[canonical.Investment]{
		name: name, at: at,
		leaves: func(i *canonical.Investment) []string {
			leaves := []string{i.Subject, i.Time, i.Place, i.Method}
			if i.Cost != nil {
				leaves = append(leaves, plainDecimal(i.Cost.Amount), i.Cost.Currency)
			}
			return leaves
		},
	}
}

// nameText is a name as one reads it, without title.
func nameText(n *canonical.Name) string {
	if n.Full != "" {
		return n.Full
	}
	return strings.TrimSpace(n.Given + " " + n.Family)
}

// scriptGroup tells names in Chinese characters from others, whatever script the source states.
func scriptGroup(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "han"
	}
	return "other"
}

func addressLeaves(a *canonical.Address) []string {
	return []string{a.Use, a.Name, strings.Join(a.Lines, " "), a.Locality, a.Region, a.Postcode, a.Country}
}

func contactLeaves(p *canonical.Contact) []string {
	leaves := []string{nameText(&p.Name), p.Role}
	for i := range p.Emails {
		leaves = append(leaves, p.Emails[i].Value)
	}
	for i := range p.Phones {
		leaves = append(leaves, p.Phones[i].Value)
	}
	return leaves
}

func bankLeaves(b *canonical.BankAccount) []string {
	return []string{b.IBAN, b.Number, b.BIC, b.Bank, b.Holder}
}

func consentLeaves(c *canonical.Consent) []string {
	return []string{c.Channel, c.Purpose, c.Status, c.Time, c.Source, c.Evidence}
}

func loyaltyLeaves(l *canonical.Loyalty) []string {
	return []string{l.Program, l.Member, l.Tier, plainDecimal(l.Points)}
}

func verified(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// webText leaves out of a folded URL what does not tell sites apart.
func webText(url string) string {
	for _, prefix := range []string{"https://", "http://", "www."} {
		url = strings.TrimPrefix(url, prefix)
	}
	return strings.TrimSuffix(url, "/")
}

// plainDecimal writes a decimal number in one way: 100.00 and 100 are the same amount.
func plainDecimal(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func join(texts ...string) string { return strings.Join(texts, "\x00") }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
