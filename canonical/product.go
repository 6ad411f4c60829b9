package canonical

import "encoding/json"

// Product is something sold.
type Product struct {
	Codes      []Identifier      `json:"codes,omitempty" doc:"article number, GTIN, SKU, …"`
	Name       string            `json:"name,omitempty" doc:"what it is called"`
	Unit       string            `json:"unit,omitempty" doc:"unit of measure"`
	Category   string            `json:"category,omitempty" doc:"where it belongs"`
	Price      *Money            `json:"price,omitempty" doc:"list price"`
	Status     string            `json:"status,omitempty" doc:"active, discontinued, …"`
	Attributes map[string]string `json:"attributes,omitempty" doc:"further attributes by name"`
	Source     *Source           `json:"source,omitempty" doc:"the record that this entity was translated from"`

	// Extra holds top-level members that this version of the model does not know.
	Extra map[string]json.RawMessage `json:"-"`
}
