package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/core/memstore"
)

// fate is what becomes of a session that GetUser looks at.
type fate string

const (
	kept    fate = "kept"
	flushed fate = "flushed"
	rotated fate = "rotated"
)

func TestGetUser(t *testing.T) {
	t.Parallel()
	const older, oldest = "older-key", "oldest-key"
	a := newAuth(t, auth.Config{SecretKeyFallbacks: []core.Secret{older, oldest}})
	hash := a.SessionAuthHash(oldPassword)
	hashBy := func(key core.Secret) string {
		return newAuth(t, auth.Config{SecretKey: key}).SessionAuthHash(oldPassword)
	}
	tests := []struct {
		name              string
		id, backend, hash any // omit leaves an item out
		want              string
		fate              fate
	}{
		{"logged in", "42", auth.ModelBackend, hash, "42", kept},
		{"ID as an integer", 42, auth.ModelBackend, hash, "42", kept},
		{"first fallback", "42", auth.ModelBackend, hashBy(older), "42", rotated},
		{"second fallback", "42", auth.ModelBackend, hashBy(oldest), "42", rotated},
		{"unknown key", "42", auth.ModelBackend, hashBy("unknown"), "anonymous", flushed},
		{"other password", "42", auth.ModelBackend, a.SessionAuthHash(newPassword), "anonymous", flushed},
		{"other password by a fallback", "42", auth.ModelBackend, newAuth(t, auth.Config{SecretKey: older}).SessionAuthHash(newPassword), "anonymous", flushed},
		{"no hash", "42", auth.ModelBackend, omit, "anonymous", flushed},
		{"empty hash", "42", auth.ModelBackend, "", "anonymous", flushed},
		{"hash of null", "42", auth.ModelBackend, nil, "anonymous", flushed},
		{"hash in upper case", "42", auth.ModelBackend, strings.ToUpper(hash), "anonymous", flushed},
		{"hash cut off", "42", auth.ModelBackend, hash[:63], "anonymous", flushed},
		{"hash with more", "42", auth.ModelBackend, hash + "0", "anonymous", flushed},
		{"hash in a list", "42", auth.ModelBackend, []string{hash}, "anonymous", flushed},
		{"hash in SHA-1", "42", auth.ModelBackend, strings.Repeat("0", 40), "anonymous", flushed},
		{"no ID", omit, auth.ModelBackend, hash, "anonymous", kept},
		{"ID of null", nil, auth.ModelBackend, hash, "anonymous", kept},
		{"empty ID", "", auth.ModelBackend, hash, "anonymous", kept},
		{"ID in a list", []int{42}, auth.ModelBackend, hash, "anonymous", kept},
		{"ID of true", true, auth.ModelBackend, hash, "anonymous", kept},
		{"no back end", "42", omit, hash, "anonymous", kept},
		{"foreign back end", "42", "somebody.elses.Backend", hash, "anonymous", kept},
		{"back end of null", "42", nil, hash, "anonymous", kept},
		{"unknown user", "43", auth.ModelBackend, hash, "anonymous", kept},
		{"unknown user, wrong hash", "43", auth.ModelBackend, "x", "anonymous", kept},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := manager(t, must(memstore.New()))
			pairs := []any{"cart", "lamp"}
			for i, item := range []any{tt.id, tt.backend, tt.hash} {
				if item != omit {
					pairs = append(pairs, []string{"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}[i], item)
				}
			}
			key := saved(t, m, pairs...)
			s := m.Open(context.Background(), key)
			before := items(m.Open(context.Background(), key))
			if got := whoIs(t, a, s, "42", oldPassword); got != tt.want {
				t.Errorf("GetUser says %s, want %s", got, tt.want)
			}
			if got := s.Modified(); got != (tt.fate != kept) {
				t.Errorf("Modified() = %t, want %t", got, !got)
			}
			save(t, s)
			wantFate(t, m, s, key, before, tt.fate)
			if tt.fate == rotated && s.Get("_auth_user_hash") != hash {
				t.Error("the hash was not made anew with the current key")
			}
		})
	}
}

// omit stands for an item that is not there.
var omit any = struct{ omitted bool }{true}

func wantFate(t *testing.T, m *core.Manager, s *core.Session, key, before string, want fate) {
	t.Helper()
	lives, err := m.Exists(context.Background(), key)
	if err != nil || lives != (want == kept) {
		t.Errorf("the old key lives: %t, %v, want %t", lives, err, want == kept)
	}
	switch want {
	case kept:
		if got := items(s); got != before {
			t.Errorf("items = %s\nwant    %s", got, before)
		}
	case flushed:
		if !s.IsEmpty() {
			t.Errorf("items = %s, want none", items(s))
		}
	case rotated:
		if !s.Has("cart") || s.Key() == "" {
			t.Errorf("items = %s (key: %t), want all of them under a new key", items(s), s.Key() != "")
		}
	}
}

