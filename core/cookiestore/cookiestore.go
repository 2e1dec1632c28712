// Package cookiestore keeps the session in the cookie itself, as Django's
// signed_cookies back end does. Nothing is kept on the server, and a Django site
// with the same SECRET_KEY reads and writes the same cookies.
//
// What that cannot do, whatever the implementation (see [New]): a cookie cannot be
// revoked, and two requests at once overwrite each other.
package cookiestore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/signing"
)

const (
	// djangoSalt is the salt of Django's signed_cookies back end.
	djangoSalt = "django.contrib.sessions.backends.signed_cookies"
	// maxKey is more than a browser keeps, name and attributes apart.
	maxKey = 4096
	// signatureLen is the length of an HMAC-SHA-256 in base64.
	signatureLen = 43
)

// Store is a [core.Store] whose keys are the sessions. It is also a [core.Rotator],
// a [core.KeyValidator], a [core.Salter] and a [core.Configurer].
// Create one with [New]; it is immutable and safe for concurrent use.
//
// It does no I/O, so a context counts at the beginning of a call. The signature is
// checked when the record is decoded, with the Manager's SecretKey: Load returns
// a record for a forged cookie too, which then is undecodable.
type Store struct {
	settings core.StoreSettings
	sealer   *sealer // nil if cookies are Django's
}

// Option is a setting of [New].
type Option func(*options)

type options struct{ secrets []core.Secret }

// New returns a store that keeps sessions in their cookies. Know its limits before
// you choose it:
//
//   - Logging out asks the browser to forget the cookie. A copy of it stays good
//     until its age, also after a logout, a change of password or CycleKey; only a
//     change of SECRET_KEY ends it. (Law 4, "logout is final", does not hold.)
//   - Two requests at once each send their own cookie, and the browser keeps the one
//     that arrives last. (Law 5, "no lost updates", does not hold.)
//   - The visitor can read the cookie, though not change it: see [WithEncryption].
//   - Browsers drop cookies over 4096 bytes without a word. A session that has grown
//     beyond that, name and attributes included, fails to be saved with
//     [core.ErrTooLarge].
//   - A session's own expiry (SetExpiry) rules how long the browser keeps the cookie.
//     The server accepts it until the cookie age is over, as Django does.
//   - Changes after the response has begun cannot be saved; they are reported.
//   - Sites with one SECRET_KEY accept each other's cookies.
//
// A session is signed anew when it changes, and when its expiry moves by
// Config.TouchInterval.
func New(opts ...Option) (*Store, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	s := new(Store)
	if len(o.secrets) > 0 {
		var err error
		if s.sealer, err = newSealer(o.secrets); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Configure implements [core.Configurer]: the store needs the age of the cookie and
// the clock.
func (s *Store) Configure(all core.Settings) error {
	return s.settings.Keep(core.Settings{CookieAge: all.CookieAge, Now: all.Now})
}

// Salt implements [core.Salter]: Django's salt for signed cookies.
func (s *Store) Salt() string { return djangoSalt }

// DeflateFrom implements [core.Salter]: always, as Django.
func (s *Store) DeflateFrom() int { return 1 }

// ValidSessionKey implements [core.KeyValidator]: a signed text, or a sealed one, that fits
// a cookie.
func (s *Store) ValidSessionKey(key string) bool {
	if s.sealer != nil {
		return s.sealer.valid(key)
	}
	_, ok := signedAt(key)
	return ok
}

// Load implements [core.Store]: it reads the time stamp.
func (s *Store) Load(ctx context.Context, key string) (core.Record, error) {
	if err := ctx.Err(); err != nil {
		return core.Record{}, err
	}
	if !s.ValidSessionKey(key) {
		return core.Record{}, core.ErrNotFound
	}
	text, err := s.decrypt(key)
	if err != nil {
		rec := core.Record{Key: key, ExpireDate: s.settings.Now().Add(s.settings.Get().CookieAge).UTC()}
		return rec.WithDecode(func(core.Codec) (core.Values, error) { return core.Values{}, err }), nil
	}
	stamp, _ := signedAt(text)
	// Django still takes a cookie that is exactly as old as the age.
	expires := stamp.Add(s.settings.Get().CookieAge + 1)
	if !expires.After(s.settings.Now()) {
		return core.Record{}, core.ErrNotFound
	}
	return core.Record{Key: key, Encoded: text, ExpireDate: expires}, nil
}

// Create implements [core.Store]: it returns the signed session as the key.
func (s *Store) Create(ctx context.Context, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	text, err := rec.Encode()
	if err != nil {
		return "", err
	}
	if len(text) > maxKey {
		return "", tooLarge(len(text))
	}
	if _, ok := signedAt(text); !ok {
		return "", errors.New("cookiestore: the codec does not write Django's signed format, which has the time stamp in it: leave Config.Codec empty, or use core.DjangoCodec")
	}
	key := s.encrypt(text)
	if len(key) > maxKey {
		return "", tooLarge(len(key))
	}
	return key, nil
}

func tooLarge(n int) error {
	return fmt.Errorf("cookiestore: %w: %d bytes, and browsers drop cookies over %d: keep less in the session, or use a store that keeps it on the server", core.ErrTooLarge, n, maxKey)
}

// Update implements [core.Store]: it returns the session signed anew. The old
// cookie stays good.
func (s *Store) Update(ctx context.Context, rec core.Record) (string, error) {
	if _, err := s.Load(ctx, rec.Key); err != nil {
		return "", err
	}
	return s.Create(ctx, rec)
}

// Rotate implements [core.Rotator]: it returns the session signed anew. The old
// cookie stays good.
func (s *Store) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if _, err := s.Load(ctx, oldKey); err != nil {
		return "", err
	}
	return s.Create(ctx, rec)
}

// Delete implements [core.Store]: it reports whether the key can be a session that has
// not expired. There is nothing to delete; the engine clears the cookie.
func (s *Store) Delete(ctx context.Context, key string) (bool, error) {
	_, err := s.Load(ctx, key)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Format prints the kind of store and no keys, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) {
	kind := "signed"
	if s.sealer != nil {
		kind = "encrypted"
	}
	fmt.Fprintf(f, "cookiestore.Store(%s)", kind)
}

// decrypt returns the signed text in a valid key.
func (s *Store) decrypt(key string) (string, error) {
	if s.sealer == nil {
		return key, nil
	}
	return s.sealer.decrypt(key)
}

// encrypt returns the key that holds a signed text.
func (s *Store) encrypt(text string) string {
	if s.sealer == nil {
		return text
	}
	return s.sealer.encrypt(text)
}

// signedAt returns the time stamp of a text that has the shape of a signed one:
// base64, perhaps after a dot, a time stamp and a signature.
func signedAt(text string) (time.Time, bool) {
	at := len(text) - signatureLen - 1
	if at < 0 || len(text) > maxKey || text[at] != ':' {
		return time.Time{}, false
	}
	payload, stamp, ok := strings.Cut(text[:at], ":")
	seconds, err := signing.ParseBase62(stamp)
	if !ok || err != nil || !isBase64(strings.TrimPrefix(payload, ".")) || !isBase64(text[at+1:]) {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// isBase64 reports whether s is not empty and of the URL alphabet of base64.
func isBase64(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}
