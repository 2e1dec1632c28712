package pyjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// appendStruct leaves field names, tags and embedding to encoding/json, whose
// rules nobody should write a second time.
func appendStruct(dst []byte, v reflect.Value, limit int) ([]byte, error) {
	if v.CanAddr() {
		v = v.Addr() // so that marshalers with a pointer receiver are found
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Interface()); err != nil {
		return dst, structError(reflect.Indirect(v).Type(), err)
	}
	return respell(dst, text.String(), limit)
}

// structError replaces an error of encoding/json, which may quote the value.
func structError(t reflect.Type, err error) error {
	var (
		typ   *json.UnsupportedTypeError
		value *json.UnsupportedValueError
		user  *json.MarshalerError
	)
	switch {
	case errors.As(err, &user):
		return &marshalError{user.Type, user.Err}
	case errors.As(err, &typ):
		return errNoJSON(typ.Type)
	case errors.As(err, &value) && value.Value.CanFloat():
		return fmt.Errorf("NaN or an infinity inside of %s: only outside of structs has it a JSON form", t)
	case errors.As(err, &value):
		return fmt.Errorf("a cycle inside of %s", t)
	}
	return fmt.Errorf("encoding/json cannot write %s", t)
}

// respell appends JSON text in UTF-8 as Python would write it: no white space,
// strings in ASCII. Numbers stay as they are.
func respell(dst []byte, text string, limit int) ([]byte, error) {
	check := scanner{text: text}
	if err := check.skip(limit); errors.Is(err, errTooDeep) {
		return dst, errNested()
	} else if err != nil {
		return dst, err
	}
	if err := check.end(); err != nil {
		return dst, err
	}
	s := scanner{text: text}
	for s.space(); s.pos < len(text); s.space() {
		if s.peek() != '"' {
			dst = append(dst, s.peek())
			s.pos++
			continue
		}
		raw, escaped, err := s.str()
		if err != nil {
			return dst, err
		}
		if escaped {
			raw = unescape(raw, appendWTF8)
		}
		dst = AppendString(dst, raw)
	}
	return dst, nil
}
