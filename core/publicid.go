package core

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

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

// PublicID is the [PublicID] of this session as the store has it: "" while it has no
// record, and the old one's while a CycleKey has not been saved.
func (s *Session) PublicID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return PublicID(s.key)
}
