package echov5session_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/djinn-go/djinn/adapters/echov5session"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

func newManager(t testing.TB) *core.Manager {
	t.Helper()
	m, err := core.New(must(memstore.New()), core.Config{SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func serve(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// echo.WrapMiddleware leaves a response of its own behind; an error is still
// answered once, with one cookie.
func TestWrapMiddlewareInside(t *testing.T) {
	t.Parallel()
	r := echo.New()
	r.Use(echov5session.Middleware(newManager(t)))
	r.Use(echo.WrapMiddleware(func(next http.Handler) http.Handler { return next }))
	r.GET("/", echov5session.Handle(func(c *echov5session.Context) error {
		c.Session().Set("item", "lamp")
		return echo.NewHTTPError(http.StatusConflict, "sold out")
	}))
	r.GET("/broken", echov5session.Handle(func(c *echov5session.Context) error {
		c.Session().Set("channel", make(chan int))
		return c.String(http.StatusOK, "fine")
	}))
	w := serve(r, "/")
	if got := len(w.Header()["Set-Cookie"]); w.Code != http.StatusConflict || got != 1 {
		t.Errorf("an error under WrapMiddleware: got status %d and %d cookies, want 409 and 1", w.Code, got)
	}
	w = serve(r, "/broken")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "fine") || w.Body.Len() == 0 {
		t.Errorf("a failed commit under WrapMiddleware: got %d %q, want Echo's own 500", w.Code, w.Body)
	}
}

// A Flush does not need anybody to answer the error.
func TestFlushWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	s := m.Open(t.Context(), "")
	s.Set("user", "aladdin")
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := echo.New()
	r.HTTPErrorHandler = func(*echo.Context, error) {} // as for a client that is gone
	r.Use(echov5session.Middleware(m))
	r.GET("/", func(c *echo.Context) error { echov5session.From(c).Flush(); return errors.New("canceled") })
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(&http.Cookie{Name: "sessionid", Value: s.Key()})
	r.ServeHTTP(httptest.NewRecorder(), req)
	if alive, err := m.Exists(t.Context(), s.Key()); alive || err != nil {
		t.Errorf("a logout whose error nobody answers: got the session alive %t, %v; want it gone", alive, err)
	}
}

// Echo's Gzip on both sides: an error after a failed commit is readable, and a good
// response has its cookie.
func TestGzip(t *testing.T) {
	t.Parallel()
	for order, mws := range map[string][]echo.MiddlewareFunc{
		"before": {middleware.Gzip(), echov5session.Middleware(newManager(t))},
		"after":  {echov5session.Middleware(newManager(t)), middleware.Gzip()},
	} {
		r := echo.New()
		r.Use(mws...)
		r.GET("/", func(c *echo.Context) error {
			echov5session.From(c).Set("item", "lamp")
			return c.String(http.StatusOK, "lamp")
		})
		r.GET("/broken", func(c *echo.Context) error {
			echov5session.From(c).Set("channel", make(chan int))
			return c.String(http.StatusOK, "fine")
		})
		server := httptest.NewServer(r)
		defer server.Close()
		for path, want := range map[string]struct {
			status, cookies int
			body            string
		}{
			"/":       {http.StatusOK, 1, "lamp"},
			"/broken": {http.StatusInternalServerError, 0, "{\"message\":\"Internal Server Error\"}\n"},
		} {
			resp, err := server.Client().Get(server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if cookies := len(resp.Header["Set-Cookie"]); resp.StatusCode != want.status || cookies != want.cookies || string(body) != want.body || err != nil {
				t.Errorf("Gzip %s the sessions, %s: got %d, %d cookies, %q, %v; want %d, %d, %q",
					order, path, resp.StatusCode, cookies, body, err, want.status, want.cookies, want.body)
			}
		}
	}
}
