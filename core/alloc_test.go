package core_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// nullWriter is a response writer that costs nothing.
type nullWriter struct{ h http.Header }

func (w nullWriter) Header() http.Header       { return w.h }
func (nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (nullWriter) WriteHeader(int)             {}

// What a request costs in allocations. Raise a number only with a reason.
func TestAllocations(t *testing.T) {
	m, err := core.New(must(memstore.New()), core.Config{SecretKey: "only for tests"})
	if err != nil {
		t.Fatal(err)
	}
	noop := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	measure := func(h http.Handler, cookie string) float64 {
		r := httptest.NewRequest("GET", "/", nil)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
		}
		w := nullWriter{http.Header{}}
		return testing.AllocsPerRun(200, func() {
			clear(w.h)
			h.ServeHTTP(w, r)
		})
	}
	handle := func(f func(s *core.Session)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(m.Session(r.Context()))
			w.WriteHeader(http.StatusNoContent)
		})
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

	const n core.Key[int] = "n"
	s := m.Open(t.Context(), "")
	n.Set(s, 1)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := s.Key()

	base := measure(noop(plain), key)
	tests := []struct {
		name   string
		h      http.Handler
		budget float64
	}{
		{"untouched", m.Handler(plain), 2},
		{"reached, untouched", m.Handler(handle(func(*core.Session) {})), 2},
		{"read one item", m.Handler(handle(func(s *core.Session) { n.Get(s) })), 13},
		{"change one item", m.Handler(handle(func(s *core.Session) { n.Update(s, func(n int) int { return n + 1 }) })), 24},
	}
	for _, tt := range tests {
		if got := measure(tt.h, key) - base; got > tt.budget {
			t.Errorf("%s: %.0f allocations more than a no-op middleware, budget %.0f", tt.name, got, tt.budget)
		} else {
			t.Logf("%s: %.0f allocations more than a no-op middleware, budget %.0f", tt.name, got, tt.budget)
		}
	}
}
