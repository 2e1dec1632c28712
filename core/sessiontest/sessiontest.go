// Package sessiontest is for tests of handlers that use a session: a request that
// has one, a cookie of a visitor who has been there before, and a look into what
// a response left behind.
//
// It works without middleware and with it, and with every adapter, because the
// session travels in the request's context.
package sessiontest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// Manager returns a Manager over a new store in memory, for tests that have none
// of their own. It logs nothing.
func Manager(t testing.TB) *core.Manager {
	t.Helper()
	store, err := memstore.New()
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	m, err := core.New(store, core.Config{
		SecretKey: "for tests of handlers",
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	return m
}

// Request returns r with a session that holds items, for a handler that is called
// without the middleware. The session is the one that the handler finds, so the
// test can look at what was done to it. Nothing is saved unless Save is called.
// core.ClientInfoFrom finds the client, by r's RemoteAddr and User-Agent.
func Request(t testing.TB, m *core.Manager, r *http.Request, items map[string]any) (*http.Request, *core.Session) {
	t.Helper()
	bare := r.Clone(r.Context())
	bare.Header.Del("Cookie") // the session is a new one
	x := new(core.RequestBinding)
	ctx := x.Begin(m, httptest.NewRecorder(), bare).Context()
	s := x.Session()
	set(t, s, items)
	return r.WithContext(ctx), s
}

// Cookie saves a session that holds items and returns the cookie of the visitor
// who has it, for a request that goes through the middleware. Its name is that of
// the Manager's cookie.
func Cookie(t testing.TB, m *core.Manager, items map[string]any) *http.Cookie {
	t.Helper()
	s := m.Open(context.Background(), "")
	set(t, s, items)
	if err := s.Save(context.Background()); err != nil {
		t.Fatalf("sessiontest: cannot save the session: %v", err)
	}
	if s.Key() == "" {
		t.Fatal("sessiontest: a session without items is not saved: give it one")
	}
	return &http.Cookie{Name: m.CookieName(), Value: s.Key()}
}

// Session returns what the store holds for the visitor with that cookie, for a
// look after the request. A nil cookie, or one that was deleted, is a new visitor.
func Session(t testing.TB, m *core.Manager, c *http.Cookie) *core.Session {
	t.Helper()
	key := ""
	if c != nil {
		key = c.Value
	}
	s := m.Open(context.Background(), key)
	if err := s.Err(); err != nil {
		t.Fatalf("sessiontest: cannot load the session: %v", err)
	}
	return s
}

// Values returns items in the order of the pairs (name, value, name, value), as a
// session that was set to them has them: what a model's FillSession is called with.
// The error is that of Session.Set and names the item.
func Values(pairs ...any) (core.Values, error) {
	if len(pairs)%2 != 0 {
		return core.Values{}, fmt.Errorf("sessiontest: Values wants pairs of name and value, got %d arguments", len(pairs))
	}
	store, err := memstore.New()
	if err != nil {
		return core.Values{}, err
	}
	m, err := core.New(store, core.Config{SecretKey: "for tests of values"})
	if err != nil {
		return core.Values{}, err
	}
	s := m.Open(context.Background(), "")
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return core.Values{}, fmt.Errorf("sessiontest: Values wants a string as the name of argument %d, got %T", i, pairs[i])
		}
		s.Set(name, pairs[i+1])
	}
	return s.Values(), s.Err()
}

func set(t testing.TB, s *core.Session, items map[string]any) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(items)) {
		s.Set(name, items[name])
	}
	if err := s.Err(); err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
}
