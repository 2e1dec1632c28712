package adaptertest

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/djinn-go/djinn/core"
)

// NetHTTP is net/http as a Framework, for middleware that needs no more than
// that, with a skipper of the suite's own and one style of handlers. mount returns the
// middleware of m; onError, if not nil, is to answer the adapter's errors.
func NetHTTP(name string, mount func(m *core.Manager, onError func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler) Framework {
	return Framework{Name: name, Build: func(app App) http.Handler {
		mux := http.NewServeMux()
		for path, h := range app.Routes {
			mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { h(NewNetHTTPCtx(w, r, app.OnError)) })
		}
		for _, path := range app.Silent {
			mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		}
		for path, h := range app.Mounts {
			mux.Handle(path, h)
		}
		var h http.Handler = mux
		if app.Before != nil {
			h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				app.Before(NewNetHTTPCtx(w, r, app.OnError))
				mux.ServeHTTP(w, r)
			})
		}
		if app.Recovery == RecoveryInside {
			h = recovering(h)
		}
		onError := app.OnError
		if app.AdapterError != nil {
			onError = app.AdapterError
		}
		for i := len(app.Managers) - 1; i >= 0; i-- {
			next := h
			h = mount(app.Managers[i], onError)(next)
			if app.Skip != nil {
				h = skipping(app.Skip, next, h)
			}
		}
		if app.Recovery == RecoveryOutside {
			h = recovering(h)
		}
		return h
	}}
}

// NewNetHTTPCtx is the Ctx of a net/http handler. onError may be nil.
func NewNetHTTPCtx(w http.ResponseWriter, r *http.Request, onError func(http.ResponseWriter, *http.Request, error)) Ctx {
	return netHTTPCtx{w, r, onError}
}

type netHTTPCtx struct {
	w       http.ResponseWriter
	r       *http.Request
	onError func(http.ResponseWriter, *http.Request, error)
}

func (c netHTTPCtx) Session() *core.Session {
	s, ok := core.FromContext(c.r.Context())
	if !ok {
		panic("adaptertest: no session in the request's context: put the middleware around the handler")
	}
	return s
}

func (c netHTTPCtx) Writer() http.ResponseWriter   { return c.w }
func (c netHTTPCtx) Request() *http.Request        { return c.r }
func (c netHTTPCtx) Status(code int)               { c.w.WriteHeader(code) }
func (c netHTTPCtx) Redirect(code int, url string) { http.Redirect(c.w, c.r, url, code) }

func (c netHTTPCtx) String(code int, text string) {
	c.w.WriteHeader(code)
	_, _ = io.WriteString(c.w, text)
}

func (c netHTTPCtx) JSON(code int, v any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(code)
	_ = json.NewEncoder(c.w).Encode(v)
}

func (c netHTTPCtx) Fail(err error) {
	if c.onError == nil {
		http.Error(c.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	c.onError(c.w, c.r, err)
}

// recovering answers a panic with 500.
func recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// skipping serves the requests that skip is about by next alone.
func skipping(skip func(*http.Request) bool, next, sessions http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if skip(r) {
			next.ServeHTTP(w, r)
			return
		}
		sessions.ServeHTTP(w, r)
	})
}
