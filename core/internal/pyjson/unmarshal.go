package pyjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal reads one JSON value into what dst points to. After an error dst may
// be half filled.
//
// The common types are read without reflection, *any, *map[string]any and *[]any
// as in [Decode], replacing what was there. Every other type is left to
// encoding/json and its rules, with json.Number for the numbers in an any. null
// sets pointers, maps, slices and any to nil and leaves everything else as it is.
//
// NaN and the infinities fit float64, float32 and any; 1.0 does not fit an int.
// Errors name types and fields, never what the text says.
func Unmarshal(text string, dst any) error {
	text, err := latin1(text)
	if err != nil {
		return err
	}
	s := &scanner{text: text}
	s.space()
	switch dst := dst.(type) {
	case *string:
		err = readString(s, dst)
	case *int:
		err = readInt(s, dst)
	case *int64:
		err = readInt(s, dst)
	case *float64:
		err = readFloat(s, dst)
	case *float32:
		err = readFloat(s, dst)
	case *bool:
		err = readBool(s, dst)
	case *any:
		*dst, err = s.decode(MaxDepth)
	case *map[string]any:
		err = readAs(s, dst)
	case *[]any:
		err = readAs(s, dst)
	case *[]string:
		err = readStrings(s, dst)
	default:
		err = readReflect(s, dst)
	}
	if err != nil {
		return err
	}
	return s.end()
}

// kind names the value that comes next, in the words of JSON.
func (s *scanner) kind() string {
	switch c := s.peek(); c {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	default:
		return "number"
	}
}

// misfit says that the Go type cannot hold what the text has.
func misfit[T any](kind string) error {
	return fmt.Errorf("a JSON %s does not fit %s", kind, reflect.TypeFor[T]())
}

// expect reports whether a value for T comes next: false without an error for
// null, which leaves scalars alone.
func expect[T any](s *scanner, kind string) (bool, error) {
	switch k := s.kind(); k {
	case kind:
		return true, nil
	case "null":
		_, err := s.word()
		return false, err
	default:
		if err := s.skip(MaxDepth); err != nil {
			return false, err
		}
		return false, misfit[T](k)
	}
}

func readString(s *scanner, dst *string) error {
	ok, err := expect[string](s, "string")
	if ok {
		*dst, err = s.decodeString()
	}
	return err
}

func readBool(s *scanner, dst *bool) error {
	ok, err := expect[bool](s, "bool")
	if ok {
		var word string
		word, err = s.word()
		*dst = word == "true"
	}
	return err
}

func readInt[T int | int64](s *scanner, dst *T) error {
	ok, err := expect[T](s, "number")
	if !ok {
		return err
	}
	text, err := s.numeral()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || int64(T(n)) != n {
		return misfit[T]("number with a fraction, an exponent or too many digits")
	}
	*dst = T(n)
	return nil
}

func readFloat[T float32 | float64](s *scanner, dst *T) error {
	ok, err := expect[T](s, "number")
	if !ok {
		return err
	}
	text, err := s.numeral()
	if err != nil {
		return err
	}
	*dst = T(parseFloat(text))
	return nil
}

// numeral passes a number of any kind, NaN and Infinity too.
func (s *scanner) numeral() (text string, err error) {
	if c := s.peek(); c == 'N' || c == 'I' {
		return s.word()
	}
	text, _, err = s.number()
	return text, err
}

// readAs reads arrays and objects of any.
func readAs[T []any | map[string]any](s *scanner, dst *T) error {
	kind := s.kind()
	v, err := s.decode(MaxDepth)
	if err != nil {
		return err
	}
	t, ok := v.(T)
	if !ok && v != nil {
		return misfit[T](kind)
	}
	*dst = t
	return nil
}

func readStrings(s *scanner, dst *[]string) error {
	ok, err := expect[[]string](s, "array")
	if !ok {
		*dst = nil
		return err
	}
	list := []string{}
	s.pos++
	s.space()
	if s.peek() == ']' {
		s.pos++
		*dst = list
		return nil
	}
	for {
		var item string
		s.space()
		if err := readString(s, &item); err != nil {
			return err
		}
		list = append(list, item)
		if more, err := s.comma(']'); err != nil || !more {
			*dst = list
			return err
		}
	}
}

// readReflect leaves every other type to encoding/json, after a check that keeps
// syntax errors and depth ours.
func readReflect(s *scanner, dst any) error {
	start := s.pos
	if err := s.skip(MaxDepth); err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(s.text[start:s.pos]))
	dec.UseNumber()
	err := dec.Decode(dst)
	if err == nil {
		return nil
	}
	var (
		typ  *json.UnmarshalTypeError
		nope *json.InvalidUnmarshalError
	)
	switch {
	case errors.As(err, &nope):
		return nope
	case s.special:
		return fmt.Errorf("NaN or an infinity does not fit %T: only float64, float32 and any hold it", dst)
	case errors.As(err, &typ):
		return typeError(typ)
	}
	// What is left are the words of unmarshalers, and they quote what they read.
	return fmt.Errorf("the JSON does not fit %T or a part of it", dst)
}

// typeError is e without the number that e.Value quotes.
func typeError(e *json.UnmarshalTypeError) error {
	kind, _, _ := strings.Cut(e.Value, " ")
	if e.Field == "" {
		return fmt.Errorf("a JSON %s does not fit %s", kind, e.Type)
	}
	return fmt.Errorf("a JSON %s does not fit %s, the type of field %s", kind, e.Type, e.Field)
}
