package core

import "crypto/rand"

// Session keys are Django's: 32 characters of a-z and 0-9 from the operating
// system's random source, about 165 bits. The column is 40 wide, and keys of
// older Django versions are shorter.
const (
	keyLength    = 32
	minKeyLength = 8
	maxKeyLength = 40
	keyAlphabet  = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// NewSessionKey draws a session key as Django does. It never returns a weaker one: if
// the operating system has no randomness, the program ends (crypto/rand).
func NewSessionKey() string {
	// A byte is used if it falls into the largest multiple of 36 below 256, so
	// that every character is equally likely.
	const limit = 256 - 256%len(keyAlphabet)
	var key [keyLength]byte
	var pool [keyLength + 16]byte
	for n := 0; n < keyLength; {
		rand.Read(pool[:])
		for _, b := range pool {
			if int(b) < limit && n < keyLength {
				key[n] = keyAlphabet[int(b)%len(keyAlphabet)]
				n++
			}
		}
	}
	return string(key[:])
}

// ValidSessionKey tells whether a cookie's value can be a session key: 8 to 40
// characters of Django's alphabet. Anything else is unknown without asking the
// store. Django has no upper bound and lets other characters through to the
// database, where a NUL is a 500 on PostgreSQL.
func ValidSessionKey(key string) bool {
	if len(key) < minKeyLength || len(key) > maxKeyLength {
		return false
	}
	for i := range len(key) {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
