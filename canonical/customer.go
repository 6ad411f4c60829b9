package canonical

import "encoding/json"

// Customer is one person or organisation as one system (a source record) or the hub (a golden
// record) describes it. Everything is optional: an absent attribute is unknown. An attribute that
// a system states to be empty (JSON null) is listed in Cleared and is not the same as unknown.
type Customer struct {
	// identity
	Kind        Kind         `json:"kind,omitempty" enum:"person,organisation" doc:"person or organisation"`
	Identifiers []Identifier `json:"identifiers,omitempty" doc:"numbers and codes by which systems and registries know the customer"`
	Names       []Name       `json:"names,omitempty" doc:"names in use, legal, trade and former"`
	BirthDate   string       `json:"birthDate,omitempty" format:"date" doc:"date of birth, YYYY-MM-DD"`
	Gender      string       `json:"gender,omitempty" enum:"female,male,other" doc:"gender as stated"`
	Language    string       `json:"language,omitempty" format:"bcp47" doc:"preferred language, BCP 47"`
	Industry    string       `json:"industry,omitempty" doc:"line of business"`

	// reach
	Emails    []Email   `json:"emails,omitempty" doc:"mail addresses"`
	Phones    []Phone   `json:"phones,omitempty" doc:"telephone numbers"`
	Faxes     []Phone   `json:"faxes,omitempty" doc:"fax numbers"`
	Webs      []Web     `json:"webs,omitempty" doc:"web sites"`
	Chats     []Chat    `json:"chats,omitempty" doc:"chat accounts"`
	Addresses []Address `json:"addresses,omitempty" doc:"postal addresses by use"`
	Contacts  []Contact `json:"contacts,omitempty" doc:"people at an organisation"`

	// terms: the customer master file
	BankAccounts   []BankAccount `json:"bankAccounts,omitempty" doc:"accounts to pay from and refund to"`
	Currency       string        `json:"currency,omitempty" format:"currency" doc:"currency of trade, ISO 4217"`
	PaymentTerms   string        `json:"paymentTerms,omitempty" doc:"payment terms"`
	DiscountTerms  string        `json:"discountTerms,omitempty" doc:"agreed discounts"`
	TaxRule        string        `json:"taxRule,omitempty" doc:"tax rule that applies to sales"`
	CreditLimit    *Money        `json:"creditLimit,omitempty" doc:"largest open amount allowed"`
	CreditRating   string        `json:"creditRating,omitempty" doc:"credit rating"`
	SalesLimit     *Money        `json:"salesLimit,omitempty" doc:"largest sale allowed"`
	Salesperson    string        `json:"salesperson,omitempty" doc:"who looks after the customer"`
	CommissionCode string        `json:"commissionCode,omitempty" doc:"commission code of the salesperson"`
	CustomerType   string        `json:"customerType,omitempty" doc:"customer type, as the company divides its customers"`
	PriceList      string        `json:"priceList,omitempty" doc:"price list in force"`
	DeliveryTerms  string        `json:"deliveryTerms,omitempty" doc:"delivery terms, Incoterms where they apply"`

	// assessment
	Satisfaction        string   `json:"satisfaction,omitempty" doc:"how satisfied the customer is"`
	ContractPerformance string   `json:"contractPerformance,omitempty" doc:"how the customer keeps its contracts"`
	Problems            []Issue  `json:"problems,omitempty" doc:"problems reported"`
	Competitors         []string `json:"competitors,omitempty" doc:"whom else the customer buys from"`
	Needs               []Need   `json:"needs,omitempty" doc:"what the customer wants"`
	Potential           string   `json:"potential,omitempty" doc:"expected business"`

	// investment: what was spent on the relation
	ContactsMade   []Investment `json:"contactsMade,omitempty" doc:"visits, calls and meetings that were made"`
	DiscountsGiven []Investment `json:"discountsGiven,omitempty" doc:"discounts that were given"`
	Cooperations   []Investment `json:"cooperations,omitempty" doc:"joint work"`

	Consents []Consent `json:"consents,omitempty" doc:"consent per channel and purpose"`
	Loyalty  []Loyalty `json:"loyalty,omitempty" doc:"loyalty programs"`

	// Attributes holds what a system says beyond the model, name to text.
	Attributes map[string]string `json:"attributes,omitempty" doc:"further attributes by name"`

	// Source says which record this is; absent on golden records.
	Source *Source `json:"source,omitempty" doc:"the record that this entity was translated from"`

	// Cleared names the top-level attributes (JSON names) that the system states to be empty,
	// which are null in JSON.
	Cleared []string `json:"-"`

	// Extra holds top-level members that this version of the model does not know, as a later
	// minor version may write them. They are written back unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

// Kind tells people from organisations.
type Kind string

// The kinds of customer.
const (
	Person       Kind = "person"
	Organisation Kind = "organisation"
)

// Identifier is a number or code under a scheme. Unique identifiers belong to one customer only:
// two customers with different values under one unique scheme are not the same.
type Identifier struct {
	Scheme string `json:"scheme" doc:"who gives the identifier: gln, duns, vat, lei, customer-number, loyalty-card, …"`
	Value  string `json:"value" doc:"the identifier as given"`
	Unique bool   `json:"unique,omitempty" doc:"true where no two customers share a value"`
	Issuer string `json:"issuer,omitempty" doc:"issuing body or country, where the scheme has several"`
}

// Name is one name in one script.
type Name struct {
	Full      string `json:"full,omitempty" doc:"the whole name as it is written"`
	Given     string `json:"given,omitempty" doc:"given names"`
	Family    string `json:"family,omitempty" doc:"family name"`
	Honorific string `json:"honorific,omitempty" doc:"title or form of address"`
	Script    string `json:"script,omitempty" doc:"ISO 15924 code of the script"`
	Reading   string `json:"reading,omitempty" doc:"reading in Latin letters, such as pinyin"`
	Use       string `json:"use,omitempty" enum:"legal,trade,former,usual" doc:"what the name is used for"`
}

// Email is a mail address.
type Email struct {
	Value    string `json:"value" format:"email" doc:"the address"`
	Use      string `json:"use,omitempty" doc:"work, home, billing, …"`
	Verified *bool  `json:"verified,omitempty" doc:"true where the owner confirmed it"`
}

// Phone is a telephone or fax number, E.164 where it can be told.
type Phone struct {
	Value    string `json:"value" doc:"the number, E.164 where known"`
	Use      string `json:"use,omitempty" doc:"mobile, work, home, …"`
	Verified *bool  `json:"verified,omitempty" doc:"true where the owner confirmed it"`
}

// Web is a web site.
type Web struct {
	Value string `json:"value" doc:"the URL"`
	Use   string `json:"use,omitempty" doc:"what the site is for"`
}

// Chat is an account with a chat service.
type Chat struct {
	Service string `json:"service" doc:"wechat, whatsapp, telegram, …"`
	Value   string `json:"value" doc:"the account"`
}

// Address is a postal address. It lives or dies as one: survivorship never mixes two.
type Address struct {
	Use       string   `json:"use,omitempty" enum:"billing,delivery,visiting,home,work" doc:"what the address is used for"`
	Name      string   `json:"name,omitempty" doc:"addressee, where it differs from the customer"`
	Lines     []string `json:"lines,omitempty" doc:"street, building, post box: in order of writing"`
	Locality  string   `json:"locality,omitempty" doc:"city or town"`
	Region    string   `json:"region,omitempty" doc:"state, province, prefecture"`
	Postcode  string   `json:"postcode,omitempty" doc:"postal code"`
	Country   string   `json:"country,omitempty" format:"country" doc:"ISO 3166-1 alpha-2"`
	Latitude  string   `json:"latitude,omitempty" format:"decimal" doc:"WGS 84, decimal degrees"`
	Longitude string   `json:"longitude,omitempty" format:"decimal" doc:"WGS 84, decimal degrees"`
}

// Contact is a person at an organisation.
type Contact struct {
	Name   Name    `json:"name" doc:"the person's name"`
	Role   string  `json:"role,omitempty" doc:"position or title"`
	Emails []Email `json:"emails,omitempty" doc:"mail addresses"`
	Phones []Phone `json:"phones,omitempty" doc:"telephone numbers"`
}

// BankAccount is an account of the customer.
type BankAccount struct {
	IBAN   string `json:"iban,omitempty" doc:"ISO 13616 account number"`
	Number string `json:"number,omitempty" doc:"domestic account number"`
	BIC    string `json:"bic,omitempty" doc:"ISO 9362 code of the bank"`
	Bank   string `json:"bank,omitempty" doc:"name of the bank"`
	Holder string `json:"holder,omitempty" doc:"account holder"`
}

// Money is an amount as a decimal string with its currency: never a float.
type Money struct {
	Amount   string `json:"amount" format:"decimal" doc:"decimal number"`
	Currency string `json:"currency,omitempty" format:"currency" doc:"ISO 4217"`
}

// Issue is a problem that the customer reported.
type Issue struct {
	Subject string `json:"subject" doc:"what it is about"`
	Time    string `json:"time,omitempty" format:"date-time" doc:"when it was reported"`
	Status  string `json:"status,omitempty" doc:"open, solved, …"`
}

// Need is something that the customer wants.
type Need struct {
	Subject string `json:"subject" doc:"what is wanted"`
	Time    string `json:"time,omitempty" format:"date-time" doc:"when it was stated"`
}

// Investment is something spent on the relation with the customer.
type Investment struct {
	Subject string `json:"subject,omitempty" doc:"what it was"`
	Time    string `json:"time,omitempty" format:"date-time" doc:"when"`
	Place   string `json:"place,omitempty" doc:"where"`
	Method  string `json:"method,omitempty" doc:"how: visit, fair, call, …"`
	Cost    *Money `json:"cost,omitempty" doc:"what it cost"`
}

// Consent is what the customer allows on one channel for one purpose.
type Consent struct {
	Channel  string `json:"channel" doc:"mail, phone, sms, post, …"`
	Purpose  string `json:"purpose" doc:"marketing, service, profiling, …"`
	Status   string `json:"status" enum:"granted,withdrawn" doc:"the statement"`
	Time     string `json:"time,omitempty" format:"date-time" doc:"when it was stated"`
	Source   string `json:"source,omitempty" doc:"where it was stated"`
	Evidence string `json:"evidence,omitempty" doc:"proof, such as a form or a recording"`
}

// Loyalty is a membership in a loyalty program.
type Loyalty struct {
	Program string `json:"program" doc:"the program"`
	Member  string `json:"member,omitempty" doc:"card or member number"`
	Tier    string `json:"tier,omitempty" doc:"level reached"`
	Points  string `json:"points,omitempty" format:"decimal" doc:"points held"`
}
