package pyjson

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// marshalError is a failure of a marshaler that belongs to a value. Its text
// leaves out what the marshaler said, which may quote the value; errors.As and
// errors.Is find it.
type marshalError struct {
	typ reflect.Type
	err error
}

func (e *marshalError) Error() string { return fmt.Sprintf("the marshaler of %s failed", e.typ) }
func (e *marshalError) Unwrap() error { return e.err }

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	numberType        = reflect.TypeFor[json.Number]()
)

// appendReflect writes everything that appendAny does not know.
func appendReflect(dst []byte, v reflect.Value, limit int) ([]byte, error) {
	if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
		return append(dst, "null"...), nil // before the marshalers, which may not expect it
	}
	if m, ok := implementer(v, marshalerType); ok {
		return appendMarshaler(dst, m, limit)
	}
	if m, ok := implementer(v, textMarshalerType); ok {
		return appendTextMarshaler(dst, m)
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return appendFloat(dst, v.Float(), v.Type().Bits()), nil
	case reflect.String:
		if v.Type() == numberType {
			return appendNumber(dst, json.Number(v.String()))
		}
		return AppendString(dst, v.String()), nil
	case reflect.Interface:
		return appendAny(dst, v.Elem().Interface(), limit)
	case reflect.Pointer:
		if limit == 0 {
			return dst, errNested()
		}
		return appendReflect(dst, v.Elem(), limit-1)
	case reflect.Slice, reflect.Array:
		return appendSlice(dst, v, limit)
	case reflect.Map:
		return appendMap(dst, v, limit)
	case reflect.Struct:
		return appendStruct(dst, v, limit)
	}
	return dst, errNoJSON(v.Type())
}

// implementer finds v, or a pointer to it, as a value of the interface.
func implementer(v reflect.Value, iface reflect.Type) (reflect.Value, bool) {
	if v.Type().Implements(iface) && v.Kind() != reflect.Interface {
		return v, true
	}
	if v.CanAddr() && reflect.PointerTo(v.Type()).Implements(iface) {
		return v.Addr(), true
	}
	return v, false
}

func appendMarshaler(dst []byte, v reflect.Value, limit int) ([]byte, error) {
	text, err := v.Interface().(json.Marshaler).MarshalJSON()
	if err == nil {
		dst, err = respell(dst, string(text), limit)
	}
	if err != nil {
		return dst, &marshalError{v.Type(), err}
	}
	return dst, nil
}

func appendTextMarshaler(dst []byte, v reflect.Value) ([]byte, error) {
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return dst, &marshalError{v.Type(), err}
	}
	return AppendString(dst, string(text)), nil
}

func appendSlice(dst []byte, v reflect.Value, limit int) (_ []byte, err error) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if isBytes(v.Type()) {
			dst = append(dst, '"')
			dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
			return append(dst, '"'), nil
		}
	}
	if limit == 0 {
		return dst, errNested()
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendReflect(dst, v.Index(i), limit-1); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// isBytes tells which slices encoding/json writes as base64.
func isBytes(t reflect.Type) bool {
	p := reflect.PointerTo(t.Elem())
	return t.Elem().Kind() == reflect.Uint8 && !p.Implements(marshalerType) && !p.Implements(textMarshalerType)
}

func appendMap(dst []byte, v reflect.Value, limit int) (_ []byte, err error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	if limit == 0 {
		return dst, errNested()
	}
	type entry struct {
		name  string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		name, err := mapKey(it.Key())
		if err != nil {
			return dst, err
		}
		entries = append(entries, entry{name, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	dst = append(dst, '{')
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, e.name), ':')
		if dst, err = appendReflect(dst, e.value, limit-1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func mapKey(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if k.Type().Implements(textMarshalerType) {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := k.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return "", &marshalError{k.Type(), err}
		}
		return string(text), nil
	}
	switch {
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("%s as the key of a map has no JSON form", k.Type())
}
