package pyjson

import (
	"errors"
	"fmt"
	"strings"
)

// scanner walks over JSON text. It checks syntax and decodes nothing.
//
// Bytes of 0x80 and above are allowed inside strings; what they mean is for the
// caller to say.
type scanner struct {
	text string
	pos  int
	// special is set when NaN, Infinity or -Infinity was met.
	special bool
}

// errorf reports a flaw by its place. Texts never quote what stands there.
func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("invalid JSON at byte %d: %s", s.pos, fmt.Sprintf(format, args...))
}

var errTooDeep = errors.New("JSON nested too deep")

// peek returns the next byte, or 0 at the end: no token starts with a zero byte.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// space skips what Python's parser takes for white space.
func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// end reports an error unless nothing but white space is left.
func (s *scanner) end() error {
	s.space()
	if s.pos < len(s.text) {
		return s.errorf("something follows the value")
	}
	return nil
}

// skip passes one value of at most limit nested arrays and objects. It keeps its
// own stack, so that the depth of the text is never the depth of Go's stack.
func (s *scanner) skip(limit int) error {
	var buf [32]byte
	open := buf[:0] // the closing bytes that are due
	for {
		s.space()
		switch c := s.peek(); c {
		case '{', '[':
			if len(open) >= limit {
				return errTooDeep
			}
			s.pos++
			s.space()
			closer := c + 2 // '}' and ']' in ASCII
			if s.peek() == closer {
				s.pos++
				break
			}
			open = append(open, closer)
			if c == '{' {
				if err := s.name(); err != nil {
					return err
				}
			}
			continue
		default:
			if err := s.scalar(); err != nil {
				return err
			}
		}
		more, rest, err := s.next(open)
		if err != nil || !more {
			return err
		}
		open = rest
	}
}

// next passes everything between the end of one value and the start of the next:
// closing brackets, a comma, the name in an object. It reports false when open is
// used up.
func (s *scanner) next(open []byte) (more bool, rest []byte, err error) {
	for len(open) > 0 {
		closer := open[len(open)-1]
		s.space()
		switch s.peek() {
		case closer:
			s.pos++
			open = open[:len(open)-1]
		case ',':
			s.pos++
			if closer == '}' {
				s.space()
				err = s.name()
			}
			return true, open, err
		default:
			return false, nil, s.errorf("want a comma or a closing bracket")
		}
	}
	return false, nil, nil
}

// name passes the name of an object's item and its colon.
func (s *scanner) name() error {
	if _, _, err := s.str(); err != nil {
		return err
	}
	return s.colon()
}

func (s *scanner) colon() error {
	s.space()
	if s.peek() != ':' {
		return s.errorf("want a colon")
	}
	s.pos++
	return nil
}

// scalar passes anything but an array or object.
func (s *scanner) scalar() error {
	switch c := s.peek(); {
	case c == '"':
		_, _, err := s.str()
		return err
	case c == '-' || '0' <= c && c <= '9':
		_, _, err := s.number()
		return err
	default:
		_, err := s.word()
		return err
	}
}

// str passes a string and returns what stands between the quotes, still escaped
// if the flag says so.
func (s *scanner) str() (raw string, escaped bool, err error) {
	if s.peek() != '"' {
		return "", false, s.errorf("want a string")
	}
	s.pos++
	start := s.pos
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			raw = s.text[start:s.pos]
			s.pos++
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return "", false, err
			}
		case c < ' ':
			return "", false, s.errorf("control character in a string")
		default:
			s.pos++
		}
	}
	return "", false, s.errorf("a string is not closed")
}

// escape passes a backslash and what belongs to it.
func (s *scanner) escape() error {
	rest := s.text[s.pos+1:]
	switch {
	case rest == "":
		return s.errorf("a string is not closed")
	case strings.IndexByte(`"\/bfnrt`, rest[0]) >= 0:
		s.pos += 2
		return nil
	case rest[0] == 'u' && len(rest) >= 5 && hex4(rest[1:]) >= 0:
		s.pos += 6
		return nil
	}
	return s.errorf("invalid escape in a string")
}

// hex4 reads four hexadecimal digits, or returns -1.
func hex4(s string) rune {
	var r rune
	for i := range 4 {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return r
}

// number passes a number, or -Infinity. integer tells that it has neither
// fraction nor exponent.
func (s *scanner) number() (text string, integer bool, err error) {
	start := s.pos
	if s.peek() == '-' {
		s.pos++
		if s.peek() == 'I' {
			s.pos = start
			text, err = s.word()
			return text, false, err
		}
	}
	if s.peek() == '0' {
		s.pos++
	} else if s.digits() == 0 {
		return "", false, s.errorf("want a digit")
	}
	integer = true
	if s.peek() == '.' {
		integer = false
		s.pos++
		if s.digits() == 0 {
			return "", false, s.errorf("want a digit after the decimal point")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		integer = false
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if s.digits() == 0 {
			return "", false, s.errorf("want a digit in the exponent")
		}
	}
	return s.text[start:s.pos], integer, nil
}

func (s *scanner) digits() (n int) {
	for s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9' {
		s.pos++
		n++
	}
	return n
}

// word passes one of the values that are spelled out.
func (s *scanner) word() (string, error) {
	for _, w := range [...]string{"null", "true", "false", "NaN", "Infinity", "-Infinity"} {
		if strings.HasPrefix(s.text[s.pos:], w) {
			s.pos += len(w)
			s.special = s.special || w[0] == 'N' || w[0] == 'I' || w[0] == '-'
			return w, nil
		}
	}
	return "", s.errorf("want a value")
}
