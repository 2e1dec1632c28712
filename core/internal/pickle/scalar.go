package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// number reads an integer or a float.
func (d *decoder) number(op byte) error {
	switch op {
	case opBinInt:
		n, err := d.length(4)
		return d.pushInt(int64(int32(n)), err)
	case opBinInt1:
		n, err := d.length(1)
		return d.pushInt(int64(n), err)
	case opBinInt2:
		n, err := d.length(2)
		return d.pushInt(int64(n), err)
	case opLong1, opLong4:
		return d.long(op)
	case opBinFloat:
		b, err := d.take(8)
		if err != nil {
			return err
		}
		return d.pushFloat(math.Float64frombits(binary.BigEndian.Uint64([]byte(b))))
	}
	text, err := d.line()
	if err != nil {
		return err
	}
	switch {
	case op == opFloat:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return errMalformed
		}
		return d.pushFloat(f)
	case op == opInt && text == "00": // protocol 0 has no bool of its own
		return d.push(no)
	case op == opInt && text == "01":
		return d.push(yes)
	}
	return d.decimal(strings.TrimSuffix(text, "L"))
}

func (d *decoder) pushInt(n int64, err error) error {
	if err != nil {
		return err
	}
	return d.push(&node{kind: scalar, text: strconv.FormatInt(n, 10)})
}

func (d *decoder) pushFloat(f float64) error {
	text, err := pyjson.Append(nil, f)
	if err != nil {
		return err
	}
	return d.push(&node{kind: scalar, text: string(text)})
}

// decimal takes an integer written with digits.
func (d *decoder) decimal(text string) error {
	digits := strings.TrimPrefix(text, "-")
	if len(digits) > maxDigits {
		return errLongInt
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return errMalformed
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return d.pushInt(n, nil)
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return errMalformed
	}
	return d.push(&node{kind: scalar, text: n.String()})
}

// long reads an integer as Python's two's complement of any length.
func (d *decoder) long(op byte) error {
	prefix := 1
	if op == opLong4 {
		prefix = 4
	}
	size, err := d.length(prefix)
	if err != nil {
		return err
	}
	b, err := d.take(size)
	if err != nil {
		return err
	}
	if len(b) > maxDigits/2 { // a byte is 2.4 digits: far too long to print first
		return errLongInt
	}
	text := fromTwos([]byte(b)).String()
	if len(strings.TrimPrefix(text, "-")) > maxDigits {
		return errLongInt
	}
	return d.push(&node{kind: scalar, text: text})
}

// fromTwos reads a two's complement, lowest byte first. It turns b round.
func fromTwos(b []byte) *big.Int {
	slices.Reverse(b)
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// toTwos is the inverse of fromTwos, as short as can be: no byte for zero.
func toTwos(n *big.Int) []byte {
	if n.Sign() == 0 {
		return nil
	}
	// One bit more than the number has, for the sign; -128 is one byte still.
	bits := n.BitLen() + 1
	if n.Sign() < 0 {
		bits = new(big.Int).Not(n).BitLen() + 1
		size := (bits + 7) / 8
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := n.FillBytes(make([]byte, (bits+7)/8))
	slices.Reverse(b)
	return b
}

// str reads a text. Python writes lone surrogates in three bytes.
func (d *decoder) str(op byte) error {
	if op == opUnicode {
		line, err := d.line()
		if err != nil {
			return err
		}
		text, err := rawUnicode(line)
		if err != nil {
			return err
		}
		return d.pushString(text)
	}
	prefix := 8
	switch op {
	case opShortBinUnicode:
		prefix = 1
	case opBinUnicode:
		prefix = 4
	}
	size, err := d.length(prefix)
	if err != nil {
		return err
	}
	text, err := d.take(size)
	if err != nil {
		return err
	}
	if !validWTF8(text) {
		return errMalformed
	}
	return d.pushString(text)
}

func (d *decoder) pushString(text string) error {
	quoted := pyjson.AppendString(make([]byte, 0, len(text)+2), text)
	return d.push(&node{kind: str, text: string(quoted)})
}

// rawUnicode decodes what protocol 0 writes: Latin-1 with \uXXXX and \UXXXXXXXX
// in it, and every other backslash as itself.
func rawUnicode(line string) (string, error) {
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		size := 0
		if line[i] == '\\' && i+1 < len(line) {
			switch line[i+1] {
			case 'u':
				size = 4
			case 'U':
				size = 8
			}
		}
		if size == 0 {
			out = utf8.AppendRune(out, rune(line[i]))
			continue
		}
		if i+2+size > len(line) {
			return "", errMalformed
		}
		r, err := strconv.ParseUint(line[i+2:i+2+size], 16, 32)
		if err != nil || r > utf8.MaxRune {
			return "", errMalformed
		}
		if 0xd800 <= r && r <= 0xdfff {
			out = append(out, 0xed, 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
		} else {
			out = utf8.AppendRune(out, rune(r))
		}
		i += 1 + size
	}
	return string(out), nil
}

// validWTF8 reports whether s is UTF-8 but for surrogates.
func validWTF8(s string) bool {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			if len(s) < 3 || s[0] != 0xed || s[1] < 0xa0 || s[1] > 0xbf || s[2] < 0x80 || s[2] > 0xbf {
				return false
			}
			size = 3
		}
		s = s[size:]
	}
	return true
}
