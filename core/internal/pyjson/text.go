package pyjson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Unquote decodes a JSON string that [Split] or [Append] has passed, quotes
// included. It is the inverse of [AppendString]: a lone surrogate is three bytes.
func Unquote(text string) string {
	raw := text[1 : len(text)-1]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(raw, appendWTF8)
}

// AppendString appends s between quotes, escaped as Python does: everything
// outside ASCII and every control character, 0x7f too, as \uXXXX with lower-case
// digits, and none of / < > & '. A surrogate in three bytes (WTF-8) is written
// back as \udXXX, any other byte that is not UTF-8 as \ufffd.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of what is not yet written
	for i := 0; i < len(s); {
		c := s[i]
		if ' ' <= c && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if c < utf8.RuneSelf {
			dst = appendEscape(dst, c)
			i++
		} else {
			r, size := decodeWTF8(s[i:])
			dst = appendRune(dst, r)
			i += size
		}
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// StringSize is the length of what AppendString appends.
func StringSize(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return len(AppendString(nil, s)) // rare in names
		}
	}
	return len(s) + len(`""`)
}

// shortEscapes are the escapes of one letter.
var shortEscapes = [utf8.RuneSelf]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f'}

func appendEscape(dst []byte, c byte) []byte {
	if e := shortEscapes[c]; e != 0 {
		return append(dst, '\\', e)
	}
	return appendHex4(dst, uint16(c))
}

func appendRune(dst []byte, r rune) []byte {
	if r > 0xffff {
		hi, lo := utf16.EncodeRune(r)
		return appendHex4(appendHex4(dst, uint16(hi)), uint16(lo))
	}
	return appendHex4(dst, uint16(r))
}

func appendHex4(dst []byte, u uint16) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
}

// decodeWTF8 is utf8.DecodeRuneInString that knows surrogates.
func decodeWTF8(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 && len(s) >= 3 &&
		s[0] == 0xed && 0xa0 <= s[1] && s[1] <= 0xbf && 0x80 <= s[2] && s[2] <= 0xbf {
		return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	}
	return r, size
}

// appendWTF8 appends a lone surrogate in three bytes, which is not UTF-8.
func appendWTF8(dst []byte, r rune) []byte {
	return append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
}

// unescape decodes what stands between the quotes of a string that the scanner
// has passed. A lone surrogate is given to lone: [appendWTF8] keeps it,
// [utf8.AppendRune] makes it U+FFFD.
func unescape(raw string, lone func([]byte, rune) []byte) string {
	dst := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		c := raw[i+1]
		i += 2
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(raw[i:])
			i += 4
			if !utf16.IsSurrogate(r) {
				dst = utf8.AppendRune(dst, r)
			} else if pair := utf16.DecodeRune(r, lowSurrogate(raw[i:])); pair != utf8.RuneError {
				dst = utf8.AppendRune(dst, pair)
				i += 6
			} else {
				dst = lone(dst, r)
			}
		default: // " \ /
			dst = append(dst, c)
		}
	}
	return string(dst)
}

// lowSurrogate returns the \uXXXX that s starts with, or -1.
func lowSurrogate(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	return hex4(s[2:])
}

// appendFloat appends f as Python's repr: the shortest digits that read back as
// the same number, always with a point or an exponent. bits is 32 or 64.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case f-f != 0: // an infinity
		if f < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits) // d.ddde-05, as Python spells it
	exp := exponent(dst[start:])
	if exp < -4 || exp >= 16 {
		return dst
	}
	dst = strconv.AppendFloat(dst[:start], f, 'f', -1, bits)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

// exponent reads the exponent of d.ddde±dd.
func exponent(text []byte) int {
	i := len(text) - 1
	for text[i] != 'e' {
		i--
	}
	exp := 0
	for _, c := range text[i+2:] {
		exp = exp*10 + int(c-'0')
	}
	if text[i+1] == '-' {
		return -exp
	}
	return exp
}
