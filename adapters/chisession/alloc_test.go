package chisession_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/djinn-go/djinn/adapters/chisession"
)

// silent is a response that costs nothing.
type silent struct{ header http.Header }

func (w silent) Header() http.Header         { return w.header }
func (w silent) Write(p []byte) (int, error) { return len(p), nil }
func (w silent) WriteHeader(int)             {}

// The promise: a request that does not use its session costs at most two
// allocations more than the framework with one middleware that does nothing, and
// Handle at most one more.
func TestAllocations(t *testing.T) {
	m := newManager(t)
	allocs := func(middleware func(http.Handler) http.Handler, handler http.HandlerFunc) float64 {
		r := chi.NewRouter()
		r.Use(middleware)
		r.Get("/", handler)
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Cookie", "theme=dark; sessionid=abcdefghijklmnopqrstuvwxyz012345")
		w := silent{http.Header{}}
		return testing.AllocsPerRun(1000, func() { r.ServeHTTP(w, req) })
	}
	noop := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	plain := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	handle := chisession.Handle(func(c *chisession.Context) { c.W.WriteHeader(http.StatusNoContent) })
	bare := allocs(noop, plain)
	untouched := allocs(chisession.Middleware(m), plain)
	handled := allocs(chisession.Middleware(m), handle)
	t.Logf("allocations: %v bare, %v untouched, %v with Handle", bare, untouched, handled)
	if untouched > bare+2 {
		t.Errorf("an untouched request: got %v allocations, want at most %v", untouched, bare+2)
	}
	if handled > untouched+1 {
		t.Errorf("Handle: got %v allocations, want at most %v", handled, untouched+1)
	}
}
