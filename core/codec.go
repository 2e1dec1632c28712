package core

import (
	"errors"
	"time"

	"github.com/djinn-go/djinn/core/signing"
)

// DjangoSalt separates the signatures of session data from others made with the
// same SECRET_KEY. It is what the db, cached_db and file back ends of Django use:
// the class name of the store, without its module.
const DjangoSalt = "django.contrib.sessions.SessionStore"

// Codec turns the items of a session into text and back: Django's
// SESSION_SERIALIZER and signing in one. It must be safe for concurrent use.
type Codec interface {
	// Encode returns the text for a store that keeps text.
	Encode(Values) (string, error)
	// Decode reads it back. Whatever it cannot read, or does not trust, is an
	// error of kind ErrUndecodable; it never panics, and its time and memory are
	// bounded.
	Decode(text string) (Values, error)
}

// DjangoCodec writes and reads session_data as Django 3.1 and later do: JSON,
// deflated if it is long and that pays, base64, signed with a time stamp.
//
// It deflates less than Django does (only from 4 KiB on, see DeflateFrom), because
// deflating is by far the dearest step of a save; Django reads both forms.
type DjangoCodec struct {
	// SecretKey is Django's SECRET_KEY. Fallbacks are keys that verify and never
	// sign, SECRET_KEY_FALLBACKS.
	SecretKey Secret
	Fallbacks []Secret
	// Salt defaults to [DjangoSalt].
	Salt string
	// MaxSize bounds the JSON text that Decode reads, inflated, in bytes. Defaults
	// to 1 MiB.
	MaxSize int
	// DeflateFrom is the length of the JSON text, in bytes, from which deflating is
	// tried. Defaults to 4096; 1 tries always, as Django does.
	DeflateFrom int
	// Now is the clock of the time stamp. Defaults to time.Now.
	Now func() time.Time
}

const (
	defaultDeflateFrom = 4096
	defaultMaxSize     = 1 << 20
)

// djangoCodec is a DjangoCodec ready for use.
type djangoCodec struct {
	signer      *signing.Signer
	maxSize     int
	deflateFrom int
	now         func() time.Time
}

// New returns the codec, or an error that says which field is wrong.
func (c DjangoCodec) New() (Codec, error) {
	if c.SecretKey == "" {
		return nil, errors.New("djinn: DjangoCodec.SecretKey is empty: use the SECRET_KEY of the Django site, or a random string of 50 characters of your own")
	}
	if c.Salt == "" {
		c.Salt = DjangoSalt
	}
	if c.MaxSize <= 0 {
		c.MaxSize = defaultMaxSize
	}
	if c.DeflateFrom <= 0 {
		c.DeflateFrom = defaultDeflateFrom
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	fallbacks := make([]string, len(c.Fallbacks))
	for i, f := range c.Fallbacks {
		fallbacks[i] = string(f)
	}
	return &djangoCodec{
		signer:      signing.New(string(c.SecretKey), c.Salt, fallbacks...),
		maxSize:     c.MaxSize,
		deflateFrom: c.DeflateFrom,
		now:         c.Now,
	}, nil
}

func (c *djangoCodec) Encode(v Values) (string, error) {
	json := v.AppendJSON(make([]byte, 0, v.jsonSize()))
	return c.signer.Dump(json, c.now(), len(json) >= c.deflateFrom), nil
}

func (c *djangoCodec) Decode(text string) (Values, error) {
	json, _, err := c.signer.Load(text, c.maxSize)
	if err != nil {
		return Values{}, &decodeError{err}
	}
	return ParseValues(string(json))
}

// String keeps the signer out of prints of the codec.
func (c *djangoCodec) String() string   { return "core.DjangoCodec" }
func (c *djangoCodec) GoString() string { return c.String() }