func TestUserID(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	for _, tt := range []struct {
		id   any
		want string
	}{
		{"42", "42"},
		{"5f1d9b0e-8a0e-4a5e-9f2a-0c1d2e3f4a5b", "5f1d9b0e-8a0e-4a5e-9f2a-0c1d2e3f4a5b"},
		{42, "42"},
		{-1, "-1"},
		{json.Number("123456789012345678901234567890"), "123456789012345678901234567890"},
		{1.5, ""}, {nil, ""}, {"", ""}, {false, ""}, {map[string]int{"id": 1}, ""},
	} {
		s := openWith(t, "_auth_user_id", tt.id, "_auth_user_backend", auth.ModelBackend)
		if got, ok := a.UserID(s); got != tt.want || ok != (tt.want != "") {
			t.Errorf("UserID of %v = %q, %t, want %q", tt.id, got, ok, tt.want)
		}
	}
}

// TestLookupFails: a database that is down is no log-out (and no log-in).
func TestLookupFails(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	s := openWith(t)
	login(t, a, s, aladdin)
	save(t, s)
	before := items(s)
	user, ok, err := auth.GetUser(t.Context(), a, s, func(context.Context, string) (string, string, error) {
		return "half a user", oldPassword, errDown
	})
	if user != "" || ok || !errors.Is(err, errDown) {
		t.Errorf("GetUser = %q, %t, %v, want nobody and the lookup's error", user, ok, err)
	}
	if got := core.StatusCode(err); got != http.StatusServiceUnavailable {
		t.Errorf("StatusCode = %d, want 503", got)
	}
	if strings.Contains(fmt.Sprintf("%+v", err), oldPassword) {
		t.Errorf("the error holds the password field: %v", err)
	}
	if got := items(s); got != before {
		t.Errorf("items = %s\nwant    %s", got, before)
	}
}

// TestInactiveUserRevives: an error that wraps ErrNoUser is an anonymous visitor,
// and the session waits for the user to come back.
func TestInactiveUserRevives(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	s := openWith(t)
	login(t, a, s, aladdin)
	_, ok, err := auth.GetUser(t.Context(), a, s, func(context.Context, string) (string, string, error) {
		return "42", oldPassword, fmt.Errorf("inactive: %w", auth.ErrNoUser)
	})
	if ok || err != nil {
		t.Errorf("GetUser = %t, %v, want an anonymous visitor", ok, err)
	}
	if got := whoIs(t, a, s, "42", oldPassword); got != "42" {
		t.Errorf("once active again GetUser says %s, want 42", got)
	}
}

// TestLookupIsAskedWhenNeeded: nobody is looked up for a visitor without a log-in.
func TestLookupIsAskedWhenNeeded(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	for _, s := range []*core.Session{openWith(t), openWith(t, "cart", "lamp")} {
		_, ok, err := auth.GetUser(t.Context(), a, s, func(_ context.Context, id string) (string, string, error) {
			t.Errorf("lookup was asked for %q", id)
			return "", "", nil
		})
		if ok || err != nil {
			t.Errorf("GetUser = %t, %v, want an anonymous visitor", ok, err)
		}
		if a.Verify(s, oldPassword) || s.Modified() {
			t.Error("Verify says that an anonymous visitor is somebody, or touched the session")
		}
	}
}

func TestNoSessionAuthHash(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{NoSessionAuthHash: true})
	s := openWith(t, "cart", "lamp")
	login(t, a, s, aladdin)
	save(t, s)
	if got, ok := s.Get("_auth_user_hash").(string); !ok || got != "" {
		t.Errorf("hash = %v, want an empty one, as Django writes it", s.Get("_auth_user_hash"))
	}
	a.UpdateSessionAuthHash(s, auth.User{ID: "42", PasswordHash: newPassword})
	if got := whoIs(t, a, s, "42", "anything"); got != "42" {
		t.Errorf("GetUser says %s, want 42", got)
	}
	login(t, a, s, auth.User{ID: "42", PasswordHash: newPassword})
	if !s.Has("cart") {
		t.Error("a second login of the same user lost the cart")
	}
	// The same session under a configuration with hashes: nobody slips through.
	if got := whoIs(t, newAuth(t, auth.Config{}), s, "42", ""); got != "anonymous" {
		t.Errorf("where hashes are checked GetUser says %s, want anonymous", got)
	}
}

