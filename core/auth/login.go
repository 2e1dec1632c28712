package auth

import (
	"errors"
	"fmt"
	"slices"

	"github.com/djinn-go/djinn/core"
)

// The items of the session, in the order in which Django writes them.
const (
	idItem      = "_auth_user_id"
	backendItem = "_auth_user_backend"
	hashItem    = "_auth_user_hash"
)

// csrfItem is the CSRF secret of a Django site with CSRF_USE_SESSIONS.
const csrfItem = "_csrftoken"

// User is what a session has to know of a user. It does not print its hash.
type User struct {
	// ID is the primary key as Django writes it: decimal digits, or a UUID in
	// lower case with dashes.
	ID string
	// PasswordHash is the password field as the user table has it, algorithm and
	// salt included. It does not end up in the session.
	PasswordHash string `json:"-"`
	// Backend is the dotted path of the back end that let the user in, one of
	// Config.Backends. Defaults to the first of them.
	Backend string
}

// Format prints a user without the password hash, whatever the verb.
func (u User) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "auth.User(%s)", u.ID) }

// Login logs the user in, under a new session key: whoever knew the old one knows
// nothing. Check the password first. Django's login.
//
// The items of an anonymous session, or of one in which the same user was logged
// in already, are kept. Those of another user, and those of a log-in with an older
// password or key, are removed: set an expiry of the session ("remember me")
// afterwards. The new key is sent with the response, so log in before the first
// byte is written.
//
// As Django does, it makes forms that were open before useless: it removes the
// CSRF secret that a site with CSRF_USE_SESSIONS keeps in the session. Without that
// setting the secret is in a cookie, by default csrftoken: delete or replace it.
//
// The error is about the User alone, and the session stays as it was then. If the
// session cannot be loaded or saved, the response says so, see [core.Session.Err].
func (a *Auth) Login(s *core.Session, u User) error {
	if u.ID == "" {
		return errors.New("djinn: auth: Login: User.ID is empty: pass the primary key, as text")
	}
	if u.Backend == "" {
		u.Backend = a.backends[0]
	}
	if !slices.Contains(a.backends, u.Backend) {
		return fmt.Errorf("djinn: auth: Login: the back end %q is not in Config.Backends, so the user would be anonymous from the next request on: add it", u.Backend)
	}
	if !a.reusable(s.Values(), u) {
		s.Flush()
	}
	s.CycleKey() // Django only does so if nobody was logged in
	s.Set(idItem, u.ID)
	s.Set(backendItem, u.Backend)
	s.Set(hashItem, a.SessionAuthHash(u.PasswordHash))
	s.Delete(csrfItem)
	return nil
}

// reusable reports whether a session's items may be kept when u logs in.
func (a *Auth) reusable(v core.Values, u User) bool {
	if !v.Has(idItem) {
		return true // anonymous
	}
	if id, ok := userID(v); !ok || id != u.ID {
		return false
	}
	stored, _ := v.Get(hashItem).(string)
	return a.noHash || a.current.fits(stored, u.PasswordHash)
}

// Logout logs out whoever is logged in: it flushes the session. What is set
// afterwards begins a new one. Django's logout.
func (a *Auth) Logout(s *core.Session) { s.Flush() }

// UpdateSessionAuthHash keeps this session alive after its user's password
// changed; those on the user's other devices end at their next use. It gives the
// session a new key. If another user is logged in, or none, it does only that.
// Django's update_session_auth_hash.
//
// Call it with the new password hash, in a request in which [GetUser] or
// [Auth.Verify] has found the user: whatever the session's hash was, it fits now.
// Until the session is saved, another request of the same browser can see the new
// password with the old hash, and end it: call s.Save right afterwards.
func (a *Auth) UpdateSessionAuthHash(s *core.Session, u User) {
	s.CycleKey()
	if id, ok := a.UserID(s); ok && id == u.ID {
		s.Set(hashItem, a.SessionAuthHash(u.PasswordHash))
	}
}
