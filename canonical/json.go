package canonical

import "reflect"

// UnmarshalJSON reads a Customer. Top-level attributes that are null go to Cleared, members that
// the model does not know to Extra. What c held before is gone. The texts in c share one copy of
// doc, so that a customer costs few allocations; strings.Clone what is to outlive it.
func (c *Customer) UnmarshalJSON(doc []byte) error {
	*c = Customer{}
	cleared, extra, err := decode(doc, EntityCustomer, reflect.ValueOf(c).Elem())
	c.Cleared, c.Extra = cleared, extra
	return err
}

// MarshalJSON writes a Customer: the attributes in the order of the struct, null for those in
// Cleared that hold nothing, then Extra by name. Equal customers give equal bytes.
func (c Customer) MarshalJSON() ([]byte, error) { return c.AppendJSON(nil) }

// AppendJSON is MarshalJSON into a buffer. Called directly it saves the second pass that
// json.Marshal makes over the output of a Marshaler.
func (c *Customer) AppendJSON(dst []byte) ([]byte, error) {
	return encode(dst, EntityCustomer, reflect.ValueOf(c).Elem(), c.Cleared, c.Extra)
}

// UnmarshalJSON reads an Order, unknown members going to Extra. What o held before is gone.
func (o *Order) UnmarshalJSON(doc []byte) (err error) {
	*o = Order{}
	_, o.Extra, err = decode(doc, EntityOrder, reflect.ValueOf(o).Elem())
	return err
}

// MarshalJSON writes an Order: the members in the order of the struct, then Extra by name.
func (o Order) MarshalJSON() ([]byte, error) {
	return encode(nil, EntityOrder, reflect.ValueOf(&o).Elem(), nil, o.Extra)
}

// UnmarshalJSON reads an Interaction, unknown members going to Extra. What i held before is gone.
func (i *Interaction) UnmarshalJSON(doc []byte) (err error) {
	*i = Interaction{}
	_, i.Extra, err = decode(doc, EntityInteraction, reflect.ValueOf(i).Elem())
	return err
}

// MarshalJSON writes an Interaction: the members in the order of the struct, then Extra by name.
func (i Interaction) MarshalJSON() ([]byte, error) {
	return encode(nil, EntityInteraction, reflect.ValueOf(&i).Elem(), nil, i.Extra)
}

// UnmarshalJSON reads a Product, unknown members going to Extra. What p held before is gone.
func (p *Product) UnmarshalJSON(doc []byte) (err error) {
	*p = Product{}
	_, p.Extra, err = decode(doc, EntityProduct, reflect.ValueOf(p).Elem())
	return err
}

// MarshalJSON writes a Product: the members in the order of the struct, then Extra by name.
func (p Product) MarshalJSON() ([]byte, error) {
	return encode(nil, EntityProduct, reflect.ValueOf(&p).Elem(), nil, p.Extra)
}
