package core_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// Where there is no connection to take over (HTTP/2, for example) a handler falls
// back on a plain response, which gets its cookie and its Vary.
func TestHijackUnsupported(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		s.Set("count", 1)
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack = %v, want %v", err, http.ErrNotSupported)
		}
		fmt.Fprint(w, "long polling, then")
	})
	if w.Header().Get("Set-Cookie") == "" || w.Header().Get("Vary") != "Cookie" {
		t.Errorf("cookie sent: %t, Vary = %q, want both", w.Header().Get("Set-Cookie") != "", w.Header().Get("Vary"))
	}
	if got := st.get("count"); got != int64(1) {
		t.Errorf("count = %v, want 1", got)
	}
}

// A second manager's writer can hijack only what lies below it.
func TestHijackUnsupportedUnderTwoManagers(t *testing.T) {
	t.Parallel()
	outer, err := core.New(must(memstore.New()), core.Config{SecretKey: "only for tests", CookieName: "outer"})
	if err != nil {
		t.Fatal(err)
	}
	inner := newSite(t, core.Config{}, nil)
	w := httptest.NewRecorder()
	outer.Handler(inner.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.m.Session(r.Context()).Set("count", 1)
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack = %v, want %v", err, http.ErrNotSupported)
		}
	}))).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Header().Get("Set-Cookie") == "" {
		t.Error("no cookie, want the inner session's")
	}
}
