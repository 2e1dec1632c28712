package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/djinn-go/djinn/core"
)

// hashSalt is where Django's hash function lives. It is part of the hash.
const hashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// hashKey is what one SECRET_KEY comes to for session auth hashes.
type hashKey [sha256.Size]byte

func newHashKey(secret core.Secret) hashKey { return sha256.Sum256([]byte(hashSalt + string(secret))) }

// appendHash appends the session auth hash of a password field to dst.
func (k *hashKey) appendHash(dst []byte, passwordHash string) []byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(passwordHash))
	var sum [sha256.Size]byte
	return hex.AppendEncode(dst, mac.Sum(sum[:0]))
}

// fits tells in constant time whether stored is the hash of a password field.
func (k *hashKey) fits(stored, passwordHash string) bool {
	var hash [2 * sha256.Size]byte
	return hmac.Equal([]byte(stored), k.appendHash(hash[:0], passwordHash))
}

// SessionAuthHash returns the session auth hash of a password field, exactly as
// the user table has it ("pbkdf2_sha256$…"): 64 lower-case hexadecimal digits,
// made with the current key; "" with Config.NoSessionAuthHash. Django's
// get_session_auth_hash.
//
// For a site whose user model overrides get_session_auth_hash with the HMAC of
// something else under the same salt, pass that wherever a password hash is asked
// for.
func (a *Auth) SessionAuthHash(passwordHash string) string {
	if a.noHash {
		return ""
	}
	return string(a.current.appendHash(nil, passwordHash))
}

// fitsFallback reports whether stored was made with one of the fallback keys.
func (a *Auth) fitsFallback(stored, passwordHash string) bool {
	for i := range a.fallbacks {
		if a.fallbacks[i].fits(stored, passwordHash) {
			return true
		}
	}
	return false
}
