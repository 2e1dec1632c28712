package signing

import "errors"

var errBase64 = errors.New("the payload is not base64")

const notBase64 = 0xff

// sixBits maps both alphabets of base64 to values, everything else to notBase64.
var sixBits = func() (t [256]byte) {
	for i := range t {
		t[i] = notBase64
	}
	for i := range byte(26) {
		t['A'+i], t['a'+i] = i, 26+i
	}
	for i := range byte(10) {
		t['0'+i] = 52 + i
	}
	t['+'], t['-'] = 62, 62
	t['/'], t['_'] = 63, 63
	return t
}()

// decodeBase64 decodes as Django does with Python's binascii: missing padding is
// added by the length of the text, foreign characters are passed over, and a
// padding that completes a group ends the text.
func decodeBase64(text string) ([]byte, error) {
	dst := make([]byte, 0, len(text)*6/8)
	i := 0
	for ; i+4 <= len(text); i += 4 { // whole groups
		a, b, c, d := sixBits[text[i]], sixBits[text[i+1]], sixBits[text[i+2]], sixBits[text[i+3]]
		if (a|b|c|d)&0x80 != 0 {
			break
		}
		dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	end := (len(text) + 3) &^ 3 // with the padding added
	group, pads := 0, 0         // characters of the group so far, padding after them
	var left byte               // bits of the group that are not yet written
	for ; i < end; i++ {
		c := byte('=')
		if i < len(text) {
			c = text[i]
		}
		if c == '=' {
			pads++
			if group >= 2 && group+pads >= 4 {
				return dst, nil
			}
			continue
		}
		bits := sixBits[c]
		if bits == notBase64 {
			continue
		}
		pads = 0
		switch group {
		case 1:
			dst = append(dst, left<<2|bits>>4)
		case 2:
			dst = append(dst, left<<4|bits>>2)
		case 3:
			dst = append(dst, left<<6|bits)
		}
		left = bits
		group = (group + 1) % 4
	}
	if group != 0 {
		return nil, errBase64
	}
	return dst, nil
}
