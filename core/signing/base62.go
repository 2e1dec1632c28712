package signing

import (
	"errors"
	"math"
	"strings"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// AppendBase62 appends n in base 62 with the digits 0-9A-Za-z, as Django writes
// time stamps.
func AppendBase62(dst []byte, n int64) []byte {
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [11]byte // 62^11 > 2^64
	i := len(buf)
	for {
		i--
		buf[i] = base62[u%62]
		u /= 62
		if u == 0 {
			return append(dst, buf[i:]...)
		}
	}
}

// ParseBase62 reads what [AppendBase62] writes. As in Django, leading zeros are
// fine and a lone minus is 0. A number beyond int64 is an error here.
func ParseBase62(s string) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	if s == "" {
		return 0, errors.New("no base 62 number: it is empty")
	}
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	var n uint64
	for i := range len(digits) {
		d := strings.IndexByte(base62, digits[i])
		if d < 0 {
			return 0, errors.New("no base 62 number: a character that is no digit")
		}
		if n > (limit-uint64(d))/62 {
			return 0, errors.New("no base 62 number: beyond 64 bits")
		}
		n = n*62 + uint64(d)
	}
	if negative {
		return int64(-n), nil
	}
	return int64(n), nil
}
