package chisession_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/djinn-go/djinn/adapters/chisession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// The client's address is what chi's middleware before the sessions has found,
// unless the program knows better.
func TestClientIP(t *testing.T) {
	t.Parallel()
	forwarded := http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	trusted := middleware.ClientIPFromXFF("10.0.0.0/8")
	type middlewares = chi.Middlewares
	tests := []struct {
		name          string
		before, after middlewares
		remote        string
		header        http.Header
		config        func(*http.Request) string
		want          string
	}{
		{"no middleware", nil, nil, "198.51.100.7:1", forwarded, nil, "198.51.100.7"},
		{"junk from the proxy", middlewares{trusted}, nil, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"<script>"}}, nil, "10.0.0.1"},
		{"the connection's", middlewares{middleware.ClientIPFromRemoteAddr}, nil, "198.51.100.7:1", forwarded, nil, "198.51.100.7"},
		{"the connection's, with a zone", middlewares{middleware.ClientIPFromRemoteAddr}, nil, "[fe80::1%eth0]:1", nil, nil, "fe80::1"},
		{"a header", middlewares{middleware.ClientIPFromHeader("X-Real-IP", "10.0.0.0/8")}, nil, "10.0.0.1:1",
			http.Header{"X-Real-Ip": {"203.0.113.8"}}, nil, "203.0.113.8"},
		{"after the sessions it comes too late", nil, middlewares{trusted}, "10.0.0.1:1", forwarded, nil, "10.0.0.1"},
		//nolint:staticcheck // deprecated, and mounted by many: what it does to an address is shown
		{"RealIP believes everybody", middlewares{middleware.RealIP}, nil, "198.51.100.7:1", forwarded, nil, "203.0.113.7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := core.New(must(memstore.New()), core.Config{SecretKey: "secret", ClientIP: tt.config})
			if err != nil {
				t.Fatal(err)
			}
			r := chi.NewRouter()
			r.Use(tt.before...)
			r.Use(chisession.Middleware(m))
			r.Use(tt.after...)
			r.Get("/", func(w http.ResponseWriter, r *http.Request) {
				client, _ := core.ClientInfoFrom(r.Context())
				fmt.Fprint(w, client.IP)
			})
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.RemoteAddr = tt.remote
			for name, values := range tt.header {
				req.Header[name] = values
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if got := w.Body.String(); got != tt.want {
				t.Errorf("the client's address: got %s, want %s", got, tt.want)
			}
		})
	}
}
