package auth_test

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/core/memstore"
)

// TestLogin: what is kept of the session that was there, and that the key is
// always a new one.
func TestLogin(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	ours := `"_auth_user_id":"42","_auth_user_backend":"` + auth.ModelBackend + `","_auth_user_hash":"` + a.SessionAuthHash(oldPassword) + `"`
	loggedIn := func(id any, passwordHash string) []any {
		return []any{"_auth_user_id", id, "_auth_user_backend", auth.ModelBackend, "_auth_user_hash", a.SessionAuthHash(passwordHash), "cart", "lamp"}
	}
	tests := []struct {
		name   string
		before []any
		want   string
	}{
		{"no session", nil, "{" + ours + "}"},
		{"anonymous session", []any{"cart", "lamp"}, `{"cart":"lamp",` + ours + `}`},
		{"same user, same hash", loggedIn("42", oldPassword), "{" + ours + `,"cart":"lamp"}`},
		{"same user as an integer", loggedIn(42, oldPassword), "{" + ours + `,"cart":"lamp"}`},
		{"same user, other hash", loggedIn("42", newPassword), "{" + ours + "}"},
		{"same user, no hash", []any{"_auth_user_id", "42", "cart", "lamp"}, "{" + ours + "}"},
		{"same user, hash of null", []any{"_auth_user_id", "42", "_auth_user_hash", nil, "cart", "lamp"}, "{" + ours + "}"},
		{"another user, same hash", loggedIn("43", oldPassword), "{" + ours + "}"},
		{"garbage as user", loggedIn([]string{"42"}, oldPassword), "{" + ours + "}"},
		{"null as user", loggedIn(nil, oldPassword), "{" + ours + "}"},
		{"CSRF secret", []any{"_csrftoken", "abcdefghijklmnopqrstuvwxyz012345"}, "{" + ours + "}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := manager(t, must(memstore.New()))
			before := saved(t, m, tt.before...)
			s := m.Open(context.Background(), before)
			login(t, a, s, aladdin)
			save(t, s)
			if got := items(s); got != tt.want {
				t.Errorf("items = %s\nwant    %s", got, tt.want)
			}
			if s.Key() == before || s.Key() == "" {
				t.Errorf("the key is the old one, or none")
			}
			if lives, err := m.Exists(context.Background(), before); lives || err != nil {
				t.Errorf("the old key lives: %t, %v, want it dead", lives, err)
			}
		})
	}
}

// TestLoginAfterFlush: how to keep nothing of the anonymous session.
func TestLoginAfterFlush(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	s := openWith(t, "planted", true)
	s.Flush()
	login(t, a, s, aladdin)
	save(t, s)
	if s.Has("planted") || whoIs(t, a, s, "42", oldPassword) != "42" {
		t.Errorf("items = %s, want those of the login alone", items(s))
	}
}

func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	for user, want := range map[auth.User]string{
		{PasswordHash: oldPassword}:                                  "User.ID is empty",
		{ID: "42", PasswordHash: oldPassword, Backend: "not.listed"}: "not in Config.Backends",
	} {
		s := openWith(t, "cart", "lamp")
		err := a.Login(s, user)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), oldPassword) {
			t.Errorf("Login(%v): %v, want something about %q", user, err, want)
		}
		if s.Modified() || items(s) != `{"cart":"lamp"}` {
			t.Errorf("a refused Login changed the session: %s", items(s))
		}
	}
}

func TestBackends(t *testing.T) {
	t.Parallel()
	both := newAuth(t, auth.Config{Backends: []string{"site.Password", "site.SSO"}})
	for _, want := range []string{"", "site.SSO"} {
		s := openWith(t)
		login(t, both, s, auth.User{ID: "42", PasswordHash: oldPassword, Backend: want})
		if want == "" {
			want = "site.Password"
		}
		if got := s.Get("_auth_user_backend"); got != want {
			t.Errorf("backend = %v, want %s", got, want)
		}
		if got := whoIs(t, both, s, "42", oldPassword); got != "42" {
			t.Errorf("logged in by %s, GetUser says %s", want, got)
		}
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	m := manager(t, must(memstore.New()))
	s := m.Open(context.Background(), saved(t, m, "cart", "lamp"))
	login(t, a, s, aladdin)
	save(t, s)
	key := s.Key()
	a.Logout(s)
	save(t, s)
	if !s.IsEmpty() {
		t.Errorf("items = %s, want none", items(s))
	}
	if lives, err := m.Exists(context.Background(), key); lives || err != nil {
		t.Errorf("the session lives: %t, %v, want it gone", lives, err)
	}
}

func TestUpdateSessionAuthHash(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	tests := []struct {
		name string
		id   string // who is logged in; empty: nobody
		want string // who is, with the new password
	}{
		{"the user", "42", "42"},
		{"another user", "43", "anonymous"},
		{"nobody", "", "anonymous"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := manager(t, must(memstore.New()))
			s := m.Open(context.Background(), saved(t, m, "cart", "lamp"))
			if tt.id != "" {
				login(t, a, s, auth.User{ID: tt.id, PasswordHash: oldPassword})
			}
			save(t, s)
			before := s.Key()
			a.UpdateSessionAuthHash(s, auth.User{ID: "42", PasswordHash: newPassword})
			save(t, s)
			if s.Key() == before {
				t.Error("the key is the old one")
			}
			if lives, err := m.Exists(context.Background(), before); lives || err != nil {
				t.Errorf("the old key lives: %t, %v, want it dead", lives, err)
			}
			if !s.Has("cart") {
				t.Error("the cart is gone")
			}
			if tt.id == "" && s.Has("_auth_user_hash") {
				t.Error("an anonymous session got a hash")
			}
			if got := whoIs(t, a, s, cmp.Or(tt.id, "42"), newPassword); got != tt.want {
				t.Errorf("GetUser says %s, want %s", got, tt.want)
			}
		})
	}
}

// TestPasswordChangeEndsOtherDevices: one device changes the password, the other
// is logged out at its next use.
func TestPasswordChangeEndsOtherDevices(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	here, there := openWith(t), openWith(t)
	login(t, a, here, aladdin)
	login(t, a, there, aladdin)
	a.UpdateSessionAuthHash(here, auth.User{ID: "42", PasswordHash: newPassword})
	if got := whoIs(t, a, here, "42", newPassword); got != "42" {
		t.Errorf("here: GetUser says %s, want 42", got)
	}
	if got := whoIs(t, a, there, "42", newPassword); got != "anonymous" {
		t.Errorf("there: GetUser says %s, want anonymous", got)
	}
}

// TestLoginDuringLogin: two log-ins to one anonymous session at once leave one key.
func TestLoginDuringLogin(t *testing.T) {
	t.Parallel()
	a := newAuth(t, auth.Config{})
	m := manager(t, must(memstore.New()))
	key := saved(t, m, "cart", "lamp")
	first, second := m.Open(context.Background(), key), m.Open(context.Background(), key)
	login(t, a, first, aladdin)
	login(t, a, second, auth.User{ID: "43", PasswordHash: oldPassword})
	save(t, first)
	if err := second.Save(context.Background()); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("the second login: %v, want ErrInterrupted", err)
	}
	if got := whoIs(t, a, m.Open(context.Background(), first.Key()), "42", oldPassword); got != "42" {
		t.Errorf("GetUser says %s, want 42", got)
	}
}
