package interop

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
)

// goSite is djinn's side: net/http, as a program of djinn's users has it.
type goSite struct {
	place     *place
	key       core.Secret
	fallbacks []core.Secret
	after     time.Duration
}

func (s *goSite) now() time.Time { return time.Now().Add(s.after) }

func (s *goSite) manager(t *testing.T) *core.Manager {
	t.Helper()
	store, err := s.place.store(s.now)
	if err != nil {
		t.Fatal(err)
	}
	m, err := core.New(store, core.Config{
		SecretKey: s.key, SecretKeyFallbacks: s.fallbacks, Now: s.now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// visit lets the browser make one request, which do answers.
func (s *goSite) visit(t *testing.T, b *browser, do func(ctx context.Context, s *core.Session)) {
	t.Helper()
	if status := s.serve(s.manager(t), b, do); status != http.StatusOK {
		t.Fatalf("Go: status %d, want 200", status)
	}
}

// serve makes the request and returns the status.
func (s *goSite) serve(m *core.Manager, b *browser, do func(ctx context.Context, s *core.Session)) int {
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	if b.cookie != "" {
		request.AddCookie(&http.Cookie{Name: m.CookieName(), Value: b.cookie})
	}
	recorder := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		do(r.Context(), m.Session(r.Context()))
	})).ServeHTTP(recorder, request)
	response := recorder.Result()
	for _, c := range response.Cookies() {
		b.cookie, b.maxAge = c.Value, nil
		if c.MaxAge != 0 {
			b.maxAge = &c.MaxAge
		}
	}
	return response.StatusCode
}

func (s *goSite) name() string { return "Go" }

func (s *goSite) items(t *testing.T, b *browser) (text string) {
	t.Helper()
	s.visit(t, b, func(_ context.Context, s *core.Session) { text = string(s.Values().AppendJSON(nil)) })
	return text
}

func (s *goSite) edit(t *testing.T, b *browser, e edit) {
	t.Helper()
	values, err := core.ParseValues(jsonObject(e.Set))
	if err != nil {
		t.Fatal(err)
	}
	s.visit(t, b, func(_ context.Context, session *core.Session) {
		for name, value := range values.All() {
			session.Set(name, value)
		}
		if e.Expiry != nil {
			session.SetExpiry(time.Duration(*e.Expiry) * time.Second)
		}
		if e.Date != 0 {
			session.SetExpiryDate(s.now().Add(time.Duration(e.Date) * time.Second))
		}
		if e.Cycle {
			session.CycleKey()
		}
	})
}

// jsonObject is text, or an object without items.
func jsonObject(text string) string {
	if text == "" {
		return "{}"
	}
	return text
}

func (s *goSite) auth(t *testing.T) *auth.Auth {
	t.Helper()
	a, err := auth.New(auth.Config{SecretKey: s.key, SecretKeyFallbacks: s.fallbacks})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *goSite) user(t *testing.T, b *browser) (id string) {
	t.Helper()
	a := s.auth(t)
	s.visit(t, b, func(ctx context.Context, session *core.Session) {
		found, ok, err := auth.GetUser(ctx, a, session, s.place.lookup)
		if err != nil {
			t.Errorf("Go, GetUser: %v", err)
		}
		if ok {
			id = found.ID
		}
	})
	return id
}

// lookup stands for a query of auth_user.
func (p *place) lookup(_ context.Context, id string) (account, string, error) {
	if id != p.user.ID {
		return account{}, "", auth.ErrNoUser
	}
	return p.user, p.user.Password, nil
}

func (s *goSite) login(t *testing.T, b *browser) {
	t.Helper()
	a := s.auth(t)
	s.visit(t, b, func(_ context.Context, session *core.Session) {
		if err := a.Login(session, auth.User{ID: s.place.user.ID, PasswordHash: s.place.user.Password}); err != nil {
			t.Errorf("Go, Login: %v", err)
		}
	})
}

func (s *goSite) logout(t *testing.T, b *browser) {
	t.Helper()
	a := s.auth(t)
	s.visit(t, b, func(_ context.Context, session *core.Session) { a.Logout(session) })
}

func (s *goSite) later(d time.Duration) site { c := *s; c.after = d; return &c }

func (s *goSite) keyed(key string, fallbacks ...string) site {
	c := *s
	c.key, c.fallbacks = core.Secret(key), nil
	for _, f := range fallbacks {
		c.fallbacks = append(c.fallbacks, core.Secret(f))
	}
	return &c
}
