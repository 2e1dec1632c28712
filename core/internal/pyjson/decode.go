package pyjson

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Decode reads one JSON value: nil, bool, string, int64 for an integer that fits
// and json.Number for one that does not, float64 for every other number, []any,
// map[string]any. A number beyond float64 is an infinity and a lone surrogate is
// U+FFFD. Bytes of 0x80 and above are Latin-1, as in [Split]. The result belongs
// to the caller.
func Decode(text string) (any, error) {
	text, err := latin1(text)
	if err != nil {
		return nil, err
	}
	s := &scanner{text: text}
	v, err := s.decode(MaxDepth)
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// decode reads the next value. limit is the number of levels that are left.
func (s *scanner) decode(limit int) (any, error) {
	s.space()
	switch c := s.peek(); {
	case c == '"':
		return s.decodeString()
	case c == '{' || c == '[':
		if limit == 0 {
			return nil, errTooDeep
		}
		s.pos++
		if c == '{' {
			return s.decodeObject(limit - 1)
		}
		return s.decodeArray(limit - 1)
	case c == '-' || '0' <= c && c <= '9':
		return s.decodeNumber()
	}
	word, err := s.word()
	switch {
	case err != nil:
		return nil, err
	case word == "null":
		return nil, nil
	case word == "true" || word == "false":
		return word == "true", nil
	}
	return parseFloat(word), nil
}

func (s *scanner) decodeString() (string, error) {
	raw, escaped, err := s.str()
	if err == nil && escaped {
		raw = unescape(raw, utf8.AppendRune)
	}
	return raw, err
}

func (s *scanner) decodeNumber() (any, error) {
	text, integer, err := s.number()
	if err != nil {
		return nil, err
	}
	if !integer {
		return parseFloat(text), nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	return json.Number(text), nil
}

// parseFloat reads a number that the scanner has passed. The only error left is
// ErrRange, which comes with the infinity that Python makes of it.
func parseFloat(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

func (s *scanner) decodeArray(limit int) (any, error) {
	list := []any{}
	for {
		s.space()
		if s.peek() == ']' && len(list) == 0 {
			s.pos++
			return list, nil
		}
		v, err := s.decode(limit)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if more, err := s.comma(']'); err != nil || !more {
			return list, err
		}
	}
}

func (s *scanner) decodeObject(limit int) (any, error) {
	dict := map[string]any{}
	for {
		s.space()
		if s.peek() == '}' && len(dict) == 0 {
			s.pos++
			return dict, nil
		}
		name, err := s.decodeString()
		if err != nil {
			return nil, err
		}
		if err := s.colon(); err != nil {
			return nil, err
		}
		v, err := s.decode(limit)
		if err != nil {
			return nil, err
		}
		dict[name] = v
		if more, err := s.comma('}'); err != nil || !more {
			return dict, err
		}
	}
}

// comma passes a comma, or the closing bracket and then reports false.
func (s *scanner) comma(closer byte) (more bool, err error) {
	s.space()
	switch s.peek() {
	case ',':
		s.pos++
		return true, nil
	case closer:
		s.pos++
		return false, nil
	}
	return false, s.errorf("want a comma or a closing bracket")
}
