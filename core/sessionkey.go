package core

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

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

// ValidSessionKey reports whether a cookie's value can be a session key: 8 to 40
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

// A public ID is the first characters of the key and a digest of all of it. With them
// a store finds the row by its primary key, in a table of any size and without a
// column for it. They take 21 of a key's 165 bits.
const (
	publicIDPrefix = 4
	digestBytes    = 16
)

var publicIDText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// PublicID is the public name of the session under key: fit for pages, URLs and logs,
// the same each time, and of no use as a cookie. "" for what is no [ValidSessionKey], and
// for a key of less than 16 characters, too short to hide anything; those that djinn
// and Django make have 32.
//
// It changes with the key, so a log-in or [Session.CycleKey] makes a new one.
func PublicID(key string) string {
	if len(key) < 4*publicIDPrefix || !ValidSessionKey(key) {
		return ""
	}
	sum := sha256.Sum256([]byte("djinn.session.handle:" + key))
	return key[:publicIDPrefix] + "-" + publicIDText.EncodeToString(sum[:digestBytes])
}

// PublicIDPrefix returns the characters with which the key of a public ID begins, or
// false if it is no public ID: for stores that look one up. A session key is none.
func PublicIDPrefix(publicID string) (prefix string, ok bool) {
	prefix, digest, found := strings.Cut(publicID, "-")
	if !found || len(prefix) != publicIDPrefix || len(digest) != publicIDText.EncodedLen(digestBytes) || !ValidSessionKey(prefix+digest) {
		return "", false
	}
	return prefix, true
}
