package signing

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"sync"
)

// signatureLen is the length of a signature: base64 of 32 bytes.
const signatureLen = 43

// macKey makes the signatures of one key.
type macKey struct {
	states sync.Pool // of *macState
}

// macState is one HMAC with all the memory that a signature needs.
type macState struct {
	hash  hash.Hash
	sum   [sha256.Size]byte
	text  [signatureLen]byte
	chunk [512]byte
}

func newMACKey(secretKey, salt string) *macKey {
	key := sha256.Sum256([]byte(salt + "signer" + secretKey))
	k := new(macKey)
	k.states.New = func() any { return &macState{hash: hmac.New(sha256.New, key[:])} }
	return k
}

// append appends ":" and the signature of all that text has so far.
func (k *macKey) append(text []byte) []byte {
	st := k.states.Get().(*macState)
	st.hash.Reset()
	st.hash.Write(text)
	text = append(text, ':')
	text = append(text, st.signature()...)
	k.states.Put(st)
	return text
}

// verify compares in constant time, and as text: a signature with padding is a
// different one.
func (k *macKey) verify(text, signature string) bool {
	if len(signature) != signatureLen {
		return false
	}
	st := k.states.Get().(*macState)
	st.hash.Reset()
	for len(text) > 0 { // in pieces: a hash takes no string, and this makes no copy of the whole
		n := copy(st.chunk[:], text)
		st.hash.Write(st.chunk[:n])
		text = text[n:]
	}
	copy(st.chunk[:], signature)
	ok := subtle.ConstantTimeCompare(st.signature(), st.chunk[:signatureLen]) == 1
	k.states.Put(st)
	return ok
}

// signature returns that of what was hashed, in memory that the next call writes
// over.
func (st *macState) signature() []byte {
	base64.RawURLEncoding.Encode(st.text[:], st.hash.Sum(st.sum[:0]))
	return st.text[:]
}
