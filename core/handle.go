package core

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// A handle is the first characters of the key and a digest of all of it. With them
// a store finds the row by its primary key, in a table of any size and without a
// column for it. They take 21 of a key's 165 bits.
const (
	handlePrefix = 4
	digestBytes  = 16
)

var handleText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Handle is the public name of the session under key: fit for pages, URLs and logs,
// the same each time, and of no use as a cookie. "" for what is no [ValidKey], and
// for a key of less than 16 characters, too short to hide anything; those that djinn
// and Django make have 32.
//
// It changes with the key, so a log-in or [Session.CycleKey] makes a new one.
func Handle(key string) string {
	if len(key) < 4*handlePrefix || !ValidKey(key) {
		return ""
	}
	sum := sha256.Sum256([]byte("djinn.session.handle:" + key))
	return key[:handlePrefix] + "-" + handleText.EncodeToString(sum[:digestBytes])
}

// HandlePrefix returns the characters with which the key of a handle begins, or
// false if it is no handle: for stores that look one up. A session key is none.
func HandlePrefix(handle string) (prefix string, ok bool) {
	prefix, digest, found := strings.Cut(handle, "-")
	if !found || len(prefix) != handlePrefix || len(digest) != handleText.EncodedLen(digestBytes) || !ValidKey(prefix+digest) {
		return "", false
	}
	return prefix, true
}

// Handle is the [Handle] of this session as the store has it: "" while it has no
// record, and the old one's while a CycleKey has not been saved.
func (s *Session) Handle() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return Handle(s.key)
}
