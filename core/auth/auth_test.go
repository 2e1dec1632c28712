package auth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/core/memstore"
)

const testKey = "a secret key for the tests of package auth"

// aladdin's password field, before and after a change.
const (
	oldPassword = "pbkdf2_sha256$260000$salt$old"
	newPassword = "pbkdf2_sha256$260000$salt$new"
)

var aladdin = auth.User{ID: "42", PasswordHash: oldPassword}

func newAuth(t testing.TB, cfg auth.Config) *auth.Auth {
	t.Helper()
	if cfg.SecretKey == "" {
		cfg.SecretKey = testKey
	}
	a, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func manager(t testing.TB, store core.Store) *core.Manager {
	t.Helper()
	m, err := core.New(store, core.Config{SecretKey: testKey, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// openWith is a session as a request finds it: saved with these items before, and
// not yet looked at. Without items there is none.
func openWith(t testing.TB, pairs ...any) *core.Session {
	t.Helper()
	m := manager(t, must(memstore.New()))
	return m.Open(context.Background(), saved(t, m, pairs...))
}

// saved saves a session with these items and returns its key.
func saved(t testing.TB, m *core.Manager, pairs ...any) string {
	t.Helper()
	s := m.Open(context.Background(), "")
	for i := 0; i < len(pairs); i += 2 {
		s.Set(pairs[i].(string), pairs[i+1])
	}
	save(t, s)
	return s.Key()
}

func save(t testing.TB, s *core.Session) {
	t.Helper()
	if err := s.Save(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func login(t testing.TB, a *auth.Auth, s *core.Session, u auth.User) {
	t.Helper()
	if err := a.Login(s, u); err != nil {
		t.Fatal(err)
	}
}

// items is the JSON text of a session's items.
func items(s *core.Session) string { return string(s.Values().AppendJSON(nil)) }

// whoIs asks GetUser, on a site that has one user.
func whoIs(t testing.TB, a *auth.Auth, s *core.Session, id, passwordHash string) string {
	t.Helper()
	user, ok, err := auth.GetUser(t.Context(), a, s, func(_ context.Context, asked string) (string, string, error) {
		if asked != id {
			return "", "", auth.ErrNoUser
		}
		return id, passwordHash, nil
	})
	switch {
	case err != nil:
		t.Fatalf("GetUser: %v", err)
	case !ok && user != "":
		t.Errorf("GetUser returns the user %q and says there is none", user)
	case !ok:
		return "anonymous"
	}
	return user
}

func TestVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Hashes []struct {
			ID, Password, Hash string
			SecretKey          string `json:"secret_key"`
		} `json:"session_auth_hash"`
		Fallback []struct {
			ID, Password string
			SecretKey    string        `json:"secret_key"`
			Fallbacks    []core.Secret `json:"secret_key_fallbacks"`
			WrittenWith  string        `json:"written_with"`
			AuthHash     string        `json:"auth_hash"`
			Valid        bool
		}
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Hashes) != 4 || len(vectors.Fallback) != 3 {
		t.Fatalf("%d and %d vectors, want 4 and 3", len(vectors.Hashes), len(vectors.Fallback))
	}
	for _, v := range vectors.Hashes {
		a := newAuth(t, auth.Config{SecretKey: core.Secret(v.SecretKey)})
		if got := a.SessionAuthHash(v.Password); got != v.Hash {
			t.Errorf("%s: hash = %s, want %s", v.ID, got, v.Hash)
		}
	}
	for _, v := range vectors.Fallback {
		writer := newAuth(t, auth.Config{SecretKey: core.Secret(v.WrittenWith)})
		if got := writer.SessionAuthHash(v.Password); got != v.AuthHash {
			t.Errorf("%s: hash = %s, want %s", v.ID, got, v.AuthHash)
		}
		a := newAuth(t, auth.Config{SecretKey: core.Secret(v.SecretKey), SecretKeyFallbacks: v.Fallbacks})
		s := openWith(t, "_auth_user_id", "1", "_auth_user_backend", auth.ModelBackend, "_auth_user_hash", v.AuthHash)
		if got := a.Verify(s, v.Password); got != v.Valid {
			t.Errorf("%s: Verify = %t, want %t", v.ID, got, v.Valid)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{SecretKeyFallbacks: []core.Secret{"an older key", ""}, Backends: []string{""}})
	for _, want := range []string{"Config.SecretKey: is empty", "entry 1 is empty", "Config.Backends: has an empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want something about %q", err, want)
		}
	}
}

// TestNewCopies: whoever changes the slices afterwards changes nothing.
func TestNewCopies(t *testing.T) {
	t.Parallel()
	backends := []string{auth.ModelBackend}
	a := newAuth(t, auth.Config{Backends: backends})
	backends[0] = "other"
	s := openWith(t)
	login(t, a, s, aladdin)
	if got := s.Get("_auth_user_backend"); got != auth.ModelBackend {
		t.Errorf("backend = %v, want %s", got, auth.ModelBackend)
	}
}

func TestPrintsNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "sesame-sesame"
	cfg := auth.Config{SecretKey: secret, SecretKeyFallbacks: []core.Secret{secret}}
	a := newAuth(t, cfg)
	user := auth.User{ID: "42", PasswordHash: secret}
	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&printed, verb+verb+verb+verb+"\n", cfg, a, user, &user)
	}
	slog.New(slog.NewTextHandler(&printed, nil)).Info("", "cfg", cfg, "auth", a, "user", user)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("", "cfg", cfg, "auth", a, "user", user)
	derived := sha256.Sum256([]byte("django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash" + secret))
	hidden := []string{secret, fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret)), fmt.Sprintf("%x", derived), fmt.Sprint(derived)}
	for _, h := range hidden {
		if strings.Contains(printed.String(), h) {
			t.Errorf("printed: %s\ncontains %q", printed.String(), h)
		}
	}
	if !strings.Contains(printed.String(), "auth.User(42)") {
		t.Errorf("printed: %s, want the user's ID in it", printed.String())
	}
}

// TestGetUserAllocates: what a request with a logged-in user pays, besides loading
// the session. Raise the number only with a reason.
func TestGetUserAllocates(t *testing.T) {
	const budget = 12
	a := newAuth(t, auth.Config{})
	s := openWith(t)
	login(t, a, s, aladdin)
	ctx := context.Background()
	lookup := func(context.Context, string) (int, string, error) { return 42, oldPassword, nil }
	got := testing.AllocsPerRun(100, func() {
		if _, ok, _ := auth.GetUser(ctx, a, s, lookup); !ok {
			t.Fatal("nobody is logged in")
		}
	})
	if got > budget {
		t.Errorf("GetUser allocates %.0f times, budget %d", got, budget)
	}
	t.Logf("GetUser allocates %.0f times, budget %d", got, budget)
}

func BenchmarkGetUser(b *testing.B) {
	a := newAuth(b, auth.Config{})
	s := openWith(b)
	login(b, a, s, aladdin)
	lookup := func(context.Context, string) (int, string, error) { return 42, oldPassword, nil }
	b.ReportAllocs()
	for b.Loop() {
		auth.GetUser(context.Background(), a, s, lookup)
	}
}

// errDown is a database that does not answer.
var errDown = errors.New("no route to the database")

// downStore is a store that is down.
type downStore struct{ *memstore.Store }

func (downStore) Load(context.Context, string) (core.Record, error) { return core.Record{}, errDown }