// TestOverHTTP: what the browser sees of it.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{SecretKeyFallbacks: []core.Secret{"older-key"}})
	item := func(hash string) []any {
		return []any{"_auth_user_id", "42", "_auth_user_backend", auth.ModelBackend, "_auth_user_hash", hash}
	}
	tests := []struct {
		name        string
		store       core.Store
		hash        string
		lookupErr   error
		status      int
		body        string
		cookie      string // what the response does to the cookie: "", "set" or "deleted"
		oldKeyLives bool
	}{
		{"logged in", must(memstore.New()), a.SessionAuthHash(oldPassword), nil, 200, "42", "", true},
		{"password changed", must(memstore.New()), a.SessionAuthHash(newPassword), nil, 200, "anonymous", "deleted", false},
		{"fallback key", must(memstore.New()), newAuth(t, auth.Config{SecretKey: "older-key"}).SessionAuthHash(oldPassword), nil, 200, "42", "set", false},
		{"lookup down", must(memstore.New()), a.SessionAuthHash(oldPassword), errDown, 503, "sorry", "", true},
		{"store down", downStore{must(memstore.New())}, a.SessionAuthHash(oldPassword), nil, 503, "sorry", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := manager(t, tt.store)
			key := saved(t, m, item(tt.hash)...)
			handler := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				user, ok, err := auth.GetUser(r.Context(), a, m.Session(r.Context()), func(context.Context, string) (string, string, error) {
					return "42", oldPassword, tt.lookupErr
				})
				switch {
				case err != nil:
					m.Session(r.Context()).FailOpen() // the answer is ours
					w.WriteHeader(core.StatusCode(err))
					user = "sorry"
				case !ok:
					user = "anonymous"
				}
				fmt.Fprint(w, user)
			}))
			r := httptest.NewRequest("GET", "/", nil)
			r.AddCookie(&http.Cookie{Name: m.CookieName(), Value: key})
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
			wantCookie(t, w, key, tt.cookie)
			if tt.name == "store down" {
				return
			}
			if lives, err := m.Exists(context.Background(), key); lives != tt.oldKeyLives || err != nil {
				t.Errorf("the old key lives: %t, %v, want %t", lives, err, tt.oldKeyLives)
			}
		})
	}
}

func wantCookie(t *testing.T, w *httptest.ResponseRecorder, key, want string) {
	t.Helper()
	got := ""
	for _, c := range w.Result().Cookies() {
		switch {
		case c.MaxAge < 0 || c.Value == "":
			got += "deleted"
		case c.Value == key:
			got += "set to the old key"
		default:
			got += "set"
		}
	}
	if got != want {
		t.Errorf("cookie: %q, want %q", got, want)
	}
	if !strings.Contains(w.Header().Get("Vary"), "Cookie") {
		t.Errorf("Vary = %q, want Cookie", w.Header().Get("Vary"))
	}
}

// TestFallbackAtOnce: of two requests that meet a session with an old hash, one
// rotates it and one live key is left.
func TestFallbackAtOnce(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{SecretKeyFallbacks: []core.Secret{"older-key"}})
	m := manager(t, must(memstore.New()))
	s := m.Open(context.Background(), "")
	login(t, newAuth(t, auth.Config{SecretKey: "older-key"}), s, aladdin)
	save(t, s)
	first, second := m.Open(context.Background(), s.Key()), m.Open(context.Background(), s.Key())
	for _, s := range []*core.Session{first, second} {
		if got := whoIs(t, a, s, "42", oldPassword); got != "42" {
			t.Errorf("GetUser says %s, want 42", got)
		}
	}
	save(t, first)
	if err := second.Save(context.Background()); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("the second request: %v, want ErrInterrupted", err)
	}
	again := m.Open(context.Background(), first.Key())
	if got := whoIs(t, a, again, "42", oldPassword); got != "42" || again.Modified() {
		t.Errorf("afterwards GetUser says %s (modified: %t), want 42 and nothing to do", got, again.Modified())
	}
}

// TestPasswordChangeEndsRequestInFlight: a request that is about to rotate a
// session by a fallback key cannot undo what a password change did to it.
func TestPasswordChangeEndsRequestInFlight(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{SecretKeyFallbacks: []core.Secret{"older-key"}})
	m := manager(t, must(memstore.New()))
	s := m.Open(context.Background(), "")
	login(t, newAuth(t, auth.Config{SecretKey: "older-key"}), s, aladdin)
	save(t, s)
	slow, fast := m.Open(context.Background(), s.Key()), m.Open(context.Background(), s.Key())
	a.Verify(slow, oldPassword)
	a.UpdateSessionAuthHash(fast, auth.User{ID: "42", PasswordHash: newPassword})
	save(t, fast)
	if err := slow.Save(context.Background()); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("the slow request: %v, want ErrInterrupted", err)
	}
	if got := whoIs(t, a, m.Open(context.Background(), fast.Key()), "42", newPassword); got != "42" {
		t.Errorf("GetUser says %s, want 42", got)
	}
}
