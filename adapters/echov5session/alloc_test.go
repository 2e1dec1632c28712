package echov5session_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/djinn-go/djinn/adapters/echov5session"
)

// silent is a response that costs nothing.
type silent struct{ header http.Header }

func (w silent) Header() http.Header         { return w.header }
func (w silent) Write(p []byte) (int, error) { return len(p), nil }
func (w silent) WriteHeader(int)             {}

// raceDetector is on in a build that has it, where allocations are not to be counted.
var raceDetector bool

// The promise: a request that does not use its session costs at most two
// allocations more than the framework with one middleware that does nothing, and
// Handle at most one more.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes the framework's pool of contexts forget at random")
	}
	m := newManager(t)
	allocs := func(middleware echo.MiddlewareFunc, handler echo.HandlerFunc) float64 {
		r := echo.New()
		r.Use(middleware)
		r.GET("/", handler)
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Cookie", "theme=dark; sessionid=abcdefghijklmnopqrstuvwxyz012345")
		w := silent{http.Header{}}
		return testing.AllocsPerRun(1000, func() { r.ServeHTTP(w, req) })
	}
	noop := func(next echo.HandlerFunc) echo.HandlerFunc { return func(c *echo.Context) error { return next(c) } }
	plain := func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) }
	handle := echov5session.Handle(func(c *echov5session.Context) error { return c.NoContent(http.StatusNoContent) })
	bare := allocs(noop, plain)
	untouched := allocs(echov5session.Middleware(m), plain)
	handled := allocs(echov5session.Middleware(m), handle)
	t.Logf("allocations: %v bare, %v untouched, %v with Handle", bare, untouched, handled)
	if untouched > bare+2 {
		t.Errorf("an untouched request: got %v allocations, want at most %v", untouched, bare+2)
	}
	if handled > untouched+1 {
		t.Errorf("Handle: got %v allocations, want at most %v", handled, untouched+1)
	}
}
