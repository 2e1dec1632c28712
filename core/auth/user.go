package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/djinn-go/djinn/core"
)

// ErrNoUser is what a lookup answers for an ID that belongs to nobody, to
// somebody who is not active, or that cannot be an ID.
var ErrNoUser = errors.New("djinn: auth: no such user")

// GetUser returns the user who is logged in, or false for an anonymous visitor:
// Django's request.user. It asks lookup for the user whom the session names and
// checks that the session was made with the password that the user has now.
//
// lookup returns the program's own record of the user, as U, and its password
// field. For an ID that is unknown, inactive or malformed it returns an error that
// is [ErrNoUser]: the visitor is anonymous, the session stays. Any other error is
// returned as it is, wrapped, and the session stays too: a database that is down logs
// nobody out. So is the error of a session that could not be loaded: the handler
// returns, and the error response goes out, or it answers in its own way, for example
// with the status that [core.StatusCode] gives, and calls [core.Session.FailOpen].
//
// lookup is not called for a visitor whose session names nobody, or a back end
// that is not in Config.Backends. It is called once per GetUser: keep the result
// for the rest of the request.
//
// See [Auth.Verify] for what happens to a session that does not fit the password.
func GetUser[U any](ctx context.Context, a *Auth, s *core.Session,
	lookup func(ctx context.Context, id string) (user U, passwordHash string, err error),
) (user U, ok bool, err error) {
	var nobody U
	id, ok := a.UserID(s)
	if !ok {
		return nobody, false, s.Err()
	}
	user, passwordHash, err := lookup(ctx, id)
	switch {
	case errors.Is(err, ErrNoUser):
		return nobody, false, nil
	case err != nil:
		return nobody, false, fmt.Errorf("djinn: auth: cannot look up the user of the session: %w", err)
	case !a.Verify(s, passwordHash):
		return nobody, false, nil
	}
	return user, true, nil
}

// UserID returns the ID of the user whom the session names, or false if it names
// none: what GetUser looks up.
//
// It is not proof of a log-in. The user may be gone or inactive by now, or may
// have changed the password because somebody else knew it: let only [GetUser] or
// [Auth.Verify] decide what a visitor may do.
func (a *Auth) UserID(s *core.Session) (id string, ok bool) {
	v := s.Values()
	backend, _ := v.Get(backendItem).(string)
	if !slices.Contains(a.backends, backend) {
		return "", false
	}
	return userID(v)
}

// userID reads the ID, which old versions of Django and other programs write as a
// number.
func userID(v core.Values) (id string, ok bool) {
	switch id := v.Get(idItem).(type) {
	case string:
		return id, id != ""
	case int64:
		return strconv.FormatInt(id, 10), true
	case json.Number: // an integer beyond int64
		return id.String(), true
	}
	return "", false
}

// Verify reports whether the session's user has this password field still, and so
// whether the visitor is who the session says. [GetUser] calls it; those who look
// up users in their own way call it with the password field of [Auth.UserID]'s
// user.
//
// If the session's hash was made with one of the fallback keys, the session gets a
// new key and a hash made with the current one. Of several requests that meet such
// a session at once, one does so and the others are answered with
// [core.ErrInterrupted], once per session and change of SECRET_KEY. If the hash fits
// no key, or there is none, the session is flushed and the visitor is anonymous. If
// nobody is logged in the answer is false and the session stays as it is.
func (a *Auth) Verify(s *core.Session, passwordHash string) bool {
	if _, ok := a.UserID(s); !ok {
		return false
	}
	if a.noHash {
		return true
	}
	stored, _ := s.Get(hashItem).(string)
	switch {
	case a.current.fits(stored, passwordHash):
		return true
	case a.fitsFallback(stored, passwordHash):
		s.CycleKey()
		s.Set(hashItem, a.SessionAuthHash(passwordHash))
		return true
	default:
		s.Flush()
		return false
	}
}
