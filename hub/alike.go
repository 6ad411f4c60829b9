package hub

import (
	"reflect"

	"github.com/touchstone-hub/touchstone/config"
)

var (
	secretType   = reflect.TypeFor[config.Secret]()
	nodeType     = reflect.TypeFor[*config.Node]()
	positionType = reflect.TypeFor[config.Position]()
)

// alikeValues compares settings by what they say, not by where it stands.
func alikeValues(a, b reflect.Value) bool {
	switch {
	case a.Type() != b.Type():
		return false
	case a.Type() == secretType:
		return a.Interface().(config.Secret).Reveal() == b.Interface().(config.Secret).Reveal()
	case a.Type() == nodeType, a.Type() == positionType:
		return true
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !alikeValues(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !alikeValues(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return alikeValues(a.Elem(), b.Elem())
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
