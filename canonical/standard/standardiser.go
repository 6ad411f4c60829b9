package standard

import "github.com/touchstone-hub/touchstone/canonical"

// Standardiser derives standardised forms. It is safe for concurrent use and must not be copied;
// &Standardiser{Region: "DE"} is ready.
type Standardiser struct {
	// Region is the ISO 3166-1 code of the country from which national phone numbers are read,
	// and whose postcodes stand without a country. Empty: only international numbers are read.
	Region string

	phones phoneCache
}

// Standard holds the standardised forms of one customer. Values that have none are left out; Of
// in each form is the index of its original in the customer.
type Standard struct {
	Kind        canonical.Kind // as stated, else organisation where a name has a legal form
	Names       []NameForms
	BirthDate   string // YYYY-MM-DD; empty where unknown or a stand-in such as 1900-01-01
	Emails      []Email
	Phones      []Phone
	Faxes       []Phone
	Addresses   []AddressForms
	Identifiers []Identifier
	Accounts    []Identifier // bank accounts that have an IBAN, under the scheme iban
}

// Email is a mail address as matching compares it.
type Email struct {
	Value string
	Of    int
}

// Customer returns all standardised forms of c.
func (s *Standardiser) Customer(c *canonical.Customer) Standard {
	out := Standard{Kind: c.Kind}
	for i, n := range c.Names {
		if forms := s.name(n, c.Kind); len(forms.Tokens) > 0 {
			forms.Of = i
			out.Names = append(out.Names, forms)
			if out.Kind == "" && forms.Organisation {
				out.Kind = canonical.Organisation
			}
		}
	}
	if date, ok := s.BirthDate(c.BirthDate); ok {
		out.BirthDate = date
	}
	for i, e := range c.Emails {
		if value, ok := s.Email(e.Value); ok {
			out.Emails = append(out.Emails, Email{Value: value, Of: i})
		}
	}
	region := s.regionOf(c)
	out.Phones = s.phoneList(c.Phones, region)
	out.Faxes = s.phoneList(c.Faxes, region)
	for i, a := range c.Addresses {
		forms := s.Address(a)
		forms.Of = i
		out.Addresses = append(out.Addresses, forms)
	}
	s.identifiers(c, &out)
	return out
}

func (s *Standardiser) identifiers(c *canonical.Customer, out *Standard) {
	for i, id := range c.Identifiers {
		if form := identify(id); form.Value != "" {
			form.Of = i
			out.Identifiers = append(out.Identifiers, form)
		}
	}
	for i, account := range c.BankAccounts {
		if form := identify(canonical.Identifier{Scheme: "iban", Value: account.IBAN}); form.Value != "" {
			form.Of = i
			out.Accounts = append(out.Accounts, form)
		}
	}
}

// regionOf is the country of the customer's addresses, where they agree, else the hub's.
func (s *Standardiser) regionOf(c *canonical.Customer) string {
	region := ""
	for _, a := range c.Addresses {
		if region != "" && a.Country != "" && a.Country != region {
			return s.Region
		}
		if a.Country != "" {
			region = a.Country
		}
	}
	if region == "" {
		return s.Region
	}
	return region
}

func (s *Standardiser) phoneList(phones []canonical.Phone, region string) []Phone {
	var out []Phone
	for i, p := range phones {
		if phone := s.phone(p.Value, region); phone.E164 != "" {
			if out == nil {
				out = make([]Phone, 0, len(phones)-i)
			}
			phone.Of = i
			out = append(out, phone)
		}
	}
	return out
}

// BirthDate returns the date, unless it is none or one of the stand-ins that systems write for
// an unknown date.
func (s *Standardiser) BirthDate(text string) (string, bool) {
	if text == "" || birthDateLeaf.CheckText(text) != nil || standIns[text] || text[:2] == "00" {
		return "", false
	}
	return text, true
}

var (
	birthDateLeaf = canonical.SchemaOf(canonical.EntityCustomer).Path("birthDate")
	standIns      = wordSet("1753-01-01 1800-01-01 1899-12-30 1899-12-31 1900-01-01 1901-01-01 1970-01-01 2099-12-31 9999-12-31 1111-11-11")
)
