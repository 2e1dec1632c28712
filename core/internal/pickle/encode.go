package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// Append appends the pickle of a JSON text that package pyjson has passed, in
// protocol 4, which every Python from 3.4 on loads. Numbers keep their type (1 is
// an int, 1.0 a float) and their value, not their spelling: 1.50 is 1.5, -0 is 0,
// 1e400 is inf, and white space is gone. An integer of more than 4300 digits is
// an error, as in Python.
func Append(dst []byte, json string) ([]byte, error) {
	e := &encoder{text: json, dst: append(dst, opProto, 4)}
	e.space()
	if err := e.value(); err != nil {
		return dst, err
	}
	e.space()
	if e.pos != len(e.text) {
		return dst, errJSON
	}
	return append(e.dst, opStop), nil
}

// encoder goes through a JSON text once and writes as it goes. The text is known
// to be well-formed, so it looks only at what it needs to find its way.
type encoder struct {
	text string
	pos  int
	dst  []byte
}

// value writes the value at pos.
func (e *encoder) value() error {
	switch e.peek() {
	case '{':
		return e.container('}', opEmptyDict, opSetItems)
	case '[':
		return e.container(']', opEmptyList, opAppends)
	case '"':
		return e.str()
	}
	token := e.token()
	switch token {
	case "null":
		e.dst = append(e.dst, opNone)
	case "true":
		e.dst = append(e.dst, opNewTrue)
	case "false":
		e.dst = append(e.dst, opNewFalse)
	default:
		return e.number(token)
	}
	return nil
}

// container writes an array or an object: an empty one, and if it has items a
// mark, those, and the opcode that puts them in.
func (e *encoder) container(closing, empty, fill byte) error {
	e.dst = append(e.dst, empty)
	e.pos++
	e.space()
	if e.peek() == closing {
		e.pos++
		return nil
	}
	e.dst = append(e.dst, opMark)
	for {
		if closing == '}' {
			if err := e.str(); err != nil {
				return err
			}
			if !e.pass(':') {
				return errJSON
			}
		}
		if err := e.value(); err != nil {
			return err
		}
		if e.pass(',') {
			continue
		}
		if !e.pass(closing) {
			return errJSON
		}
		e.dst = append(e.dst, fill)
		return nil
	}
}

// str writes a string.
func (e *encoder) str() error {
	if e.peek() != '"' {
		return errJSON
	}
	end := e.pos + 1
	for end < len(e.text) && e.text[end] != '"' {
		if e.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(e.text) {
		return errJSON
	}
	s := pyjson.Unquote(e.text[e.pos : end+1])
	e.pos = end + 1
	switch {
	case len(s) < 1<<8:
		e.dst = append(e.dst, opShortBinUnicode, byte(len(s)))
	case uint64(len(s)) < 1<<32:
		e.dst = binary.LittleEndian.AppendUint32(append(e.dst, opBinUnicode), uint32(len(s)))
	default:
		return errTooLarge
	}
	e.dst = append(e.dst, s...)
	return nil
}

// number writes an integer, or a float if the token has a point, an exponent or
// is one of Python's special numbers.
func (e *encoder) number(token string) error {
	if strings.Trim(strings.TrimPrefix(token, "-"), "0123456789") != "" {
		f, err := strconv.ParseFloat(token, 64)
		if err != nil && !math.IsInf(f, 0) {
			return errJSON
		}
		e.dst = binary.BigEndian.AppendUint64(append(e.dst, opBinFloat), math.Float64bits(f))
		return nil
	}
	if len(strings.TrimPrefix(token, "-")) > maxDigits {
		return errLongInt
	}
	n, err := strconv.ParseInt(token, 10, 32)
	switch {
	case err != nil:
		return e.long(token)
	case 0 <= n && n < 1<<8:
		e.dst = append(e.dst, opBinInt1, byte(n))
	case 0 <= n && n < 1<<16:
		e.dst = binary.LittleEndian.AppendUint16(append(e.dst, opBinInt2), uint16(n))
	default:
		e.dst = binary.LittleEndian.AppendUint32(append(e.dst, opBinInt), uint32(n))
	}
	return nil
}

// long writes an integer beyond 32 bits.
func (e *encoder) long(token string) error {
	n, ok := new(big.Int).SetString(token, 10)
	if !ok {
		return errJSON
	}
	b := toTwos(n)
	if len(b) < 1<<8 {
		e.dst = append(e.dst, opLong1, byte(len(b)))
	} else {
		e.dst = binary.LittleEndian.AppendUint32(append(e.dst, opLong4), uint32(len(b)))
	}
	e.dst = append(e.dst, b...)
	return nil
}

// token reads a number or a word.
func (e *encoder) token() string {
	start := e.pos
	for e.pos < len(e.text) && !strings.ContainsRune(",:]} \t\r\n", rune(e.text[e.pos])) {
		e.pos++
	}
	return e.text[start:e.pos]
}

// pass passes white space, c, and white space again, or reports that c is not
// there.
func (e *encoder) pass(c byte) bool {
	e.space()
	if e.peek() != c {
		return false
	}
	e.pos++
	e.space()
	return true
}

func (e *encoder) space() {
	for e.pos < len(e.text) && strings.IndexByte(" \t\r\n", e.text[e.pos]) >= 0 {
		e.pos++
	}
}

// peek returns the next byte, 0 at the end.
func (e *encoder) peek() byte {
	if e.pos == len(e.text) {
		return 0
	}
	return e.text[e.pos]
}
