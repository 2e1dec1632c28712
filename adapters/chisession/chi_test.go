package chisession_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

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

// chi's own middleware, before the sessions and after.
func TestOrder(t *testing.T) {
	t.Parallel()
	middlewares := map[string]func(http.Handler) http.Handler{
		"Logger":    quiet,
		"Compress":  middleware.Compress(5),
		"Timeout":   middleware.Timeout(time.Minute),
		"Recoverer": middleware.Recoverer,
	}
	for name, mw := range middlewares {
		for order, mws := range map[string]chi.Middlewares{
			"before": {mw, chisession.Middleware(newManager(t))},
			"after":  {chisession.Middleware(newManager(t)), mw},
		} {
			r := chi.NewRouter()
			r.Use(mws...)
			r.Get("/", func(w http.ResponseWriter, r *http.Request) {
				chisession.From(r).Set("item", "lamp")
				w.Header().Set("Content-Type", "text/plain")
				_, _ = w.Write([]byte(strings.Repeat("lamp ", 100)))
			})
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header.Set("Accept-Encoding", "gzip")
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if got := len(w.Result().Header["Set-Cookie"]); got != 1 || w.Code != http.StatusOK {
				t.Errorf("%s %s the sessions: got status %d and %d cookies, want 200 and 1", name, order, w.Code, got)
			}
		}
	}
}
