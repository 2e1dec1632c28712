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
	adaptertest.Run(t, adaptertest.Framework{Name: "chi", Build: func(app adaptertest.App) http.Handler {
		return build(app, nil)
	}})
}

// The same with an error handler of the router's own in every case.
func TestLawsWithErrorHandler(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{
		Name:   "chi, with an error handler",
		Build:  func(app adaptertest.App) http.Handler { return build(app, (*core.Manager).HandleError) },
		Waived: map[string]string{"cost/untouched": "TestLaws counts", "cost/handle": "TestLaws counts"},
	})
}

type answer = func(m *core.Manager, w http.ResponseWriter, r *http.Request, err error)

func build(app adaptertest.App, handleError answer) http.Handler {
	r := chi.NewRouter()
	if app.Recovery == adaptertest.RecoveryOutside {
		r.Use(quiet, middleware.Recoverer)
	}
	if len(app.Proxies) > 0 {
		r.Use(middleware.ClientIPFromXFF(app.Proxies...))
	}
	if app.Style == adaptertest.StyleBare {
		r.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
		})
	}
	for _, m := range app.Managers {
		r.Use(chisession.Middleware(m, options(app, m, handleError)...))
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
		switch app.Style {
		case adaptertest.StyleFrom:
			r.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { h(fromCtx{newCtx(app)(w, r)}) })
		case adaptertest.StyleOwnContext:
			r.HandleFunc(path, chisession.HandleWith(newCtx(app), h))
		default:
			r.HandleFunc(path, chisession.Handle(func(c *chisession.Context) { h(newCtx(app)(c.W, c.R)) }))
		}
	}
	for _, path := range app.Silent {
		if app.Style == adaptertest.StyleContext {
			r.HandleFunc(path, chisession.Handle(func(c *chisession.Context) { c.W.WriteHeader(http.StatusNoContent) }))
		} else {
			r.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		}
	}
	for path, h := range app.Mounts {
		r.Handle(path, h)
	}
	return r
}

// options are what the program asks of the middleware.
func options(app adaptertest.App, m *core.Manager, handleError answer) (opts []chisession.Option) {
	if app.Skip != nil {
		opts = append(opts, chisession.WithSkipper(app.Skip))
	}
	switch {
	case app.AdapterError != nil:
		opts = append(opts, chisession.WithErrorHandler(app.AdapterError))
	case app.OnError != nil:
		opts = append(opts, chisession.WithErrorHandler(app.OnError))
	case handleError != nil:
		opts = append(opts, chisession.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, err error) { handleError(m, w, r, err) }))
	}
	return opts
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

// fromCtx asks From.
type fromCtx struct{ adaptertest.Ctx }

func (c fromCtx) Session() *core.Session { return chisession.From(c.Request()) }
