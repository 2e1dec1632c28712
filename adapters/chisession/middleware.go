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
			serve = m.HandlerWith(next, cfg.answer)
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
