package pyjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// Append appends the JSON text of v, spelled as Python spells it.
//
// It takes what encoding/json takes, with the same rules for nil, maps (sorted by
// key), []byte (base64), marshalers and struct tags, and differs in the spelling:
// ASCII only, no HTML escapes, a float always has a point or an exponent, and NaN
// and the infinities are values. Inside structs the numbers are those of
// encoding/json: a whole float is written without ".0", and NaN is an error.
//
// A channel, a function, a complex number, a cycle, and more than [MaxDepth]
// levels (pointers count) are errors, which name the Go type and not the value. A
// panic of a marshaler is not caught. dst is returned as it was if there is an
// error.
func Append(dst []byte, v any) ([]byte, error) {
	out, err := appendAny(dst, v, MaxDepth)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// appendAny writes the common types without reflection. limit is the number of
// levels that are left, for this and all functions below.
func appendAny(dst []byte, v any, limit int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return AppendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return appendFloat(dst, v, 64), nil
	case json.Number:
		return appendNumber(dst, v)
	case json.RawMessage:
		return appendRaw(dst, v, limit)
	case []string:
		return appendStrings(dst, v, limit)
	case []any:
		return appendList(dst, v, limit)
	case map[string]any:
		return appendDict(dst, v, limit)
	}
	return appendReflect(dst, reflect.ValueOf(v), limit)
}

func appendNumber(dst []byte, n json.Number) ([]byte, error) {
	if n == "" { // the zero value, as in encoding/json
		return append(dst, '0'), nil
	}
	s := scanner{text: string(n)}
	if _, _, err := s.number(); err != nil || s.pos < len(s.text) || s.special {
		return dst, fmt.Errorf("a json.Number that is not a number")
	}
	return append(dst, n...), nil
}

func appendRaw(dst []byte, raw json.RawMessage, limit int) ([]byte, error) {
	if raw == nil {
		return append(dst, "null"...), nil
	}
	return respell(dst, string(raw), limit)
}

func appendStrings(dst []byte, list []string, limit int) ([]byte, error) {
	if list == nil {
		return append(dst, "null"...), nil
	}
	if limit == 0 {
		return dst, errNested()
	}
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, s)
	}
	return append(dst, ']'), nil
}

func appendList(dst []byte, list []any, limit int) (_ []byte, err error) {
	if list == nil {
		return append(dst, "null"...), nil
	}
	if limit == 0 {
		return dst, errNested()
	}
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendAny(dst, v, limit-1); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendDict(dst []byte, dict map[string]any, limit int) (_ []byte, err error) {
	if dict == nil {
		return append(dst, "null"...), nil
	}
	if limit == 0 {
		return dst, errNested()
	}
	names := make([]string, 0, len(dict))
	for name := range dict {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
		if dst, err = appendAny(dst, dict[name], limit-1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func errNested() error { return fmt.Errorf("nested deeper than %d levels, or a cycle", MaxDepth) }

func errNoJSON(t reflect.Type) error { return fmt.Errorf("%s has no JSON form", t) }
