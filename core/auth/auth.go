package auth

import (
	"errors"
	"fmt"
	"slices"

	"github.com/djinn-go/djinn/core"
)

// ModelBackend is Django's own back end, which checks the password in the user
// table.
const ModelBackend = "django.contrib.auth.backends.ModelBackend"

// Config holds what django.contrib.auth takes from the settings. [New] copies,
// completes and checks it.
type Config struct {
	// SecretKey makes and checks session auth hashes. To share log-ins with a
	// Django site it must be that site's key. (SECRET_KEY) Required.
	SecretKey core.Secret
	// SecretKeyFallbacks are older keys whose hashes still count; a session that
	// has one is rotated at its next use. (SECRET_KEY_FALLBACKS; Django looks at
	// them for hashes from 4.1.8 on)
	SecretKeyFallbacks []core.Secret
	// Backends are the dotted paths of the back ends whose sessions count;
	// sessions of others are anonymous. Login writes the first one unless
	// User.Backend names another. (AUTHENTICATION_BACKENDS) Defaults to
	// [ModelBackend].
	Backends []string
	// NoSessionAuthHash is for a user model without get_session_auth_hash, that is
	// one which does not derive from AbstractBaseUser. Sessions hold an empty hash
	// then and are not checked: a new password logs nobody out.
	NoSessionAuthHash bool
}

// Auth logs users in and out of sessions. It is immutable and safe for concurrent
// use, does no I/O of its own, and prints none of its keys.
type Auth struct {
	current   hashKey
	fallbacks []hashKey
	backends  []string
	noHash    bool
}

// New returns an Auth, or an error that names every setting that is wrong.
func New(cfg Config) (*Auth, error) {
	var errs []error
	if cfg.SecretKey == "" {
		errs = append(errs, errors.New("djinn: auth.Config.SecretKey: is empty: use the SecretKey of core.Config"))
	}
	a := &Auth{
		current:  newHashKey(cfg.SecretKey),
		backends: slices.Clone(cfg.Backends),
		noHash:   cfg.NoSessionAuthHash,
	}
	for i, f := range cfg.SecretKeyFallbacks {
		if f == "" {
			errs = append(errs, fmt.Errorf("djinn: auth.Config.SecretKeyFallbacks: entry %d is empty: leave it out", i))
		}
		a.fallbacks = append(a.fallbacks, newHashKey(f))
	}
	if slices.Contains(a.backends, "") {
		errs = append(errs, fmt.Errorf("djinn: auth.Config.Backends: has an empty entry: write a dotted path such as %q", ModelBackend))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if len(a.backends) == 0 {
		a.backends = []string{ModelBackend}
	}
	return a, nil
}

// Format prints an Auth without its keys, whatever the verb.
func (a *Auth) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "auth.Auth%q", a.backends) }
