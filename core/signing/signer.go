package signing

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
)

// Errors of [Signer.Load] and [Signer.Unsign]. Compare with errors.Is. No error
// of this package quotes a text or a key.
var (
	// ErrBadSignature: not signed with one of the keys and this salt, or not a
	// signed text at all. Nothing of the text was looked at.
	ErrBadSignature = errors.New("signing: bad signature: the text was changed, or signed with another SECRET_KEY or salt")
	// ErrMalformed: the signature is good, and what it signs cannot be read.
	ErrMalformed = errors.New("signing: a good signature on a malformed text")
	// ErrTooLarge: larger than the size that the caller allows.
	ErrTooLarge = errors.New("signing: the payload is too large")
)

// Signer signs and verifies under one SECRET_KEY and one salt. It is immutable and
// safe for concurrent use, and it does not print its keys.
type Signer struct {
	keys []*macKey // the main key, then the fallbacks
}

// New returns a Signer that signs with secretKey and verifies with secretKey and
// the fallbacks, in this order. As in Django, an empty fallback means the main
// key. New takes any key, an empty one too: refusing that is the caller's part.
//
// salt is the salt as Django's callers give it, for example
// "django.contrib.sessions.SessionStore".
func New(secretKey, salt string, fallbacks ...string) *Signer {
	s := &Signer{keys: make([]*macKey, 0, 1+len(fallbacks))}
	s.keys = append(s.keys, newMACKey(secretKey, salt))
	for _, f := range fallbacks {
		if f == "" {
			f = secretKey
		}
		s.keys = append(s.keys, newMACKey(f, salt))
	}
	return s
}

// Format prints the type and nothing else, whatever the verb.
func (Signer) Format(f fmt.State, _ rune) { fmt.Fprint(f, "signing.Signer") }

// Signature is what is known about a text whose signature is good.
type Signature struct {
	// SignedAt is the text's time stamp, in whole seconds, UTC. It says nothing
	// about validity: compare it with your own maximal age.
	SignedAt time.Time
	// Fallback tells which key fits: 0 is the main key, n the n-th fallback. A
	// text with a fallback should be signed anew before that key is retired.
	Fallback int
}

// Dump returns payload as signed text with the time stamp at, cut to whole
// seconds. With deflate the payload is deflated if that makes it shorter by
// more than one byte; Django's own writers always try. Readers take both forms, and
// on a typical session deflating costs ten times what the rest costs.
func (s *Signer) Dump(payload []byte, at time.Time, deflated bool) string {
	buf := buffers.Get().(*[]byte)
	text := (*buf)[:0]
	if deflated {
		deflate(payload, func(compressed []byte) {
			if len(compressed) < len(payload)-1 {
				text = append(text, '.')
				payload = compressed
			}
			text = base64.RawURLEncoding.AppendEncode(text, payload)
		})
	} else {
		text = base64.RawURLEncoding.AppendEncode(text, payload)
	}
	text = append(text, ':')
	text = AppendBase62(text, unixTruncated(at))
	text = s.keys[0].append(text)
	out := string(text)
	if cap(text) <= keepBuffer {
		*buf = text
		buffers.Put(buf)
	}
	return out
}

// buffers hold texts while they are put together.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// unixTruncated is Python's int(time.time()): towards zero, before 1970 too.
func unixTruncated(t time.Time) int64 {
	sec := t.Unix()
	if sec < 0 && t.Nanosecond() > 0 {
		sec++
	}
	return sec
}

// Load verifies a text that Dump or Django wrote and returns its payload, which
// belongs to the caller. maxSize bounds the payload, inflated; a text that is
// longer than any such payload is refused before it costs anything.
//
// The signature is checked before anything else is looked at. After that Load is
// as lenient as Django: padding or none, both alphabets of base64, foreign
// characters passed over, bytes after the zlib stream ignored.
func (s *Signer) Load(text string, maxSize int) (payload []byte, sig Signature, err error) {
	if tooLong(text, maxSize) {
		return nil, sig, ErrTooLarge
	}
	value, fallback, err := s.verify(text)
	if err != nil {
		return nil, sig, err
	}
	payload, signedAt, err := parse(value, maxSize)
	if err != nil {
		return nil, sig, err
	}
	return payload, Signature{SignedAt: signedAt, Fallback: fallback}, nil
}

// Peek is [Signer.Load] without a key: it returns the payload and the time stamp of
// a text whose signature nobody has checked. It is for tools that only sort
// texts from a place they trust, for example by their expiry. Never act on what
// it returns otherwise: anybody can write such a text.
func Peek(text string, maxSize int) (payload []byte, stamp time.Time, err error) {
	if tooLong(text, maxSize) {
		return nil, stamp, ErrTooLarge
	}
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return nil, stamp, malformed(errors.New("no signature"))
	}
	return parse(text[:at], maxSize)
}

// tooLong reports whether no payload of that size has a text so long.
func tooLong(text string, maxSize int) bool { return (len(text)-1024)/2 > maxSize }

// parse reads what a signature signs.
func parse(value string, maxSize int) (payload []byte, stamp time.Time, err error) {
	at := strings.LastIndexByte(value, ':')
	if at < 0 {
		return nil, stamp, malformed(errors.New("no time stamp"))
	}
	seconds, err := ParseBase62(value[at+1:])
	if err != nil {
		return nil, stamp, malformed(err)
	}
	encoded, deflated := strings.CutPrefix(value[:at], ".")
	payload, err = decodeBase64(encoded)
	if err != nil {
		return nil, stamp, malformed(err)
	}
	if deflated {
		payload, err = inflate(payload, min(maxSize, math.MaxInt-1))
	}
	switch {
	case errors.Is(err, ErrTooLarge) || len(payload) > maxSize:
		return nil, stamp, ErrTooLarge
	case err != nil:
		return nil, stamp, malformed(err)
	}
	return payload, time.Unix(seconds, 0).UTC(), nil
}

func malformed(err error) error { return fmt.Errorf("%w: %w", ErrMalformed, err) }

// verify splits off the signature and returns what it signs and the number of the
// key that fits.
func (s *Signer) verify(text string) (value string, key int, err error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return "", 0, ErrBadSignature
	}
	for i, k := range s.keys {
		if k.verify(text[:at], text[at+1:]) {
			return text[:at], i, nil
		}
	}
	return "", 0, ErrBadSignature
}

// Sign returns value ":" signature, as Django's Signer.sign does: no time stamp,
// the value as it is.
func (s *Signer) Sign(value string) string {
	text := make([]byte, 0, len(value)+1+signatureLen)
	return string(s.keys[0].append(append(text, value...)))
}

// Unsign returns the value of a text that [Signer.Sign] or Django's Signer.sign
// wrote.
func (s *Signer) Unsign(signed string) (string, error) {
	value, _, err := s.verify(signed)
	return value, err
}
