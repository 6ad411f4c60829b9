package canonical

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
)

// someTexts are such that JSON writes them in different ways.
var someTexts = []string{
	"", "Anna", "O'Neil", `"quoted"`, `back\slash`, "Müller & Söhne <info>", "王小明", "a\nb\tc\b\f\r\x01\x7f", "\u2028\u2029", "bad \xff\xc0 bytes", "\ufffd", "😀",
}

// fill puts something into about half of the places of v.
func fill(r *rand.Rand, v reflect.Value) {
	if r.IntN(2) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.String:
		v.SetString(someTexts[r.IntN(len(someTexts))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64() - r.Int64())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		texts := map[string]string{}
		for range r.IntN(4) {
			texts[someTexts[r.IntN(len(someTexts))]] = someTexts[r.IntN(len(someTexts))]
		}
		v.Set(reflect.ValueOf(texts))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(r, v.Field(i))
			}
		}
	}
}

// Stored hashes are of these bytes.
func TestAppendJSON_writesAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	type customer Customer
	type order Order
	type interaction Interaction
	type product Product
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		for entity, plain := range map[Entity]any{
			EntityCustomer: &customer{}, EntityOrder: &order{}, EntityInteraction: &interaction{}, EntityProduct: &product{},
		} {
			v := reflect.ValueOf(plain).Elem()
			for i := range v.NumField() {
				if v.Type().Field(i).Tag.Get("json") != "-" {
					fill(r, v.Field(i))
				}
			}
			want, err := json.Marshal(plain)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := encode(nil, entity, v, nil, nil); err != nil || string(got) != string(want) {
				t.Fatalf("%v\ngot  %s\nwant %s", err, got, want)
			}
		}
	}
}
