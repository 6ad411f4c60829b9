package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

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
	type plain Customer
	return encode(dst, EntityCustomer, (*plain)(c), reflect.ValueOf(c).Elem(), c.Cleared, c.Extra)
}

// UnmarshalJSON reads an Order, unknown members going to Extra. What o held before is gone.
func (o *Order) UnmarshalJSON(doc []byte) (err error) {
	*o = Order{}
	_, o.Extra, err = decode(doc, EntityOrder, reflect.ValueOf(o).Elem())
	return err
}

// MarshalJSON writes an Order: the members in the order of the struct, then Extra by name.
func (o Order) MarshalJSON() ([]byte, error) {
	type plain Order
	return encode(nil, EntityOrder, (*plain)(&o), reflect.Value{}, nil, o.Extra)
}

// UnmarshalJSON reads an Interaction, unknown members going to Extra. What i held before is gone.
func (i *Interaction) UnmarshalJSON(doc []byte) (err error) {
	*i = Interaction{}
	_, i.Extra, err = decode(doc, EntityInteraction, reflect.ValueOf(i).Elem())
	return err
}

// MarshalJSON writes an Interaction: the members in the order of the struct, then Extra by name.
func (i Interaction) MarshalJSON() ([]byte, error) {
	type plain Interaction
	return encode(nil, EntityInteraction, (*plain)(&i), reflect.Value{}, nil, i.Extra)
}

// UnmarshalJSON reads a Product, unknown members going to Extra. What p held before is gone.
func (p *Product) UnmarshalJSON(doc []byte) (err error) {
	*p = Product{}
	_, p.Extra, err = decode(doc, EntityProduct, reflect.ValueOf(p).Elem())
	return err
}

// MarshalJSON writes a Product: the members in the order of the struct, then Extra by name.
func (p Product) MarshalJSON() ([]byte, error) {
	type plain Product
	return encode(nil, EntityProduct, (*plain)(&p), reflect.Value{}, nil, p.Extra)
}

// encode appends plain, the entity without its MarshalJSON, and splices cleared and extra in.
func encode(dst []byte, e Entity, plain any, v reflect.Value, cleared []string, extra map[string]json.RawMessage) ([]byte, error) {
	body, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e, err)
	}
	if len(cleared) == 0 && len(extra) == 0 {
		return append(dst, body...), nil
	}
	out := object{buf: append(dst, '{'), start: len(dst) + 1}
	schema := SchemaOf(e)
	for _, name := range cleared {
		if field := schema.byName[name]; field == nil || !field.Nullable {
			return nil, fmt.Errorf("encode %s: cleared: no attribute %q", e, name)
		}
	}
	nulls := nullsIn(schema, v, cleared)
	s := scanner{doc: string(body)}
	err = s.object(func(name string) error {
		at := schema.byName[name].index
		for len(nulls) > 0 && nulls[0].index < at {
			out.member(nulls[0].Name, "null")
			nulls = nulls[1:]
		}
		value, err := s.value()
		out.member(name, value)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e, err)
	}
	for _, field := range nulls {
		out.member(field.Name, "null")
	}
	if err := out.extra(schema, extra); err != nil {
		return nil, fmt.Errorf("encode %s: %w", e, err)
	}
	return append(out.buf, '}'), nil
}

// nullsIn returns the cleared attributes that hold nothing, in struct order.
func nullsIn(schema *Schema, v reflect.Value, cleared []string) []*Schema {
	if len(cleared) == 0 {
		return nil
	}
	var nulls []*Schema
	for _, field := range schema.Fields {
		if slices.Contains(cleared, field.Name) && isEmpty(v.Field(field.index)) {
			nulls = append(nulls, field)
		}
	}
	return nulls
}

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

type object struct {
	buf   []byte
	start int
}

func (o *object) member(name, value string) {
	o.key(name)
	o.buf = append(o.buf, value...)
}

func (o *object) key(name string) {
	if len(o.buf) > o.start {
		o.buf = append(o.buf, ',')
	}
	quoted, _ := json.Marshal(name) // a string always marshals
	o.buf = append(append(o.buf, quoted...), ':')
}

func (o *object) extra(schema *Schema, extra map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if schema.byName[name] != nil {
			return fmt.Errorf("extra member %q is an attribute of the model", name)
		}
		o.key(name)
		var compact bytes.Buffer
		if err := json.Compact(&compact, extra[name]); err != nil {
			return fmt.Errorf("extra member %q: %w", name, err)
		}
		var escaped bytes.Buffer // as json.Marshal does, so that both ways give the same bytes
		json.HTMLEscape(&escaped, compact.Bytes())
		o.buf = append(o.buf, escaped.Bytes()...)
	}
	return nil
}
