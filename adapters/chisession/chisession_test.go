package chisession_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/djinn-go/djinn/adapters/chisession"
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

func TestFromWithoutMiddlewareNamesTheCure(t *testing.T) {
	t.Parallel()
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, "chisession.Middleware") {
			t.Errorf("From without the middleware: got panic %q, want one that names the cure", got)
		}
	}()
	r := chi.NewRouter()
	r.Get("/", func(_ http.ResponseWriter, r *http.Request) { chisession.From(r) })
	serve(r, "/")
}

// shop is a team's own context.
type shop struct {
	http.ResponseWriter
	cart *core.Session
}

func TestHandleWith(t *testing.T) {
	t.Parallel()
	r := chi.NewRouter()
	r.Use(chisession.Middleware(newManager(t)))
	r.Get("/", chisession.HandleWith(
		func(w http.ResponseWriter, r *http.Request) shop { return shop{w, chisession.From(r)} },
		func(c shop) { c.cart.Set("item", "lamp"); _, _ = c.Write([]byte("lamp")) }))
	w := serve(r, "/")
	if w.Code != http.StatusOK || w.Body.String() != "lamp" || w.Header().Get("Set-Cookie") == "" {
		t.Errorf("HandleWith: got %d %q, want 200, lamp and a cookie", w.Code, w.Body)
	}
}

func TestWithSkipper(t *testing.T) {
	t.Parallel()
	r := chi.NewRouter()
	r.Use(chisession.Middleware(newManager(t), chisession.WithSkipper(func(r *http.Request) bool {
		return r.URL.Path == "/health"
	})))
	has := func(w http.ResponseWriter, r *http.Request) {
		_, ok := core.FromContext(r.Context())
		_, _ = w.Write([]byte(strconv.FormatBool(ok)))
	}
	r.Get("/health", has)
	r.Get("/shop", has)
	for path, want := range map[string]string{"/health": "false", "/shop": "true"} {
		if got := serve(r, path).Body.String(); got != want {
			t.Errorf("%s has a session: got %s, want %s", path, got, want)
		}
	}
}

func TestWithErrorHandler(t *testing.T) {
	t.Parallel()
	r := chi.NewRouter()
	r.Use(chisession.Middleware(newManager(t), chisession.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
		var enc *core.EncodeError
		if !errors.As(err, &enc) {
			t.Errorf("got error %v, want the EncodeError", err)
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("sorry"))
	})))
	r.Get("/", chisession.Handle(func(c *chisession.Context) {
		c.Session().Set("channel", make(chan int))
		_, _ = c.W.Write([]byte("fine"))
	}))
	w := serve(r, "/")
	if w.Code != http.StatusTeapot || w.Body.String() != "sorry" {
		t.Errorf("WithErrorHandler: got %d %q, want 418 sorry", w.Code, w.Body)
	}
}
