package chisession_test

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/djinn-go/djinn/adapters/chisession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{Name: "chi", Build: func(app adaptertest.App) http.Handler {
		return build(app, func(m *core.Manager) func(http.Handler) http.Handler {
			if app.OnError == nil {
				return chisession.Middleware(m)
			}
			return chisession.Middleware(m, chisession.WithErrorHandler(app.OnError))
		})
	}})
}

// The same with an error handler of the router's own in every case.
func TestLawsWithErrorHandler(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{Name: "chi", Build: func(app adaptertest.App) http.Handler {
		return build(app, func(m *core.Manager) func(http.Handler) http.Handler {
			if app.OnError == nil {
				return chisession.Middleware(m, chisession.WithErrorHandler(m.HandleError))
			}
			return chisession.Middleware(m, chisession.WithErrorHandler(app.OnError))
		})
	}})
}

func build(app adaptertest.App, sessions func(*core.Manager) func(http.Handler) http.Handler) http.Handler {
	r := chi.NewRouter()
	if app.Recovery == adaptertest.RecoveryOutside {
		r.Use(quiet, middleware.Recoverer)
	}
	for _, m := range app.Managers {
		r.Use(sessions(m))
	}
	if app.Recovery == adaptertest.RecoveryInside {
		r.Use(quiet, middleware.Recoverer)
	}
	if app.Before != nil {
		r.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				app.Before(newCtx(app)(w, r))
				next.ServeHTTP(w, r)
			})
		})
	}
	for path, h := range app.Routes {
		r.HandleFunc(path, chisession.HandleWith(newCtx(app), h))
	}
	for path, h := range app.Mounts {
		r.Handle(path, h)
	}
	return r
}

// quiet keeps Recoverer's stack traces out of the test's output.
func quiet(next http.Handler) http.Handler {
	return middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: discard{}, NoColor: true})(next)
}

type discard struct{}

func (discard) Print(...any) {}

// chiCtx is net/http's, with the session from chisession.
type chiCtx struct {
	adaptertest.Ctx
	c *chisession.Context
}

func (c chiCtx) Session() *core.Session { return c.c.Session() }

func newCtx(app adaptertest.App) func(http.ResponseWriter, *http.Request) adaptertest.Ctx {
	return func(w http.ResponseWriter, r *http.Request) adaptertest.Ctx {
		return chiCtx{adaptertest.NewNetHTTPCtx(w, r, app.OnError), &chisession.Context{W: w, R: r}}
	}
}
