package canonical

import "encoding/json"

// Order is a trade document between customer and company: an order, or a document of the same
// shape, told apart by Type.
type Order struct {
	Type       string            `json:"type,omitempty" enum:"order,order-change,order-response,quotation,forecast,invoice,despatch,return,payment" doc:"the kind of document; order where absent"`
	Number     string            `json:"number,omitempty" doc:"the document's number as people quote it"`
	Status     string            `json:"status,omitempty" doc:"state in the system, such as open, paid, cancelled"`
	Currency   string            `json:"currency,omitempty" format:"currency" doc:"ISO 4217"`
	Dates      []OrderDate       `json:"dates,omitempty" doc:"dates by role"`
	References []Reference       `json:"references,omitempty" doc:"other documents' numbers by role"`
	Parties    []Party           `json:"parties,omitempty" doc:"who takes part, by role"`
	Lines      []OrderLine       `json:"lines,omitempty" doc:"what is traded"`
	Totals     []Total           `json:"totals,omitempty" doc:"sums by role"`
	Note       string            `json:"note,omitempty" doc:"free text"`
	Attributes map[string]string `json:"attributes,omitempty" doc:"further attributes by name"`
	Source     *Source           `json:"source,omitempty" doc:"the record that this entity was translated from"`

	// Extra holds top-level members that this version of the model does not know.
	Extra map[string]json.RawMessage `json:"-"`
}

// OrderDate is a date or time with its role.
type OrderDate struct {
	Role  string `json:"role" enum:"ordered,changed,requested,promised,shipped,delivered,invoiced,due,paid,cancelled" doc:"what happens then"`
	Value string `json:"value" format:"date-or-time" doc:"RFC 3339 date or time"`
}

// Reference is the number of another document.
type Reference struct {
	Role  string `json:"role" doc:"customer-order, contract, invoice, …"`
	Value string `json:"value" doc:"the number"`
}

// Party is someone who takes part in a document or an interaction.
type Party struct {
	Role        string       `json:"role" doc:"buyer, bill-to, ship-to, seller, carrier, caller, agent, …"`
	Record      string       `json:"record,omitempty" doc:"system/stream/id of the party's source record, where known"`
	Identifiers []Identifier `json:"identifiers,omitempty" doc:"numbers by which the party is known"`
	Name        string       `json:"name,omitempty" doc:"the party's name"`
	Email       string       `json:"email,omitempty" format:"email" doc:"mail address"`
	Phone       string       `json:"phone,omitempty" doc:"telephone number"`
	Address     *Address     `json:"address,omitempty" doc:"postal address"`
}

// OrderLine is one position of a document.
type OrderLine struct {
	Number      string            `json:"number,omitempty" doc:"position number"`
	Product     string            `json:"product,omitempty" doc:"product code"`
	Codes       []Identifier      `json:"codes,omitempty" doc:"the product's other codes by scheme: gtin, buyer, supplier, …"`
	Description string            `json:"description,omitempty" doc:"what it is"`
	Status      string            `json:"status,omitempty" doc:"what became of the line, such as accepted, changed, rejected, backordered"`
	Quantity    string            `json:"quantity,omitempty" format:"decimal" doc:"how many"`
	Unit        string            `json:"unit,omitempty" doc:"unit of measure"`
	Price       *Money            `json:"price,omitempty" doc:"price of one unit"`
	Discount    *Money            `json:"discount,omitempty" doc:"discount on the line"`
	Tax         *Money            `json:"tax,omitempty" doc:"tax on the line"`
	Amount      *Money            `json:"amount,omitempty" doc:"the line's sum"`
	Schedule    []ScheduleLine    `json:"schedule,omitempty" doc:"how much of it when, where it does not come at once"`
	References  []Reference       `json:"references,omitempty" doc:"other documents' numbers by role, where they are the line's own"`
	Attributes  map[string]string `json:"attributes,omitempty" doc:"further attributes by name"`
}

// ScheduleLine is a part of a position that is wanted, promised or expected at one time.
type ScheduleLine struct {
	Quantity string `json:"quantity" format:"decimal" doc:"how many"`
	Date     string `json:"date,omitempty" format:"date-or-time" doc:"when, or from when on"`
	Until    string `json:"until,omitempty" format:"date-or-time" doc:"until when"`
	Status   string `json:"status,omitempty" doc:"how sure it is, such as firm, planned"`
}

// Total is a sum of a document with its role.
type Total struct {
	Role   string `json:"role" enum:"net,tax,shipping,discount,gross,paid" doc:"which sum"`
	Amount Money  `json:"amount" doc:"the sum"`
}
