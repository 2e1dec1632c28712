package chisession

import (
	"net/http"

	"github.com/djinn-go/djinn/core"
)

// Middleware gives every request a session of m. Mounted twice, the outer one
// works; two managers with different cookie names get along.
func Middleware(m *core.Manager, opts ...Option) func(http.Handler) http.Handler {
	cfg := new(config)
	for _, opt := range opts {
		opt(cfg)
	}
	return func(next http.Handler) http.Handler {
		serve := m.Handler(next)
		if cfg.answer != nil {
			serve = answering(m, next, cfg.answer)
		}
		if cfg.skipper == nil {
			return serve
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if cfg.skipper(r) {
				next.ServeHTTP(w, r)
				return
			}
			serve.ServeHTTP(w, r)
		})
	}
}

// answering is Manager.Handler with an error handler of the router's own.
func answering(m *core.Manager, next http.Handler, answer errorHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := m.Lookup(r.Context()); ok {
			next.ServeHTTP(w, r)
			return
		}
		x := new(core.Exchange)
		r = x.Begin(m, w, r)
		status := http.StatusInternalServerError // of a panic
		defer func() {
			if err := x.Commit(status); err != nil {
				x.ResetHeader()
				answer(w, r, err)
			}
			x.End()
		}()
		next.ServeHTTP(x.Writer(), r)
		status = http.StatusOK
	})
}
