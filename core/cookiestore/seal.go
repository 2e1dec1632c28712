package cookiestore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/djinn-go/djinn/core"
)

const (
	// sealPrefix names the format, and is authenticated with the text.
	sealPrefix = "djinn1."
	// minSecret is the length of 128 bits in hexadecimal.
	minSecret = 32
)

var errSealed = fmt.Errorf("cookiestore: %w: not encrypted with one of the keys", core.ErrUndecodable)

// WithEncryption encrypts cookies with AES-256-GCM, so that visitors cannot read
// what is in their session. Django cannot read such cookies, nor does the store
// read Django's then: turning encryption on logs everybody out. They are a third
// longer.
//
// The keys are derived from random strings of 32 characters at least (for example
// of openssl rand -hex 32), other ones than SECRET_KEY. secret encrypts; the
// fallbacks only decrypt, for a change of key without logging anybody out. Change
// it well before 2^32 cookies.
func WithEncryption(secret core.Secret, fallbacks ...core.Secret) Option {
	return func(o *options) { o.secrets = append([]core.Secret{secret}, fallbacks...) }
}

// newSealer derives the keys from the secrets, or says which of them is too weak.
func newSealer(secrets []core.Secret) (*sealer, error) {
	s := new(sealer)
	for i, secret := range secrets {
		if len(secret) < minSecret {
			return nil, fmt.Errorf("cookiestore: WithEncryption: secret %d has %d characters: use a random string of %d or more, for example of openssl rand -hex 32", i, len(secret), minSecret)
		}
		aead, err := newAEAD(secret)
		if err != nil {
			return nil, fmt.Errorf("cookiestore: WithEncryption: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// newAEAD returns a cipher that draws a random nonce for each text and puts it in
// front.
func newAEAD(secret core.Secret) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "djinn cookiestore AES-256-GCM", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealer encrypts with the first key and decrypts with any.
type sealer struct {
	keys []cipher.AEAD
}

func (s *sealer) encrypt(text string) string {
	sealed := s.keys[0].Seal(nil, nil, []byte(text), []byte(sealPrefix))
	return sealPrefix + base64.RawURLEncoding.EncodeToString(sealed)
}

// decrypt returns the text in key. The error is of kind ErrUndecodable.
func (s *sealer) decrypt(key string) (string, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(key, sealPrefix))
	if err != nil {
		return "", errSealed
	}
	for _, aead := range s.keys {
		text, err := aead.Open(nil, nil, sealed, []byte(sealPrefix))
		if err != nil {
			continue
		}
		if _, ok := signedAt(string(text)); !ok {
			return "", errors.Join(errSealed, errors.New("cookiestore: what was encrypted is no signed text"))
		}
		return string(text), nil
	}
	return "", errSealed
}

// valid reports whether key has the shape of a sealed text.
func (s *sealer) valid(key string) bool {
	sealed, ok := strings.CutPrefix(key, sealPrefix)
	return ok && len(key) <= maxKey && isBase64(sealed)
}
