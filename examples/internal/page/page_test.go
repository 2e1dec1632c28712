package page_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/examples/internal/page"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

// get serves one request to handle with a session, and returns the body.
func get(t *testing.T, m *core.Manager, cookie string, handle http.HandlerFunc) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
	}
	w := httptest.NewRecorder()
	trace.Handler("sessionid", "db", m.Handler(handle)).ServeHTTP(w, r)
	return w.Body.String()
}

func newManager(t *testing.T) *core.Manager {
	t.Helper()
	m, err := core.New(must(memstore.New()), core.Config{SecretKey: "for tests", Observer: trace.Observe})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPanelIsHonest renders the same page straight to the response, and into
// memory before the response has begun.
func TestPanelIsHonest(t *testing.T) {
	t.Parallel()
	const yet, done = "Still to come: the first byte", "The session is created"
	m := newManager(t)
	direct := get(t, m, "", func(w http.ResponseWriter, r *http.Request) {
		view := page.New("net/http", r)
		m.Session(r.Context()).Set("count", 1)
		if err := page.Templates.ExecuteTemplate(w, "home.html", view); err != nil {
			t.Error(err)
		}
	})
	if strings.Contains(direct, yet) || !strings.Contains(direct, done) {
		t.Error("a page that writes to the response does not know that the session was saved")
	}
	buffered := get(t, m, "", func(w http.ResponseWriter, r *http.Request) {
		view := page.New("net/http", r)
		m.Session(r.Context()).Set("count", 1)
		var body bytes.Buffer
		if err := page.Templates.ExecuteTemplate(&body, "home.html", view); err != nil {
			t.Error(err)
		}
		_, _ = body.WriteTo(w)
	})
	if !strings.Contains(buffered, yet) || strings.Contains(buffered, done) {
		t.Error("a page rendered into memory claims to know how the session was saved")
	}
}

func TestPanelSays(t *testing.T) {
	t.Parallel()
	const unknown = "abcdefghijklmnopqrstuvwxyz012345"
	read := func(s *core.Session) { s.Get("count") }
	for name, tc := range map[string]struct {
		cookie string
		use    func(*core.Session)
		want   string
	}{
		"nothing used":    {unknown, func(*core.Session) {}, "The handler does not use the session"},
		"no cookie":       {"", read, "there is nothing to load"},
		"junk cookie":     {"<junk>", read, "cannot be one of this server&#39;s keys"},
		"unknown session": {unknown, read, "the store knows no such session"},
		"only read":       {unknown, read, "The handler only reads"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newManager(t)
			body := get(t, m, tc.cookie, func(w http.ResponseWriter, r *http.Request) {
				view := page.New("net/http", r)
				tc.use(m.Session(r.Context()))
				if err := page.Templates.ExecuteTemplate(w, "untouched.html", view); err != nil {
					t.Error(err)
				}
			})
			if !strings.Contains(body, tc.want) {
				t.Errorf("the panel does not say %q", tc.want)
			}
		})
	}
}

func TestWriteProblem(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 418, 500, 503} {
		for accept, contentType := range map[string]string{"text/html,*/*": "text/html; charset=utf-8", "*/*": "application/json"} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept", accept)
			page.WriteProblem(w, r, status)
			if w.Code != status || w.Header().Get("Content-Type") != contentType || w.Body.Len() < 20 {
				t.Errorf("%d for %s: got %d, %s, %d bytes", status, accept, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
			}
			if got := w.Header().Get("Retry-After") != ""; got != (status == 503) {
				t.Errorf("%d: got Retry-After: %t", status, got)
			}
		}
	}
}
