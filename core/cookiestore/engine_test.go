package cookiestore_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// site is a Manager over a cookie store with a browser in front.
type site struct {
	t      *testing.T
	m      *core.Manager
	cookie string
	now    time.Time
}

func newSite(t *testing.T, cfg core.Config) *site {
	t.Helper()
	st := &site{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	cfg.SecretKey, cfg.Now = "secret", func() time.Time { return st.now }
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	m, err := core.New(open(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	st.m = m
	return st
}

// visit sends a request with the browser's cookie, and keeps what comes back.
func (st *site) visit(h func(s *core.Session, w http.ResponseWriter)) *httptest.ResponseRecorder {
	st.t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	if st.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: st.cookie})
	}
	w := httptest.NewRecorder()
	st.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(st.m.Session(r.Context()), w) })).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		st.cookie = c.Value
		if c.MaxAge < 0 {
			st.cookie = ""
		}
	}
	return w
}

const count core.Key[int] = "count"

func increment(s *core.Session, _ http.ResponseWriter) {
	count.Update(s, func(n int) int { return n + 1 })
}

func (st *site) want(step string, n int) {
	st.t.Helper()
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		if got := count.Get(s); got != n {
			st.t.Errorf("%s: count: got %d, want %d", step, got, n)
		}
	})
}

func TestEngineLifecycle(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{})
	st.visit(increment)
	st.visit(increment)
	st.want("two visits", 2)

	before := st.cookie
	st.now = st.now.Add(time.Second)
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		s.CycleKey()
		s.Set("user", "aladdin")
	})
	if st.cookie == before {
		t.Error("the cookie after CycleKey: got the old one")
	}
	st.want("CycleKey", 2)

	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		increment(s, nil)
		if err := s.Save(t.Context()); err != nil {
			t.Errorf("Save: %v", err)
		}
		increment(s, nil) // and a second save under the key that the first one made
	})
	st.want("two saves in one request", 4)

	st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Clear(); count.Set(s, 9) })
	st.want("Clear and Set", 9)

	st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Flush() })
	if st.cookie != "" {
		t.Error("the cookie after Flush: got one, want it deleted")
	}
	st.want("Flush", 0)
}

func TestEngineForgedCookie(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{})
	st.visit(increment)
	st.cookie = st.cookie[:len(st.cookie)-3] + "xyz"
	forged := st.cookie
	if alive, err := st.m.Exists(t.Context(), forged); alive || err != nil {
		t.Errorf("Exists of a forged cookie: got %t, %v; want false", alive, err)
	}
	st.want("forged", 0)
	if st.cookie != forged {
		t.Error("a forged cookie was answered with another one, though the visitor only read")
	}
	st.visit(increment)
	st.want("after a write", 1)
}

func TestEngineExpires(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{})
	st.visit(increment)
	st.now = st.now.Add(14 * 24 * time.Hour)
	kept := st.cookie
	st.want("exactly the age", 1)
	st.now = st.now.Add(time.Second)
	st.want("a second later", 0)
	if alive, _ := st.m.Exists(t.Context(), kept); alive {
		t.Error("Exists of an expired cookie: got true")
	}
}

func TestEngineSaveEveryRequest(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{SaveEveryRequest: true})
	st.visit(increment)
	for range 4 { // eight weeks, one visit every two less an hour
		st.now = st.now.Add(14*24*time.Hour - time.Hour)
		before := st.cookie
		if st.visit(func(*core.Session, http.ResponseWriter) {}); st.cookie == before || st.cookie == "" {
			t.Error("the cookie was not signed anew")
		}
	}
	st.want("eight weeks of visits", 1)
}

// A browser counts name and attributes, so the engine does.
func TestEngineCookieSize(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{CookiePath: "/" + strings.Repeat("p", 1000)})
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		s.Set("a", noise(3000)) // fits with the default attributes
		w.Write([]byte("done"))
	})
	if w.Code != 500 || w.Header().Get("Set-Cookie") != "" || strings.Contains(w.Body.String(), "done") {
		t.Errorf("a cookie that is too large with its attributes: got %d, want 500 and no cookie", w.Code)
	}
	st = newSite(t, core.Config{})
	if w := st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Set("a", noise(3000)) }); w.Code != 200 || st.cookie == "" {
		t.Errorf("a cookie that fits: got %d, want 200 and the cookie", w.Code)
	}
}

// What changes after the first byte cannot be saved, which is said.
func TestEngineLateChange(t *testing.T) {
	t.Parallel()
	var rejected int
	st := newSite(t, core.Config{Observer: func(_ context.Context, e core.Event) {
		if e.Kind == core.EventLateChange {
			rejected++
		}
	}})
	st.visit(increment)
	st.now = st.now.Add(time.Second)
	var saveErr error
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		count.Get(s)
		w.Write([]byte("x"))
		increment(s, nil)
		saveErr = s.Save(t.Context())
	})
	if saveErr == nil || rejected != 1 {
		t.Errorf("Save after the first byte: got %v and %d reports, want an error and a report", saveErr, rejected)
	}
	rejected = 0
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		count.Get(s)
		w.Write([]byte("x"))
		increment(s, nil)
	})
	if rejected != 1 {
		t.Errorf("a change after the first byte: got %d reports, want 1", rejected)
	}
	st.want("late changes", 1)
}
