package chisession

import (
	"net/http"

	"github.com/go-chi/chi/v5/middleware"

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
		serve := m.HandlerWith(next, core.HandlerOptions{ErrorHandler: cfg.answer, ClientIP: clientIP})
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

// clientIP is what one of chi's ClientIPFrom middlewares has found, or "".
func clientIP(r *http.Request) string { return middleware.GetClientIP(r.Context()) }
